"""Linked tables as plain values: tidy counts or amounts with hierarchies, what to ask of them, and what comes out.

`factlab.disclosure.protect` takes a `Linked` and gives a `SafeLinked`; `factlab.attack.audit` takes a `SafeLinked`.
Nothing here decides anything. What the values mean to a reader is in docs/disclosure.md, 'As a library'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

Code = str
Nesting = Mapping[Code, Code]  # child code -> parent code
Hierarchies = Mapping[str, Sequence[Nesting]]  # dimension -> its nestings

COUNT, AMOUNT, STATUS = "n", "value", "status"


@dataclass(frozen=True, repr=False)
class LinkedTable:
    """A tidy table: one row a cell, one column a dimension, and the numbers.

    Frequencies stand in column `n`. Amounts (a magnitude table) stand in `value`, with `contributors` (how many units
    add up to it) and, for the dominance rules, `largest`, `second` (the two largest contributions) and `largest_n`
    (the sum of the n largest). An empty number means: not delivered, so there is no such cell.

    A cell is a measure at coordinates. A dimension that a table doesn't have stands at its total, so the same measure
    at the same coordinates is one cell, whatever tables it stands in: that is what links tables.

    `printed` is false for a table that is given only so that the rules know its true numbers: it is never published,
    but its cells exist and must not be worked out either. `weight` is how dear its cells are to readers.
    In a protected table the numbers of hidden cells are None and the column `status` says `published`, `suppressed`
    or `unavailable` (not delivered).
    """

    name: str
    by: tuple[str, ...]  # its dimensions
    columns: Mapping[str, Sequence[Any]]  # by column name, all of the same length; codes are strings
    measure: str = "n"
    decimals: int = 0  # of the amounts: they are whole numbers after times 10 ** decimals
    weight: float = 1.0
    printed: bool = True

    @property
    def number(self) -> str:
        """The name of the column with the numbers."""
        return COUNT if COUNT in self.columns else AMOUNT

    def __len__(self) -> int:
        return len(self.columns[self.number])

    def __repr__(self) -> str:
        return f"LinkedTable({self.name}: {', '.join(self.by)}; {len(self)} cells)"

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        name: str,
        by: Sequence[str],
        measure: str = "n",
        *,
        decimals: int = 0,
        weight: float = 1.0,
        printed: bool = True,
    ) -> LinkedTable:
        """From a DataFrame; its index is left out, codes become strings and missing numbers None."""
        columns = {}
        for column in map(str, frame.columns):
            values = frame[column]
            if column in by:
                columns[column] = tuple(values.astype(str))
            else:
                columns[column] = tuple(values.astype(object).where(values.notna(), None))
        return cls(name, tuple(by), columns, measure, decimals, weight, printed)

    def to_frame(self) -> pd.DataFrame:
        """As a DataFrame with the columns in their order; hidden counts are <NA> in a column of whole numbers."""
        import pandas as pd

        frame = pd.DataFrame({name: list(values) for name, values in self.columns.items()})
        return frame.astype({COUNT: "Int64"}) if COUNT in frame else frame


@dataclass(frozen=True)
class Term:
    """`factor` times the cell of this measure at these codes; the dimensions of `per` come from the place where a
    relation is stated, all others stand at their total."""

    factor: int
    measure: str
    at: Mapping[str, Code] = field(default_factory=dict)


@dataclass(frozen=True)
class Relation:
    """What every reader knows beside the hierarchies: low ≤ Σ factor · cell ≤ high, an equation by default.

    It is stated at every combination of codes of the dimensions `per` at which each of its terms is a cell. It must hold
    in the true tables. With `protect` the form itself is something that may not be worked out: a complement or a
    difference from 1 to k − 1 (`small`), or from 0 (`zero`: nobody is left out).
    """

    name: str
    terms: tuple[Term, ...]
    per: tuple[str, ...] = ()
    low: int | None = 0
    high: int | None = 0  # None: no end on that side
    protect: Literal["", "small", "zero"] = ""


@dataclass(frozen=True)
class Figure:
    """A number published beside the tables: `times` · Σ above / Σ below, rounded half up to `decimals`.

    A percentage, or the mean of a distribution (a weighted sum over its total). It has a row at every combination
    of codes of `per` at which each term is a listed cell; where the lower sum is 0 that row is as a hidden one. A reader
    knows the interval that rounding leaves. It can be hidden like a cell, at the cost of `weight` cells.
    """

    name: str
    above: tuple[Term, ...]
    below: tuple[Term, ...]
    per: tuple[str, ...] = ()
    times: int = 1
    decimals: int = 0
    weight: float = 0.5

    def value(self, above: int, below: int) -> int:
        """What is printed of these sums, times 10 ** decimals."""
        return (2 * int(10**self.decimals) * self.times * above + below) // (2 * below)


@dataclass(frozen=True)
class Rules:
    """What may not be worked out. Each rule is about a linear form whose interval must then be wide enough.

    - `threshold` k: a count from 1 to k − 1 (or an amount of 1 to k − 1 contributors);
    - `complement`: dimensions; what a cell leaves of the total of that dimension, from 1 to k − 1;
    - `everyone`: dimension -> codes; all of a group (at least one) being in that code;
    - `nobody`: dimension -> codes; none of a group (at least one) being in that code;
    - `zeros`: whether a count of 0 may not be worked out either;
    - `p`: a largest contributor that the second largest could estimate to within p per cent;
    - `dominance` (n, share): the n largest contributors hold more than that share, in per cent, of an amount;
    - `areas`: dimensions of areas; an area of fewer than 2k (with all other dimensions at their total) is withheld,
      with the smallest others of its parent until they hold 2k together.
    """

    threshold: int
    complement: tuple[str, ...] = ()
    everyone: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)
    nobody: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)
    zeros: bool = False
    p: float | None = None
    dominance: tuple[int, float] | None = None
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Linked:
    """Everything that is published together, exact. Never written: it has no method that writes, and no repr.

    A nesting maps each code to its parent and has one code without parent: the dimension's total, the same in all its
    nestings. Several nestings of one dimension overlap over the same atoms (the codes that are nobody's parent).
    Codes of a dimension without a nesting stand apart: they don't add up and have no total. A code that no table
    lists is a cell that is never printed but exists.
    """

    tables: tuple[LinkedTable, ...]
    rules: Rules
    hierarchies: Hierarchies = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    figures: tuple[Figure, ...] = ()

    def __repr__(self) -> str:
        return f"Linked({', '.join(table.name for table in self.tables)})"


@dataclass(frozen=True, repr=False)
class SafeLinked:
    """What may be published together, made by `disclosure` alone, and all that a reader is taken to know beside it.

    `tables` are the same tables with the same rows: the dimensions, `n` or `value`, and `status`. Of a table that is
    not printed every cell is `suppressed`: it only tells which cells exist.
    `values` are the figures, one table each, with the columns of `per`, `value` and `status`.
    With `rounding` every published count is a multiple of that base and differs by less than the base from the truth.
    """

    tables: tuple[LinkedTable, ...]
    values: tuple[LinkedTable, ...]
    rules: Rules
    hierarchies: Hierarchies
    relations: tuple[Relation, ...]
    figures: tuple[Figure, ...]
    certificate: Mapping[str, Any]
    rounding: int = 0  # 0: not rounded

    def __repr__(self) -> str:
        return f"SafeLinked({', '.join(table.name for table in self.tables)})"

    @property
    def table(self) -> dict[str, LinkedTable]:
        """The protected tables and figures by name."""
        return {table.name: table for table in (*self.tables, *self.values)}
