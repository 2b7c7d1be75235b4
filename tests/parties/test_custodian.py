"""A round with a custodian, from extracts to the publication: what it gives, what it refuses, what it never sees."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from factlab import agreement
from factlab.delivery import agreed, identity, journal, opaque, package
from factlab.errors import DeliveryError, FactlabError, LinkageError
from factlab.parties import analyst, custodian, demo, organisation
from factlab.texts import say

from tests.parties.little import DAY, LittleRound

pytestmark = pytest.mark.xdist_group("split")
WHO = "welzijn-wiermonde"
CHECK = "0" * 16


def published(little: LittleRound) -> dict[tuple[str, ...], str]:
    out = little.root / "publication"
    analyst.run(little.round, analyst.delivery_files(little.deliveries), little.analyst, out)
    with (out / "cells.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (row["table"], row["area_code"], row["group"], row["category"]): row["households"] for row in rows
    }


def submitted(little: LittleRound, participant: str = WHO) -> Path:
    return next(file for file in little.submitted.iterdir() if file.name.split("_")[1] == participant)


def pseudonyms(little: LittleRound) -> set[Any]:
    """Those that the analyst sees."""
    _, received = analyst.receive(little.round, analyst.delivery_files(little.deliveries), little.analyst)
    return {
        one
        for delivery in received.deliveries
        if delivery.manifest.content != "aggregate"
        for one in delivery.contents.rows.column("pseudonym").to_pylist()
    }


def refused(outcome: custodian.Outcome) -> DeliveryError:
    """The one refusal."""
    (refusal,) = outcome.refusals
    for lang in ("nl", "en"):
        assert say(refusal.error.key, lang, **refusal.error.fields)
    return refusal.error


def send(little: LittleRound, change: Callable[[Any], Any], path: Path, *, sequence: int = 2) -> Path:
    """A delivery of `WHO` with other rows: a table of (pseudonym, service) made by `change` of all register pseudonyms."""
    round_ = agreement.read(little.round).round
    package.write(
        path,
        round_=round_,
        participant=WHO,
        identity=little.identities[WHO],
        recipient=round_.analyst_keys,
        contents=package.Contents("services", change(None), {"rows": 1}),
        checks=agreed.read_checks(little.round, round_),
        day=DAY,
        sequence=sequence,
    )
    return path


def rows(number: int, service: Callable[[int], str]) -> pa.Table:
    made = pa.array([bytes([at >> 8, at & 255]).rjust(16, b"\1") for at in range(number)], pa.binary(16))
    return pa.table(
        {
            "pseudonym": pa.ExtensionArray.from_storage(pa.uuid(), made),
            "service": pa.array([service(at) for at in range(number)], pa.string()),
        }
    )


def test_both_ways_of_trust_count_the_same(split: LittleRound, little: LittleRound) -> None:
    """The same extracts, so every exact count is the same; which secondary cells are hidden differs by its salt."""
    one, other = published(split), published(little)
    assert one.keys() == other.keys()
    both = [key for key in one if one[key] and other[key]]
    assert len(both) > 50
    assert [key for key in both if one[key] != other[key]] == []


def test_the_analyst_takes_only_what_the_custodian_re_keyed(split: LittleRound) -> None:
    file = submitted(split)
    next(split.deliveries.glob(f"*_{WHO}_*")).unlink()
    shutil.copyfile(file, split.deliveries / file.name)
    _, received = analyst.receive(split.round, analyst.delivery_files(split.deliveries), split.analyst)
    assert [refusal.error.key for refusal in received.refusals] == ["delivery.not_rekeyed"]
    assert received.missing == (WHO,)


def test_only_the_custodian_of_the_round_re_keys(split: LittleRound) -> None:
    files = [submitted(split)]
    for name in ("analyst", WHO):
        with pytest.raises(DeliveryError, match="not_the_custodian"):
            custodian.rekey(split.round, files, split.identities[name], split.deliveries, day=DAY)


def test_what_was_re_keyed_is_not_re_keyed_again(split: LittleRound) -> None:
    assert refused(split.rekey([next(split.deliveries.glob("*.factlab"))])).key == "delivery.already_rekeyed"


def test_one_submission_under_a_number_and_the_same_one_again(split: LittleRound) -> None:
    file = submitted(split)
    before = len(journal.read(split.round / custodian.LOG))
    assert split.rekey([file]).refusals == ()  # the same delivery: it was lost, say
    assert len(journal.read(split.round / custodian.LOG)) == before
    again = split.deliver(WHO, split.root / "again")  # new codes, so another delivery
    assert refused(split.rekey([again])).key == "custodian.submitted_twice"
    for sequence in (2, 3):
        assert not split.rekey([split.deliver(WHO, split.root / "again", sequence=sequence)]).refusals
    last = split.deliver(WHO, split.root / "again", sequence=4)
    assert refused(split.rekey([last])).key == "custodian.too_many_submissions"


def test_a_correction_replaces_at_the_analyst(split: LittleRound) -> None:
    """All are under another key then, so that comparing before and after tells nothing; the two don't join."""
    before = pseudonyms(split)
    old = Path(shutil.copytree(split.deliveries, split.root / "old"))
    newer = split.deliver(WHO, split.root / "again", sequence=2)
    outcome = split.rekey([*split.submitted.iterdir(), newer])
    assert (outcome.refusals, outcome.superseded) == ((), (submitted(split).name,))
    _, received = analyst.receive(split.round, analyst.delivery_files(split.deliveries), split.analyst)
    assert (received.refusals, received.missing, received.superseded) == ((), (), ())
    after = pseudonyms(split)
    assert len(before) == len(after) > 500
    assert not before & after
    mixed = [*old.glob("*burgerzaken*"), next(split.deliveries.glob(f"*{WHO}*"))]
    with pytest.raises(LinkageError, match="mixed_rekeying"):
        analyst.receive(split.round, mixed, split.analyst)


