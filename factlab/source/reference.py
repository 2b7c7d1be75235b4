"""A reference list (*adressenlijst*) on the organisation's own machine: does a door exist, and which one was meant? (Q1 to Q6)

BAG CSV, a register's public address list, or the CBS postcode table, which knows numbers but no doors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from factlab.engine import Engine, read_step
from factlab.errors import ExtractError
from factlab.source import addresses, extract, mapping, normalising, profiles
from factlab.source.addresses import Address
from factlab.source.headers import ID, IDS, key

TIERS = ("exact", "repaired", "ambiguous", "no such door", "unknown")
RULES = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6")
_GROUND = frozenset(("HS", "HUIS", "BG", "BEGANEGROND", "PARTERRE", "ZW", "ZWART"))
_ID = re.compile(ID)
_TOWNS = {"sgravenhage": "denhaag", "shertogenbosch": "denbosch", "thehague": "denhaag"}
_WEIGHED = pa.schema([(name, pa.string()) for name in ("canonical", "tier", "rule", "resolved")])
_PLACED = pa.schema([("address_number", pa.int32()), ("canonical", pa.string()), ("rule", pa.string())])


@dataclass(frozen=True, repr=False)
class Reference:
    """Every door once: canonical form, `code|number`, suffix, street and town without punctuation, BAG id.

    `doors` is false where the list knows numbers only. No repr: it is long.
    """

    table: Any
    doors: bool
    profile: str
    unreadable: int


def _street(said: str) -> str:
    """A street's name without case, accents and punctuation; `str.` is `straat`."""
    return re.sub(r"str$", "straat", key(said))


def _town(said: str) -> str:
    return _TOWNS.get(key(said), key(said))


def _shortened(column: Any, short: Callable[[str], str]) -> Any:
    """A column with each distinct text as `short` gives it."""
    encoded = column.combine_chunks().dictionary_encode()
    return pa.array([short(said) for said in encoded.dictionary.to_pylist()], pa.string()).take(
        encoded.indices
    )


def read(file: Path, profile: str = "") -> Reference:
    """Read a list with any address columns. Raises ExtractError when it can't be one."""
    found = extract.read(file)
    told = mapping.guess(found)
    mapping.check(told, found, None)
    rows = mapping.selected(told, found)
    fields = normalising.fields_of(rows)
    identifier = next((name for name in found.headers if key(name) in IDS), None)
    ids = found.table.column(identifier) if identifier else pa.repeat(pa.scalar(""), rows.num_rows)
    list_row = pa.table(
        {
            "row": rows.column("row"),
            "street": _shortened(fields.column("street"), _street),
            "town": _shortened(fields.column("place"), _town),
            "address_id": pc.utf8_trim_whitespace(ids),
        }
    )
    with Engine() as engine:
        normalising.normalise(engine, rows, profile)
        engine.load("list_row", list_row)
        engine.run(read_step("source/00_reference_address.sql"))
        table = engine.table("select * from reference_address")
    if not table.num_rows:
        raise ExtractError("source.no_reference", file=found.file)
    suffixed = pc.any(pc.not_equal(table.column("suffix"), "")).as_py()
    doors = bool({"letter", "addition"} & told.columns.keys() or suffixed)
    return Reference(table, doors, profile, rows.num_rows - table.num_rows)


def weigh(suffix: str, there: Collection[str]) -> tuple[str, str, str]:
    """(tier, rule, suffix) of a suffix that isn't there, at a number that has the doors `there`.

    A door is only ever taken for another when exactly one is there that it can be.
    """
    if suffix.endswith(("@TO", "@BY")):
        return "no such door", "", ""  # a mooring is not the house that it lies beside
    for rule, fits in (
        ("Q1", _same_characters),
        ("Q2", _same_door),
        ("Q3", _ground_floor),
        ("Q4", _only_door),
    ):
        found = [other for other in there if fits(suffix, other, there)]
        if len(found) == 1:
            return "repaired", rule, found[0]
        if found:
            return "ambiguous", rule, ""
    return ("ambiguous" if not suffix else "no such door"), "", ""


