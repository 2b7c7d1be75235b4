"""The files of `tests/vectors/delivery/`: factlab and a second implementation of the specification agree on each."""

from __future__ import annotations

import ast
import base64
import csv
import datetime
import functools
import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import factlab.texts
import pytest
from factlab import custodian
from factlab.agreement import Custodian, Keys, Participant, Round
from factlab.agreement.round import Superseded
from factlab.custodian import Rekeying
from factlab.delivery.agreed import Checks
from factlab.delivery.identity import Identity, fingerprint
from factlab.delivery.package import Contents, inspect, open_package, write
from factlab.delivery.rekeying import open_submission, write_rekeyed
from factlab.errors import DeliveryError
from factlab.source import pseudonyms

from tests.delivery import independent as spec
from tests.delivery import write_vectors
from tests.delivery.made import made_round, uuids

FOLDER = Path(__file__).parents[1] / "vectors" / "delivery"
ACCEPTED = "accepted"

# Errors of the room that no single delivery causes, and why.
NOT_BY_A_DELIVERY = {
    "missing_file": "there is no file",
    "too_large": "such a file is larger than 4 GiB: tests/delivery/test_faults.py makes one that takes no room",
    **dict.fromkeys(
        ("other_content", "not_your_key", "no_key", "draft_round", "not_to_withdraw"),
        "of who makes one, before anything leaves",
    ),
    **dict.fromkeys(
        ("not_the_convenor", "missing_signed_file", "round_not_signed", "checks_not_signed", "checks_of_another_round", "no_successor"),
        "of the agreement",
    ),
    **dict.fromkeys(
        (
            "key_missing", "key_unreadable", "key_open_to_others", "key_other_format", "key_damaged", "key_exists",
            "key_named_pub", "passphrase_needed", "passphrase_wrong", "passphrase_empty",
        ),
        "of a key file",
    ),
    **dict.fromkeys(
        ("not_the_custodian", "log_broken", "not_a_party", "statement_not_signed", "round_closed"),
        "of a party's own key, log or statement",
    ),
}  # fmt: skip


SERVICES: dict[str, tuple[str, ...]] = {
    "services": ("WMO-BEG", "WMO-HBH"),
    "aggregate": ("INF-BUUV", "WEL-INL"),
    "register": (),
}


@dataclass(frozen=True)
class Vector:
    head: dict[str, str]
    data: bytes