def test_a_dictionary_of_all_addresses_is_over_the_quota(split: LittleRound) -> None:
    code = agreement.read(split.round).round.participant(WHO).services[0]
    most = 700 * 40 // 100  # the sample's share of its bound
    fits = send(split, lambda _: rows(most, lambda _: code), split.root / "fits.factlab", sequence=2)
    assert split.rekey([fits]).refusals == ()
    over = send(split, lambda _: rows(most + 1, lambda _: code), split.root / "over.factlab", sequence=3)
    error = refused(split.rekey([over]))
    assert error.key == "custodian.over_quota"
    assert str(most + 1) not in str(error)
    assert not any("_3_" in file.name for file in split.deliveries.iterdir())
    assert all(line.get("sequence") != 3 for line in journal.read(split.round / custodian.LOG))


def test_a_code_per_household_would_be_a_token(split: LittleRound) -> None:
    """Register holder and analyst are often one municipality: a code that it gave one household would find it back."""
    tokens = send(split, lambda _: rows(50, lambda at: f"T{at}"), split.root / "tokens.factlab")
    assert refused(split.rekey([tokens])).key == "custodian.codes_too_fine"
    holder = agreement.read(split.round).round.register_holder.id
    register = rows(200, lambda at: f"group{at}").rename_columns(["pseudonym", "group"])
    area = pa.array(["BU00000000"] * 200, pa.string())
    round_ = agreement.read(split.round).round
    path = split.root / "register.factlab"
    package.write(
        path,
        round_=round_,
        participant=holder,
        identity=split.identities[holder],
        recipient=round_.analyst_keys,
        contents=package.Contents("register", register.add_column(1, "area", area), {}),
        checks=agreed.read_checks(split.round, round_),
        day=DAY,
        sequence=2,
    )
    assert refused(split.rekey([path])).key == "custodian.codes_too_fine"


