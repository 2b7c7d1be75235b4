"""The agreement is checked whole: every mistake with its line, and nothing that loosens what was promised."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from factlab import agreement
from factlab.agreement import catalogue
from factlab.agreement import round as rounds
from factlab.cells import CellKey
from factlab.errors import AgreementError, FactlabError
from factlab.texts import LANGUAGES, say

SAMPLE = Path(__file__).parents[2] / "sample_data" / "agreement"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "round"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def mistakes(folder: Path) -> list[FactlabError]:
    with pytest.raises(AgreementError) as caught:
        agreement.read(folder)
    return list(caught.value.details) or [caught.value]


def told(error: FactlabError) -> str:
    for lang in LANGUAGES:
        assert say(error.key, lang, **error.fields)
    return say(error.key, "en", **error.fields)


def test_the_sample_is_a_sound_draft() -> None:
    read = agreement.read(SAMPLE)
    assert read.round.is_draft
    assert len(read.round.participants) >= 13
    assert read.analysis is not None


def test_writing_and_reading_gives_the_same_round(tmp_path: Path) -> None:
    read = rounds.read(SAMPLE / "round.toml")
    (tmp_path / "round.toml").write_text(rounds.to_toml(read), encoding="utf-8")
    assert rounds.read(tmp_path / "round.toml") == read


def test_every_mistake_is_told_at_once_with_its_line(folder: Path) -> None:
    file = folder / "round.toml"
    change(file, "least_threshold = 10", 'least_threshold = "ten"')
    change(file, "communal_above", "comunal_above")
    change(file, 'content = "register"', 'content = "registr"')
    lines = file.read_text(encoding="utf-8").splitlines()
    sentences = [told(error) for error in mistakes(folder)]

    def line(piece: str) -> int:
        return next(number for number, text in enumerate(lines, 1) if piece in text)

    assert any(f"line {line('least_threshold')}:" in s and "number" in s for s in sentences)
    assert any(f"line {line('comunal_above')}:" in s and "communal_above" in s for s in sentences)
    assert any(f"line {line('registr')}:" in s and "Closest: register" in s for s in sentences)


COUNTING = """
[[participant]]
id = "buurtkamer"
name = "Stichting Buurtkamer"
content = "aggregate"
unit = "persons"
services = ["INF-MAAT", "WEL-INL"]
"""


def test_who_counts_without_addresses_gets_a_table_apart(folder: Path) -> None:
    before = agreement.codebook(agreement.read(folder), {"welzijn-wiermonde"})
    file = folder / "round.toml"
    file.write_text(file.read_text(encoding="utf-8") + COUNTING, encoding="utf-8")
    read = agreement.read(folder)
    assert rounds.to_toml(read.round).partition('id = "buurtkamer"')[2].count('unit = "persons"') == 1
    book = agreement.codebook(read, {"welzijn-wiermonde", "buurtkamer"})
    table = next(table for table in book.tables if table.kind == "reported")
    there = {category.code: category.available for category in table.categories}
    assert (table.name, table.levels, there["INF-MAAT"]) == ("informal", ("municipality", "district"), True)
    # It delivers no household: what others deliver is as it was, and so is what a reader knows of it.
    assert book.organisations == before.organisations
    assert book.services == before.services
    assert [one for one in book.tables if one.kind != "reported"] == [
        one for one in before.tables if one.kind != "reported"
    ]
    late = agreement.codebook(read, {"welzijn-wiermonde"})
    assert ("informal", "INF-MAAT") in late.unavailable


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('unit = "persons"\n', "", "missing"),
        ('unit = "persons"', 'unit = "heads"', "not_a_choice"),
        ('services = ["INF-MAAT", "WEL-INL"]', "services = []", "no_services"),
        ('content = "aggregate"', 'content = "services"', "unit_without_counts"),
        ('"WEL-INL"]', '"WMO-HBH"]', "not_informal"),
        ('"WEL-INL"]', '"NIKS"]', "unknown_service"),
    ],
)
def test_what_is_wrong_with_who_counts(folder: Path, old: str, new: str, key: str) -> None:
    file = folder / "round.toml"
    assert old in COUNTING
    file.write_text(file.read_text(encoding="utf-8") + COUNTING.replace(old, new), encoding="utf-8")
    found = mistakes(folder)
    assert f"agreement.{key}" in {error.key for error in found}
    for error in found:
        told(error)


def test_two_units_of_one_service_can_t_be_added_up(folder: Path) -> None:
    file = folder / "round.toml"
    other = COUNTING.replace("buurtkamer", "kerk").replace("persons", "households")
    file.write_text(file.read_text(encoding="utf-8") + COUNTING + other, encoding="utf-8")
    (error,) = [error for error in mistakes(folder) if error.key == "agreement.two_units"]
    assert "INF-MAAT, WEL-INL" in told(error)


def test_an_analysis_can_t_show_counts_finer_than_they_were_agreed(folder: Path) -> None:
    file = folder / "round.toml"
    file.write_text(file.read_text(encoding="utf-8") + COUNTING, encoding="utf-8")
    asked = folder / "analysis.toml"
    said = asked.read_text(encoding="utf-8")
    asked.write_text(said + '\n[levels]\ninformal = "neighbourhood"\n', encoding="utf-8")
    assert [error.key for error in mistakes(folder)] == ["agreement.not_a_choice"]
    asked.write_text(said + '\n[levels]\ninformal = "municipality"\n', encoding="utf-8")
    book = agreement.codebook(agreement.read(folder), {"buurtkamer"})
    assert book.table("informal").levels == ("municipality",)
    change(file, "[exclusions]", '[tables]\ninformal = "neighbourhood"\n\n[exclusions]')
    assert agreement.read(folder).round.reported_level == "neighbourhood"


def test_broken_toml_names_the_line(folder: Path) -> None:
    change(folder / "round.toml", 'trust = "custodian"', 'trust = "custodian')
    (error,) = mistakes(folder)
    assert error.key == "agreement.not_toml"
    lines = (folder / "round.toml").read_text(encoding="utf-8").splitlines()
    assert lines[int(str(error.fields["line"])) - 1].startswith("trust")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("least_threshold = 10", "least_threshold = 4", "threshold_too_low"),
        ("reference_date = 2025-12-31", "reference_date = 2026-12-31", "reference_outside_period"),
        ("end = 2025-12-31", "end = 2024-12-31", "ends_before_it_starts"),
        ('trust = "custodian"', 'trust = "none"', "not_a_choice"),
        ('code = "GM9999"', 'code = "9999"', "not_a_municipality_code"),
        ('"WMO-HBH"', '"WMO-XXX"', "unknown_service"),
        ('"WMO-HBH"', '"AWBZ-BEG"', "unknown_service"),  # in the catalogue, but it ended in 2014
    ],
)
def test_one_fault_each(folder: Path, old: str, new: str, key: str) -> None:
    change(folder / "round.toml", old, new)
    found = mistakes(folder)
    assert [error.key for error in found] == [f"agreement.{key}"]
    told(found[0])


def test_an_analysis_can_only_be_stricter(folder: Path) -> None:
    file = folder / "analysis.toml"
    change(file, 'format = "factlab-analysis/1"', 'format = "factlab-analysis/1"\nthreshold = 5')
    assert [error.key for error in mistakes(folder)] == ["agreement.loosens"]
    change(file, "threshold = 5", "threshold = 15")
    assert agreement.codebook(agreement.read(folder), set()).threshold == 15


def test_counts_can_be_rounded_to_what_divides_the_threshold(folder: Path) -> None:
    file = folder / "analysis.toml"
    assert agreement.codebook(agreement.read(folder), set()).rounding == 0
    change(file, 'format = "factlab-analysis/1"', 'format = "factlab-analysis/1"\nrounding = 5')
    assert agreement.codebook(agreement.read(folder), set()).rounding == 5
    for wrong in ("3", "20", "1", "-5"):
        change(file, "rounding = 5", f"rounding = {wrong}")
        (found,) = mistakes(folder)
        assert "line 2:" in told(found) and "2, 5, 10" in told(found), wrong
        change(file, f"rounding = {wrong}", "rounding = 5")
    change(file, "rounding = 5", "rounding = 5\nthreshold = 12")
    assert [error.key for error in mistakes(folder)] == ["agreement.rounding"]


def test_an_area_in_the_wrong_place(folder: Path) -> None:
    file = folder / "areas.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    number = next(n for n, text in enumerate(lines) if text.startswith("BU"))
    lines[number] = lines[number].rpartition(",")[0] + ",GM9999"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = mistakes(folder)
    assert found[0].key == "agreement.wrong_parent"
    assert found[0].fields["line"] == number + 1


def test_the_fingerprint_binds_what_was_promised_and_no_more() -> None:
    read = rounds.read(SAMPLE / "round.toml")
    text = rounds.to_toml(read)
    promised = {"least_threshold = 10": "least_threshold = 5", "end = 2025-12-31": "end = 2025-12-30"}
    for old, new in promised.items():
        other = _reread(
            text.replace(old, new).replace("reference_date = 2025-12-31", "reference_date = 2025-12-30")
        )
        assert other.fingerprint != read.fingerprint
    assert _reread(text.replace("communal_above = 25", "communal_above = 30")).fingerprint == read.fingerprint


def _reread(text: str) -> rounds.Round:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "round.toml"
        file.write_text(text, encoding="utf-8")
        return rounds.read(file)


def test_a_changed_catalogue_is_refused(folder: Path) -> None:
    change(folder / "round.toml", 'file = "catalogue.csv"', f'file = "catalogue.csv"\nsha256 = "{"0" * 64}"')
    assert [error.key for error in mistakes(folder)] == ["agreement.catalogue_changed"]


@pytest.mark.parametrize(
    ("place", "old", "file"),
    [
        ('file = "areas.csv"', "sha256", "areas.csv"),
        ('borders = "areas.geojson"', "borders_sha256", "areas.geojson"),
        ("[areas]", "[analysis]\nsha256", "analysis.toml"),
    ],
)
def test_a_file_that_was_not_agreed_is_refused(folder: Path, place: str, old: str, file: str) -> None:
    """The checksum of each is read where it is noted, and line endings make no difference."""
    noted = catalogue.checksum(folder / file)
    line = f'{old} = "{noted}"'
    change(folder / "round.toml", place, f"{line}\n{place}" if place == "[areas]" else f"{place}\n{line}")
    agreement.read(folder)
    (folder / file).write_bytes((folder / file).read_bytes().replace(b"\n", b"\r\n"))
    agreement.read(folder)
    (folder / file).write_bytes((folder / file).read_bytes() + b"\n")
    found = mistakes(folder)
    assert [error.key for error in found] == ["agreement.file_changed"]
    assert file in told(found[0])


def test_areas_bind_and_borders_and_questions_do_not() -> None:
    read = rounds.read(SAMPLE / "round.toml")
    for name in ("areas_sha256", "borders_sha256", "analysis_sha256"):
        other = replace(read, **{name: "0" * 64})
        assert _reread(rounds.to_toml(other)) == other
        assert (other.fingerprint != read.fingerprint) == (name == "areas_sha256")


def test_what_nobody_delivered_is_unavailable() -> None:
    read = agreement.read(SAMPLE)
    everyone = {p.id for p in read.round.participants}
    alone = next(
        p
        for p in read.round.participants
        if p.content == "services"
        and any(sum(code in other.services for other in read.round.participants) == 1 for code in p.services)
    )
    code = next(c for c in alone.services if sum(c in p.services for p in read.round.participants) == 1)
    book = agreement.codebook(read, everyone - {alone.id})
    assert ("service", code) in book.unavailable
    assert ("organisation", alone.id) in book.unavailable
    assert ("service", code) not in agreement.codebook(read, everyone).unavailable


def test_a_round_can_ask_for_other_levels(folder: Path) -> None:
    with (folder / "round.toml").open("a", encoding="utf-8") as file:
        file.write('\n[tables]\nservice = "municipality"\norganisations = "neighbourhood"\n')
    book = agreement.codebook(agreement.read(folder), set())
    assert book.table("service").levels == ("municipality",)
    assert book.table("organisations").levels == ("municipality", "district", "neighbourhood")
    assert CellKey("households", "municipality", "GM9999", "", "all") in book.keys


@pytest.mark.parametrize("row", ["BU99990909,Ergens", "BU99990909,Ergens,neighbourhood,WK999901,te veel"])
def test_a_row_with_too_few_or_too_many_columns(folder: Path, row: str) -> None:
    file = folder / "areas.csv"
    with file.open("a", encoding="utf-8") as lines:
        lines.write(row + "\n")
    (error,) = mistakes(folder)
    assert error.key == "agreement.short_row"
    assert error.fields["line"] == len(file.read_text(encoding="utf-8").splitlines())
    told(error)