@functools.cache
def file(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def read(name: str) -> Vector:
    """As tests/vectors/delivery/README.md says."""
    told, pieces = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("\n\n")
    head = dict(line.split(": ", 1) for line in told.splitlines())
    data = b""
    for piece in pieces.splitlines():
        what, *rest = piece.split(" ")
        if what == "copy":
            data += file(rest[0])[int(rest[1]) : int(rest[2])]
        elif what == "zeros":
            data += bytes(int(rest[0]))
        else:
            assert what == "bytes"
            data += base64.b64decode(rest[0], validate=True)
    assert (len(data), hashlib.sha256(data).hexdigest()) == (int(head["size"]), head["sha256"])
    return Vector(head, data)


def names() -> list[str]:
    return sorted(one.stem for one in FOLDER.glob("*.txt"))


@functools.cache
def keys() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(file("keys.json"))
    return found


@functools.cache
def agreement(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file(f"agreement-{name}.json"))
    return found


def holds_of(told: dict[str, Any], who: str) -> str:
    """Under which name in `keys.json` a participant's key in this agreement stands."""
    return str(told.get("keys", {}).get(who, who))


def identity(name: str) -> Identity:
    told = keys()[name]
    return Identity(bytes.fromhex(told["sign_seed"]), bytes.fromhex(told["seal_seed"]))


def public(name: str) -> Keys:
    told = keys()[name]
    return Keys(bytes.fromhex(told["sign_public"]), bytes.fromhex(told["seal_public"]))


def round_of(name: str) -> Round:
    told = agreement(name)
    binding = told["binding"]
    start, end, reference = map(datetime.date.fromisoformat, binding["period"])
    made = made_round(
        id=binding["id"],
        round_id=binding["round_id"],
        trust=binding["trust"],
        start=start,
        end=end,
        reference_date=reference,
        least_threshold=binding["least_threshold"],
        municipalities=tuple(map(tuple, binding["municipalities"])),
        catalogue_sha256=binding["catalogue"],
        analyst_keys=public("analyst"),
        participants=tuple(
            Participant(who, who, content, SERVICES[content], public(holds_of(told, who)))
            for who, content in told["participants"].items()
        ),
        custodian=Custodian("Sleutelbeheer", public("custodian"), 2000, 60)
        if binding["trust"] == "custodian"
        else None,
    )
    made = replace(
        made,
        superseded=tuple(
            Superseded(old["party"], 1, old["up_to"], public(old["key"]))
            for old in told.get("superseded", [])
        ),
    )
    assert made.fingerprint == told["fingerprint"]
    return made


def checks_of(head: dict[str, str]) -> dict[str, str]:
    told = agreement(head["agreement"])
    names = ("key_check", "norm_check", "normaliser")
    return {name: head.get(f"checks.{name}", told[name]) for name in names}


def by_factlab(vector: Vector, folder: Path) -> tuple[str, str, int | None]:
    """The outcome without a key, with one, and the number of rows."""
    path = folder / "a.factlab"
    path.write_bytes(vector.data)
    round_ = round_of(vector.head["agreement"])
    arguments: Any = {"round_": round_, "checks": Checks(**checks_of(vector.head))}
    inspected = opened = ACCEPTED
    rows = None
    try:
        inspect(path, round_)
    except DeliveryError as error:
        inspected = error.key.removeprefix("delivery.")
    try:
        if vector.head["reader"] == "custodian":
            rows = open_submission(path, custodian=identity("custodian"), **arguments).rows.num_rows
        else:
            _, contents = open_package(path, recipient=identity(vector.head["reader"]), **arguments)
            rows = contents.rows.num_rows
    except DeliveryError as error:
        opened = error.key.removeprefix("delivery.")
    return inspected, opened, rows


def party(name: str) -> spec.Party:
    told = keys()[name]
    return spec.Party(bytes.fromhex(told["sign_seed"]), bytes.fromhex(told["seal_seed"]))


def agreed(head: dict[str, str]) -> spec.Agreed:
    told = agreement(head["agreement"])
    return spec.Agreed(
        round_id=told["binding"]["round_id"],
        fingerprint=told["fingerprint"],
        trust=told["binding"]["trust"],
        participants={
            who: bytes.fromhex(keys()[holds_of(told, who)]["sign_public"]) for who in told["participants"]
        },
        superseded=tuple(
            (old["party"], old["up_to"], bytes.fromhex(keys()[old["key"]]["sign_public"]))
            for old in told.get("superseded", [])
        ),
        custodian=bytes.fromhex(keys()["custodian"]["sign_public"])
        if told["binding"]["trust"] == "custodian"
        else b"",
        **checks_of(head),
    )


def by_specification(vector: Vector) -> tuple[str, str, int | None]:
    inspected = opened = ACCEPTED
    rows = None
    reader = vector.head["reader"]
    try:
        spec.inspect(vector.data, agreed(vector.head))
    except spec.Refused as error:
        inspected = str(error)
    try:
        found = spec.open_delivery(
            vector.data, agreed(vector.head), party(reader), custodian=reader == "custodian"
        )
        rows = len(found.rows)
    except spec.Refused as error:
        opened = str(error)
    return inspected, opened, rows


@pytest.mark.parametrize("name", names())
def test_a_vector(name: str, tmp_path: Path) -> None:
    vector = read(name)
    rows = vector.head.get("rows")
    expected = (vector.head["inspect"], vector.head["open"], int(rows) if rows else None)
    assert by_factlab(vector, tmp_path) == expected
    assert by_specification(vector) == expected


def test_every_error_of_a_delivery_has_a_vector() -> None:
    room = Path(factlab.texts.__file__).with_name("delivery.toml")
    known = set(tomllib.loads(room.read_text(encoding="utf-8")))
    heads = [read(name).head for name in names()]
    covered = {head[step] for head in heads for step in ("inspect", "open")} - {ACCEPTED}
    assert covered == known - NOT_BY_A_DELIVERY.keys()
    assert NOT_BY_A_DELIVERY.keys() <= known


def test_together_they_stay_small() -> None:
    assert sum(one.stat().st_size for one in FOLDER.iterdir()) < 1_000_000


def accepted() -> list[str]:
    return [name for name in names() if (FOLDER / f"{name}.csv").exists()]


def table(name: str) -> list[tuple[str, ...]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return [tuple(row) for row in list(csv.reader(lines))[1:]]


def test_a_table_beside_each_that_is_accepted() -> None:
    told = {name for name in names() if read(name).head["open"] == ACCEPTED}
    assert told == {*accepted(), "old-key-holds"}  # that one is the bytes of another
    assert len(told) > 5


@pytest.mark.parametrize("name", accepted())
def test_the_rows_of_what_is_accepted(name: str, tmp_path: Path) -> None:
    vector = read(name)
    path = tmp_path / "a.factlab"
    path.write_bytes(vector.data)
    arguments: Any = {
        "round_": round_of(vector.head["agreement"]),
        "checks": Checks(**checks_of(vector.head)),
    }
    reader = vector.head["reader"]
    if reader == "custodian":
        rows = open_submission(path, custodian=identity("custodian"), **arguments).rows
    else:
        rows = open_package(path, recipient=identity(reader), **arguments)[1].rows
    columns = [
        [one.hex if hasattr(one, "hex") else one for one in column.to_pylist()] for column in rows.columns
    ]
    counts = name.endswith("-aggregate")
    expected: list[tuple[Any, ...]] = [row[1:] for row in table(name)]
    if counts:
        expected = [(area, service, int(number)) for area, service, number in table(name)]
    assert (
        sorted(zip(*columns, strict=True)) == expected
    )  # of one pseudonym they are in the order of their codes
    found = spec.open_delivery(
        vector.data, agreed(vector.head), party(reader), custodian=reader == "custodian"
    )
    if counts:
        assert [(area.decode(), service.decode(), n) for area, service, n in found.rows] == expected
    else:
        assert sorted((row[0].hex(), *(text.decode() for text in row[1:])) for row in found.rows) == expected


@pytest.mark.parametrize("name", [name for name in accepted() if not name.endswith("-aggregate")])
def test_the_pseudonyms_of_what_is_accepted(name: str) -> None:
    told = agreement(read(name).head["agreement"])
    link = told["K_link"].encode()
    rekey = told.get("rekeying", {}).get("K_C", "").encode()
    for address, pseudonym, *_ in table(name):
        made = pseudonyms.pseudonym(link, address)
        if name.startswith("rekeyed"):
            made = spec.pseudonym(rekey, made)
        assert made.hex() == pseudonym


@pytest.mark.parametrize("name", ["direct", "custodian", "direct-next-year"])
def test_the_values_on_the_way(name: str) -> None:
    """Keys and checks as factlab derives them."""
    told = agreement(name)
    round_ = round_of(name)
    secret = bytes.fromhex(told["round_secret"])
    link = pseudonyms.linkage_key(secret, round_.round_id, "")
    if (
        pseudonyms.normaliser() == told["normaliser"]
    ):  # else the vectors are of an earlier version, and as good
        assert link.decode() == told["K_link"]
        assert pseudonyms.checks(secret, round_) == Checks(
            told["key_check"], told["norm_check"], told["normaliser"]
        )
    assert told["P1"]
    for address, expected in told["P1"].items():
        assert pseudonyms.pseudonym(told["K_link"].encode(), address).hex() == expected
    for who, one in keys().items():
        assert identity(who).keys == public(who)
        assert fingerprint(public(who)) == one["fingerprint"]


def test_the_values_of_the_custodian() -> None:
    told = agreement("custodian")["rekeying"]
    round_ = round_of("custodian")
    key = custodian.key(identity("custodian"), round_, told["together"].values())
    assert key.decode() == told["K_C"]
    assert custodian.key_check(key) == told["rekey_check"]
    assert identity("custodian").derive("custodian").hex() == told["master"]
    for name, digest in told["together"].items():
        members = spec.unpack(read(name).data)
        assert hashlib.sha256(members["manifest.json"]).hexdigest() == digest


def test_factlab_re_keys_as_the_vector_says(tmp_path: Path) -> None:
    told = agreement("custodian")["rekeying"]
    head = read("custodian-services").head
    arguments: Any = {
        "round_": round_of("custodian"), "checks": Checks(**checks_of(head)), "custodian": identity("custodian")
    }  # fmt: skip
    opened = {}
    for name in told["together"]:
        (tmp_path / name).write_bytes(read(name).data)
        opened[name] = open_submission(tmp_path / name, **arguments)
    with Rekeying() as rekeying:
        rows = rekeying.rows(
            opened["custodian-services"], told["K_C"].encode(), opened["custodian-droplist"].rows
        )
    meanings = {row[2] for row in table("custodian-services")}
    assert {one.hex for one in rows.column("pseudonym").to_pylist()} == {
        row[1] for row in table("rekeyed-services")
    }
    assert set(rows.column("code").to_pylist()) == meanings


def test_an_encapsulation_as_told() -> None:
    for name, told in json.loads(file("encapsulations.json")).items():
        assert party(name).decapsulate(bytes.fromhex(told["enc"])).hex() == told["shared_secret"]


# Each opens what the other makes


def services(rows: Iterable[tuple[str, ...]]) -> Contents:
    import uuid

    import pyarrow as pa

    told = list(rows)
    columns = {
        "pseudonym": uuids([uuid.UUID(row[1]) for row in told]),
        "service": pa.array([row[2] for row in told], pa.string()),
    }
    return Contents("services", pa.table(columns), {"rows": len(told)})


def send(folder: Path, name: str) -> bytes:
    head = read("direct-services").head | {"agreement": name}
    write(
        folder / "sent.factlab",
        round_=round_of(name),
        participant="thuiszorg-de-brug",
        identity=identity("thuiszorg-de-brug"),
        recipient=public("analyst"),
        contents=services(table("direct-services")),
        checks=Checks(**checks_of(head)),
        day=datetime.date(2026, 1, 15),
    )
    return (folder / "sent.factlab").read_bytes()


def test_the_second_implementation_opens_what_factlab_makes(tmp_path: Path) -> None:
    expected = [tuple(text.encode() for text in row[2:]) for row in table("direct-services")]
    head = read("direct-services").head
    found = spec.open_delivery(send(tmp_path, "direct"), agreed(head), party("analyst"))
    assert [row[1:] for row in found.rows] == expected
    assert found.totals == {"rows": len(expected)}

    head = head | {"agreement": "custodian"}
    at_custodian = spec.open_delivery(
        send(tmp_path, "custodian"), agreed(head), party("custodian"), custodian=True
    )
    assert len({row[1] for row in at_custodian.rows}) == 2
    arguments: Any = {"round_": round_of("custodian"), "custodian": identity("custodian")}
    submission = open_submission(tmp_path / "sent.factlab", checks=Checks(**checks_of(head)), **arguments)
    write_rekeyed(
        tmp_path / "re.factlab",
        submission,
        submission.rows,
        "0" * 16,
        day=datetime.date(2026, 1, 16),
        **arguments,
    )
    found = spec.open_delivery((tmp_path / "re.factlab").read_bytes(), agreed(head), party("analyst"))
    assert sorted(found.rows) == [
        (bytes.fromhex(row[1]), row[2].encode()) for row in table("direct-services")
    ]


def test_what_only_one_recipient_may_open(tmp_path: Path) -> None:
    data = send(tmp_path, "custodian")
    head = read("direct-services").head | {"agreement": "custodian"}
    for who, error in (("analyst", "not_rekeyed"), ("stranger", "not_for_us")):
        with pytest.raises(spec.Refused, match=error):
            spec.open_delivery(data, agreed(head), party(who))


def test_the_second_implementation_shares_nothing() -> None:
    for module in (spec, write_vectors):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        imported = [
            *(one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names),
            *(str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)),
        ]
        assert not [name for name in imported if name.startswith("factlab")]


def test_the_command_that_writes_them(tmp_path: Path) -> None:
    """The same names and outcomes. (The same bytes too, while Parquet is written by the same version of pyarrow.)"""
    write_vectors.write(tmp_path)
    assert {one.name for one in tmp_path.glob("*.txt")} == {f"{name}.txt" for name in names()}
    for one in tmp_path.glob("*.txt"):
        now, before = (
            text.split("\nsize: ")[0] for text in (one.read_text(), (FOLDER / one.name).read_text())
        )
        assert now == before
