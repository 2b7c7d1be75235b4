"""No pseudonym and no address is in the publication or the working folder; and a planted one would be found."""

from __future__ import annotations

import base64
import shutil
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from factlab.delivery import agreed, identity, package, rekeying

from tests.end_to_end.canary import Canary
from tests.end_to_end.conftest import SAMPLE

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def pseudonyms(played: Path) -> list[bytes]:
    """Every pseudonym there was: as organisations sent it, opened by the custodian, and re-keyed, by the analyst."""
    key = identity.load(played / "analyst" / "analyst.key")
    custodian = identity.load(played / "custodian" / "custodian.key")
    round_ = agreed.open_round(played / "round").round
    checks = agreed.read_checks(played / "round", round_)
    sent, rekeyed = set[bytes](), set[bytes]()
    for file in (played / "submitted").iterdir():
        submission = rekeying.open_submission(file, round_=round_, checks=checks, custodian=custodian)
        sent.update(one.bytes for one in submission.rows.column("pseudonym").to_pylist())
    for file in (played / "deliveries").glob("*.factlab"):
        told, contents = package.open_package(file, round_=round_, checks=checks, recipient=key)
        if told.content == "aggregate":  # counts without addresses: there is no pseudonym in them
            continue
        rekeyed.update(one.bytes for one in contents.rows.column("pseudonym").to_pylist())
    assert len(sent) == len(rekeyed) > 20_000
    assert not sent & rekeyed
    return sorted(sent | rekeyed)


@pytest.fixture(scope="module")
def canary(pseudonyms: list[bytes]) -> Canary:
    import pandas as pd

    (register,) = [
        f for f in (SAMPLE / "extracts" / "burgerzaken-wiermonde").iterdir() if "exclusions" not in f.name
    ]
    text = pd.read_csv(register, dtype=str, sep=None, engine="python", encoding="utf-8-sig")
    column = next(name for name in text.columns if "postcode" in name.lower())
    postcodes = set(text[column].str.replace(" ", "").str.upper())
    assert len(postcodes) > 500
    return Canary(pseudonyms, postcodes)


def test_the_publication_holds_neither(played: Path, canary: Canary) -> None:
    assert canary.search(played / "publication") == {}


def test_the_working_folder_and_the_round_hold_neither(played: Path, canary: Canary) -> None:
    assert list((played.parent / "cwd").rglob("*")) == []
    assert canary.search(played / "round") == {}
    assert canary.search(played / "deliveries") == {}
    assert canary.search(played / "submitted") == {}
    assert canary.search(played / "analyst") == {}
    assert canary.search(played / "custodian") == {}


def test_an_organisation_keeps_no_pseudonym(played: Path, pseudonyms: list[bytes]) -> None:
    assert Canary(pseudonyms, []).search(played / "parties") == {}


FORMS = ("raw", "hex", "uuid", "base64 0", "base64 1", "base64 2", "urlsafe", "address")
NAMEABLE = ("hex", "uuid", "urlsafe", "address")  # a file name can't hold every byte


@pytest.mark.parametrize(
    ("where", "form"),
    [
        *((where, form) for where in ("text", "pdf", "parquet") for form in FORMS),
        *(("name", form) for form in NAMEABLE),
    ],
)
def test_it_finds_the_leak_that_is_planted(
    played: Path, tmp_path: Path, canary: Canary, pseudonyms: list[bytes], where: str, form: str
) -> None:
    one = pseudonyms[7]
    leak = {
        "raw": one,
        "hex": one.hex().encode(),
        "uuid": f"{one.hex()[:8]}-{one.hex()[8:12]}-{one.hex()[12:16]}-{one.hex()[16:20]}-{one.hex()[20:]}".encode(),
        "base64 0": base64.b64encode(one),
        "base64 1": base64.b64encode(b"x" + one + b"yz"),
        "base64 2": base64.b64encode(b"xy" + one + b"z"),
        "urlsafe": base64.urlsafe_b64encode(one),
        "address": sorted(canary.postcodes)[3][:4] + b" " + sorted(canary.postcodes)[3][4:].lower(),
    }[form]
    folder = tmp_path / "publication"
    folder.mkdir()
    shutil.copyfile(played / "publication" / "cells.csv", folder / "cells.csv")
    assert canary.search(folder) == {}
    if where == "text":
        (folder / "codebook.json").write_bytes(b'{"note": "' + leak + b'"}')
    elif where == "pdf":
        packed = zlib.compress(b"BT (" + leak + b") Tj ET")
        (folder / "report.pdf").write_bytes(b"%PDF-1.7\nstream\n" + packed + b"\nendstream\n")
    elif where == "parquet":
        pq.write_table(
            pa.table({"value": pa.array([leak], pa.binary())}), folder / "x.parquet", compression="zstd"
        )
    else:
        (folder / leak.decode()).write_text("")
    assert len(canary.search(folder)) >= 1
