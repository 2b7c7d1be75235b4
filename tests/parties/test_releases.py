"""What was released is known to the next run: it is protected beside it, by itself, and nothing is forgotten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from factlab import attack, publication
from factlab.cells import Publication
from factlab.cli import app
from factlab.errors import PublicationError
from factlab.parties import analyst, explanation
from typer.testing import CliRunner

from tests.parties.little import LittleRound
from tests.parties.test_droplist import WHO, listed, make

pytestmark = pytest.mark.xdist_group("split")


def run(little: LittleRound, out: str, *, without: str = "", draft: bool = False) -> analyst.Outcome:
    files = analyst.delivery_files(little.deliveries)
    kept = [file for file in files if not without or file.name.split("_")[1] != without]
    assert bool(without) == (len(kept) < len(files))
    return analyst.run(little.round, kept, little.analyst, little.root / out, draft=draft)


def releases(little: LittleRound) -> list[Path]:
    return sorted(path for path in (little.root / "releases").glob("*") if path.is_dir())


def read(little: LittleRound, out: str) -> Publication:
    return publication.read(little.root / out)


def whoever(little: LittleRound) -> str:
    """A participant that delivers services to some thirty households."""
    files = {
        file.name.split("_")[1]: file.stat().st_size for file in analyst.delivery_files(little.deliveries)
    }
    register = max(files, key=lambda name: files[name])
    return max(files.keys() - {register}, key=lambda name: (files[name], name))


def test_a_late_participant_comes_into_a_second_release(little: LittleRound) -> None:
    late = whoever(little)
    first = run(little, "first", without=late)
    assert (first.earlier, len(releases(little))) == (0, 1)
    second = run(little, "second")
    assert (second.earlier, len(releases(little))) == (1, 2)
    assert second.verdict.holds and second.verdict.earlier == 1
    before, now = read(little, "first"), read(little, "second")
    for cell in now.cells:
        was = before.cell[cell.key].households
        if cell.households is not None and was is not None:
            assert cell.households == was or abs(cell.households - was) >= now.codebook.threshold
    told = json.loads((little.root / "second" / "disclosure.json").read_text(encoding="utf-8"))
    assert [one["round"] for one in told["earlier"]] == [now.codebook.round_id]
    assert second.held_back == told["held_back"] > 0
    page = (little.root / "second" / "disclosure.html").read_text(encoding="utf-8")
    assert f"{second.held_back} cellen meer zijn geheim" in page
    assert "earlier publications" not in " ".join(told["not_covered"])
    audited = CliRunner().invoke(
        app, ["audit", str(little.root / "second"), "--earlier", str(little.root / "first"), "--json"]
    )
    assert audited.exit_code == 0, audited.output


def test_without_the_ledger_the_second_release_would_tell(little: LittleRound, tmp_path: Path) -> None:
    late = whoever(little)
    run(little, "first", without=late)
    shutil.move(little.root / "releases", tmp_path / "elsewhere")
    run(little, "second")
    both = analyst.released([little.root / "first"], {})
    assert not attack.audit(read(little, "second"), earlier=both).holds


def test_a_draft_is_protected_beside_releases_and_is_none(little: LittleRound) -> None:
    assert run(little, "draft", without=whoever(little), draft=True).earlier == 0
    assert releases(little) == []
    run(little, "first")
    again = run(little, "draft", draft=True)
    assert (again.earlier, len(releases(little))) == (1, 1)


def test_the_same_release_again_is_the_same_and_counts_once(little: LittleRound) -> None:
    run(little, "first")
    again = run(little, "again")
    assert (again.held_back, len(releases(little))) == (0, 1)
    assert read(little, "again").cells == read(little, "first").cells


def test_a_ledger_that_is_not_whole_stops_the_run(little: LittleRound) -> None:
    run(little, "first")
    shutil.rmtree(releases(little)[0])
    with pytest.raises(PublicationError, match=r"release_missing"):
        run(little, "second")
    assert not (little.root / "second").exists()


def test_a_drop_list_in_between_is_told_and_nobody_counts_as_the_same(little: LittleRound) -> None:
    run(little, "first")
    made = make(little, listed(little))
    made.rename(little.deliveries / made.name)
    second = run(little, "second")
    assert second.verdict.holds and second.earlier == 1
    assert read(little, "first").provenance["droplists"] == []
    assert read(little, "second").provenance["droplists"] == [{"participant": WHO, "sequence": 1}]


def test_a_drop_list_that_the_custodian_honours_in_between(split: LittleRound) -> None:
    """Readers aren't told: who takes what is shown now for what was hidden then must not come near it."""
    run(split, "first")
    split.rekey([*split.submitted.iterdir(), make(split, listed(split))])
    second = run(split, "second")
    assert second.verdict.holds and second.earlier == 1
    before, now = read(split, "first"), read(split, "second")
    for cell in now.cells:
        was = before.cell[cell.key]
        if cell.households is not None and was.households is not None:
            assert cell.households == was.households or abs(cell.households - was.households) >= 10


def test_an_edition_is_explained(little: LittleRound) -> None:
    late = whoever(little)
    run(little, "first", without=late)
    run(little, "second")
    before, now = read(little, "first"), read(little, "second")
    hidden = [
        c.key for c in now.cells if c.status == "suppressed" and before.cell[c.key].households is not None
    ]
    files = analyst.delivery_files(little.deliveries)
    told = []
    for key in hidden:
        cell = (key.table, key.area_code, key.category)
        found = explanation.explain(little.round, files, little.analyst, little.root / "second", cell)
        if found.edition is not None:
            told.append(explanation.shown(found, "nl"))
            assert found.edition == before.cell[key].households
            break
    assert told and "editie: een eerdere publicatie" in told[0]
