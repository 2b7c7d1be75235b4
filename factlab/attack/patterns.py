"""What one household can use at all, by the codebook: whether a column, or two together, can hold anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from factlab.cells import Codebook, Table

Column = tuple[str, str]  # table, category
Box = Mapping[int, tuple[int, int]]  # quantity -> least, most
Boxes = tuple[Box, ...]  # a household is in one of them

COUNTED = ("services", "organisations", "domains")
MANY = 1 << 30
USED, UNUSED = (1, MANY), (0, 0)


class Block(NamedTuple):
    """The households that are in a column, or those that are not."""

    column: Column
    inside: bool


class _Either(NamedTuple):
    """The bit `whole` is on when and only when one of `parts` is."""

    whole: int
    parts: int


def class_range(code: str) -> tuple[int, int]:
    """`3` is 3 to 3, `5+` is 5 and more."""
    return (int(code[:-1]), MANY) if code.endswith("+") else (int(code), int(code))


def meet(one: Box, other: Box) -> Box | None:
    """What both ask for; None when that contradicts."""
    both = dict(one)
    for quantity, (low, high) in other.items():
        was = both.get(quantity, (0, MANY))
        both[quantity] = (max(low, was[0]), min(high, was[1]))
        if both[quantity][0] > both[quantity][1]:
            return None
    return both


def outside(boxes: Boxes) -> Boxes:
    """Everything that is in none of the boxes."""
    found: list[Box] = [{}]
    for box in boxes:
        sides: list[Box] = []
        for quantity, (low, high) in box.items():
            if low > 0:
                sides.append({quantity: (0, low - 1)})
            if high < MANY:
                sides.append({quantity: (high + 1, MANY)})
        found = [both for one in found for side in sides if (both := meet(one, side)) is not None]
    return tuple(found)


class Patterns:
    """The patterns of use that a codebook allows: any set of delivered (service, organisation).

    Whether a pattern exists is decided exactly: by one that was found before, by reasoning on what
    follows from what, and if neither tells by a small integer programme.
    """

    def __init__(self, book: Codebook) -> None:
        services = book.delivered_services
        self.pairs = [(s.code, o) for s in services for o in s.organisations]
        self.of: dict[str, tuple[str, ...]] = {
            "services": tuple(s.code for s in services),
            "organisations": tuple(sorted({o for _, o in self.pairs})),
            "domains": tuple(sorted({s.domain for s in services})),
        }
        place = len(self.pairs)
        self.quantity: dict[tuple[str, str], int] = {}  # (of, code) -> its bit, after those of the pairs
        for of in COUNTED:
            for code in self.of[of]:
                self.quantity[of, code] = place
                place += 1
        self.bits = place
        self.number = {of: place + n for n, of in enumerate(COUNTED)}  # how many it uses
        parts: dict[int, int] = {}
        for n, (service, organisation) in enumerate(self.pairs):
            for part in (self.quantity["services", service], self.quantity["organisations", organisation]):
                parts[part] = parts.get(part, 0) | 1 << n
        for s in services:
            domain = self.quantity["domains", s.domain]
            parts[domain] = parts.get(domain, 0) | 1 << self.quantity["services", s.code]
        self._either = [_Either(1 << whole, mask) for whole, mask in sorted(parts.items())]
        self._all = {of: sum(1 << self.quantity[of, code] for code in self.of[of]) for of in COUNTED}
        self._spread = {  # of how many organisations a service is, of how many services an organisation: most first
            of: sorted(Counter(pair[n] for pair in self.pairs).values(), reverse=True)
            for n, of in enumerate(("services", "organisations"))
        }
        self._programme = self._integer_programme(parts)
        self.columns: dict[Column, Boxes] = {
            (table.name, category.code): self._boxes(table, category.code)
            for table in book.tables
            if not table.apart
            for category in table.categories
        }
        self.exact = {  # the households with exactly so many, whether or not a table has that class
            of: tuple(((f"exact {of}", str(n)), n) for n in range(len(self.of[of]) + 1)) for of in COUNTED
        }
        for of, blocks in self.exact.items():
            for column, n in blocks:
                self.columns[column] = ({self.number[of]: (n, n)},)
        self.index = {column: n for n, column in enumerate(self.columns)}
        self._away = {column: outside(boxes) for column, boxes in self.columns.items()}
        seen = self._evaluate(self._first())
        self._nothing = [bool(there) for there in seen[:, 0]]  # the first pattern uses nothing
        self._found = seen.shape[1]  # patterns found so far, and how many of them each two columns share
        self._both = seen.astype(np.float32) @ seen.T.astype(np.float32)

    def _boxes(self, table: Table, code: str) -> Boxes:
        if table.kind == "all":
            return ({},)
        if table.kind == "classes":
            return ({self.number[table.of]: class_range(code)},)
        if table.kind == "combination":
            chosen = set() if code == "none" else set(code.split("+"))
            if not chosen <= set(self.of["domains"]):
                return ()
            return (
                {self.quantity["domains", d]: USED if d in chosen else UNUSED for d in self.of["domains"]},
            )
        if table.kind == "users":
            bit = self.quantity.get((table.of, code))
            return () if bit is None else ({bit: USED},)
        reached: Boxes = tuple({self.number[of]: (least, MANY)} for of, least in table.rule.items())
        return reached if code == "yes" else outside(reached)

    # Patterns found before -------------------------------------------------------------------------------

    def _first(self) -> NDArray[np.bool_]:
        """Patterns that settle most questions: nothing, one, two, everything, and everything but or only a part."""
        width = len(self.pairs)
        sets: list[Iterable[int]] = [(), range(width), *((n,) for n in range(width))]
        if width <= 120:
            sets += combinations(range(width), 2)
        services = self.of["services"]
        domain_of = {
            code: d
            for d in self.of["domains"]
            for code in services
            if self._parts(("domains", d)) >> self.quantity["services", code] & 1
        }
        labels = [(s, o, domain_of[s]) for s, o in self.pairs]
        for n, of in enumerate(("services", "organisations", "domains")):
            for code in self.of[of]:
                sets.append([p for p in range(width) if labels[p][n] == code])
                sets.append([p for p in range(width) if labels[p][n] != code])
        for start in range(
            width
        ):  # ever more, in two orders: many numbers of services, organisations, domains
            for step in (1, 2, 3, 5):
                sets += [[(start + step * m) % width for m in range(size)] for size in (3, 4, 5, 6, 8)]
        for n in (0, 1):  # services (organisations) whole, ever more of them: first those that bring the most
            by = {label[n]: [p for p in range(width) if labels[p][n] == label[n]] for label in labels}
            if len(by) <= 60:
                sets += [[*by[a], *by[b]] for a, b in combinations(by, 2)]
            met: set[str] = set()
            grown: list[int] = []
            while by:
                most = max(by, key=lambda one: len({labels[p][1 - n] for p in by[one]} - met))
                met |= {labels[p][1 - n] for p in by[most]}
                grown += by.pop(most)
                sets.append(tuple(grown))
        made = np.zeros((len(sets), width), dtype=bool)
        for n, chosen in enumerate(sets):
            made[n, list(chosen)] = True
        return made

    def _parts(self, name: tuple[str, str]) -> int:
        whole = 1 << self.quantity[name]
        return next(either.parts for either in self._either if either.whole == whole)

    def _evaluate(self, pairs: NDArray[np.bool_]) -> NDArray[np.bool_]:
        known = np.zeros((self.bits + 3, len(pairs)), dtype=np.int32)
        known[: len(self.pairs)] = pairs.T
        for whole, parts in self._either:
            members = [n for n in range(self.bits) if parts >> n & 1]
            known[whole.bit_length() - 1] = known[members].any(axis=0)
        for of in COUNTED:
            known[self.number[of]] = known[[self.quantity[of, code] for code in self.of[of]]].sum(axis=0)
        found = np.zeros((len(self.columns), len(pairs)), dtype=bool)
        for row, boxes in enumerate(self.columns.values()):
            for box in boxes:
                inside = np.ones(len(pairs), dtype=bool)
                for quantity, (low, high) in box.items():
                    inside &= (known[quantity] >= low) & (known[quantity] <= high)
                found[row] |= inside
        return found

    # Questions --------------------------------------------------------------------------------------------

    def together(self, one: Block, other: Block, *, seen: bool = False) -> bool:
        """Whether a household can be in both blocks; with `seen`, whether a pattern found before is."""
        a, b = self.index[one.column], self.index[other.column]
        both = int(self._both[a, b])
        found = {
            (True, True): both,
            (True, False): int(self._both[a, a]) - both,
            (False, True): int(self._both[b, b]) - both,
            (False, False): self._found - int(self._both[a, a]) - int(self._both[b, b]) + both,
        }[one.inside, other.inside]
        if found > 0 or seen:
            return bool(found > 0)
        return self._any(self._told(one), self._told(other))

    def within(self, one: Column, other: Column) -> bool:
        """Whether every household in `one` is in `other`."""
        return not self.together(Block(one, True), Block(other, False))

    def everyone(self, column: Column) -> bool:
        """Whether no household can be outside the column."""
        block = Block(column, False)
        return not self.together(block, block)

    def reachable(self, column: Column) -> bool:
        """Whether a household can be in the column."""
        block = Block(column, True)
        return self.together(block, block)

    def takes_non_users(self, column: Column) -> bool:
        """Whether those who use nothing count in the column."""
        return bool(self._nothing[self.index[column]])

    def _told(self, block: Block) -> Boxes:
        return self.columns[block.column] if block.inside else self._away[block.column]

    def _any(self, one: Boxes, other: Boxes) -> bool:
        return any((both := meet(a, b)) is not None and self._possible(both) for a in one for b in other)

    def _possible(self, box: Box) -> bool:
        low = high = 0
        numbers = {of: box.get(self.number[of], (0, MANY)) for of in COUNTED}
        for bit in range(self.bits):
            least, most = box.get(bit, (0, 1))
            low |= (least > 0) << bit
            high |= (most > 0) << bit
        narrowed = self._narrow(low, high, numbers)
        if narrowed is None:
            return False
        pattern = self._solve(*narrowed)
        if pattern is None:
            return False
        there = self._evaluate(pattern[None, :])
        self._found += 1
        self._both += there.astype(np.float32) @ there.T.astype(np.float32)
        return True

    def _narrow(
        self, low: int, high: int, numbers: dict[str, tuple[int, int]]
    ) -> tuple[int, int, dict[str, tuple[int, int]]] | None:
        """What follows: bits that must be on, bits that may be, and how many. None when nothing can be so."""
        while True:
            before = (low, high, dict(numbers))
            for whole, parts in self._either:
                can = parts & high
                if low & parts:
                    low |= whole
                if not can:
                    high &= ~whole
                if not high & whole:
                    high &= ~parts
                elif low & whole and can & (can - 1) == 0:
                    low |= can
            for of in COUNTED:
                on, can = (low & self._all[of]).bit_count(), high & self._all[of]
                least, most = max(numbers[of][0], on), min(numbers[of][1], can.bit_count())
                if least > most:
                    return None
                if most == on:
                    high &= ~(self._all[of] & ~low)
                if least == can.bit_count():
                    low |= can
                numbers[of] = (least, most)
            if any(least for least, _ in numbers.values()):  # who uses one thing uses one of each
                numbers = {of: (max(least, 1), most) for of, (least, most) in numbers.items()}
            services, domains = numbers["services"], numbers["domains"]
            numbers["services"] = (max(services[0], domains[0]), services[1])
            numbers["domains"] = (domains[0], min(domains[1], services[1]))
            for one, other in (("services", "organisations"), ("organisations", "services")):
                if numbers[one][1] < len(self._spread[one]):  # so few have no more than that of the other
                    least, most = numbers[other]
                    numbers[other] = (least, min(most, sum(self._spread[one][: numbers[one][1]])))
            if low & ~high or any(least > most for least, most in numbers.values()):
                return None
            if before == (low, high, numbers):
                return low, high, numbers

    def _integer_programme(self, parts: Mapping[int, int]) -> highspy.Highs:
        programme = highspy.Highs()
        programme.silent()
        programme.setOptionValue("threads", 1)
        for _ in range(self.bits):
            programme.addVar(0, 1)
        every = np.arange(self.bits, dtype=np.int32)
        programme.changeColsIntegrality(self.bits, every, np.full(self.bits, highspy.HighsVarType.kInteger))
        for whole, mask in sorted(parts.items()):
            members = [n for n in range(self.bits) if mask >> n & 1]
            for member in members:
                programme.addRow(0, 1, 2, [whole, member], [1.0, -1.0])
            programme.addRow(
                0, len(members), len(members) + 1, [*members, whole], [1.0] * len(members) + [-1.0]
            )
        self._count_rows = programme.getNumRow()
        for of in COUNTED:
            members = [self.quantity[of, code] for code in self.of[of]]
            programme.addRow(0, len(members), len(members), members, [1.0] * len(members))
        return programme

    def _solve(self, low: int, high: int, numbers: Mapping[str, tuple[int, int]]) -> NDArray[np.bool_] | None:
        every = np.arange(self.bits, dtype=np.int32)
        least = np.array([low >> n & 1 for n in range(self.bits)], dtype=float)
        most = np.array([high >> n & 1 for n in range(self.bits)], dtype=float)
        self._programme.changeColsBounds(self.bits, every, least, most)
        for n, of in enumerate(COUNTED):
            self._programme.changeRowBounds(self._count_rows + n, *numbers[of])
        self._programme.run()
        status = self._programme.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            raise ArithmeticError(f"the integer programme of a pattern ended as {status}")
        solution = np.array(self._programme.getSolution().col_value[: len(self.pairs)])
        return np.asarray(solution > 0.5)
