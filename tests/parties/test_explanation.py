"""Why a cell is hidden: counted again for the analyst, on the screen alone; and what no publication may hold of it."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factlab import attack, publication, stacking
from factlab.cells import CellKey, CountTable, Publication
from factlab.delivery import identity
from factlab.disclosure import rules
from factlab.errors import DisclosureError, FactlabError, LinkageError, UsageError
from factlab.parties import analyst, explanation
from factlab.texts import LANGUAGES, say

from tests.end_to_end.canary import _unpacked
from tests.parties.little import LittleRound
from tests.parties.test_analyst import participant_of, some_delivery

pytestmark = pytest.mark.xdist_group("little")
ALL = ("households", "GM9999", "all")


@pytest.fixture(scope="module")
def made(made_round: LittleRound, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("explained")
    round_ = shutil.copytree(made_round.round, home / "round")  # a run writes its log there
    files = analyst.delivery_files(made_round.deliveries)
    analyst.run(round_, files, made_round.analyst, home / "publication", lang="en")
    return home / "publication"


@pytest.fixture(scope="module")
def counts(made_round: LittleRound) -> CountTable:
    files = analyst.delivery_files(made_round.deliveries)
    return analyst.count(*analyst.receive(made_round.round, files, made_round.analyst))[0]


def explain(
    little: LittleRound, made: Path, cell: tuple[str, str, str], *, skip_refused: bool = False
) -> explanation.Explanation:
    files = analyst.delivery_files(little.deliveries)
    return explanation.explain(little.round, files, little.analyst, made, cell, skip_refused=skip_refused)


def named(key: CellKey) -> tuple[str, str, str]:
    return key.table, key.area_code, key.category


def some(made: Path, wanted: Callable[[CellKey, str], bool]) -> tuple[str, str, str]:
    return next(named(c.key) for c in publication.read(made).cells if wanted(c.key, c.status))


def snapshot(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()
    }


def test_a_small_count_is_told_with_its_rule_and_nothing_is_written(
    little: LittleRound, made: Path, counts: CountTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = some(made, lambda key, status: status == "suppressed" and 0 < counts.counts[key] < 10)
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    before = snapshot(tmp_path) | snapshot(made)
    found = explain(little, made, small)
    assert snapshot(tmp_path) | snapshot(made) == before
    assert found.status == "suppressed"
    assert found.households == counts.counts[found.key]
    assert found.reasons is not None
    assert "minimum" in found.reasons.marks[(found.key,)]
    assert found.gains is not None
    own = next(gain for gain in found.gains.told if gain.number == (found.key,))
    assert (own.by, own.then) == ("", (found.households, found.households))
    assert own.now[0] == 0
    for lang in LANGUAGES:
        told = explanation.shown(found, lang)
        assert say("analyst.cell_suppressed", lang, number=found.households) in told
        assert say("analyst.keep_to_yourself", lang) in told
    assert "households" not in repr(found), "a log of it tells nothing"


def test_a_secondary_cell_is_told_by_what_it_protects(
    little: LittleRound, made: Path, counts: CountTable
) -> None:
    marks = explain(little, made, ALL).reasons
    assert marks is not None
    alone = {number[0] for number in marks.marks if len(number) == 1} | marks.beside
    cell = some(
        made, lambda key, status: status == "suppressed" and key not in alone and key.table != "unmatched"
    )
    found = explain(little, made, cell)
    assert found.gains is not None
    assert (found.key,) not in {gain.number for gain in found.gains.told}
    published = publication.read(made)
    for gain in found.gains.told:
        *inner, outer = gain.number
        value = counts.counts[outer] - sum(counts.counts[key] for key in inner)
        for low, high in (gain.now, gain.then):
            assert low <= value <= (value if high is None else high)
        assert gain.then != gain.now
        if len(gain.number) == 1 and not gain.by:
            assert attack.feasible(published, [outer])[outer] == gain.now
    text = explanation.shown(found, "en")
    assert ("No rule marks it" in text) == (not any(found.key in number for number in marks.marks))


def test_a_published_and_a_missing_cell(little: LittleRound, made: Path) -> None:
    found = explain(little, made, ALL)
    assert (found.status, found.gains) == ("published", None)
    assert f"Published: {found.households}." in explanation.shown(found, "en")
    missing = explain(little, made, some(made, lambda _, status: status == "unavailable"))
    assert (missing.households, missing.reasons) == (None, None)
    assert not re.search(r"\d", explanation.shown(missing, "nl").splitlines()[1])


@pytest.mark.parametrize(
    ("cell", "key", "near"),
    [
        (("domein", "GM9999", "wmo"), "analyst.no_table", "domain"),
        (("domain", "wiermonde", "wmo"), "analyst.no_area", "GM9999 (Wiermonde)"),
        (("domain", "gm999", "wmo"), "analyst.no_area", "GM9999"),
        (("domain", "GM9999", "WMO"), "analyst.no_category", "wmo"),
        (("services", "GM9999", "5"), "analyst.no_category", "5+"),
        (("domain", "BU99990101", "wmo"), "analyst.no_level", "municipality"),
    ],
)
def test_a_misspelt_cell_names_what_looks_like_it_and_no_number(
    little: LittleRound, made: Path, cell: tuple[str, str, str], key: str, near: str
) -> None:
    with pytest.raises(UsageError) as wrong:
        explanation.explain(little.round, [], little.analyst, made, cell)  # before any delivery is opened
    assert wrong.value.key == key
    for lang in LANGUAGES:
        assert near in say(key, lang, **wrong.value.fields)
    households = {str(c.households) for c in publication.read(made).cells if (c.households or 0) >= 10}
    assert not households & set(re.findall(r"\d+", say(key, "nl", **wrong.value.fields)))


def refused(little: LittleRound, made: Path, *, skip_refused: bool = False) -> FactlabError:
    with pytest.raises(DisclosureError) as wrong:
        explain(little, made, ALL, skip_refused=skip_refused)
    for lang in LANGUAGES:
        assert say(wrong.value.key, lang, **wrong.value.fields)
    return wrong.value


def test_other_deliveries_are_refused_by_name(little: LittleRound, made: Path) -> None:
    file = some_delivery(little)
    file.unlink()
    error = refused(little, made)
    assert error.key == "analyst.other_deliveries"
    name = {p["id"]: p["name"] for p in publication.read(made).provenance["participants"]}
    assert error.fields == {"names": name[participant_of(file)]}


def test_a_newer_delivery_is_another_one(little: LittleRound, made: Path) -> None:
    file = some_delivery(little)
    newer = little.deliver(participant_of(file), little.root / "again", sequence=2)
    shutil.copyfile(newer, little.deliveries / newer.name)
    assert refused(little, made).key == "analyst.other_deliveries"


def test_a_refused_delivery_stops_it_unless_the_publication_was_made_without(
    little: LittleRound, made: Path
) -> None:
    file = some_delivery(little)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(LinkageError):
        explain(little, made, ALL)
    assert refused(little, made, skip_refused=True).key == "analyst.other_deliveries"
    files = analyst.delivery_files(little.deliveries)
    out = little.root / "publication"
    analyst.run(little.round, files, little.analyst, out, skip_refused=True)
    assert explain(little, out, ALL, skip_refused=True).status == "published"


def test_with_a_wrong_key_nothing_is_told(little: LittleRound, made: Path) -> None:
    files = analyst.delivery_files(little.deliveries)
    with pytest.raises(LinkageError):
        explanation.explain(little.round, files, identity.new(), made, ALL, skip_refused=False)
    with pytest.raises(FactlabError):
        explanation.explain(little.round, files, identity.new(), made, ALL, skip_refused=True)


def changed(made: Path, out: Path, file: str, old: str, new: str) -> Path:
    """The publication with another word in a file, as somebody would seal it who edits by hand."""
    shutil.copytree(made, out)
    text = (out / file).read_text(encoding="utf-8")
    assert old in text
    (out / file).write_text(text.replace(old, new), encoding="utf-8")
    publication.seal(out)
    return out


def test_another_round_and_other_agreements(little: LittleRound, made: Path, tmp_path: Path) -> None:
    book = publication.read(made).codebook
    other = changed(made, tmp_path / "a", "codebook.json", book.round_id, "other-2024")
    assert refused(little, other).key == "analyst.other_round"
    renamed = changed(made, tmp_path / "b", "codebook.json", book.title, "Another title")
    assert refused(little, renamed).key == "analyst.other_agreement"


def test_other_counts_under_the_same_deliveries(
    little: LittleRound, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drop list that came later is in no provenance; the numbers show it."""
    count = stacking.count

    def one_less(*given: object) -> CountTable:
        found = count(*given)  # type: ignore[arg-type]
        key = next(key for key in found.counts if named(key) == ALL)
        return CountTable(found.codebook, {**found.counts, key: found.counts[key] - 1}, found.own)

    monkeypatch.setattr(stacking, "count", one_less)
    error = refused(little, made)
    assert error.key == "analyst.other_counts"
    assert error.fields == {}, "no number is told"