def test_a_code_that_is_a_word_is_refused(split: LittleRound, monkeypatch: pytest.MonkeyPatch) -> None:
    def frank(table: Any, content: Any) -> tuple[Any, dict[str, tuple[str, ...]]]:
        return table.rename_columns(["pseudonym", "code"]), {}

    monkeypatch.setattr(opaque, "veil", frank)
    code = agreement.read(split.round).round.participant(WHO).services[0]
    told = send(split, lambda _: rows(20, lambda _: code), split.root / "told.factlab")
    assert refused(split.rekey([told])).key == "delivery.code_not_opaque"


def test_the_custodian_can_change_nothing_but_rows(
    split: LittleRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A custodian with its own software: another participant's meanings, manifest or number is noticed."""
    round_ = agreement.read(split.round).round
    checks = agreed.read_checks(split.round, round_)
    key = split.identities["custodian"]
    other = next(p.id for p in round_.participants if p.content == "services" and p.id != WHO)

    def opened(participant: str) -> custodian.Submission:
        return custodian.open_submission(
            submitted(split, participant), round_=round_, checks=checks, custodian=key
        )

    mine, theirs = opened(WHO), opened(other)
    wrong = {
        "meanings": replace(
            mine,
            forwarded={**mine.forwarded, "meanings.sealed": theirs.forwarded["meanings.sealed"]},
        ),
        "origin": replace(mine, forwarded=theirs.forwarded, digest=theirs.digest),
        "sequence": replace(mine, manifest=replace(mine.manifest, sequence=7)),
        "participant": replace(mine, manifest=replace(mine.manifest, participant=other)),
    }
    for name, submission in wrong.items():
        path = split.root / f"{name}.factlab"
        custodian.write_rekeyed(
            path, submission, submission.rows, CHECK, round_=round_, custodian=key, day=DAY
        )
        with pytest.raises(DeliveryError) as caught:
            package.open_package(path, round_=round_, checks=checks, recipient=split.analyst)
        assert caught.value.key == "delivery.origin_differs", name
    swapped = split.root / "rows.factlab"
    custodian.write_rekeyed(swapped, mine, theirs.rows, CHECK, round_=round_, custodian=key, day=DAY)
    with pytest.raises(DeliveryError) as caught:
        package.open_package(swapped, round_=round_, checks=checks, recipient=split.analyst)
    assert caught.value.key == "delivery.other_meanings"
    with pytest.raises(DeliveryError, match="not_the_custodian"):
        custodian.write_rekeyed(
            swapped, mine, mine.rows, CHECK, round_=round_, custodian=identity.new(), day=DAY
        )


def test_a_log_is_not_edited(split: LittleRound) -> None:
    log = split.round / custodian.LOG
    lines = log.read_bytes().splitlines(keepends=True)
    assert len(lines) > 5
    for spoiled in (
        [*lines[:2], *lines[3:]],
        [lines[1], lines[0], *lines[2:]],
        [lines[0].replace(b'"amendments":0', b'"amendments":1'), *lines[1:]],
        [lines[0], lines[1].replace(b'"sequence":1', b'"sequence":9'), *lines[2:]],
        lines[1:],
    ):
        log.write_bytes(b"".join(spoiled))
        with pytest.raises(FactlabError, match="log_broken"):
            split.rekey()


def test_the_log_tells_no_exact_number(split: LittleRound) -> None:
    agreement_, *lines = journal.read(split.round / custodian.LOG)
    assert set(agreement_) == {
        "format", "number", "previous", "event", "day", "convenor", "round", "amendments",
    }  # fmt: skip
    for line in lines:
        assert set(line) == {
            "format", "number", "previous", "event", "day", "participant", "content", "sequence", "rows_at_most", "manifest",
            "key",
        }  # fmt: skip
        assert line["rows_at_most"] & (line["rows_at_most"] - 1) == 0


def play(made: LittleRound) -> tuple[analyst.Outcome, list[str]]:
    """The demonstration on the little sample, and what it tells."""
    told: list[str] = []
    outcome = demo.play(
        made.root / "sample",
        made.root / "demo",
        lang="nl",
        say=lambda key, **fields: told.append(say(key, "nl", **fields)),
    )
    assert outcome.verdict.holds
    assert outcome.missing == ()
    return outcome, told


def test_the_demonstration_plays_the_custodian_too(split: LittleRound) -> None:
    outcome, told = play(split)
    out = split.root / "demo"
    (line,) = [line for line in told if "Sleutelbeheerder, Stichting Sleutelbeheer Wierland" in line]
    assert f"{len(outcome.received) - 1} aanleveringen" in line  # one is of counts, for the analyst alone
    assert "700 adressen" in line and "40%" in line
    assert sum("Vertrouwen 'custodian'" in line for line in told) == 1
    assert (out / "custodian" / "custodian.key").exists()
    assert (
        len(list((out / "submitted").iterdir()))
        == len(list((out / "deliveries").glob("*_rekeyed.factlab")))
        > 10
    )
    assert "sleutelbeheerder" in (out / "publication" / "index.html").read_text(encoding="utf-8").lower()


def test_the_demonstration_in_direct_trust_has_none(little: LittleRound) -> None:
    _, told = play(little)
    out = little.root / "demo"
    assert not any("Sleutelbeheerder" in line for line in told)
    assert sum("Vertrouwen 'direct'" in line for line in told) == 1
    assert not (out / "custodian").exists() and not (out / "submitted").exists()
    assert all("_rekeyed" not in file.name for file in (out / "deliveries").iterdir())


def test_the_command(split: LittleRound) -> None:
    """The exit code tells that something was refused, and the rest is re-keyed all the same."""

    def rekey(*files: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable, "-m", "factlab", "--lang", "en", "rekey", *files, "--round", split.round,
                "--identity", split.root / "keys" / "custodian.key", "--out", split.root / "out", "--json",
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    sound = rekey(submitted(split))
    assert (sound.returncode, sound.stderr) == (0, "")
    assert json.loads(sound.stdout)["rekeyed"] == [f"wiermonde-2025_{WHO}_1_rekeyed.factlab"]
    broken = split.root / "broken.factlab"
    broken.write_bytes(b"PK")
    mixed = rekey(submitted(split), broken)
    assert mixed.returncode == 1
    assert [refusal["file"] for refusal in json.loads(mixed.stdout)["refused"]] == ["broken.factlab"]
    assert len(json.loads(mixed.stdout)["rekeyed"]) == 1


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_an_organisation_is_told_who_can_reverse(split: LittleRound, little: LittleRound, lang: Any) -> None:
    for made, word in (
        (split, {"nl": "sleutelbeheerder", "en": "custodian"}),
        (little, {"nl": "seconden", "en": "seconds"}),
    ):
        home = made.root / "parties" / WHO
        outcome = organisation.pseudonymise(
            demo.extract_in(home / "extract"), kit=home / "kit", participant=WHO, identity=made.identities[WHO],
            out=made.root, day=DAY, dry_run=True, lang=lang,
        )  # fmt: skip
        assert word[lang] in organisation.shown(outcome, lang)


def test_no_pseudonym_is_in_the_publication_or_the_log(split: LittleRound) -> None:
    from tests.end_to_end.canary import Canary

    round_ = agreement.read(split.round).round
    checks = agreed.read_checks(split.round, round_)
    known = {one.bytes for one in pseudonyms(split)}
    for file in split.submitted.iterdir():
        found = custodian.open_submission(
            file, round_=round_, checks=checks, custodian=split.identities["custodian"]
        )
        known |= {one.bytes for one in found.rows.column("pseudonym").to_pylist()}
    published(split)
    canary = Canary(known, [])
    assert canary.search(split.root / "publication") == {}
    assert canary.search(split.round) == {}
    (split.round / "planted.txt").write_text(str(next(iter(pseudonyms(split)))))
    assert canary.search(split.round)
