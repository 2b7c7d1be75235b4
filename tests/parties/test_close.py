"""The end of a round: what is gone, what is said about it, and that nobody goes on with a copy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from factlab import agreement
from factlab.cli import app
from factlab.delivery import closing, identity, journal
from factlab.errors import DeliveryError, FactlabError
from factlab.parties import analyst
from typer.testing import CliRunner

from tests.parties.little import DAY, LittleRound

pytestmark = pytest.mark.xdist_group("split")


def close(little: LittleRound, who: str, deliveries: list[Path]) -> closing.Statement:
    round_ = agreement.read(little.round).round
    key_file = little.root / "keys" / f"{who}.key"
    key = little.identities[who]
    return closing.close(
        little.round, round_, key_file=key_file, identity=key, deliveries=deliveries, day=DAY
    )


def test_key_and_deliveries_are_gone_and_the_statement_says_so(split: LittleRound) -> None:
    files = sorted(split.submitted.iterdir())
    made = close(split, "custodian", files)
    assert (made.who, len(made.files)) == ("custodian", len(files))
    assert not list(split.submitted.iterdir())
    assert not (split.root / "keys" / "custodian.key").exists()
    assert (split.root / "keys" / "custodian.pub").exists()
    round_ = agreement.read(split.round).round
    assert closing.read(split.round, round_) == (made,)
    lines = journal.read(split.round / "custodian.log")
    assert [line["event"] for line in lines[-2:]] == ["destroying", "closing"]
    assert journal.head(lines) == made.log  # so the statement covers every submission that was accepted


def test_nobody_goes_on_with_a_copy_of_the_key(split: LittleRound) -> None:
    kept = [Path(shutil.copyfile(file, split.root / file.name)) for file in split.submitted.iterdir()]
    close(split, "custodian", sorted(split.submitted.iterdir()))
    with pytest.raises(DeliveryError, match="round_closed"):
        split.rekey(kept)
    files = analyst.delivery_files(split.deliveries)
    analyst.receive(split.round, files, split.analyst)  # the analyst has not closed yet
    close(split, "analyst", [])
    with pytest.raises(DeliveryError, match="round_closed"):
        analyst.receive(split.round, files, split.analyst)


@pytest.mark.parametrize(
    "change", [("who", "analyst"), ("files", []), ("day", "2026-01-01"), ("log", "0" * 64)]
)
def test_a_statement_is_its_party_s(split: LittleRound, change: tuple[str, object]) -> None:
    close(split, "custodian", sorted(split.submitted.iterdir()))
    file = closing.statement_file(split.round, "custodian")
    told = {**json.loads(file.read_bytes()), change[0]: change[1]}
    file.write_text(json.dumps(told, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    with pytest.raises(DeliveryError, match="statement_not_signed"):
        closing.read(split.round, agreement.read(split.round).round)


def test_a_stranger_closes_nothing(split: LittleRound) -> None:
    files = analyst.delivery_files(split.deliveries)
    key_file = split.root / "stranger.key"
    stranger = identity.new()
    identity.save(stranger, key_file, name="stranger")
    with pytest.raises(DeliveryError, match="not_a_party"):
        closing.close(
            split.round, agreement.read(split.round).round,
            key_file=key_file, identity=stranger, deliveries=files, day=DAY,
        )  # fmt: skip
    assert key_file.exists()
    assert all(file.exists() for file in files)


def test_interrupted_there_is_no_statement_and_a_second_time_ends_it(
    split: LittleRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = sorted(split.submitted.iterdir())
    whole = closing.destroy

    def interrupted(path: Path) -> None:
        if path.suffix == ".key":
            raise OSError("out of order")
        whole(path)

    monkeypatch.setattr(closing, "destroy", interrupted)
    with pytest.raises(OSError, match="out of order"):
        close(split, "custodian", files)
    assert not closing.statement_file(split.round, "custodian").exists()
    assert (split.root / "keys" / "custodian.key").exists()
    monkeypatch.setattr(closing, "destroy", whole)
    made = close(split, "custodian", [])
    assert len(made.files) == len(files)  # what the first attempt destroyed is in the statement


def test_what_was_overwritten_can_t_be_read_back(tmp_path: Path) -> None:
    """Another name for the same bytes on the disk sees zeros."""
    file, link = tmp_path / "some.key", tmp_path / "link"
    file.write_bytes(b"secret" * 400_000)
    link.hardlink_to(file)
    closing.destroy(file)
    assert not file.exists()
    assert link.stat().st_size == 2_400_000
    assert not link.read_bytes().strip(b"\0")


def test_the_command_asks_first(split: LittleRound) -> None:
    key = split.root / "keys" / "analyst.key"
    arguments = [
        "--lang",
        "en",
        "close",
        str(split.round),
        "--identity",
        str(key),
        "--deliveries",
        str(split.deliveries),
    ]
    asked = CliRunner().invoke(app, arguments, input="n\n")
    assert asked.exit_code == 1
    assert key.exists()
    sure = CliRunner().invoke(app, [*arguments, "--yes"])
    assert sure.exit_code == 0, sure.output
    assert not key.exists()
    assert not list(split.deliveries.glob("*.factlab"))
    shown = CliRunner().invoke(app, ["--lang", "en", "round", "show", str(split.round), "--json"])
    assert json.loads(shown.output)["closed"] == "analyst"
    wrong = CliRunner().invoke(app, [*arguments[:-1], str(split.root / "nowhere")])
    assert isinstance(wrong.exception, FactlabError)


def test_no_is_no(split: LittleRound) -> None:
    key = split.root / "keys" / "analyst.key"
    asked = CliRunner().invoke(
        app, ["--lang", "en", "close", str(split.round), "--identity", str(key)], input="n\n"
    )
    assert f"the key file {key}" in asked.output
    assert asked.exit_code == 1
    assert list(split.deliveries.iterdir())


@pytest.mark.parametrize(("lang", "answer"), [("nl", "j"), ("nl", "Ja"), ("en", "y"), ("nl", "yes")])
def test_yes_is_yes_in_either_language(split: LittleRound, lang: str, answer: str) -> None:
    key = split.root / "keys" / "analyst.key"
    asked = CliRunner().invoke(
        app, ["--lang", lang, "close", str(split.round), "--identity", str(key)], input=f"{answer}\n"
    )
    assert asked.exit_code == 0, asked.output
    assert not key.exists()
