"""What the custodian makes, and what passes for it: each way to bring something else is refused for its own reason."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factlab.agreement import Custodian
from factlab.delivery import archive, canonical, identity, package, plaintext
from factlab.delivery.identity import Identity
from factlab.delivery.rekeying import open_submission, write_rekeyed
from factlab.errors import DeliveryError
from factlab.texts import say

from tests.delivery.made import (
    ANALYST,
    ANNA,
    BERT,
    CHECKS,
    DAY,
    ROUND,
    STRANGER,
    TOTALS_TOLD,
    made_round,
    members,
    register,
    send,
    services,
)

KEEPER = Identity(hashlib.sha256(b"keeper sign").digest(), hashlib.sha256(b"keeper seal").digest())
SPLIT = made_round(trust="custodian", custodian=Custodian("Sleutelbeheer", KEEPER.keys, 2000, 60))


def submit(path: Path, contents: package.Contents | None = None, **changed: Any) -> Path:
    send(path, contents, **{"round_": SPLIT, **changed})
    return path


def rekeyed(folder: Path, contents: package.Contents | None = None, *, by: Identity = KEEPER) -> Path:
    submitted = submit(folder / "submitted.factlab", contents)
    found = open_submission(submitted, round_=SPLIT, checks=CHECKS, custodian=KEEPER)
    round_ = replace(SPLIT, custodian=Custodian("Sleutelbeheer", by.keys, 2000, 60))
    path = folder / "rekeyed.factlab"
    write_rekeyed(path, found, found.rows, "0" * 16, round_=round_, custodian=by, day=DAY)
    return path


def opened(path: Path, **changed: Any) -> package.Contents:
    return package.open_package(path, **{"round_": SPLIT, "checks": CHECKS, "recipient": ANALYST, **changed})[
        1
    ]


def refused(path: Path, key: str, **changed: Any) -> None:
    with pytest.raises(DeliveryError) as caught:
        opened(path, **changed)
    assert caught.value.key == f"delivery.{key}"
    for lang in ("nl", "en"):
        assert say(caught.value.key, lang, **caught.value.fields)


def pack(path: Path, found: dict[str, bytes], by: Identity, context: str, **change: Any) -> None:
    """An attacker's own software: members and manifest as wished, digests right, signed."""
    told = canonical.load(found["manifest.json"])
    told.update(change)
    told = {name: value for name, value in told.items() if value is not None or name == "supersedes"}
    told["members"] = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in found.items()
        if not name.startswith("manifest")
    }
    data = canonical.dump(told)
    path.unlink(missing_ok=True)
    archive.write(path, {**found, "manifest.json": data, "manifest.sig": by.sign(context, data)})


@pytest.mark.parametrize("contents", [services(1187), services(0), register(300)])
def test_what_was_sent_arrives(tmp_path: Path, contents: package.Contents) -> None:
    arrived = opened(rekeyed(tmp_path, contents))
    expected = plaintext.arrange(contents.rows, contents.content)
    assert plaintext.arrange(arrived.rows, contents.content).equals(expected)
    assert arrived.totals == TOTALS_TOLD


def test_every_size_tells_only_a_bucket(tmp_path: Path) -> None:
    """One service or seven areas, three rows or six hundred: the same file sizes."""
    sizes = set()
    for at, contents in enumerate((services(3), services(600), register(600))):
        who = {"participant": "burgerzaken"} if contents.content == "register" else {}
        path = submit(tmp_path / f"{at}.factlab", contents, **who)
        sizes.add(tuple(len(data) for name, data in members(path).items() if name.endswith("sealed")))
    assert len(sizes) == 1


def test_nobody_passes_for_the_custodian(tmp_path: Path) -> None:
    path = rekeyed(tmp_path, by=STRANGER)
    refused(path, "not_from_custodian")
    found = members(path)
    pack(path, found, ANNA, "rekeyed")
    refused(path, "not_from_custodian")
    pack(path, found, KEEPER, "manifest")  # a signature of another kind
    refused(path, "not_from_custodian")
    with pytest.raises(DeliveryError, match="not_from_custodian"):
        package.inspect(path, SPLIT)


def test_the_custodian_doesn_t_pass_for_a_participant(tmp_path: Path) -> None:
    path = rekeyed(tmp_path)
    found = members(path)
    swapped = {**found, "origin.json": found["origin.json"].replace(b"-brug", b"-brag")}
    pack(path, swapped, KEEPER, "rekeyed", origin=hashlib.sha256(swapped["origin.json"]).hexdigest())
    refused(path, "unknown_participant")
    swapped = {**found, "origin.json": found["origin.json"].replace(b'"sequence":1', b'"sequence":2')}
    pack(
        path,
        swapped,
        KEEPER,
        "rekeyed",
        origin=hashlib.sha256(swapped["origin.json"]).hexdigest(),
        sequence=2,
    )
    refused(path, "bad_signature")


