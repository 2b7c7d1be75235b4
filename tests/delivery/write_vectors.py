"""Writes `tests/vectors/delivery/` anew: `python -m tests.delivery.write_vectors [FOLDER]`.

Everything is made by the second implementation (`independent.py`); nothing comes from factlab. All is the same each
time (with one version of pyarrow, which signs its name in Parquet): keys come from their names, opaque codes from a
counter, and each seal uses the one encapsulation per recipient that stands in `encapsulations.json`. No program that
seals for people may do any of that. It does make the vectors small: two deliveries under one manifest differ in the
bytes of their fault only, so a vector says what it takes from a delivery that is in order and what it puts between.
"""

from __future__ import annotations

import base64
import csv
import functools
import hashlib
import io
import json
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.delivery import independent as spec
from tests.delivery.independent import Party, canonical, pack, padded, seal

FOLDER = Path(__file__).parents[1] / "vectors" / "delivery"
DAY, LATER = "2026-01-15", "2026-01-20"
NORMALISER, NORM_CHECK = "2", "dac9c30dd3100275"
SERVICES = ("WMO-BEG", "WMO-HBH")


def party(name: str) -> Party:
    def seed(use: str) -> bytes:
        return hashlib.sha256(f"factlab test vectors, {use} key of {name}, not a secret".encode()).digest()

    return Party(seed("sign"), seed("seal"))


PARTIES = {
    name: party(name)
    for name in (
        "thuiszorg-de-brug", "wijkteam-oost", "burgerzaken", "analyst", "custodian", "stranger", "buurthuis-oost", "renewed",
    )
}  # fmt: skip
BRUG, OOST, REGISTER, ANALYST, CUSTODIAN, STRANGER, BUURTHUIS, RENEWED = PARTIES.values()
ENCAPSULATIONS = {
    name: (bytes.fromhex(told["enc"]), bytes.fromhex(told["shared_secret"]))
    for name, told in json.loads((FOLDER / "encapsulations.json").read_text(encoding="utf-8")).items()
}


@dataclass(frozen=True)
class Agreement:
    """A round as the vectors use it; `to_json` is what stands in `agreement-NAME.json`."""

    name: str
    trust: str
    round_id: str
    year: int = 2025
    amended: bool = False

    @property
    def secret(self) -> bytes:
        name = self.name.removesuffix("-amended")
        return hashlib.sha256(f"factlab test vectors, round secret {name}, not a secret".encode()).digest()

    @property
    def renewal(self) -> dict[str, Any]:
        """With an amendment the brug has the key `renewed`; what its old one signed holds up to number 1."""
        name = "thuiszorg-de-brug"
        return {"keys": {name: "renewed"}, "superseded": [{"party": name, "key": name, "up_to": 1}]}

    @property
    def binding(self) -> dict[str, Any]:
        return {
            "catalogue": "ab" * 32,
            "count": "reference",
            "id": f"testdam-{self.year}",
            "least_threshold": 10,
            "municipalities": [["GM9999", "Testdam"]],
            "period": [f"{self.year}-01-01", f"{self.year}-12-31", f"{self.year}-12-31"],
            "round_id": self.round_id,
            "trust": self.trust,
        }

    @property
    def fingerprint(self) -> str:
        return spec.round_fingerprint(self.binding)

    @property
    def link(self) -> bytes:
        return spec.key_for("link", self.secret, self.round_id, NORMALISER)

    @property
    def key_check(self) -> str:
        return spec.pseudonym(spec.key_for("check", self.secret, self.round_id, NORMALISER), b"")[:8].hex()

    def pseudonym(self, address: str) -> bytes:
        return spec.pseudonym(self.link, address.encode())

    def to_json(self) -> dict[str, Any]:
        addresses = ("1506AB|12|A2", "1506AB|1|", "1506AB|400|TO", "9999ZZ|99999|12-3")
        return {
            "binding": self.binding,
            "fingerprint": self.fingerprint,
            "round_secret": self.secret.hex(),
            "normaliser": NORMALISER,
            "K_link": self.link.decode(),
            "key_check": self.key_check,
            "norm_check": NORM_CHECK,
            "P1": {address: self.pseudonym(address).hex() for address in addresses},
            **(self.renewal if self.amended else {}),
            "participants": {
                "thuiszorg-de-brug": "services",
                "wijkteam-oost": "services",
                "burgerzaken": "register",
                "buurthuis-oost": "aggregate",
            },
        }


DIRECT = Agreement("direct", "direct", "00112233445566778899aabbccddeeff")
SPLIT = Agreement("custodian", "custodian", "ffeeddccbbaa99887766554433221100")
NEXT = Agreement("direct-next-year", "direct", "0123456789abcdef0123456789abcdef", 2026)
AMENDED = Agreement("direct-amended", "direct", DIRECT.round_id, amended=True)
AGREEMENTS = (DIRECT, SPLIT, NEXT, AMENDED)

Row = tuple[Any, ...]  # a canonical address and texts
Change = Callable[[dict[str, Any]], None]


def clients(number: int) -> list[Row]:
    """Addresses with one service, every fourth with two: `number` rows."""
    rows: list[Row] = []
    for door in range(1, number + 1):
        rows += [
            (f"1506AB|{door}|{'A' if door % 7 == 0 else ''}", code)
            for code in SERVICES[: 1 + (door % 4 == 0)]
        ]
    return rows[:number]


def households(number: int) -> list[Row]:
    return [
        (f"1506AB|{door}|", f"BU999901{door % 3:02}", ("", "gezin")[door % 2])
        for door in range(1, number + 1)
    ]


def codes(rows: list[Row]) -> dict[tuple[str, ...], str]:
    """An opaque code for each meaning. A real one is random."""
    found = sorted({row[1:] for row in rows})
    return {one: hashlib.sha256(f"code {at}".encode()).hexdigest()[:16] for at, one in enumerate(found)}


