"""The register of Wiermonde: every door with its address, and the household behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from factlab.sample.place import DISTRICT_OF, GROUPS, NEIGHBOURHOODS, sizes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# House letter and addition, as the register splits them.
SUFFIXES = (("", ""), ("A", ""), ("B", ""), ("C", ""), ("", "bis"), ("", "1"), ("", "2"), ("", "3"), ("", "4"),
            ("", "hs"), ("A", "1"), ("A", "2"), ("B", "1"), ("B", "2"))  # fmt: skip
LETTERS = pa.array([letter for letter, _ in SUFFIXES])
ADDITIONS = pa.array([addition for _, addition in SUFFIXES])

# The doors of a building with more than one, as places in SUFFIXES.
_BUILDINGS = ((0, 1), (0, 4), (1, 2, 3), (5, 6, 7, 8), (0, 1, 4, 6), (9, 5, 6), (10, 11, 12, 13), (0, 1, 2))
_DOORS = np.zeros((len(_BUILDINGS) + 1, 4), np.int64)
for _row, _doors in enumerate(_BUILDINGS, start=1):
    _DOORS[_row, : len(_doors)] = _doors
_SIZE = np.array([1, *(len(doors) for doors in _BUILDINGS)])

_ENDINGS = ("straat", "laan", "hof", "plein", "weg", "pad", "dreef", "plantsoen", "dwarsstraat")
_LETTERS = "ABCDEGHJKLMNPRSTVWXZ"  # those that postcodes use
_PAIRS = tuple(
    a + b for a in _LETTERS for b in _LETTERS if a + b not in ("SA", "SD", "SS")
)  # the three are never issued
FIRST_PC4 = 3501
HOUSEHOLDS_PER_STREET = 55
DOORS_PER_POSTCODE = 20


@dataclass(frozen=True)
class Doors:
    """One door is one household, numbered from 1 in the order of the arrays."""

    neighbourhood: Ints  # place in NEIGHBOURHOODS
    group: Ints  # place in GROUPS
    street: Ints  # place in `streets`
    number: Ints
    suffix: Ints  # place in SUFFIXES
    postcode: Ints  # place in `postcodes`
    streets: pa.Array
    postcodes: pa.Array  # "3501AB"

    def __len__(self) -> int:
        return len(self.number)


def draw(households: int, rng: np.random.Generator) -> Doors:
    """Build the town: streets with buildings, buildings with doors, a household behind each door."""
    columns: list[tuple[Ints, ...]] = []
    streets: list[str] = []
    postcodes: list[str] = []
    pc4, letters, district = FIRST_PC4 - 1, len(_PAIRS), -1
    for place, (one, size) in enumerate(zip(NEIGHBOURHOODS, sizes(households).tolist(), strict=True)):
        flat = rng.random(size) < one.flats / 2  # these buildings hold three doors on average
        kind = np.where(flat, 1 + (rng.random(size) * len(_BUILDINGS)).astype(np.int64), 0)
        first = np.cumsum(_SIZE[kind]) - _SIZE[kind]  # the rank of each building's first door
        kind, first = kind[first < size], first[first < size]
        many = max(1, round(size / HOUSEHOLDS_PER_STREET))
        street = np.minimum(first * many // size, many - 1)
        opens = np.r_[True, street[1:] != street[:-1]]
        gap = 1 + (rng.random(len(kind)) < 0.15)  # a number that was pulled down
        walked = np.cumsum(gap)
        begin = np.maximum.accumulate(np.where(opens, np.arange(len(kind)), 0))
        number = walked - walked[begin] + 1
        # A postcode is a stretch of one street.
        stretch = (first - first[begin]) // DOORS_PER_POSTCODE
        postcode = np.cumsum(np.r_[False, opens[1:] | (stretch[1:] != stretch[:-1])])
        door = np.repeat(np.arange(len(kind)), _SIZE[kind])[:size]
        within = np.arange(len(door)) - first[door]
        group = np.searchsorted(np.cumsum(one.mix)[:-1], rng.random(size), side="right")
        columns.append(
            (
                np.full(size, place),
                group,
                street[door] + len(streets),
                number[door],
                _DOORS[kind[door], within],
                postcode[door] + len(postcodes),
            )
        )
        streets += _street_names(one.stems, many)
        if DISTRICT_OF[place] != district:  # a district begins a new number
            district, letters = DISTRICT_OF[place], len(_PAIRS)
        for _ in range(int(postcode[-1]) + 1):
            if letters == len(_PAIRS):
                pc4, letters = pc4 + 1, 0
            postcodes.append(f"{pc4}{_PAIRS[letters]}")
            letters += 1
    neighbourhood, group, street, number, suffix, postcode = (
        np.concatenate(column) for column in zip(*columns, strict=True)
    )
    return Doors(
        neighbourhood, group, street, number, suffix, postcode, pa.array(streets), pa.array(postcodes)
    )


def _street_names(stems: str, many: int) -> list[str]:
    """The first `many` streets of a neighbourhood; once the names are used up they come with an ordinal (*2e*)."""
    words = stems.split()
    names = [word + ending for ending in _ENDINGS for word in words]
    return [names[i % len(names)] if i < len(names) else f"{i // len(names) + 1}e {names[i % len(names)]}"
            for i in range(many)]  # fmt: skip


def group_names(doors: Doors) -> pa.Array:
    return pa.array(GROUPS).take(pa.array(doors.group))