def test_meanings_are_bound_to_their_delivery(tmp_path: Path) -> None:
    """The custodian holds two deliveries of one participant and puts the meanings of one in the other."""
    (tmp_path / "other").mkdir()
    path, other = rekeyed(tmp_path), rekeyed(tmp_path / "other")
    pack(path, {**members(path), "meanings.sealed": members(other)["meanings.sealed"]}, KEEPER, "rekeyed")
    refused(path, "origin_differs")


def test_a_stripped_origin(tmp_path: Path) -> None:
    path = rekeyed(tmp_path)
    bare = {name: data for name, data in members(path).items() if not name.startswith("origin")}
    pack(path, bare, KEEPER, "manifest", origin=None, rekey_check=None)
    refused(path, "bad_signature")
    pack(path, bare, ANNA, "manifest", origin=None, rekey_check=None)  # with a participant's help
    refused(path, "not_rekeyed")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"origin": "x"}, "manifest_damaged"),
        ({"rekey_check": None}, "manifest_damaged"),
        ({"rekey_check": "0" * 15}, "manifest_damaged"),
        ({"trust": "direct"}, "manifest_damaged"),
        ({"content": "droplist"}, "manifest_damaged"),
        ({"origin": "0" * 64}, "origin_differs"),
        ({"supersedes": None, "sequence": 9}, "origin_differs"),
        ({"key_check": "0" * 16}, "origin_differs"),
    ],
)
def test_another_manifest(tmp_path: Path, change: dict[str, Any], key: str) -> None:
    path = rekeyed(tmp_path)
    pack(path, members(path), KEEPER, "rekeyed", **change)
    refused(path, key)


def test_wrong_recipient_round_secret_or_normaliser(tmp_path: Path) -> None:
    path = rekeyed(tmp_path)
    for stranger in (STRANGER, KEEPER, ANNA):
        refused(path, "not_for_us", recipient=stranger)
    refused(path, "wrong_round", round_=replace(SPLIT, round_id="0" * 32))
    refused(path, "wrong_fingerprint", round_=replace(SPLIT, least_threshold=12))
    refused(path, "wrong_secret", checks=replace(CHECKS, key_check="0" * 16))
    refused(path, "wrong_normaliser", checks=replace(CHECKS, normaliser="2"))
    refused(path, "not_from_custodian", round_=ROUND)


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"custodian": ANALYST}, "not_for_us"),
        ({"round_": replace(SPLIT, round_id="0" * 32)}, "wrong_round"),
        ({"checks": replace(CHECKS, key_check="0" * 16)}, "wrong_secret"),
        ({"checks": replace(CHECKS, norm_check="0" * 16)}, "wrong_normaliser"),
    ],
)
def test_what_the_custodian_refuses(tmp_path: Path, changed: dict[str, Any], key: str) -> None:
    path = submit(tmp_path / "a.factlab")
    arguments: dict[str, Any] = {"round_": SPLIT, "checks": CHECKS, "custodian": KEEPER, **changed}
    if "custodian" in changed:  # the analyst is a recipient, but of the meanings alone
        with pytest.raises(DeliveryError, match="seal_broken"):
            open_submission(path, **arguments)
        key, arguments["custodian"] = "not_for_us", STRANGER
    with pytest.raises(DeliveryError) as caught:
        open_submission(path, **arguments)
    assert caught.value.key == f"delivery.{key}"


def test_a_round_without_the_custodian_s_key_is_a_draft(tmp_path: Path) -> None:
    without = replace(SPLIT, custodian=Custodian("Sleutelbeheer", identity.Keys(), 2000, 60))
    with pytest.raises(DeliveryError, match="draft_round"):
        submit(tmp_path / "a.factlab", round_=without)
    assert not list(tmp_path.iterdir())


def test_a_drop_list_is_for_the_custodian_alone(tmp_path: Path) -> None:
    rows = services(40).rows.select(["pseudonym"])
    lists = package.Contents("droplist", rows.slice(0, 1), {})
    path = submit(tmp_path / "a.factlab", lists, participant="wijkteam-oost", identity=BERT)
    assert [name for name in members(path) if name.endswith("sealed")] == [
        "rows-0000.sealed",
        "totals.sealed",
    ]
    refused(path, "not_for_us")
    found = open_submission(path, round_=SPLIT, checks=CHECKS, custodian=KEEPER)
    assert (found.rows.num_rows, found.forwarded) == (1, {})
