"""Late participants and renewed keys come in by a signed amendment; what was delivered before goes on to hold."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from factlab import agreement
from factlab.agreement import round as rounds
from factlab.agreement.round import Amendment, Round
from factlab.cli import app
from factlab.delivery import agreed, identity, journal, package
from factlab.delivery.identity import Identity
from factlab.errors import AgreementError, DeliveryError, FactlabError
from factlab.parties import analyst, convenor, custodian, demo, organisation
from factlab.texts import say
from typer.testing import CliRunner

from tests.parties.little import DAY, LittleRound
from tests.parties.test_kill import killed_at_every_event
from tests.parties.test_withdrawal import of, put, received, refusals

pytestmark = pytest.mark.xdist_group("split")
WHO = "thuiszorg-wilgenhof"
LATE = "laatkomer"


def lead(little: LittleRound) -> Identity:
    return little.identities[agreed.signed_round(little.round).convenor]


def amend(
    little: LittleRound,
    *,
    edited: Round | None = None,
    keys: Mapping[str, Identity] | None = None,
    renewed: Mapping[str, int] | None = None,
    revoked: tuple[str, ...] = (),
    by: Identity | None = None,
) -> list[str]:
    """Amend the round, as the command does; the keys of texts of what changes."""
    folder = little.root / "amending"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, one in (keys or {}).items():
        identity.save(one, folder / f"{name}.key", name=name)
    file = None
    if edited:
        file = folder / "edited.toml"
        file.write_text(rounds.to_toml(edited), encoding="utf-8")
    made, changes = convenor.amendment(
        little.round, file, folder, renewed=renewed or {}, revoked=revoked, day=DAY
    )
    for change in changes:
        assert all(say(f"agreement.{change.key}", lang, **change.fields) for lang in ("nl", "en"))
    convenor.amend(little.round, made, by or lead(little))
    return [change.key for change in changes]


def with_late(little: LittleRound) -> Round:
    """A copy of the round in which the convenor wrote a late participant, with the services of another."""
    round_ = agreed.open_round(little.round).round
    late = replace(round_.participant(WHO), id=LATE, name="Stichting Laatkomer", keys=rounds.Keys())
    return replace(round_, participants=(*round_.participants, late))


def error(caught: pytest.ExceptionInfo[FactlabError], key: str) -> None:
    assert caught.value.key == key
    assert all(say(key, lang, **caught.value.fields) for lang in ("nl", "en"))


def deliver(little: LittleRound, participant: str, kit: Path, key: Identity, *, sequence: int = 1) -> Path:
    """A delivery of the extract of `WHO`."""
    extract = little.root / "parties" / WHO / "extract"
    secret = extract / "exclusions.csv"
    made = organisation.pseudonymise(
        demo.extract_in(extract),
        kit=kit,
        participant=participant,
        identity=key,
        out=little.root / "later",
        exclusions=secret if secret.exists() else None,
        leave_out_unknown=True,
        day=DAY,
        sequence=sequence,
    )
    assert made.delivery
    return made.delivery


@pytest.mark.parametrize("trust", ["direct", "custodian"])
def test_a_late_participant(little: LittleRound, split: LittleRound, trust: str) -> None:
    made = little if trust == "direct" else split
    before = agreed.open_round(made.round).round
    invitations = {
        file.parent.name: file.read_bytes() for file in (made.round / "kits").glob("*/invitation.json")
    }
    key = identity.new()
    assert amend(made, edited=with_late(made), keys={LATE: key}) == ["amend_added", "amend_services"]
    after = agreed.open_round(made.round).round
    assert (after.fingerprint, len(after.amendments)) == (before.fingerprint, 1)
    assert after.amendments[0].added == (LATE,)
    assert convenor.invite(made.round, lead(made)) == (LATE,)
    for name, invitation in invitations.items():
        assert (made.round / "kits" / name / "invitation.json").read_bytes() == invitation
    with pytest.raises(AgreementError) as caught:
        convenor.invite(made.round, lead(made))
    error(caught, "convenor.already_invited")

    # What was delivered before counts with what is delivered now, also by who still has the kit of before.
    file = deliver(made, LATE, made.round / "kits" / LATE, key)
    put(file, made.submitted if trust == "custodian" else made.deliveries)
    if trust == "custodian":
        assert refusals(made.rekey()) == []
    found = received(made)
    assert (refusals(found), found.missing) == ([], ())
    counted = {one.manifest.participant: one.contents.rows for one in found.deliveries}
    late, other = (set(counted[name].column("pseudonym").to_pylist()) for name in (LATE, WHO))
    assert len(late) > 20
    assert late == other  # the same households, so the same secret


def test_invited_later_from_the_convenor_s_own_kit(little: LittleRound) -> None:
    amend(little, edited=with_late(little), keys={LATE: identity.new()})
    own = Path(shutil.move(little.round / "kits" / lead_id(little), little.root / "own"))
    shutil.rmtree(little.round / "kits")
    with pytest.raises(AgreementError) as caught:
        convenor.invite(little.round, lead(little))
    error(caught, "convenor.own_kit")
    with pytest.raises(AgreementError):  # another secret than the round's
        other = convenor.invitation.new_secret()
        round_ = agreed.open_round(little.round).round
        wrong = Path(shutil.copytree(own, little.root / "wrong"))
        convenor.invitation.write(wrong, round_, round_.convenor, other, lead(little))
        convenor.invite(little.round, lead(little), wrong)
    assert convenor.invite(little.round, lead(little), own) == (LATE,)
    assert [kit.name for kit in (little.round / "kits").iterdir()] == [LATE]
    with pytest.raises(AgreementError, match="not_your_key"):
        convenor.invite(little.round, little.identities[WHO], own)


def lead_id(little: LittleRound) -> str:
    return agreement.read(little.round).round.convenor


def test_a_renewed_key(split: LittleRound) -> None:
    """What was signed with the old key holds up to its number; not what is signed with it afterwards."""
    old, new = split.identities[WHO], identity.new()
    assert amend(split, keys={WHO: new}, renewed={WHO: 1}) == ["amend_renewed"]
    assert convenor.invite(split.round, lead(split)) == (WHO,)
    assert refusals(split.rekey()) == []
    assert received(split).missing == ()
    # The old kit and the old key still make a delivery: whoever has them.
    later = split.deliver(WHO, split.root / "again", sequence=2)
    done = split.rekey([*split.submitted.iterdir(), later])
    assert refusals(done) == ["delivery.old_key"]
    assert received(split).missing == ()
    # The old kit holds another agreement, in which the new key isn't there yet.
    with pytest.raises(DeliveryError, match="not_your_key"):
        deliver(split, WHO, split.root / "parties" / WHO / "kit", new, sequence=2)
    with pytest.raises(DeliveryError, match="not_your_key"):
        deliver(split, WHO, split.round / "kits" / WHO, old, sequence=2)
    put(deliver(split, WHO, split.round / "kits" / WHO, new, sequence=2), split.submitted)
    done = split.rekey()
    assert (refusals(done), len(done.superseded)) == ([], 1)
    assert refusals(received(split)) == []
    # And it can take back what it signed with the old one.
    first = of_number(split, 1)
    with pytest.raises(DeliveryError, match="old_key"):
        package.inspect(later, agreed.open_round(split.round).round)
    split.rekey([first])
    taken, _ = organisation.withdraw(
        of_number(split, 2),
        kit=split.round / "kits" / WHO,
        participant=WHO,
        identity=new,
        out=split.root,
        day=DAY,
    )
    assert split.rekey([*split.submitted.iterdir(), taken]).withdrawn == (WHO,)


def of_number(little: LittleRound, number: int) -> Path:
    return little.submitted / f"wiermonde-2025_{WHO}_{number}.factlab"


def test_a_stolen_key(little: LittleRound) -> None:
    """Nothing under it holds, delivered before or after."""
    new = identity.new()
    assert amend(little, keys={WHO: new}, revoked=(WHO,)) == ["amend_revoked"]
    found = received(little)
    assert (refusals(found), found.missing) == (["delivery.old_key"], (WHO,))
    of(little.deliveries, WHO).unlink()
    convenor.invite(little.round, lead(little))
    put(deliver(little, WHO, little.round / "kits" / WHO, new, sequence=2), little.deliveries)
    found = received(little)
    assert (refusals(found), found.missing) == ([], ())


def test_drop_lists_of_a_stolen_key(split: LittleRound) -> None:
    """Nobody goes on without them unnoticed, and nobody is stuck with them."""
    listed = split.root / "secret.csv"
    listed.write_text("Postcode;Huisnummer\n1506AB;12\n", encoding="utf-8")
    home = split.root / "parties" / WHO
    made = organisation.droplist(
        listed, kit=home / "kit", participant=WHO, identity=split.identities[WHO], out=home, day=DAY
    )
    file = put(made, split.submitted)
    assert refusals(split.rekey()) == []
    amend(split, keys={WHO: identity.new()}, revoked=(WHO,))
    with pytest.raises(DeliveryError, match="droplist_refused"):
        split.rekey()
    file.unlink()
    assert refusals(split.rekey()) == ["delivery.old_key"]  # its delivery


def test_a_new_key_for_the_analyst_and_the_custodian(split: LittleRound) -> None:
    keys = {"analyst": identity.new(), "custodian": identity.new()}
    assert amend(split, keys=keys) == ["amend_sealed", "amend_sealed"]
    late = LittleRound(split.root, {**split.identities, **keys})
    assert set(refusals(late.rekey())) == {"delivery.not_for_us"}
    counts = next(split.deliveries.glob("*_buurtkamers-wiermonde_1.factlab"))  # straight to the analyst
    for file in (*sorted(split.submitted.iterdir()), counts):
        name = file.name.split("_")[1]
        kit = split.root / "parties" / name / "kit"
        for part in ("round.toml", "round.sig"):  # as everybody puts them in the place of the old ones
            shutil.copyfile(split.round / part, kit / part)
        put(split.deliver(name, split.root / "again", sequence=2), file.parent)
        file.unlink()
    assert refusals(late.rekey()) == []
    found = analyst.receive(split.round, analyst.delivery_files(split.deliveries), keys["analyst"])[1]
    assert (refusals(found), found.missing) == ([], ())


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"id": "other-2025"}, "not_amendable"),
        ({"least_threshold": 5}, "not_amendable"),
        ({"reference_date": "day"}, "not_amendable"),
        ({"round_id": "ab" * 16}, "not_amendable"),
        ({"title": "Another title"}, "not_amendable"),
        ({"communal_above": 99}, "not_amendable"),
        ({}, "nothing_to_amend"),
    ],
)
def test_what_binds_is_not_amended(little: LittleRound, changed: dict[str, object], key: str) -> None:
    round_ = agreed.open_round(little.round).round
    if "reference_date" in changed:
        changed = {"reference_date": round_.start}
    with pytest.raises(AgreementError) as caught:
        amend(little, edited=replace(round_, **changed))  # type: ignore[arg-type]
    error(caught, f"agreement.{key}")
    for name in changed:
        assert name in str(caught.value)
    assert agreed.open_round(little.round).round == round_


def test_what_is_promised_is_not_taken_away(split: LittleRound) -> None:
    round_ = agreed.open_round(split.round).round
    assert round_.custodian
    who = round_.participant(WHO)
    others = tuple(one for one in round_.participants if one.id != WHO)
    services = next(one.services for one in others if len(one.services) > 1)
    for wanted in (
        replace(round_, participants=others),
        replace(round_, participants=(*others, replace(who, at_most=3))),
        replace(
            round_, participants=(*others, replace(who, services=tuple(set(services) - set(who.services))))
        ),
        replace(round_, custodian=replace(round_.custodian, share=round_.custodian.share - 1)),
    ):
        with pytest.raises(AgreementError) as caught:
            amend(split, edited=wanted)
        error(caught, "agreement.narrowed")
    more = replace(who, name="Welzijn", services=tuple(sorted({*who.services, *services})))
    looser = replace(round_.custodian, share=round_.custodian.share + 1, name="Sleutels")
    wanted = replace(round_, participants=(*others, more), custodian=looser)
    kinds = amend(split, edited=wanted)
    assert sorted(kinds) == ["amend_name", "amend_name", "amend_quota", "amend_services"]
    assert refusals(split.rekey()) == []


def test_other_questions_are_agreed_on_first(little: LittleRound) -> None:
    """Whoever changes the questions on its own is refused; the convenor signs them, and what was delivered holds."""
    before = agreed.open_round(little.round).round
    with (little.round / "analysis.toml").open("a", encoding="utf-8") as file:
        file.write("\n# Asked in the second year.\n")
    with pytest.raises(AgreementError) as caught:
        agreed.open_round(little.round)
    error(caught, "agreement.file_changed")
    assert amend(little) == ["amend_file"]
    after = agreed.open_round(little.round).round
    assert (after.fingerprint, len(after.amendments)) == (before.fingerprint, len(before.amendments) + 1)


def test_keys_are_replaced_knowingly(little: LittleRound) -> None:
    new = identity.new()
    for options, keys, key in (
        ({}, {WHO: new}, "renewed_or_revoked"),
        ({"renewed": {WHO: 1}, "revoked": (WHO,)}, {WHO: new}, "renewed_or_revoked"),
        ({"renewed": {WHO: 1}}, {}, "key_not_replaced"),
        ({"renewed": {"analyst": 1}}, {"analyst": new}, "key_not_replaced"),
        ({"revoked": ("nobody",)}, {WHO: new}, "renewed_or_revoked"),
        ({"revoked": (WHO,)}, {WHO: little.analyst}, "key_used"),
        ({"revoked": (lead_id(little),)}, {lead_id(little): new}, "convenor_key"),
    ):
        with pytest.raises(AgreementError) as caught:
            amend(little, keys=keys, **options)  # type: ignore[arg-type]
        error(caught, f"agreement.{key}")
    with pytest.raises(AgreementError) as caught:
        amend(little, edited=with_late(little))
    error(caught, "agreement.without_key")
    amend(little, keys={WHO: new}, revoked=(WHO,))
    with pytest.raises(AgreementError) as caught:  # the stolen one comes back
        amend(little, keys={WHO: little.identities[WHO]}, renewed={WHO: 2})
    error(caught, "agreement.key_used")


def test_only_the_convenor_amends(little: LittleRound) -> None:
    before = (little.round / "round.toml").read_bytes()
    for by in (little.identities[WHO], little.analyst, identity.new()):
        with pytest.raises(DeliveryError, match="not_the_convenor"):
            amend(little, keys={WHO: identity.new()}, revoked=(WHO,), by=by)
    assert (little.round / "round.toml").read_bytes() == before


def forge(little: LittleRound, made: Round, by: Identity) -> None:
    """Software of one's own: any round, signed by anybody."""
    text = rounds.to_toml(made).encode()
    (little.round / "round.toml").write_bytes(text)
    (little.round / "round.sig").write_bytes(base64.b64encode(by.sign("round", text)) + b"\n")