@dataclass
class Delivery:
    """A delivery in the making: its manifest, and the plaintexts to seal. A fault is a change of one of them."""

    agreement: Agreement
    participant: str
    content: str
    parts: list[bytes]
    rows: int
    meanings: bytes | None = None
    totals: bytes = b""
    change: Change = lambda _: None
    rows_for: str = "analyst"
    rest_for: str = "analyst"
    extra: dict[str, Any] = field(default_factory=dict)

    def manifest(self) -> dict[str, Any]:
        names = dict.fromkeys((self.rows_for, self.rest_for))
        told = {
            "content": self.content,
            "day": DAY,
            "fingerprint": self.agreement.fingerprint,
            "format": "factlab-delivery/1",
            "key_check": self.agreement.key_check,
            "norm_check": NORM_CHECK,
            "normaliser": NORMALISER,
            "participant": self.participant,
            "parts": len(self.parts),
            "recipients": [PARTIES[name].fingerprint for name in names],
            "round_id": self.agreement.round_id,
            "row_bucket": spec.bucket(self.rows),
            "sequence": 1,
            "supersedes": None,
            "trust": self.agreement.trust,
            **self.extra,
        }
        self.change(told)
        return told

    def members(self, forwarded: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
        told = self.manifest()

        def sealed(name: str, part: int, data: bytes, recipient: str) -> bytes:
            return seal(*ENCAPSULATIONS[recipient], spec.info(told, name, part), data)

        found = dict(forwarded or {})
        if self.meanings is not None:
            found["meanings.sealed"] = sealed("meanings.sealed", 0, self.meanings, self.rest_for)
        for part, data in enumerate(self.parts):
            name = f"rows-{part:04}.sealed"
            found[name] = sealed(name, part, data, self.rows_for)
        if not forwarded:
            found["totals.sealed"] = sealed("totals.sealed", 0, self.totals, self.rest_for)
        return {name: found[name] for name in sorted(found)}

    def pack(self, forwarded: Mapping[str, bytes] | None = None, **signing: Any) -> bytes:
        return signed(self.manifest(), self.members(forwarded), **signing)


def signed(
    told: Mapping[str, Any],
    members: Mapping[str, bytes],
    *,
    by: Party | None = None,
    context: str = "manifest",
) -> bytes:
    """The delivery of these members: digests in the manifest, signed, packed."""
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    data = canonical({**told, "members": digests})
    signer = by or PARTIES.get(told["participant"], STRANGER)
    return pack({"manifest.json": data, "manifest.sig": signer.sign(context, data), **members})


def totals(rows: int) -> bytes:
    return totals_of(
        canonical({"rows": rows + 3, "delivered": rows, "secret address": 1, "outside the period": 2})
    )


def totals_of(data: bytes, size: int = 4096) -> bytes:
    return (len(data).to_bytes(8, "big") + data).ljust(size, b"\0")


def sealed_rows(agreement: Agreement, rows: list[Row], form: str) -> bytes:
    return padded(spec.parquet(arranged(agreement, rows), form))


def arranged(agreement: Agreement, rows: list[Row]) -> list[Row]:
    return sorted((agreement.pseudonym(row[0]), *row[1:]) for row in rows)


def direct(told: list[Row] | None = None, /, **changed: Any) -> Delivery:
    told = clients(70) if told is None else told
    made = {"parts": [sealed_rows(DIRECT, told, "services")], "totals": totals(len(told)), "rows": len(told)}
    return Delivery(DIRECT, "thuiszorg-de-brug", "services", **{**made, **changed})


def direct_register() -> Delivery:
    told = households(90)
    parts = [sealed_rows(DIRECT, told, "register")]
    return Delivery(DIRECT, "burgerzaken", "register", parts, len(told), totals=totals(len(told)))


def droplist(agreement: Agreement, rows: list[Row]) -> Delivery:
    to = "analyst" if agreement.trust == "direct" else "custodian"
    parts = [sealed_rows(agreement, rows, "droplist")]
    made = Delivery(agreement, "wijkteam-oost", "droplist", parts, len(rows), totals=totals(len(rows)))
    made.rows_for = made.rest_for = to
    return made


DROPPED: list[Row] = [("1506AB|3|",), ("1506AB|5|",), ("1506AB|900|",)]


def veiled(rows: list[Row], **changed: Any) -> Delivery:
    """A submission of services to the custodian."""
    code = codes(rows)
    made: dict[str, Any] = {
        "parts": [sealed_rows(SPLIT, [(row[0], code[row[1:]]) for row in rows], "opaque")],
        "meanings": meanings({one: list(meaning) for meaning, one in code.items()}),
        "totals": totals(len(rows)),
        "rows": len(rows),
        "rows_for": "custodian",
    }
    return Delivery(SPLIT, "thuiszorg-de-brug", "services", **{**made, **changed})


COUNTED: list[Row] = [
    ("WK999901", "INF-BUUV", 12),
    ("WK999901", "WEL-INL", 1_000_000),
    ("WK999902", "INF-BUUV", 1),
]


def aggregate(agreement: Agreement, told: list[Row] | None = None, /, **changed: Any) -> Delivery:
    """Counts without addresses, for the analyst in either way of trust."""
    told = COUNTED if told is None else told
    made = {
        "parts": [padded(spec.parquet(told, "aggregate"))],
        "totals": totals(len(told)),
        "rows": len(told),
    }
    return Delivery(agreement, "buurthuis-oost", "aggregate", **{**made, **changed})


def meanings(told: Mapping[str, Any]) -> bytes:
    return padded(canonical(told))


def submissions() -> dict[str, Delivery]:
    return {
        "custodian-services": veiled(clients(70)),
        "custodian-droplist": droplist(SPLIT, DROPPED),
    }


def digest(delivery: Delivery) -> str:
    """Of the manifest as it is sent."""
    return hashlib.sha256(unpacked(delivery.pack())["manifest.json"]).hexdigest()


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name) for name in found.namelist()}


@functools.cache
def k_c() -> bytes:
    return spec.rekeying_key(CUSTODIAN, SPLIT.round_id, [digest(one) for one in submissions().values()])


def rekeyed(rows: list[Row], first: Delivery | None = None, **changed: Any) -> Delivery:
    """What the custodian makes of a submission; `pack` needs what is forwarded (`forwarded_of`)."""
    first = first or submissions()["custodian-services"]
    code = codes(rows)
    dropped = {row[0] for row in DROPPED}
    kept = sorted(
        (spec.pseudonym(k_c(), SPLIT.pseudonym(row[0])), code[row[1:]])
        for row in rows
        if row[0] not in dropped
    )
    extra = {
        "day": LATER,
        "origin": digest(first),
        "rekey_check": spec.pseudonym(k_c(), b"factlab/v1/rekey-check")[:8].hex(),
    }
    made = {"parts": [padded(spec.parquet(kept, "opaque"))], "rows": len(kept), "extra": extra}
    return Delivery(SPLIT, first.participant, "services", **{**made, **changed})


def forwarded_of(first: Delivery) -> dict[str, bytes]:
    found = unpacked(first.pack())
    return {
        "meanings.sealed": found["meanings.sealed"],
        "origin.json": found["manifest.json"],
        "origin.sig": found["manifest.sig"],
        "totals.sealed": found["totals.sealed"],
    }


def by_custodian(
    made: Delivery, forwarded: Mapping[str, bytes] | None = None, by: Party = CUSTODIAN
) -> bytes:
    forwarded = forwarded or forwarded_of(submissions()["custodian-services"])
    return made.pack(forwarded, by=by, context="rekeyed")


@dataclass(frozen=True)
class Vector:
    """One file: a delivery, who opens it, and what comes of that.

    `inspect` is the outcome without a key, with the round at hand; `checks` is what the convenor's checks say instead.
    """

    name: str
    title: str
    data: bytes
    expect: str = "accepted"
    inspect: str = ""
    agreement: str = "direct"
    reader: str = "analyst"
    rows: int | None = None
    checks: Mapping[str, str] = field(default_factory=dict)

    def header(self) -> dict[str, str]:
        return {
            "title": self.title,
            "agreement": self.agreement,
            **{f"checks.{name}": value for name, value in self.checks.items()},
            "inspect": self.inspect or self.expect,
            "reader": self.reader,
            "open": self.expect,
            **({"rows": str(self.rows)} if self.rows is not None else {}),
            "size": str(len(self.data)),
            "sha256": hashlib.sha256(self.data).hexdigest(),
        }


