"""The attacker: reads a publication as a stranger would and tries to undo what is hidden in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, overload

from factlab.attack import judgement, linked
from factlab.attack.cube import LinkedName
from factlab.attack.findings import Finding, Verdict
from factlab.attack.gains import Gain, Gains, gains
from factlab.attack.register import Misprint
from factlab.attack.rendered import check_folder, check_page, check_paper
from factlab.cells import CellKey, Earlier, Publication
from factlab.linked import SafeLinked

__all__ = [
    "Finding",
    "Gain",
    "Gains",
    "Misprint",
    "Verdict",
    "audit",
    "check_folder",
    "check_page",
    "check_paper",
    "feasible",
    "gains",
]


@overload
def audit(
    published: Publication,
    *,
    insiders: Mapping[str, Mapping[CellKey, int]] | None = None,
    earlier: Sequence[Earlier] = (),
) -> Verdict: ...
@overload
def audit(published: SafeLinked, *, known: Mapping[LinkedName, float] | None = None) -> Verdict: ...
def audit(
    published: Publication | SafeLinked,
    *,
    insiders: Mapping[str, Mapping[CellKey, int]] | None = None,
    earlier: Sequence[Earlier] = (),
    known: Mapping[LinkedName, float] | None = None,
) -> Verdict:
    """Attack a publication, or protected linked tables, from what is published alone.

    `insiders` are participants with what each counts of its own clients, `earlier` the releases that readers have
    already, oldest first. `known` is what an insider knows of linked tables: a cell is named by its measure and
    `dimension=code` for each dimension that isn't at its total: `("users", "geo=N2", "use=some")`.
    """
    if isinstance(published, SafeLinked):
        return linked.audit(published, known or {})
    return judgement.audit(published, insiders=insiders, earlier=earlier)


@overload
def feasible(published: Publication, keys: Iterable[CellKey]) -> dict[CellKey, tuple[int, int | None]]: ...
@overload
def feasible(
    published: SafeLinked,
    keys: Iterable[LinkedName] | None = None,
    *,
    known: Mapping[LinkedName, float] | None = None,
) -> dict[LinkedName, tuple[int, int | None]]: ...
def feasible(
    published: Publication | SafeLinked,
    keys: Iterable[Any] | None = None,
    *,
    known: Mapping[Any, Any] | None = None,
) -> Mapping[Any, tuple[int, int | None]]:
    """The whole numbers that these cells can be, from and to; of linked tables every hidden cell if none is named.

    Amounts are in units of their last decimal. None: nothing bounds it.
    """
    if isinstance(published, SafeLinked):
        return linked.feasible(published, keys, known or {})
    return judgement.feasible(published, keys or ())