def test_a_forged_amendment(little: LittleRound) -> None:
    round_ = agreed.open_round(little.round).round
    mine = replace(round_.participant(WHO), keys=identity.new().keys)
    others = tuple(one for one in round_.participants if one.id != WHO)
    amended = replace(round_, participants=(*others, mine), amendments=(Amendment(DAY, "ab" * 32, ()),))
    for by in (little.identities[WHO], little.analyst):
        forge(little, amended, by)
        with pytest.raises(DeliveryError, match="round_not_signed"):
            agreed.open_round(little.round)


def test_numbers_are_not_skipped(little: LittleRound) -> None:
    amend(little, keys={WHO: identity.new()}, renewed={WHO: 1})
    file = little.round / "round.toml"
    said = file.read_text(encoding="utf-8")
    for old, new, key in (
        ("number = 1", "number = 2", "amendment_skipped"),
        ("amendment = 1", "amendment = 2", "no_such_amendment"),
        ("up_to = 1", "up_to = -1", "at_least_zero"),
        ('previous = "', 'previous = "x', "not_a_digest"),
    ):
        assert old in said
        file.write_text(said.replace(old, new), encoding="utf-8")
        with pytest.raises(AgreementError) as caught:
            agreement.read(little.round)
        error(caught, "agreement.invalid")
        assert [detail.key for detail in caught.value.details] == [f"agreement.{key}"]
        assert say(f"agreement.{key}", "nl", **caught.value.details[0].fields)


