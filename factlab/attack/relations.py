"""What holds between the numbers of one area, reasoned from the codebook alone (docs/disclosure.md, R3 to R7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm

from factlab.attack.patterns import Block, Column, Patterns, class_range
from factlab.cells import Codebook, Of, Table

Row = dict[Column, int]  # Σ factor · column
EVERYONE: Column = ("everyone", "")  # the households of the area, whether or not a table has that number


@dataclass(frozen=True)
class Relation:
    """Σ factor · column is 0 when `equal`, else at least 0."""

    kind: str
    row: tuple[tuple[Column, int], ...]
    equal: bool


@dataclass(frozen=True)
class LevelRelations:
    """All that holds between the columns of one level, in each of its areas."""

    columns: tuple[Column, ...]
    relations: tuple[Relation, ...]
    inclusions: tuple[tuple[Column, Column], ...]  # every A ⊆ B that can differ, A never forced to zero
    zero: frozenset[Column]  # nobody can be in it
    whole: frozenset[Column]  # nobody can be outside it
    households: tuple[tuple[Column, int], ...]  # N as a sum of columns; empty where nothing tells it


def _sum(parts: Iterable[tuple[Row, int]]) -> Row:
    total: Row = {}
    for row, times in parts:
        for column, factor in row.items():
            total[column] = total.get(column, 0) + times * factor
    return {column: factor for column, factor in total.items() if factor}


def _row(block: Block) -> Row:
    return {block.column: 1} if block.inside else {EVERYONE: 1, block.column: -1}


class Echelon:
    """Independent identities: each new one is reduced by those before, and kept if something is left."""

    def __init__(self, order: Sequence[Column]) -> None:
        self._order = {column: n for n, column in enumerate(order)}
        self._pivots: dict[Column, dict[Column, Fraction]] = {}

    def add(self, row: Row) -> Row | None:
        """What the row adds, in whole numbers, led by its first column in the order; None if it adds nothing."""
        left = {column: Fraction(factor) for column, factor in row.items()}
        while left:
            lead = min(left, key=self._order.__getitem__)
            if lead not in self._pivots:
                first = left[lead]
                self._pivots[lead] = {column: factor / first for column, factor in left.items()}
                scale = lcm(*(factor.denominator for factor in left.values()))
                whole = {column: int(factor * scale) for column, factor in left.items()}
                shared = gcd(*whole.values())
                return {column: factor // shared for column, factor in whole.items()}
            times = left[lead]
            for column, factor in self._pivots[lead].items():
                value = left.get(column, Fraction(0)) - times * factor
                if value:
                    left[column] = value
                else:
                    left.pop(column, None)
        return None


class Relations:
    """Every relation between columns that a reader can derive from the codebook, per level."""

    def __init__(self, book: Codebook) -> None:
        self.book = book
        self.patterns = Patterns(book)
        self.level = {level: self._of_level(level) for level in book.levels}

    def of(self, book: Codebook) -> Relations:
        """The same relations, for a codebook that differs in nothing that they depend on."""
        same = copy(self)
        same.book = book
        return same

    @cached_property
    def _published(self) -> tuple[Column, ...]:
        return tuple(
            (table.name, category.code)
            for table in self.book.tables
            if not table.apart
            for category in table.categories
            if category.available
        )

    @cached_property
    def _zero(self) -> frozenset[Column]:
        return frozenset(c for c in self.patterns.columns if not self.patterns.reachable(c))

    @cached_property
    def _whole(self) -> frozenset[Column]:
        return frozenset(c for c in self.patterns.columns if self.patterns.everyone(c))

    @cached_property
    def _within(self) -> frozenset[tuple[Column, Column]]:
        """Every A ⊆ B between columns that can hold anybody (R4)."""
        columns = [c for c in self._published if c not in self._zero]
        return frozenset((a, b) for a in columns for b in columns if a != b and self.patterns.within(a, b))

    # R3: columns add up -----------------------------------------------------------------------------------

    @cached_property
    def _divisions(self) -> tuple[tuple[Block, ...], ...]:
        """The ways to divide all households: over the classes of a table, or in a column and not in it."""
        divided = [
            tuple(Block(c, True) for c, _ in blocks if c not in self._zero)
            for blocks in self.patterns.exact.values()
        ]
        for table in self.book.tables:
            columns = [(table.name, category.code) for category in table.categories]
            if table.kind in ("classes", "combination", "rule") and self._divides(table):
                divided.append(tuple(Block(c, True) for c in columns if c not in self._zero))
            elif table.kind != "all" and not table.apart:
                divided += [
                    (Block(c, True), Block(c, False))
                    for c in columns
                    if c not in self._zero and c not in self._whole
                ]
        return tuple(divided)

    def _divides(self, table: Table) -> bool:
        """Whether each household is in exactly one category, as it should be."""
        codes = {category.code for category in table.categories}
        if len(codes) != len(table.categories):
            return False
        if table.kind == "rule":
            return codes == {"no", "yes"}
        if table.kind == "combination":
            possible = sum((table.name, code) not in self._zero for code in codes)
            return bool(possible == 1 << len(self.patterns.of["domains"]))
        reached = 0
        for low, high in sorted(class_range(code) for code in codes):
            if low != reached:
                return False
            reached = high + 1
        return reached > len(self.patterns.of[table.of])

    def _identities(self) -> Iterable[Row]:
        yield from ({c: 1} for c in self.patterns.columns if c in self._zero)
        yield from ({c: 1, EVERYONE: -1} for c in self.patterns.columns if c in self._whole)
        for division in self._divisions:
            if division[-1].inside:
                yield _sum([*((_row(block), 1) for block in division), ({EVERYONE: 1}, -1)])
        for n, one in enumerate(self._divisions):
            for other in self._divisions[n + 1 :]:
                yield from self._shared(one, other)
        # Uses add up: who uses three services stands in three of their columns.
        for table in self.book.tables:
            codes = {category.code for category in table.categories}
            if table.kind == "users" and table.of and set(self.patterns.of[table.of]) <= codes:
                uses = [({(table.name, code): 1}, 1) for code in self.patterns.of[table.of]]
                yield _sum([*uses, *(({c: 1}, -n) for c, n in self.patterns.exact[table.of])])

    def _shared(self, one: tuple[Block, ...], other: tuple[Block, ...]) -> Iterable[Row]:
        """Blocks of `one` that together are the same households as blocks of `other`.

        Blocks that can share a household belong together; each group that stands apart gives an identity.
        """
        group = list(range(len(one) + len(other)))

        def root(n: int) -> int:
            while group[n] != n:
                n = group[n]
            return n

        unseen = []
        for a, left in enumerate(one):
            for b, right in enumerate(other, len(one)):
                if self.patterns.together(left, right, seen=True):
                    group[root(a)] = root(b)
                else:
                    unseen.append((a, b))
        for a, b in unseen:  # no pattern found so far is in both: can there be one?
            if root(a) != root(b) and self.patterns.together(one[a], other[b - len(one)]):
                group[root(a)] = root(b)
        for top in sorted({root(n) for n in range(len(group))})[1:]:  # the last one follows from the others
            members = [n for n in range(len(group)) if root(n) == top]
            yield _sum(
                [(_row(one[n]), 1) for n in members if n < len(one)]
                + [(_row(other[n - len(one)]), -1) for n in members if n >= len(one)]
            )

    @cached_property
    def _all_identities(self) -> tuple[Row, ...]:
        return tuple(sorted((row for row in self._identities() if row), key=len))

    def _between(self, columns: Sequence[Column]) -> tuple[Row, ...]:
        """Independent identities between these columns only: those at hand, then what is left of the others
        when every number that is not published is worked out of them."""
        there = set(columns)
        aside = [c for c in (*self.patterns.columns, EVERYONE) if c not in there]
        kept = Echelon([*aside, *columns])
        left: list[Row] = []
        worked_out = Echelon([*aside, *columns])
        for row in self._all_identities:
            new = worked_out.add(row)
            if new is not None and set(new) <= there:
                left.append(new)
        at_hand = [row for row in self._all_identities if set(row) <= there]
        return tuple(row for row in [*at_hand, *left] if kept.add(row) is not None)

    # R4 to R7: inequalities -------------------------------------------------------------------------------

    def _links(self, inclusions: Sequence[tuple[Column, Column]]) -> Iterable[tuple[Column, Column]]:
        """The inclusions that don't follow from two others. Of columns that are equal only the first counts."""
        twins: set[Column] = set()
        for a, b in inclusions:
            if a not in twins and (b, a) in self._within:
                twins.add(b)
        firsts = {(a, b) for a, b in inclusions if a not in twins and b not in twins}
        above: dict[Column, set[Column]] = {}
        for a, b in firsts:
            above.setdefault(a, set()).add(b)
        for a, b in inclusions:
            if (a, b) in firsts and not any(b in above.get(c, ()) for c in above[a] if c != b):
                yield a, b

    def _covers(self, columns: Sequence[Column]) -> Iterable[tuple[Column, list[Column]]]:
        """A column, and the columns of which each of its households is in at least one (R5)."""
        services = self.book.delivered_services
        for table in self.book.tables:
            if table.kind != "users":
                continue
            for column in ((table.name, c.code) for c in table.categories):
                _, code = column
                if column not in columns:
                    continue
                if table.of == "domains":
                    yield (
                        column,
                        self._users("services", [s.code for s in services if s.domain == code], columns),
                    )
                elif table.of == "organisations":
                    delivered = [s.code for s in services if code in s.organisations]
                    yield column, self._users("services", delivered, columns)
                else:
                    by = [o for s in services if s.code == code for o in s.organisations]
                    yield column, self._users("organisations", by, columns)

    def _users(self, of: Of, codes: Sequence[str], columns: Sequence[Column]) -> list[Column]:
        """The columns of users of these; none at all unless each of them has a column."""
        for table in self.book.tables:
            if table.kind == "users" and table.of == of:
                found = [(table.name, code) for code in codes]
                if set(found) <= set(columns):
                    return found
        return []

    def _classes(self, of: Of, columns: Sequence[Column]) -> dict[Column, tuple[int, int]]:
        """The columns of the number of these, with the numbers in each; none at all unless all are there."""
        for table in self.book.tables:
            if table.kind == "classes" and table.of == of and self._divides(table):
                found = {(table.name, c.code): class_range(c.code) for c in table.categories}
                if found.keys() - self._zero <= set(columns):
                    return {c: r for c, r in found.items() if c not in self._zero}
        return {}

    def _inequalities(self, columns: Sequence[Column]) -> Iterable[Relation]:
        def at_least(kind: str, more: Row, less: Row) -> Iterable[Relation]:
            row = _sum([(more, 1), (less, -1)])
            if any(factor < 0 for factor in row.values()):
                yield Relation(kind, tuple(row.items()), False)

        for column, parts in self._covers(columns):
            if parts:
                yield from at_least("covers", dict.fromkeys(parts, 1), {column: 1})
        everyone = dict(self._all_households(columns))
        nothing = [c for c in columns if c[1] in ("0", "none") and self.patterns.takes_non_users(c)]
        users = [(t.name, c.code) for t in self.book.tables if t.kind == "users" for c in t.categories]
        for column in users if everyone and nothing else ():
            if column in columns and column not in self._zero:
                yield from at_least("users", everyone, _sum([({nothing[0]: 1}, 1), ({column: 1}, 1)]))
        total: Of
        for total in ("services", "organisations"):
            most = len(self.patterns.of[total])
            uses: Row = dict.fromkeys(self._users(total, self.patterns.of[total], columns), 1)
            classes = self._classes(total, columns)
            if uses and classes:
                yield from at_least("total uses", uses, {c: low for c, (low, _) in classes.items() if low})
                yield from at_least(
                    "total uses", {c: min(high, most) for c, (low, high) in classes.items() if high}, uses
                )
        services, domains = self._classes("services", columns), self._classes("domains", columns)
        for j in sorted({low for low, _ in services.values()} & {low for low, _ in domains.values()}):
            if j > 0:
                yield from at_least(
                    "tails",
                    {c: 1 for c, (low, _) in services.items() if low >= j},
                    {c: 1 for c, (low, _) in domains.items() if low >= j},
                )

    # A level ----------------------------------------------------------------------------------------------

    def _of_level(self, level: str) -> LevelRelations:
        names = {table.name for table in self.book.tables if level in table.levels}
        columns = tuple(c for c in self._published if c[0] in names)
        inclusions = tuple((a, b) for a in columns for b in columns if (a, b) in self._within)
        relations = [Relation("columns", tuple(row.items()), True) for row in self._between(columns)]
        relations += [Relation("inclusions", ((b, 1), (a, -1)), False) for a, b in self._links(inclusions)]
        relations += self._inequalities(columns)
        return LevelRelations(
            columns,
            tuple(relations),
            tuple((a, b) for a, b in inclusions if (b, a) not in self._within),
            self._zero & set(columns),
            self._whole & set(columns),
            self._all_households(columns),
        )

    def _all_households(self, columns: Sequence[Column]) -> tuple[tuple[Column, int], ...]:
        there = set(columns)
        for column in columns:
            if column in self._whole:
                return ((column, 1),)
        for division in self._divisions:
            if division[-1].inside and {block.column for block in division} <= there:
                return tuple((block.column, 1) for block in division)
        return ()
