"""A delivery that is taken back doesn't count, is destroyed where it is held, and doesn't come back by itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from factlab import agreement
from factlab.cli import app
from factlab.delivery import closing, journal, package, withdrawing
from factlab.errors import DeliveryError, FactlabError, LinkageError
from factlab.linkage import Received
from factlab.parties import analyst, custodian, organisation
from factlab.texts import say
from typer.testing import CliRunner

from tests.parties.little import DAY, LittleRound

pytestmark = pytest.mark.xdist_group("split")
WHO = "welzijn-wiermonde"


def of(folder: Path, participant: str = WHO) -> Path:
    """The one delivery of a participant in a folder."""
    (found,) = (file for file in folder.glob("*.factlab") if file.name.split("_")[1] == participant)
    return found


def withdraw(little: LittleRound, delivery: Path, participant: str = WHO, by: str = "") -> Path:
    made, _ = organisation.withdraw(
        delivery,
        kit=little.root / "parties" / participant / "kit",
        participant=participant,
        identity=little.identities[by or participant],
        out=little.root / "withdrawals",
        day=DAY,
    )
    return made


def put(file: Path, folder: Path) -> Path:
    return Path(shutil.copyfile(file, folder / file.name))


def received(little: LittleRound) -> Received:
    return analyst.receive(little.round, analyst.delivery_files(little.deliveries), little.analyst)[1]


def honoured(little: LittleRound) -> Received:
    """What a run takes in, and does about what was taken back."""
    found = received(little)
    analyst.honour(little.round, found, DAY)
    return found


def refusals(found: Received | custodian.Outcome) -> list[str]:
    for refusal in found.refusals:
        assert all(say(refusal.error.key, lang, **refusal.error.fields) for lang in ("nl", "en"))
    return [refusal.error.key for refusal in found.refusals]


def log(little: LittleRound, who: str) -> list[dict[str, object]]:
    return journal.read(closing.log_file(little.round, who))


def test_in_direct_trust_it_counts_no_more_and_is_destroyed(little: LittleRound) -> None:
    taken = of(little.deliveries)
    kept = put(taken, little.root)
    link = little.root / "link"
    link.hardlink_to(taken)
    put(withdraw(little, taken), little.deliveries)
    out = little.root / "publication"
    ran = analyst.run(little.round, analyst.delivery_files(little.deliveries), little.analyst, out, day=DAY)
    assert (ran.refusals, ran.withdrawn, ran.missing) == ((), (WHO,), (WHO,))
    assert ran.destroyed == (taken.name,)
    assert not taken.exists()
    assert not link.read_bytes().strip(b"\0")
    events = [(line["event"], line.get("content")) for line in log(little, "analyst")]
    assert events == [("agreement", None), ("accepted", "withdrawal"), ("destroying", None)]
    told = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert {one["id"]: one["delivered"] for one in told["participants"]}[WHO] is False

    # Again, it is all known; also when only the log still knows it.
    again = honoured(little)
    assert (refusals(again), again.withdrawn, again.taken_back) == ([], (WHO,), ())
    of(little.deliveries).unlink()
    assert received(little).withdrawn == (WHO,)
    assert len(log(little, "analyst")) == 3

    # The old one comes again: refused, and destroyed.
    back = put(kept, little.deliveries)
    with pytest.raises(LinkageError, match=r"linkage\.refused"):
        analyst.run(little.round, analyst.delivery_files(little.deliveries), little.analyst, out, day=DAY)
    assert not back.exists()
    assert received(little).withdrawn == (WHO,)


def test_a_later_delivery_counts_again(little: LittleRound) -> None:
    put(withdraw(little, of(little.deliveries)), little.deliveries)
    honoured(little)
    for sequence, counts in ((2, False), (3, True)):  # 2 is the withdrawal's own number
        newer = put(little.deliver(WHO, little.root / "again", sequence=sequence), little.deliveries)
        found = received(little)
        assert (WHO in found.participants) is counts
        assert refusals(found) == ([] if counts else ["linkage.withdrawn"])
        newer.unlink()


def test_a_correction_and_what_it_corrected_go_together(little: LittleRound) -> None:
    first = of(little.deliveries)
    second = put(little.deliver(WHO, little.root / "again", sequence=2), little.deliveries)
    put(withdraw(little, second), little.deliveries)
    found = honoured(little)
    assert (refusals(found), found.superseded, found.withdrawn) == ([], (), (WHO,))
    assert not first.exists()
    assert not second.exists()


def test_nothing_is_destroyed_by_looking(little: LittleRound) -> None:
    put(withdraw(little, of(little.deliveries)), little.deliveries)
    before = sorted(little.deliveries.iterdir())
    shown = CliRunner().invoke(
        app,
        ["--lang", "en", "status", str(little.round), "--identity", str(little.root / "keys" / "analyst.key"),
         "--deliveries", str(little.deliveries)],
    )  # fmt: skip
    assert shown.exit_code == 0, shown.output
    assert "taken back       " in shown.output
    assert sorted(little.deliveries.iterdir()) == before
    assert not closing.log_file(little.round, "analyst").exists()


def test_nothing_is_taken_back_that_is_not_here(little: LittleRound) -> None:
    """It takes back what it names, and only the last one: never another that has come meanwhile."""
    taken = of(little.deliveries)
    file = put(withdraw(little, taken), little.deliveries)
    correction = put(little.deliver(WHO, little.root / "again", sequence=2), little.deliveries)
    found = honoured(little)
    assert (refusals(found), found.withdrawn) == (["linkage.nothing_to_withdraw"], ())
    assert WHO in found.participants
    correction.unlink()
    other = put(little.deliver(WHO, little.root / "again"), little.deliveries)  # in the place of the first
    assert other == taken
    assert refusals(honoured(little)) == ["linkage.nothing_to_withdraw"]
    taken.unlink()
    assert refusals(honoured(little)) == ["linkage.nothing_to_withdraw"]
    assert file.exists()
    assert log(little, "analyst") == []


@pytest.mark.parametrize("by", ["another", "analyst"])
def test_nobody_takes_back_another_s(little: LittleRound, by: str) -> None:
    round_ = agreement.read(little.round).round
    other = next(p.id for p in round_.participants if p.content == "services" and p.id != WHO)
    key = little.identities["analyst" if by == "analyst" else other]
    taken = of(little.deliveries)
    kit = little.root / "parties" / WHO / "kit"
    for participant in (WHO, other):
        with pytest.raises(DeliveryError, match="not_your_key"):
            organisation.withdraw(
                taken, kit=kit, participant=participant, identity=key, out=little.root / "no", day=DAY
            )
    # With software of its own: signed by another key, or in its own name.
    sound = withdraw(little, taken)
    told = package.inspect(sound, round_)
    forged = little.deliveries / "forged.factlab"
    package.finish(forged, told, {}, key)
    with pytest.raises(DeliveryError, match="bad_signature"):
        withdrawing.read(forged, round_)
    found = honoured(little)
    assert refusals(found) == ["delivery.bad_signature"]
    assert WHO in found.participants
    assert taken.exists()
    with pytest.raises(LinkageError, match="droplist_refused"):  # it may be a sound one that was damaged
        analyst.run(
            little.round, analyst.delivery_files(little.deliveries), little.analyst, little.root / "p",
            skip_refused=True, day=DAY,
        )  # fmt: skip


def test_a_drop_list_is_not_taken_back(little: LittleRound) -> None:
    listed = little.root / "secret.csv"
    listed.write_text("Postcode;Huisnummer\n1506AB;12\n", encoding="utf-8")
    home = little.root / "parties" / WHO
    made = organisation.droplist(
        listed, kit=home / "kit", participant=WHO, identity=little.identities[WHO], out=home, day=DAY
    )
    for file in (made, withdraw(little, of(little.deliveries))):
        with pytest.raises(DeliveryError, match="not_to_withdraw"):
            withdraw(little, file)


def test_with_a_custodian_it_goes_through_both(split: LittleRound) -> None:
    taken = of(split.submitted)
    kept, old = put(taken, split.root), Path(shutil.copytree(split.deliveries, split.root / "old"))
    put(withdraw(split, taken), split.submitted)
    done = split.rekey()
    assert (refusals(done), done.withdrawn, done.destroyed) == ([], (WHO,), (taken.name,))
    assert not taken.exists()
    events = [(line["event"], line.get("content")) for line in log(split, "custodian")]
    assert events[-2:] == [("accepted", "withdrawal"), ("destroying", None)]

    # The analyst gets the participant's own word for it, and destroys what it still has.
    forwarded = of(split.deliveries)
    assert forwarded.read_bytes() == of(split.submitted).read_bytes()
    held = put(of(old), split.deliveries)
    found = honoured(split)
    assert (refusals(found), found.withdrawn, found.missing) == ([], (WHO,), (WHO,))
    assert not held.exists()
    # All that was submitted but the withdrawal, and the counts that came straight to the analyst.
    assert len(received(split).participants) == len(list(split.submitted.iterdir())) - 1 + 1

    # What was destroyed comes again, at either.
    back = put(kept, split.submitted)
    assert refusals(split.rekey()) == ["custodian.withdrawn"]
    assert not back.exists()
    put(of(old), split.deliveries)
    assert refusals(honoured(split)) == ["linkage.withdrawn"]

    # A new one counts, under the next number.
    assert refusals(split.rekey([split.deliver(WHO, split.root / "again", sequence=2)])) == [
        "custodian.submitted_twice"
    ]
    newer = put(split.deliver(WHO, split.root / "again", sequence=3), split.submitted)
    done = split.rekey()
    assert (refusals(done), done.destroyed) == ([], ())
    found = honoured(split)
    assert (refusals(found), found.withdrawn, found.missing) == ([], (), ())
    assert newer.exists()


def test_the_analyst_heeds_what_came_past_the_custodian(split: LittleRound) -> None:
    put(withdraw(split, of(split.submitted)), split.deliveries)
    found = honoured(split)
    assert (found.withdrawn, len(found.taken_back)) == ((WHO,), 1)


def test_the_custodian_lets_no_withdrawal_of_nothing_through(split: LittleRound) -> None:
    """Neither of what never came, nor of what was corrected meanwhile."""
    before = log(split, "custodian")
    unsent = split.deliver(WHO, split.root / "again", sequence=2)
    file = withdraw(split, unsent)
    done = split.rekey([*split.submitted.iterdir(), file])
    assert (refusals(done), done.withdrawn) == (["custodian.nothing_to_withdraw"], ())
    assert log(split, "custodian") == before
    put(unsent, split.submitted)
    first = withdraw(split, of_first(split))
    done = split.rekey([*split.submitted.iterdir(), first])
    assert refusals(done) == ["custodian.nothing_to_withdraw"]
    assert split.rekey([*split.submitted.iterdir(), file]).withdrawn == (WHO,)


def of_first(little: LittleRound) -> Path:
    return little.submitted / f"wiermonde-2025_{WHO}_1.factlab"


def test_when_nothing_is_left_the_earlier_result_goes(split: LittleRound) -> None:
    """Else the analyst would go on getting what was taken back."""
    only = split.submitted / "only"
    only.mkdir()
    file = put(of(split.submitted), only)
    split.rekey([file])
    assert len(list(split.deliveries.glob("*_rekeyed.factlab"))) == 1
    done = split.rekey([file, withdraw(split, file)])
    assert done.withdrawn == (WHO,)
    assert {one.name for one in split.deliveries.glob("*.factlab")} == {
        f"wiermonde-2025_{WHO}_2_withdrawal.factlab",
        "wiermonde-2025_buurtkamers-wiermonde_1.factlab",  # no business of the custodian's
    }


def test_taking_back_gives_no_further_tries(split: LittleRound) -> None:
    """A participant may deliver three times: withdrawals don't make it more."""
    for sequence in (3, 5):
        put(withdraw(split, newest(split)), split.submitted)
        put(split.deliver(WHO, split.root / "again", sequence=sequence), split.submitted)
        assert refusals(split.rekey()) == []
    put(withdraw(split, newest(split)), split.submitted)
    put(split.deliver(WHO, split.root / "again", sequence=7), split.submitted)
    assert refusals(split.rekey()) == ["custodian.too_many_submissions"]