def in_order() -> Iterator[tuple[Vector, list[Row], str]]:
    """The deliveries that are accepted, with their rows and columns as they are opened."""
    yield (
        Vector("direct-services", "Services in direct trust.", direct().pack(), rows=70),
        [(row[0], DIRECT.pseudonym(row[0]), *row[1:]) for row in clients(70)],
        "service",
    )
    yield (
        Vector("direct-register", "The register in direct trust.", direct_register().pack(), rows=90),
        [(row[0], DIRECT.pseudonym(row[0]), *row[1:]) for row in households(90)],
        "area group",
    )
    yield (
        Vector("direct-nothing", "Nothing to report: a delivery without rows.", direct([]).pack(), rows=0),
        [],
        "service",
    )
    made = submissions()
    code = codes(clients(70))
    yield (
        Vector(
            "custodian-services",
            "Services on their way to the custodian, who sees opaque codes.",
            made["custodian-services"].pack(),
            agreement="custodian",
            reader="custodian",
            rows=70,
        ),
        [(row[0], SPLIT.pseudonym(row[0]), code[row[1:]]) for row in clients(70)],
        "code",
    )
    yield (
        Vector(
            "custodian-droplist",
            "A drop list for the custodian.",
            made["custodian-droplist"].pack(),
            agreement="custodian",
            reader="custodian",
            rows=3,
        ),
        [(row[0], SPLIT.pseudonym(row[0])) for row in DROPPED],
        "",
    )
    dropped = {row[0] for row in DROPPED}
    kept = [row for row in clients(70) if row[0] not in dropped]
    yield (
        Vector(
            "rekeyed-services",
            "The same as the custodian re-keyed it, without the addresses on the drop list.",
            by_custodian(rekeyed(clients(70))),
            agreement="custodian",
            rows=len(kept),
        ),
        [(row[0], spec.pseudonym(k_c(), SPLIT.pseudonym(row[0])), *row[1:]) for row in kept],
        "service",
    )


def counts_in_order() -> Vector:
    """Counts without addresses that are accepted; their rows are COUNTED."""
    title = "Counts without addresses, for the analyst."
    return Vector("direct-aggregate", title, aggregate(DIRECT).pack(), rows=len(COUNTED))


def counts() -> Iterator[Vector]:
    """What is wrong with counts without addresses. The custodian opens none, so that those need no padding here."""
    yield Vector(
        "aggregate-at-the-custodian",
        "Counts without addresses at the custodian: there is nothing to re-key.",
        aggregate(SPLIT, parts=[b"unopened"], totals=b"unopened").pack(),
        "not_to_rekey",
        "accepted",
        "custodian",
        "custodian",
    )
    yield Vector(
        "aggregate-for-the-custodian",
        "Counts sealed for the custodian, by a participant with its own software: not opened all the same.",
        aggregate(
            SPLIT, parts=[b"unopened"], totals=b"unopened", rows_for="custodian", rest_for="custodian"
        ).pack(),
        "not_to_rekey",
        "accepted",
        "custodian",
        "custodian",
    )
    for short, title, rows, expect in (
        ("of-nobody", "A count of 0: what is nobody is no row.", [("WK999901", "INF-BUUV", 0)], "count_outside"),
        ("negative", "A negative count.", [("WK999901", "INF-BUUV", -12)], "count_outside"),
        ("too-large", "A count of more than a million.", [("WK999901", "INF-BUUV", 1_000_001)], "count_outside"),
        ("twice", "The same area and service twice.", [COUNTED[0], COUNTED[0]], "rows_not_sorted"),
        ("unsorted", "Services of one area not in order.", [COUNTED[1], COUNTED[0]], "rows_not_sorted"),
    ):  # fmt: skip
        yield Vector(
            f"aggregate-{short}", title, aggregate(DIRECT, list(rows)).pack(), expect, inspect="accepted"
        )
    table = pa.table({"area": ["WK999901"], "service": ["INF-BUUV"], "count": ["12"]})
    told = aggregate(DIRECT, parts=[padded(spec.written(table))], rows=1)
    yield Vector("aggregate-as-text", "Counts as texts.", told.pack(), "other_schema", inspect="accepted")
    told = aggregate(DIRECT, parts=[sealed_rows(DIRECT, clients(3), "services")], rows=3)
    yield Vector(
        "aggregate-with-pseudonyms", "Pseudonyms under the name of counts.", told.pack(), "other_schema", inspect="accepted"
    )  # fmt: skip
    told = aggregate(DIRECT, parts=[b"", b""], totals=b"", change=setting(row_bucket=1 << 21))
    yield Vector("aggregate-in-parts", "Counts in two parts.", told.pack(), "manifest_damaged")


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def start_of(data: bytes, member: str) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return found.getinfo(member).header_offset + 30 + len(member)


