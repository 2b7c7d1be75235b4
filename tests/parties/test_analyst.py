"""A run at the analyst: a wrong delivery is refused with a clear error, and the rest goes on or stops as asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from factlab import publication
from factlab.delivery import identity
from factlab.errors import FactlabError, LinkageError
from factlab.parties import analyst, convenor
from factlab.texts import say

from tests.parties.little import DAY, LittleRound, make_round

pytestmark = pytest.mark.xdist_group("little")


def run(
    little: LittleRound, *, skip_refused: bool = False, key: identity.Identity | None = None
) -> analyst.Outcome:
    files = analyst.delivery_files(little.deliveries)
    return analyst.run(
        little.round, files, key or little.analyst, little.root / "publication", skip_refused=skip_refused
    )


def refused(little: LittleRound) -> FactlabError:
    """The one refusal; a run that doesn't skip it stops and leaves nothing."""
    with pytest.raises(LinkageError) as caught:
        run(little)
    assert caught.value.key == "linkage.refused"
    assert not (little.root / "publication").exists()
    assert not list(little.root.glob(".publication*"))
    (error,) = caught.value.details
    for lang in ("nl", "en"):
        assert say(error.key, lang, **error.fields)
    return error


def some_delivery(little: LittleRound) -> Path:
    """One of services."""
    others = ("burgerzaken", "buurtkamers")
    return next(
        file
        for file in analyst.delivery_files(little.deliveries)
        if not file.name.split("_")[1].startswith(others)
    )


def participant_of(file: Path) -> str:
    return file.stem.split("_")[1]


def test_a_whole_round_gives_a_sealed_publication(little: LittleRound) -> None:
    outcome = run(little)
    assert outcome.verdict.holds
    assert outcome.missing == ()
    published = publication.read(outcome.publication)
    assert (outcome.publication / "index.html").stat().st_size > 10_000
    assert (outcome.publication / "stapelingsmonitor.pdf").read_bytes().startswith(b"%PDF")
    assert all(part["delivered"] for part in published.provenance["participants"])


def test_a_round_whose_counts_are_rounded(little: LittleRound) -> None:
    """The analyst asks for it and the convenor signs it: the publication holds multiples of 5 and its report says so."""
    asked = little.round / "analysis.toml"
    asked.write_text(
        asked.read_text(encoding="utf-8").replace("# rounding = 5", "rounding = 5"), encoding="utf-8"
    )
    made, _ = convenor.amendment(little.round, None, None, renewed={}, revoked=(), day=DAY)
    convenor.amend(little.round, made, little.identities[made.convenor])
    outcome = run(little)
    assert outcome.verdict.holds
    published = publication.read(outcome.publication)
    assert published.codebook.rounding == 5
    assert published.certificate["rounding"]["base"] == 5
    shown = [cell.households for cell in published.cells if cell.households is not None]
    assert len(shown) > 50
    assert all(number % 5 == 0 and (number == 0 or number >= 10) for number in shown)
    assert "afgerond op een veelvoud van" in (outcome.publication / "index.html").read_text(encoding="utf-8")


def test_one_changed_byte(little: LittleRound) -> None:
    file = some_delivery(little)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    refused(little)
    outcome = run(little, skip_refused=True)
    assert outcome.missing == (participant_of(file),)
    assert [refusal.file for refusal in outcome.refusals] == [file.name]
    cells = publication.read(outcome.publication).cells
    assert {c.status for c in cells if c.key.category == participant_of(file)} == {"unavailable"}


def test_of_another_round(little: LittleRound, tmp_path: Path, made_round: LittleRound) -> None:
    file = some_delivery(little)
    other = make_round(tmp_path / "other", made_round.root / "sample", names=(participant_of(file),))
    shutil.copyfile(other.deliveries / file.name, file)
    refused(little)


def test_of_an_unknown_participant(little: LittleRound) -> None:
    """The round was signed without this participant: its delivery is a stranger's."""
    file = some_delivery(little)
    text = (little.round / "round.toml").read_text(encoding="utf-8")
    stranger = text.replace(f'id = "{participant_of(file)}"', 'id = "someone-else"')
    (little.round / "round.toml").write_text(stranger, encoding="utf-8")
    with pytest.raises(FactlabError):  # a changed round is no round at all
        run(little)
    from factlab import agreement
    from factlab.delivery import agreed

    agreed.sign_round(little.round, little.identities[agreement.read(little.round).round.convenor])
    assert refused(little)


def test_delivered_twice(little: LittleRound) -> None:
    file = some_delivery(little)
    again = little.deliver(participant_of(file), little.root / "again")
    shutil.copyfile(again, little.deliveries / f"again_{file.name}")
    assert refused(little).key == "linkage.delivered_twice"
    assert run(little, skip_refused=True).missing == ()


def test_a_higher_number_replaces(little: LittleRound) -> None:
    file = some_delivery(little)
    newer = little.deliver(participant_of(file), little.root / "again", sequence=2)
    shutil.copyfile(newer, little.deliveries / newer.name)
    outcome = run(little)
    assert outcome.superseded == (file.name,)
    assert outcome.missing == ()


def test_with_a_wrong_key(little: LittleRound) -> None:
    with pytest.raises(LinkageError) as caught:
        run(little, key=identity.new())
    assert len(caught.value.details) == len(analyst.delivery_files(little.deliveries))


def test_no_file_at_all_and_rubbish(little: LittleRound) -> None:
    (little.deliveries / "rubbish.factlab").write_bytes(b"PK\x03\x04 nothing")
    refused(little)
    (little.deliveries / "rubbish.factlab").write_bytes(b"")
    refused(little)


def test_without_the_register_nothing_can_be_counted(little: LittleRound) -> None:
    next(little.deliveries.glob("*burgerzaken*")).unlink()
    with pytest.raises(LinkageError) as caught:
        run(little)
    assert caught.value.key == "linkage.no_register"


def test_the_pattern_of_hidden_cells_is_the_same_each_time(little: LittleRound) -> None:
    first = run(little).publication / "cells.csv"
    before = first.read_bytes()
    assert (run(little).publication / "cells.csv").read_bytes() == before


def test_a_folder_that_is_no_publication_is_left_alone(little: LittleRound) -> None:
    mine = little.root / "publication" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("keep")
    with pytest.raises(FileExistsError):
        run(little)
    assert mine.read_text() == "keep"


def test_the_same_input_gives_the_same_bytes_in_another_process(little: LittleRound) -> None:
    """Another process walks through its sets in another order; nothing of that may show, in no file."""
    made = []
    for seed in ("1", "2"):
        out = little.root / f"publication{seed}"
        command = ["run", little.round, "--identity", little.root / "keys" / "analyst.key", "--out", out]
        command += ["--releases", little.root / f"releases{seed}"]  # else the second would know the first
        subprocess.run(
            [sys.executable, "-m", "factlab", *map(str, command), "--deliveries", str(little.deliveries)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )
        made.append({path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()})
    assert len(made[0]) > 15
    assert made[0] == made[1]
