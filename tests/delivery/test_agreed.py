"""Only what the convenor signed is the agreement."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from factlab import agreement
from factlab.agreement import Round
from factlab.agreement import catalogue as catalogues
from factlab.agreement import round as rounds
from factlab.delivery import agreed
from factlab.delivery.agreed import Checks
from factlab.errors import DeliveryError
from factlab.texts import LANGUAGES, say

from tests.delivery.made import ANNA, BERT, CHECKS, ROUND, made_round

CONVENOR = BERT
AREAS = [
    ("GM9999", "Testdam", "municipality", ""),
    ("WK999901", "Wijk 1", "district", "GM9999"),
    ("BU99990101", "Buurt 1", "neighbourhood", "WK999901"),
]
CATALOGUE = Path(__file__).parents[2] / "sample_data" / "agreement" / "catalogue.csv"


def put(folder: Path, round_: Round) -> None:
    (folder / "round.toml").write_text(rounds.to_toml(round_), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalogue.csv").write_bytes(CATALOGUE.read_bytes())
    with (tmp_path / "areas.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("code", "name", "level", "parent"), *AREAS])
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    borders = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"code": area[0]}, "geometry": square} for area in AREAS
        ],
    }
    (tmp_path / "areas.geojson").write_text(json.dumps(borders), encoding="utf-8")
    put(tmp_path, made_round(catalogue_sha256=catalogues.checksum(CATALOGUE)))
    return tmp_path


def refused(caught: pytest.ExceptionInfo[DeliveryError], key: str) -> None:
    assert caught.value.key == f"delivery.{key}"
    for lang in LANGUAGES:
        assert say(caught.value.key, lang, **caught.value.fields)


def test_a_signed_round_opens(folder: Path) -> None:
    agreed.sign_round(folder, CONVENOR)
    assert agreed.open_round(folder) == agreement.read(folder)


def test_an_unsigned_round_is_refused(folder: Path) -> None:
    with pytest.raises(DeliveryError) as caught:
        agreed.open_round(folder)
    refused(caught, "missing_signed_file")


@pytest.mark.parametrize("signature", [b"", b"!", b"QUJD\n", b"x" * 100_000])
def test_another_signature_is_refused(folder: Path, signature: bytes) -> None:
    (folder / "round.sig").write_bytes(signature)
    with pytest.raises(DeliveryError) as caught:
        agreed.open_round(folder)
    refused(caught, "round_not_signed")


def test_one_changed_letter_is_refused(folder: Path) -> None:
    agreed.sign_round(folder, CONVENOR)
    file = folder / "round.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("Testdam 2025", "Testdam 2026"), encoding="utf-8"
    )
    with pytest.raises(DeliveryError) as caught:
        agreed.open_round(folder)
    refused(caught, "round_not_signed")


def test_another_participant_can_not_sign(folder: Path) -> None:
    with pytest.raises(DeliveryError) as caught:
        agreed.sign_round(folder, ANNA)
    refused(caught, "not_the_convenor")
    assert not (folder / "round.sig").exists()


def test_a_draft_is_refused(folder: Path) -> None:
    for draft in (replace(ROUND, round_id="", catalogue_sha256=""), replace(ROUND, catalogue_sha256="")):
        put(folder, draft)
        for action in (lambda: agreed.sign_round(folder, CONVENOR), lambda: agreed.open_round(folder)):
            with pytest.raises(DeliveryError) as caught:
                action()
            refused(caught, "draft_round")


def test_checks_come_back(tmp_path: Path) -> None:
    agreed.write_checks(tmp_path, ROUND, CHECKS, CONVENOR)
    assert agreed.read_checks(tmp_path, ROUND) == CHECKS


def test_missing_checks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError) as caught:
        agreed.read_checks(tmp_path, ROUND)
    refused(caught, "missing_signed_file")


@pytest.mark.parametrize(
    "name", ["key_check", "norm_check", "normaliser", "round_id", "fingerprint", "format"]
)
def test_changed_checks_are_refused(tmp_path: Path, name: str) -> None:
    agreed.write_checks(tmp_path, ROUND, CHECKS, CONVENOR)
    file = tmp_path / "checks.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    told[name] = "0" + told[name][1:] + "0"
    file.write_text(json.dumps(told, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    with pytest.raises(DeliveryError) as caught:
        agreed.read_checks(tmp_path, ROUND)
    refused(caught, "checks_not_signed")


def test_checks_that_are_no_canonical_json_are_refused(tmp_path: Path) -> None:
    agreed.write_checks(tmp_path, ROUND, CHECKS, CONVENOR)
    file = tmp_path / "checks.json"
    for data in (file.read_bytes() + b"\n", b"", b"[]", b"[" * 50_000, b"\xff"):
        file.write_bytes(data)
        with pytest.raises(DeliveryError) as caught:
            agreed.read_checks(tmp_path, ROUND)
        refused(caught, "checks_not_signed")


def test_checks_of_another_participant_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError) as caught:
        agreed.write_checks(tmp_path, ROUND, CHECKS, ANNA)
    refused(caught, "not_the_convenor")
    agreed.write_checks(tmp_path, replace(ROUND, convenor="thuiszorg-de-brug"), CHECKS, ANNA)
    with pytest.raises(DeliveryError) as caught:
        agreed.read_checks(tmp_path, ROUND)
    refused(caught, "checks_not_signed")


def test_checks_of_another_round_are_refused(tmp_path: Path) -> None:
    """Signed by the right convenor, but for an earlier round or other terms."""
    for other in (replace(ROUND, round_id="f" * 32), replace(ROUND, least_threshold=5)):
        agreed.write_checks(tmp_path, other, Checks("00" * 8, "11" * 8, "1"), CONVENOR)
        with pytest.raises(DeliveryError) as caught:
            agreed.read_checks(tmp_path, ROUND)
        refused(caught, "checks_of_another_round")