def _same_characters(said: str, other: str, _there: Collection[str]) -> bool:
    """They differ in a dash between digits only."""
    return bool(said) and said.replace("-", "") == other.replace("-", "")


def _same_door(said: str, other: str, _there: Collection[str]) -> bool:
    """Some municipality's words for a door make them one: II and 2, hs and H, bs and bis."""
    if not said or not other:
        return False
    spelled = ((profiles.suffixes([said, other], name)) for name in profiles.names())
    return any(one == two for one, two in spelled)


def _ground_floor(said: str, other: str, _there: Collection[str]) -> bool:
    """The ground floor was named, and the ground floor here has no suffix."""
    return said in _GROUND and not other


def _only_door(said: str, _other: str, there: Collection[str]) -> bool:
    """No suffix was given, and this is the only door with that number."""
    return not said and len(there) == 1


def check(engine: Engine, reference: Reference, *, repair: bool = True) -> None:
    """Add `tier` and `repair_rule` to `address_reading`; where `repair`, a door that was meant takes the place of what was said."""
    engine.load("reference_address", reference.table)
    engine.load("placed_address", _place(engine, reference.profile))
    engine.set({"repair": repair, "doors_listed": reference.doors})
    engine.run(read_step("source/03_listed.sql"))
    engine.load("weighed", _weigh(engine))
    engine.run(read_step("source/03_weighed.sql"))


def _weigh(engine: Engine) -> Any:
    """(canonical, tier, rule, resolved) of the distinct addresses at a number that is there, but without this door."""
    weighed: list[tuple[str, str, str, str]] = []
    for canonical, house, there in engine.rows(
        "select l.canonical, l.house, list(distinct r.suffix order by r.suffix) from listed_address as l"
        " join reference_address as r on r.house = l.house where l.tier = '' group by all order by l.canonical"
    ):
        tier, rule, other = weigh(canonical.rpartition("|")[2], there)
        weighed.append((canonical, tier, rule, f"{house}|{other}" if tier == "repaired" else canonical))
    return pa.table([list(column) for column in zip(*weighed, strict=True)] or [[]] * 4, schema=_WEIGHED)


def _place(engine: Engine, profile: str) -> Any:
    """(address_number, canonical, rule) of the addresses without a postcode that the list can place."""
    lost = engine.rows(
        "select distinct o.address_number, o.postcode, o.number, o.letter, o.addition, o.street, o.place, o.address from other_address as o"
        " join address_reading as r on r.address_number = o.address_number where r.canonical = '' order by o.address_number"
    )
    sought: list[tuple[int, str, str, str, str]] = []
    placed: list[tuple[int, str, str]] = []
    for number, *fields in lost:
        address = Address(*fields)
        given = filter(None, (_ID.fullmatch(said.strip()) for said in (address.address, address.number)))
        identifier = next((one[1].zfill(16) for one in given), "")
        if identifier:
            found = engine.rows("select distinct canonical from reference_address where lpad(address_id, 16, '0') = ?", [identifier])  # fmt: skip
            placed += [(number, found[0][0], "Q6")] if len(found) == 1 else []
        elif told := addresses.without_postcode(address):
            house, street, town = told
            _, digits, suffix = profiles.canonical(f"|{house}", profile).split("|")
            sought.append((number, digits, suffix, _street(street), _town(town)))
    if sought:
        schema = pa.schema([("address_number", pa.int32()), *((name, pa.string()) for name in ("house_number", "suffix", "street", "town"))])  # fmt: skip
        engine.load(
            "sought_address", pa.table([list(column) for column in zip(*sought, strict=True)], schema=schema)
        )
        # One postcode only: a street with that number twice in a town places nothing.
        placed += engine.rows(
            "select s.address_number, min(split_part(r.house, '|', 1)) || '|' || any_value(s.house_number) || '|' || any_value(s.suffix), 'Q5'"
            " from sought_address as s join reference_address as r"
            " on r.street = s.street and r.town = s.town and r.house_number = s.house_number where s.street <> '' and s.town <> ''"
            " group by s.address_number having count(distinct r.house) = 1 order by s.address_number"
        )
    return pa.table([list(column) for column in zip(*placed, strict=True)] or [[]] * 3, schema=_PLACED)