def test_no_party_goes_back_or_aside(split: LittleRound) -> None:
    """The custodian remembers which agreement it used: an older one would let a stolen key in again."""
    split.rekey()
    old = {name: (split.round / name).read_bytes() for name in ("round.toml", "round.sig")}
    amend(split, keys={WHO: identity.new()}, revoked=(WHO,))
    split.rekey()
    newest = {name: (split.round / name).read_bytes() for name in old}
    logged = journal.read(split.round / custodian.LOG)
    assert [line["amendments"] for line in logged if line["event"] == "agreement"] == [0, 1]

    def put_back(files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            (split.round / name).write_bytes(data)

    put_back(old)
    with pytest.raises(DeliveryError, match="no_successor"):
        split.rekey()
    # Amended in another way, by the convenor itself
    amend(split, edited=with_late(split), keys={LATE: identity.new()})
    with pytest.raises(DeliveryError, match="no_successor"):
        split.rekey()
    put_back(newest)
    # Two further amendments, of which this party sees the last only
    amend(split, edited=with_late(split), keys={LATE: identity.new()})
    amend(split, keys={LATE: identity.new()}, renewed={LATE: 0})
    split.rekey()
    # Another convenor, with a list of digests that is right
    round_ = agreed.open_round(split.round).round
    thief = identity.new()
    theirs = tuple(
        replace(one, keys=thief.keys) if one.id == round_.convenor else one for one in round_.participants
    )
    digest = hashlib.sha256((split.round / "round.toml").read_bytes()).hexdigest()
    amended = (*round_.amendments, Amendment(DAY, digest, ()))
    forge(split, replace(round_, participants=theirs, amendments=amended), thief)
    agreed.open_round(split.round)  # sound in itself
    agreed.write_checks(
        split.round, agreed.open_round(split.round).round, agreed.Checks("0" * 16, "0" * 16, "2"), thief
    )
    with pytest.raises(DeliveryError, match="no_successor"):
        split.rekey()


def test_the_analyst_remembers_too(little: LittleRound) -> None:
    files = analyst.delivery_files(little.deliveries)
    old = (little.round / "round.toml").read_bytes(), (little.round / "round.sig").read_bytes()
    amend(little, keys={WHO: identity.new()}, renewed={WHO: 1})
    out = little.root / "publication"
    analyst.run(little.round, files, little.analyst, out, day=DAY)
    (little.round / "round.toml").write_bytes(old[0])
    (little.round / "round.sig").write_bytes(old[1])
    with pytest.raises(DeliveryError, match="no_successor"):
        analyst.run(little.round, files, little.analyst, out, day=DAY)


def test_killed_anywhere_there_is_a_signed_round(little: LittleRound, tmp_path: Path) -> None:
    made, _ = convenor.amendment(
        little.round, None, _keys(tmp_path, {WHO: identity.new()}), renewed={WHO: 1}, revoked=(), day=DAY
    )
    seen = set()

    def look() -> None:
        seen.add(len(agreed.open_round(little.round).round.amendments))

    args = (little.round, made, lead(little))
    assert killed_at_every_event(tmp_path, "convenor.amend", args, {}, look) >= 6
    assert seen == {0, 1}
    assert (little.round / "round.sig").read_bytes().count(b"\n") == 1
    assert not [path for path in little.round.iterdir() if path.name.startswith(".")]


def _keys(folder: Path, keys: Mapping[str, Identity]) -> Path:
    for name, one in keys.items():
        identity.save(one, folder / "keys" / f"{name}.key", name=name)
    return folder / "keys"


def test_by_hand(little: LittleRound, tmp_path: Path) -> None:
    keys = _keys(tmp_path, {WHO: identity.new()})
    words = ["round", "amend", str(little.round), "--identity", str(little.root / "keys" / f"{lead_id(little)}.key"),
             "--keys", str(keys), "--renewed"]  # fmt: skip
    before = (little.round / "round.toml").read_bytes()
    asked = CliRunner().invoke(app, ["--lang", "en", *words, f"{WHO}=1"], input="n\n")
    assert asked.exit_code == 1
    assert f"{WHO}: new key; what was signed with the old one holds up to number 1" in asked.output
    assert (little.round / "round.toml").read_bytes() == before
    wrong = CliRunner().invoke(app, [*words, WHO])
    assert isinstance(wrong.exception, FactlabError)
    done = CliRunner().invoke(app, ["--lang", "en", *words, f"{WHO}=1", "--yes"])
    assert done.exit_code == 0, done.output
    shown = CliRunner().invoke(app, ["--lang", "en", "round", "show", str(little.round)])
    assert "amendment 1, 2" in shown.output
    assert f"{WHO} (≤ 1)" in shown.output
    told = json.loads(CliRunner().invoke(app, ["round", "show", str(little.round), "--json"]).output)
    assert told["amendments"][0]["replaced"] == {WHO: 1}