def newest(little: LittleRound) -> Path:
    found = [
        f for f in little.submitted.iterdir() if f.name.split("_")[1] == WHO and "withdrawal" not in f.name
    ]
    return max(found, key=lambda file: file.name)


def test_a_damaged_withdrawal_stops_the_custodian(split: LittleRound) -> None:
    file = put(withdraw(split, of(split.submitted)), split.submitted)
    data = bytearray(file.read_bytes())
    data[200] ^= 1
    file.write_bytes(data)
    with pytest.raises(DeliveryError, match="droplist_refused"):
        split.rekey()


def test_interrupted_between_the_log_and_the_end_it_is_finished_next_time(
    split: LittleRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = of(split.submitted)
    put(withdraw(split, taken), split.submitted)
    whole = closing.destroy

    def interrupted(path: Path) -> None:
        raise OSError("out of order")

    monkeypatch.setattr(closing, "destroy", interrupted)
    with pytest.raises(OSError, match="out of order"):
        split.rekey()
    assert taken.exists()
    monkeypatch.setattr(closing, "destroy", whole)
    done = split.rekey()
    assert (refusals(done), done.withdrawn) == (["custodian.withdrawn"], (WHO,))
    assert not taken.exists()
    assert received(split).withdrawn == (WHO,)


def test_the_end_of_the_round_tells_it_too(split: LittleRound) -> None:
    taken = of(split.submitted)
    put(withdraw(split, taken), split.submitted)
    split.rekey()
    rest = sorted(split.submitted.iterdir())
    made = closing.close(
        split.round, agreement.read(split.round).round, key_file=split.root / "keys" / "custodian.key",
        identity=split.identities["custodian"], deliveries=rest, day=DAY,
    )  # fmt: skip
    assert len(made.files) == len(rest) + 1
    assert not list(split.submitted.iterdir())


def test_by_hand(split: LittleRound) -> None:
    taken = of(split.submitted)
    words = ["--kit", str(split.root / "parties" / WHO / "kit"), "--participant", WHO,
             "--identity", str(split.root / "keys" / f"{WHO}.key"), "--out", str(split.root / "out")]  # fmt: skip
    made = CliRunner().invoke(app, ["--lang", "en", "pseudonymise", str(taken), *words, "--withdraw"])
    assert made.exit_code == 0, made.output
    assert "--sequence 3" in made.output
    (file,) = (split.root / "out").iterdir()
    seen = CliRunner().invoke(
        app, ["--lang", "en", "inspect", str(file), "--round", str(split.round), "--json"]
    )
    told = json.loads(seen.output)
    assert (told["content"], told["supersedes"], told["row_bucket"]) == ("withdrawal", 1, 0)
    out = split.root / "new"
    rekeyed = CliRunner().invoke(
        app,
        ["--lang", "en", "rekey", str(file), *map(str, sorted(split.submitted.iterdir())), "--round",
         str(split.round), "--identity", str(split.root / "keys" / "custodian.key"), "--out", str(out)],
    )  # fmt: skip
    assert rekeyed.exit_code == 0, rekeyed.output
    assert f"Taken back by: {WHO}" in rekeyed.output
    wrong = CliRunner().invoke(app, ["pseudonymise", str(split.round / "round.toml"), *words, "--withdraw"])
    assert isinstance(wrong.exception, FactlabError)