def zipped(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED, **told: Any) -> bytes:
    """Packed by another program: dates and the rest as that one likes (`told`), names given twice too."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", compression) as archive:
        for name, data in members:
            one = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            one.create_system, one.external_attr, one.compress_type = 3, 0o600 << 16, compression
            for key, value in told.items():
                setattr(one, key, value)
            archive.writestr(one, data)
    return sink.getvalue()


def appended(base: bytes, name: str, data: bytes = b"x") -> bytes:
    """With one more member at the end, whatever its name."""
    return pack({**unpacked(base), name: data})


def envelope(base: bytes, prefix: str) -> Iterator[Vector]:
    """Step 1, for each member of a delivery."""
    where: dict[str, Any] = {"agreement": "direct"}
    if prefix == "rekeyed":
        where = {"agreement": "custodian"}
    elif prefix == "custodian":
        where = {"agreement": "custodian", "reader": "custodian"}
    members = unpacked(base)
    for member, data in members.items():
        short = member.split(".")[0] + ("-signature" if member.endswith("sig") else "")
        place = start_of(base, member) + len(data) // 2
        yield Vector(
            f"{prefix}-flipped-{short}",
            f"A bit of {member} flipped on the way.",
            flipped(base, place),
            "member_damaged",
            **where,
        )
        changed = pack({**members, member: flipped(data, len(data) // 2)})
        if prefix == "custodian" and member == "manifest.sig":
            expect = "bad_signature"
        elif member == "manifest.sig":
            expect = "not_from_custodian" if prefix == "rekeyed" else "bad_signature"
        elif member == "manifest.json":
            place = data.index(b"supersedes") + 1
            changed = pack({**members, member: flipped(data, place)})
            expect = "manifest_damaged"
        else:
            expect = "member_changed"
        unseen = prefix == "custodian" and member in ("meanings.sealed", "totals.sealed")
        yield Vector(
            f"{prefix}-replaced-{short}",
            f"A bit of {member} flipped by somebody who packs it well, CRC and all."
            + (" The custodian can't open that member but forwards it, and so checks it." if unseen else ""),
            changed,
            expect,
            **where,
        )
        less = {name: data for name, data in members.items() if name != member}
        if not (prefix == "custodian" and member == "meanings.sealed"):
            yield Vector(
                f"{prefix}-missing-{short}", f"{member} is missing.", pack(less), "missing_member", **where
            )


def zips(base: bytes) -> Iterator[Vector]:
    members = unpacked(base)
    told = list(members.items())
    for name, data in {
        "empty": b"",
        "no-zip": b"postcode;huisnummer;dienst\n" * 100,
        "truncated": base[: len(base) // 2],
        "truncated-by-a-byte": base[:-1],
    }.items():
        yield Vector(name, f"The file is {name.replace('-', ' ')}.", data, "not_a_delivery")
    yield Vector("empty-zip", "A ZIP without members.", zipped([]), "missing_member")
    yield Vector("part-missing", "rows-0001.sealed is there, rows-0000.sealed isn't.",
        pack({name.replace("0000", "0001"): data for name, data in told}), "missing_member")  # fmt: skip
    between = [*told[:3], ("rows-0001.sealed", b"x"), told[3]]
    yield Vector(
        "part-too-many", "A part that the manifest doesn't name.", pack(dict(between)), "missing_member"
    )
    for name in ("readme.txt", "rows-0000.parquet", "MANIFEST.JSON", "rows-1.sealed"):
        yield Vector(f"extra-{name.lower().replace('.', '-')}", f"A member that doesn't belong: {name}.",
            appended(base, name), "extra_member")  # fmt: skip
    for short, name in {
        "up": "../x", "root": "/etc/x", "folder": "x/rows-0000.sealed", "backslash": "..\\x", "drive": "C:x",
        "nul": "totals.sealed\0.txt",
    }.items():  # fmt: skip
        yield Vector(
            f"path-{short}",
            f"A member's name is a path trick ({short}).",
            appended(base, name),
            "unsafe_member",
        )
    twice = "X" * len("rows-0000.sealed")
    yield Vector("duplicate", "rows-0000.sealed is there twice.",
        appended(base, twice, b"other rows").replace(twice.encode(), b"rows-0000.sealed"), "duplicate_member")  # fmt: skip
    yield Vector("misordered", "totals.sealed stands before the rows.",
        pack(dict([*told[:2], told[3], told[2]])), "misordered_members")  # fmt: skip
    # Compressed anew a sealed member gets no smaller, so what is compressed here is the manifest.
    yield Vector("compressed", "Members are compressed.",
        zipped([*told[:2], *((name, bytes(70_000)) for name, _ in told[2:])], zipfile.ZIP_DEFLATED), "compressed_member")  # fmt: skip
    bomb = [*told[:2], ("rows-0000.sealed", bytes(1 << 22)), ("totals.sealed", bytes(4096))]
    yield Vector("zip-bomb", "Four megabytes in four kilobytes: refused, not unpacked.",
        zipped(bomb, zipfile.ZIP_DEFLATED), "compressed_member")  # fmt: skip
    at = base.rindex(b"PK\1\2", 0, base.rindex(b"rows-0000.sealed"))
    yield Vector("huge-declared-size", "rows-0000.sealed says that it has four billion bytes.",
        base[: at + 20] + struct.pack("<LL", 4_000_000_000, 4_000_000_000) + base[at + 28 :], "member_too_large")  # fmt: skip
    yield Vector("large-totals", "totals.sealed is larger than it can be.",
        pack({**members, "totals.sealed": bytes((1 << 16) + 1)}), "member_too_large")  # fmt: skip
    for short, title, header in (
        ("dated", "Headers tell the time of packing.", {"date_time": (2026, 1, 15, 9, 30, 0)}),
        ("extra-field", "Headers have an extra field.", {"extra": struct.pack("<HH", 0xCAFE, 0)}),
        ("commented-member", "Members have a comment.", {"comment": b"from Anna"}),
        ("other-system", "Packed on another system, and it says so.", {"create_system": 0}),
        ("other-permissions", "Other permissions in the directory.", {"external_attr": 0o644 << 16}),
    ):
        yield Vector(short, title, zipped(told, **header), "not_plain_zip")
    end = base.rindex(b"PK\5\6")
    start = struct.unpack("<L", base[end + 16 : end + 20])[0]
    yield Vector("something-before", "A line before the ZIP.", b"#!/bin/sh\n" + base, "not_plain_zip")
    moved = base[end : end + 16] + struct.pack("<L", start + 7) + base[end + 20 :]
    yield Vector("something-between", "Seven bytes between members and directory.",
        base[:start] + b"between" + base[start:end] + moved, "not_plain_zip")  # fmt: skip
    yield Vector("something-after", "A comment of the whole ZIP, at its end.",
        base[:-2] + struct.pack("<H", 5) + b"hello", "not_plain_zip")  # fmt: skip


def told_otherwise(base: bytes, change: Change, **signing: Any) -> bytes:
    """The members of `base` under a manifest with a change, signed anew."""
    members = unpacked(base)
    told = spec.parse(members.pop("manifest.json"))
    del members["manifest.sig"]
    del told["members"]
    change(told)
    return signed(told, members, **signing)


def setting(**values: Any) -> Change:
    return lambda told: told.update(values)


def manifests(base: bytes) -> Iterator[Vector]:
    """Step 2."""
    yield Vector(
        "unknown-version",
        "Format 2.",
        told_otherwise(base, setting(format="factlab-delivery/2")),
        "unknown_version",
    )
    for short, title, change in (
        ("unknown-content", "A content that this version doesn't have.", setting(content="persons")),
        ("time-of-day", "The day has a time.", setting(day="2026-01-15T09:30:00")),
        ("no-such-day", "30 February.", setting(day="2026-02-30")),
        ("participant-path", "The participant's id is a path.", setting(participant="../x")),
        ("sequence-zero", "Number 0.", setting(sequence=0)),
        ("sequence-true", "The number is `true`.", setting(sequence=True)),
        ("supersedes-itself", "It replaces its own number.", setting(supersedes=1)),
        ("exact-count", "The bucket is an exact count.", setting(row_bucket=100)),
        ("small-bucket", "A bucket below 64.", setting(row_bucket=32)),
        ("parts-not-of-bucket", "Two parts, where the bucket has one.", setting(parts=2)),
        ("no-recipients", "Sealed for nobody.", setting(recipients=[])),
        ("extra-name", "A name too many.", setting(note="from Anna")),
        ("name-missing", "A name too few.", lambda told: told.pop("supersedes") and None),
        (
            "origin-in-direct-trust",
            "Re-keyed, in direct trust.",
            setting(origin="0" * 64, rekey_check="0" * 16),
        ),
    ):
        yield Vector(f"manifest-{short}", title, told_otherwise(base, change), "manifest_damaged")
    members = unpacked(base)
    data = members["manifest.json"]
    for short, title, form in (
        ("newline", "A newline at the end.", data + b"\n"),
        ("space", "A space after a colon.", data.replace(b":", b": ", 1)),
        ("name-twice", "A name twice.", b'{"content":"register",' + data[1:]),
        ("escape", "A letter written as an escape.", data.replace(b'"trust"', b'"trus\\u0074"')),
        ("names-unsorted", "Names in another order.",
         b'{"day":"2026-01-15","content":"services"' + data[data.index(b',"fingerprint"') :]),
        ("utf-16", "UTF-16.", data.decode().encode("utf-16")),
        ("list", "A list.", b"[]"),
        ("deep", "Five thousand brackets deep.", b"[" * 5_000),
    ):  # fmt: skip
        again = {**members, "manifest.json": form, "manifest.sig": BRUG.sign("manifest", form)}
        yield Vector(
            f"json-{short}",
            f"The manifest isn't canonical: {title[0].lower()}{title[1:]}",
            pack(again),
            "manifest_damaged",
        )


def senders(base: bytes) -> Iterator[Vector]:
    """Steps 3 to 6: who, for what round, for whom."""
    members = unpacked(base)
    data = members["manifest.json"]
    yield Vector(
        "wrong-round",
        "Replayed: last year's delivery in this year's round.",
        base,
        "wrong_round",
        agreement=NEXT.name,
    )
    yield Vector(
        "wrong-trust",
        "A delivery in direct trust in a round with a custodian.",
        base,
        "wrong_round",
        agreement="custodian",
    )
    replay = setting(round_id=NEXT.round_id, fingerprint=NEXT.fingerprint, key_check=NEXT.key_check)
    yield Vector("replayed-by-its-sender", "Last year's rows under this year's manifest, signed anew by their own sender: the seal doesn't go along.",
        told_otherwise(base, replay), "seal_broken", "accepted", agreement=NEXT.name)  # fmt: skip
    yield Vector("wrong-terms", "Made under a lower threshold.",
        told_otherwise(base, setting(fingerprint="0" * 64)), "wrong_fingerprint")  # fmt: skip
    yield Vector("other-trust-told", "The manifest says that the round has another trust.",
        told_otherwise(base, setting(trust="oprf")), "wrong_fingerprint")  # fmt: skip
    yield Vector("wrong-participant", "From somebody who doesn't take part.",
        told_otherwise(base, setting(participant="nobody")), "unknown_participant")  # fmt: skip
    yield Vector("signed-by-another-participant", "Signed with another participant's key.",
        told_otherwise(base, setting(), by=OOST), "bad_signature")  # fmt: skip
    yield Vector("signed-by-a-stranger", "Stripped of its signature and signed by a stranger.",
        told_otherwise(base, setting(), by=STRANGER), "bad_signature")  # fmt: skip
    yield Vector("signature-stripped", "Sixty-four zeros for a signature.",
        pack({**members, "manifest.sig": bytes(64)}), "bad_signature")  # fmt: skip
    yield Vector(
        "signature-empty", "No byte of signature.", pack({**members, "manifest.sig": b""}), "bad_signature"
    )
    yield Vector("signature-of-another-context", "Signed as a round, not as a manifest.",
        pack({**members, "manifest.sig": BRUG.sign("round", data)}), "bad_signature")  # fmt: skip
    yield Vector("signature-without-context", "Signed without any context.",
        pack({**members, "manifest.sig": bare_signature(data)}), "bad_signature")  # fmt: skip
    yield Vector("changed-without-the-key", "Number 9 for number 1, under the old signature.",
        pack({**members, "manifest.json": data.replace(b'"sequence":1', b'"sequence":9')}), "bad_signature")  # fmt: skip
    yield Vector("passed-off-as-ones-own", "Stripped and signed by another participant as its own.",
        told_otherwise(base, setting(participant="wijkteam-oost")), "seal_broken", "accepted")  # fmt: skip
    for short, change in (
        ("sequence", setting(sequence=2, supersedes=1)),
        ("day", setting(day="2026-01-16")),
        ("content", setting(content="register")),
        ("bucket", setting(row_bucket=4096)),
    ):
        yield Vector(f"seal-bound-to-{short}", f"Signed anew by its sender with another {short}: the seal doesn't go along.",
            told_otherwise(base, change), "seal_broken", "accepted")  # fmt: skip
    again = direct(change=setting(sequence=2, supersedes=1), parts=[padded(b"")]).members()
    old = {name: one for name, one in members.items() if name.endswith("sealed")}
    told = {name: value for name, value in spec.parse(data).items() if name != "members"}
    yield Vector("totals-of-another-delivery", "The totals of the sender's next delivery.",
        signed(told, {**old, "totals.sealed": again["totals.sealed"]}), "seal_broken", "accepted")  # fmt: skip
    yield Vector("swapped-members", "Rows and totals have changed places.",
        signed(told, {"rows-0000.sealed": old["totals.sealed"], "totals.sealed": old["rows-0000.sealed"][:5232]}), "seal_broken", "accepted")  # fmt: skip
    in_parts = direct(rows=1 << 21, parts=[padded(b"")[:100], padded(b"")[:100]])
    found = in_parts.members()
    found["rows-0000.sealed"], found["rows-0001.sealed"] = (
        found["rows-0001.sealed"],
        found["rows-0000.sealed"],
    )
    yield Vector("swapped-parts", "Two parts have changed places. (What is in them is short: nobody gets to see it.)",
        signed(in_parts.manifest(), found), "seal_broken", "accepted")  # fmt: skip
    truncated = {**old, "rows-0000.sealed": old["rows-0000.sealed"][:1000]}
    yield Vector("seal-shorter-than-a-key", "The sealed rows end within the encapsulated key.",
        signed(told, truncated), "seal_broken", "accepted")  # fmt: skip
    for name, value, expect in (
        ("normaliser", "1", "wrong_normaliser"),
        ("norm_check", "00" * 8, "wrong_normaliser"),
        ("key_check", "00" * 8, "wrong_secret"),
    ):
        yield Vector(f"wrong-{name.replace('_', '-')}", f"The convenor's checks have another {name}.", base,
            expect, "accepted", checks={name: value})  # fmt: skip
    yield Vector(
        "not-for-us",
        "Opened by somebody for whom it isn't sealed.",
        base,
        "not_for_us",
        "accepted",
        reader="stranger",
    )
    yield Vector("forwarded", "Forwarded: another recipient in the manifest, signed anew, but sealed for the analyst.",
        told_otherwise(base, setting(recipients=[STRANGER.fingerprint])), "seal_broken", "accepted", reader="stranger")  # fmt: skip


def bare_signature(message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(BRUG.sign_seed).sign(message)


def contents() -> Iterator[Vector]:
    """Steps 7 and 8: what a participant with its own software could seal. All under one manifest: bucket 128."""
    rows = arranged(DIRECT, clients(70))
    data = spec.parquet(rows, "services")
    table = pa.table(
        [
            pa.ExtensionArray.from_storage(pa.uuid(), pa.array([row[0] for row in rows], pa.binary(16))),
            pa.array([row[1] for row in rows], pa.string()),
        ],
        schema=spec.schema("services"),
    )

    def made(name: str, title: str, expect: str, parts: list[bytes] | None = None, **changed: Any) -> Vector:
        changed = {**({"parts": parts} if parts else {}), **changed}
        return Vector(name, title, direct(**changed).pack(), expect, "accepted")

    def formed(name: str, title: str, parquet: bytes, expect: str = "other_schema") -> Vector:
        return made(name, title, expect, [padded(parquet)])

    yield formed("rows-unsorted", "Rows in another order: the second half, then the first.",
        spec.parquet(rows[35:] + rows[:35], "services"), "rows_not_sorted")  # fmt: skip
    yield formed("rows-in-order-of-the-extract", "Rows in the order of the extract, not shuffled.",
        spec.parquet([(DIRECT.pseudonym(row[0]), *row[1:]) for row in clients(70)], "services"), "rows_not_sorted")  # fmt: skip
    swapped = [*rows[:2], *rows[3:1:-1], *rows[4:]]
    yield formed(
        "two-rows-swapped",
        "Two neighbours have changed places.",
        spec.parquet(swapped, "services"),
        "rows_not_sorted",
    )
    yield formed(
        "row-twice",
        "A row is there twice.",
        spec.parquet([*rows[:9], *rows[8:-1]], "services"),
        "rows_not_sorted",
    )
    yield formed(
        "bucket-too-large",
        "20 rows, where 65 to 128 were told.",
        spec.parquet(rows[:20], "services"),
        "bucket_off",
    )
    many = arranged(DIRECT, clients(140))
    yield formed(
        "bucket-too-small",
        "140 rows, where 65 to 128 were told.",
        spec.parquet(many, "services"),
        "bucket_off",
    )
    low = bytes.fromhex("80" + "00" * 15)
    parted = direct(rows=1 << 21, parts=[padded(spec.parquet([(low, "WMO-HBH")], "services")), b"-"])
    yield Vector("row-in-the-wrong-part",
        "A row in part 0 whose first bit is 1. (A true delivery in two parts has a million rows; this one stops at the first.)",
        parted.pack(), "row_in_wrong_part", "accepted")  # fmt: skip

    start = pa.array(["2025-01-01"] * 70)
    yield formed("column-too-many", "A column too many: the start of a service.",
        spec.written(table.append_column(pa.field("start", pa.string(), False), start)))  # fmt: skip
    yield formed("column-too-few", "A column too few.", spec.written(table.select(["pseudonym"])))
    yield formed(
        "columns-in-another-order",
        "Columns in another order.",
        spec.written(table.select(["service", "pseudonym"])),
    )
    yield formed(
        "column-with-another-name",
        "A column with another name.",
        spec.written(table.rename_columns(["address", "service"])),
    )
    optional = pa.schema([pa.field("pseudonym", pa.uuid(), nullable=True), table.schema.field(1)])
    yield formed("column-optional", "A column that may be empty.", spec.written(table.cast(optional)))
    texts = pa.schema([pa.field("pseudonym", pa.string(), False), table.schema.field(1)])
    hexed = pa.table([pa.array([row[0].hex() for row in rows]), table.column(1)], schema=texts)
    yield formed("pseudonym-as-text", "Pseudonyms as text.", spec.written(hexed))
    yield formed("parquet-compressed", "Compressed pages.", spec.written(table, compression="snappy"))
    yield formed("parquet-dictionary", "A dictionary.", spec.written(table, use_dictionary=True))
    yield formed(
        "parquet-arrow-schema", "Foreign metadata: Arrow's schema.", spec.written(table, store_schema=True)
    )
    yield formed("parquet-metadata", "Foreign metadata: the sender's name.",
        spec.written(table.replace_schema_metadata({"from": "Anna"}), store_schema=True))  # fmt: skip
    yield formed("parquet-row-groups", "Two row groups.", spec.written(table, row_group_size=35))
    yield formed("parquet-none", "No Parquet.", b"PAR1 no parquet PAR1")
    yield formed("parquet-truncated", "Truncated Parquet.", data[:-9])
    yield formed(
        "parquet-not-utf-8", "A text that isn't UTF-8.", data.replace(b"WMO-HBH", b"\xff\xff\xff-HBH")
    )
    long = [*rows[:50], (rows[50][0], "X" * 101), *rows[51:]]
    yield formed("long-text", "A text of 101 bytes.", spec.parquet(long, "services"))
    million = pa.table(
        [
            pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16)] * 1_000_000, pa.binary(16))),
            pa.array(["WMO-HBH"]).take(pa.array([0] * 1_000_000)),
        ],
        schema=spec.schema("services"),
    )
    yield formed("parquet-bomb", "A million rows in a few kilobytes: refused before a value is read.",
        spec.written(million, compression="zstd", use_dictionary=True))  # fmt: skip

    whole = padded(data)
    for short, title, spoiled in (
        ("padding-too-long", "64 zeros too many.", whole + bytes(64)),
        ("padding-not-zero", "The last byte of the padding isn't zero.", whole[:-1] + b"\1"),
        ("padding-none", "No padding.", len(data).to_bytes(8, "big") + data),
        ("padding-to-12-percent", "Padmé without the least of 65,536 bytes.",
         (len(data).to_bytes(8, "big") + data).ljust(spec.padme(8 + len(data)), b"\0")),
        ("padding-length-past-the-end", "A length past the end.", (1 << 62).to_bytes(8, "big") + whole[8:]),
        ("padding-of-nothing", "Nothing at all is sealed.", b""),
    ):  # fmt: skip
        yield made(short, title, "bad_padding", [spoiled])
    for short, title, told in (
        ("negative", "A negative number.", totals_of(b'{"rows":-1}')),
        ("fraction", "A fraction.", totals_of(b'{"rows":1.5}')),
        ("text", "A text for a number.", totals_of(b'{"rows":"12"}')),
        ("named-freely", "A name that could be an address.", totals_of(b'{"Stationsstraat 1":1}')),
        ("not-canonical", "Not canonical.", totals_of(b'{"rows": 1}')),
        ("larger", "8192 bytes.", totals_of(b'{"rows":1}', 8192)),
        ("padding", "The padding isn't zeros.", totals_of(b'{"rows":1}')[:-1] + b"\1"),
    ):
        yield made(f"totals-{short}", f"Totals: {title[0].lower()}{title[1:]}", "bad_totals", totals=told)


def split() -> Iterator[Vector]:
    """With a custodian: what it refuses, and what the analyst refuses."""
    rows = clients(70)
    first = submissions()["custodian-services"]
    submitted, made = first.pack(), by_custodian(rekeyed(rows))
    code = codes(rows)

    def submission(name: str, title: str, expect: str, inspect: str = "accepted", **changed: Any) -> Vector:
        data = veiled(rows, **changed).pack()
        return Vector(name, title, data, expect, inspect, agreement="custodian", reader="custodian")

    def to_analyst(
        name: str, title: str, data: bytes, expect: str, inspect: str = "", **changed: Any
    ) -> Vector:
        return Vector(name, title, data, expect, inspect, agreement="custodian", **changed)

    frank = [(row[0], row[1]) for row in rows]
    yield submission("code-is-a-word", "Codes say what they mean.", "code_not_opaque",
        parts=[sealed_rows(SPLIT, frank, "opaque")])  # fmt: skip
    upper = [(row[0], code[row[1:]].upper()) for row in rows]
    yield submission("code-in-capitals", "Codes in capital letters, which could tell something.", "code_not_opaque",
        parts=[sealed_rows(SPLIT, upper, "opaque")])  # fmt: skip
    yield submission("custodian-rows-not-opaque", "A column `service` for `code`.", "other_schema",
        parts=[sealed_rows(SPLIT, frank, "services")])  # fmt: skip
    opaque = arranged(SPLIT, [(row[0], code[row[1:]]) for row in rows])
    yield submission("custodian-rows-unsorted", "Rows that aren't in order.", "rows_not_sorted",
        parts=[padded(spec.parquet(opaque[::-1], "opaque"))])  # fmt: skip
    yield Vector("analysts-part-at-the-custodian", "The analyst opens rows that are sealed for the custodian.",
        submitted, "not_rekeyed", "accepted", agreement="custodian")  # fmt: skip
    yield Vector("rekeyed-at-the-custodian", "What was re-keyed comes to the custodian again.",
        made, "already_rekeyed", "accepted", agreement="custodian", reader="custodian")  # fmt: skip
    yield Vector("droplist-at-the-analyst", "A drop list comes to the analyst.",
        submissions()["custodian-droplist"].pack(), "not_for_us", "accepted", agreement="custodian")  # fmt: skip
    members = unpacked(submitted)
    no_meanings = {name: one for name, one in members.items() if name.endswith("sealed") and name[0] != "m"}
    told = {name: value for name, value in spec.parse(members["manifest.json"]).items() if name != "members"}
    yield Vector("custodian-missing-meanings", "meanings.sealed is missing, in the manifest too.",
        signed(told, no_meanings), "manifest_damaged", agreement="custodian", reader="custodian")  # fmt: skip
    lists = unpacked(submissions()["custodian-droplist"].pack())
    told = {name: value for name, value in spec.parse(lists["manifest.json"]).items() if name != "members"}
    listed = {
        "meanings.sealed": b"-",
        **{name: one for name, one in lists.items() if name.endswith("sealed")},
    }
    yield Vector("droplist-with-meanings", "A drop list with meanings.",
        signed(told, listed), "manifest_damaged", agreement="custodian", reader="custodian")  # fmt: skip
    addresses = [(DIRECT.pseudonym(row[0]),) for row in DROPPED]
    drops = droplist(SPLIT, DROPPED)
    drops.parts = [padded(spec.parquet(addresses, "droplist"))]
    if addresses == sorted(addresses):
        drops.parts = [padded(spec.parquet(addresses[::-1], "droplist"))]
    yield Vector("droplist-unsorted", "A drop list that isn't in order.",
        drops.pack(), "rows_not_sorted", "accepted", agreement="custodian", reader="custodian")  # fmt: skip

    # Re-keyed: the custodian with its own software.
    yield to_analyst("rekeyed-by-a-stranger", "Signed by a stranger.",
        by_custodian(rekeyed(rows), by=STRANGER), "not_from_custodian")  # fmt: skip
    yield to_analyst("rekeyed-by-the-participant", "Signed by the participant, as if it had re-keyed its own.",
        by_custodian(rekeyed(rows), by=BRUG), "not_from_custodian")  # fmt: skip
    yield to_analyst("rekeyed-signed-as-a-participant", "Signed by the custodian as participants sign.",
        rekeyed(rows).pack(forwarded_of(first), by=CUSTODIAN), "not_from_custodian")  # fmt: skip
    for short, title, change in (
        ("sequence", "The custodian gave it another number.", setting(sequence=2)),
        ("key-check", "The custodian changed the key check.", setting(key_check="00" * 8)),
        (
            "participant",
            "The custodian gave it to another participant.",
            setting(participant="wijkteam-oost"),
        ),
        ("digest", "The digest of another origin.", setting(origin="0" * 64)),
    ):
        yield to_analyst(f"rekeyed-other-{short}", title,
            told_otherwise(made, change, by=CUSTODIAN, context="rekeyed"), "origin_differs")  # fmt: skip
    forwarded = forwarded_of(first)
    forged = forwarded["origin.json"].replace(b'"day":"2026-01-15"', b'"day":"2026-01-16"')
    change = setting(origin=hashlib.sha256(forged).hexdigest())
    yield to_analyst("rekeyed-origin-forged", "An origin that the participant didn't sign.",
        by_custodian(rekeyed(rows, change=change, parts=[b"-"]), {**forwarded, "origin.json": forged}), "bad_signature")  # fmt: skip
    one, two = sorted(code.values())
    spoiled = veiled(rows, meanings=meanings({one: ["WMO-HBH"], two: ["WMO-HBH"]}))
    other = forwarded_of(spoiled)
    yield to_analyst("rekeyed-meanings-of-another", "The meanings of another delivery of the same participant.",
        signed_members(made, {"meanings.sealed": other["meanings.sealed"]}), "origin_differs")  # fmt: skip
    stripped = {name: one for name, one in unpacked(made).items() if name.endswith("sealed")}
    bare = {
        name: value
        for name, value in spec.parse(unpacked(made)["manifest.json"]).items()
        if name not in ("members", "origin", "rekey_check")
    }
    yield to_analyst("rekeyed-origin-stripped", "Stripped of its origin, signed by the custodian.",
        signed(bare, stripped, by=CUSTODIAN), "bad_signature")  # fmt: skip
    yield to_analyst("rekeyed-for-somebody-else", "Re-keyed deliveries are the analyst's alone.",
        made, "not_for_us", "accepted", reader="stranger")  # fmt: skip
    kept = spec.read_parquet(spec.unpadded(rekeyed(rows).parts[0]), "opaque", 128)
    foreign = [(kept[0][0], "0" * 16), *((row[0], row[1].decode()) for row in kept[1:])]
    yield to_analyst("code-without-meaning", "A code that no meaning was sent for.",
        by_custodian(rekeyed(rows, parts=[padded(spec.parquet(foreign, "opaque"))])), "other_meanings", "accepted")  # fmt: skip


def signed_members(base: bytes, swap: Mapping[str, bytes]) -> bytes:
    members = {
        name: one for name, one in {**unpacked(base), **swap}.items() if not name.startswith("manifest")
    }
    told = {
        name: value
        for name, value in spec.parse(unpacked(base)["manifest.json"]).items()
        if name != "members"
    }
    return signed(told, members, by=CUSTODIAN, context="rekeyed")


def renewals(base: bytes) -> Iterator[Vector]:
    """Keys that were replaced by an amendment."""
    yield Vector(
        "old-key-holds",
        "Number 1, signed with a key that was replaced after it.",
        base,
        rows=70,
        agreement=AMENDED.name,
    )
    later = setting(sequence=2, supersedes=1)
    yield Vector("old-key-no-longer-holds", "Number 2, signed with a key that was replaced before it.",
        told_otherwise(base, later), "old_key", agreement=AMENDED.name)  # fmt: skip
    yield Vector("new-key-not-yet-agreed", "Signed with a key that the agreement doesn't hold (yet).",
        told_otherwise(base, setting(), by=RENEWED), "bad_signature")  # fmt: skip


def withdrawals(base: bytes) -> Iterator[Vector]:
    """Section 9: a manifest and a signature. Inspected it is in order; there is nothing to open."""
    taken = spec.parse(unpacked(base)["manifest.json"])
    of = hashlib.sha256(unpacked(base)["manifest.json"]).hexdigest()
    told = {
        **{name: value for name, value in taken.items() if name != "members"},
        "content": "withdrawal", "day": LATER, "sequence": 2, "supersedes": 1, "row_bucket": 0, "parts": 0,
        "recipients": [], "withdraws": of,
    }  # fmt: skip

    def made(name: str, title: str, data: bytes, inspect: str = "accepted") -> Vector:
        opened = "nothing_sealed" if inspect == "accepted" else inspect
        return Vector(f"withdrawal{name}", title, data, opened, inspect)

    yield made("", "A withdrawal in order.", signed(told, {}))
    yield made(
        "-signed-by-another", "Another participant takes it back.", signed(told, {}, by=OOST), "bad_signature"
    )
    whole = unpacked(signed(told, {}))
    sealed = {name: data for name, data in unpacked(base).items() if name.endswith("sealed")}
    yield made("-with-rows", "A withdrawal that brings rows.", pack({**whole, **sealed}), "extra_member")
    for name, title, change in (
        ("of-nothing", "It doesn't say what it takes back.", {"withdraws": ""}),
        ("skips-a-number", "It replaces another number than the one before its own.", {"sequence": 3}),
        ("with-recipients", "It names recipients.", {"recipients": [ANALYST.fingerprint]}),
        ("with-a-bucket", "It tells a number of rows.", {"row_bucket": 64}),
        ("rekeyed", "It was re-keyed.", {"origin": "0" * 64, "rekey_check": "0" * 16}),
    ):
        yield made(f"-{name}", title, signed({**told, **change}, {}), "manifest_damaged")
    yield Vector("withdraws-in-a-delivery", "A delivery of services that also says that it takes something back.",
        told_otherwise(base, setting(withdraws=of)), "manifest_damaged")  # fmt: skip
    bare = {name: data for name, data in unpacked(base).items() if name.startswith("manifest")}
    yield Vector("stripped-of-all-members", "A delivery of services with its manifest and signature only.",
        pack(bare), "missing_member")  # fmt: skip


def faulty(accepted: Mapping[str, bytes]) -> Iterator[Vector]:
    base = accepted["direct-services"]
    yield from envelope(base, "direct")
    yield from envelope(accepted["custodian-services"], "custodian")
    yield from envelope(accepted["rekeyed-services"], "rekeyed")
    yield from zips(base)
    yield from manifests(base)
    yield from senders(base)
    yield from contents()
    yield from split()
    yield from renewals(base)
    yield from withdrawals(base)
    yield from counts()


# The files

BLOCK = 48
LARGE = 4096  # bytes; beyond it they stand in a file of their own


class Pool:
    """Files from which vectors take what is the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, bytes] = {}
        self.places: dict[bytes, tuple[str, int]] = {}

    def add(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)
        self.files[name] = data
        for at in range(len(data) - BLOCK):
            self.places.setdefault(data[at : at + BLOCK], (name, at))

    def pieces(self, vector: str, data: bytes) -> list[str]:
        """`copy FILE FROM TO`, `zeros NUMBER` and `bytes BASE64`, one a line, that together are `data`."""
        lines: list[str] = []
        at = loose = 0

        def put(end: int) -> None:
            own = data[loose:end]
            if len(own) > LARGE:
                name = f"{vector}.{sum(line.startswith(f'copy {vector}.') for line in lines)}.bin"
                self.add(name, own)
                lines.append(f"copy {name} 0 {len(own)}")
            elif own:
                lines.append(f"bytes {base64.b64encode(own).decode()}")

        while at < len(data):
            zeros = len(data) - at - len(data[at:].lstrip(b"\0")) if data[at : at + 64] == bytes(64) else 0
            found = None if zeros else self.places.get(data[at : at + BLOCK])
            if zeros:
                put(at)
                lines.append(f"zeros {zeros}")
                at = loose = at + zeros
            elif found:
                put(at)
                name, start = found
                size = self._same(self.files[name], start, data, at)
                lines.append(f"copy {name} {start} {start + size}")
                at = loose = at + size
            else:
                at += 1
        put(len(data))
        return lines

    @staticmethod
    def _same(one: bytes, start: int, two: bytes, at: int) -> int:
        """How many bytes are the same from there on."""
        size, step = 0, 1 << 16
        while step:
            while one[start + size : start + size + step] == two[at + size : at + size + step] and (
                start + size + step <= len(one) and at + size + step <= len(two)
            ):
                size += step
            step >>= 1
        return size


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in [
        file for kind in ("*.txt", "*.factlab", "*.bin", "*.csv", "agreement-*") for file in folder.glob(kind)
    ]:
        old.unlink()
    _write_json(folder / "keys.json", keys())
    for agreement in AGREEMENTS:
        told = agreement.to_json()
        if agreement is SPLIT:
            told["rekeying"] = rekeying()
        _write_json(folder / f"agreement-{agreement.name}.json", told)
    pool = Pool(folder)
    accepted = {}
    for vector, rows, columns in in_order():
        accepted[vector.name] = vector.data
        with (folder / f"{vector.name}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["address", "pseudonym", *columns.split()])
            table.writerows([row[0], row[1].hex(), *row[2:]] for row in sorted(rows, key=lambda row: row[1:]))
        if vector.name != "rekeyed-services":  # most of that is what the participant sent
            pool.add(f"{vector.name}.factlab", vector.data)
        _write_vector(folder, vector, pool.pieces(vector.name, vector.data))
    vector = counts_in_order()
    with (folder / f"{vector.name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("area", "service", "count"), *COUNTED])
    _write_vector(folder, vector, pool.pieces(vector.name, vector.data))
    for vector in faulty(accepted):
        if (folder / f"{vector.name}.txt").exists():
            raise ValueError(vector.name)
        _write_vector(folder, vector, pool.pieces(vector.name, vector.data))


def _write_vector(folder: Path, vector: Vector, pieces: list[str]) -> None:
    head = [f"{name}: {value}" for name, value in vector.header().items()]
    (folder / f"{vector.name}.txt").write_text("\n".join([*head, "", *pieces, ""]), encoding="utf-8")


def _write_json(file: Path, told: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def keys() -> dict[str, Any]:
    return {
        name: {
            "sign_seed": one.sign_seed.hex(),
            "seal_seed": one.seal_seed.hex(),
            "sign_public": one.sign_public.hex(),
            "seal_public": one.seal_public.hex(),
            "fingerprint": one.fingerprint,
        }
        for name, one in PARTIES.items()
    }


def rekeying() -> dict[str, Any]:
    digests = {name: digest(one) for name, one in submissions().items()}
    together = hashlib.sha256("\n".join(sorted(digests.values())).encode()).hexdigest()
    return {
        "together": digests,
        "D": together,
        "master": CUSTODIAN.local("custodian").hex(),
        "K_C": k_c().decode(),
        "rekey_check": spec.pseudonym(k_c(), b"factlab/v1/rekey-check")[:8].hex(),
        "P2": {
            address: spec.pseudonym(k_c(), SPLIT.pseudonym(address)).hex()
            for address in ("1506AB|12|A2", "1506AB|1|")
        },
    }


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