def unpacked(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from _unpacked(str(path.relative_to(folder)), path.read_bytes())


def test_no_reason_is_in_a_publication_or_has_any_say_in_it(
    little: LittleRound, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With other reasons every file is the same, byte for byte: so none tells anything about them."""
    mark = rules.marked
    monkeypatch.setattr(rules, "marked", lambda *given: dict.fromkeys(mark(*given), ("canary 9b1f",)))
    out = little.root / "publication"
    files = analyst.delivery_files(little.deliveries)
    analyst.run(little.round, files, little.analyst, out, releases=little.root / "other", lang="en")
    assert {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()} == {
        p.relative_to(made): p.read_bytes() for p in made.rglob("*") if p.is_file()
    }
    assert not [name for name, data in unpacked(out) if b"canary 9b1f" in data]
    found = explain(little, out, ALL)
    assert found.reasons is not None
    assert set(found.reasons.marks.values()) == {("canary 9b1f",)}, "where they do belong, they are found"


def test_a_publication_has_no_place_for_a_reason(made: Path) -> None:
    """The statuses are as before, and every hidden cell looks like every other one."""
    with (made / "cells.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["status"], bool(row["households"])) for row in rows} == {
        ("published", True),
        ("suppressed", False),
        ("unavailable", False),
    }
    assert set(Publication.__dataclass_fields__) == {
        "codebook",
        "cells",
        "provenance",
        "certificate",
        "borders",
    }
