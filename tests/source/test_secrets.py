"""Keys, checks and invitations: what binds a pseudonym to one round, and who may open what."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import pytest
from factlab.agreement import Round
from factlab.delivery import identity as identities
from factlab.delivery.identity import Identity
from factlab.errors import DeliveryError
from factlab.source import addresses, houses, invitation, pseudonyms

from tests.source.agreed import agreed

ROUND_ID = "000102030405060708090a0b0c0d0e0f"
SECRET = bytes(range(32))


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """RFC 5869 for 32 bytes, spelled out."""
    extracted = hmac.digest(salt, secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def test_the_linkage_key_as_the_protocol_says() -> None:
    key = pseudonyms.linkage_key(SECRET, ROUND_ID, "")
    assert key == hkdf(SECRET, bytes.fromhex(ROUND_ID), b"factlab/v1/link|4").hex().encode()
    assert len(key) == 64  # exactly one block of SHA-256
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key) + b"1506AB|12|A2").digest()
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in key) + inner).digest()
    assert pseudonyms.pseudonym(key, "1506AB|12|A2") == outer[:16]
    (one,) = pseudonyms.pseudonyms(key, ["1506AB|12|A2"]).to_pylist()
    assert one.bytes == outer[:16]


def test_another_round_or_secret_gives_other_pseudonyms() -> None:
    keys = {
        pseudonyms.linkage_key(SECRET, ROUND_ID, ""),
        pseudonyms.linkage_key(SECRET, "ff" * 16, ""),
        pseudonyms.linkage_key(SECRET[::-1], ROUND_ID, ""),
    }
    assert len(keys) == 3


def test_checks_tell_secrets_apart_and_not_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    round_ = replace(agreed().round, round_id=ROUND_ID)
    checks = pseudonyms.checks(SECRET, round_)
    sibling = hkdf(SECRET, bytes.fromhex(ROUND_ID), b"factlab/v1/check|4").hex().encode()
    assert checks.key_check == hmac.digest(sibling, b"", "sha256")[:8].hex()
    assert pseudonyms.checks(SECRET[::-1], round_).key_check != checks.key_check
    # The empty text under the linkage key itself would be a pseudonym of sorts.
    key = pseudonyms.linkage_key(SECRET, ROUND_ID, "")
    assert hmac.digest(key, b"", "sha256")[:8].hex() != checks.key_check


def test_reading_one_variant_otherwise_changes_the_norm_check(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pseudonyms.norm_check()
    assert before == pseudonyms.norm_check()
    monkeypatch.setitem(houses._WORDS, "SOUT", "ST")
    assert pseudonyms.norm_check() == before  # no variant holds that word
    monkeypatch.setitem(houses._WORDS, "BEN", "BN")
    assert pseudonyms.norm_check() != before


def test_every_variant_is_pinned() -> None:
    """A change of the rules is a new version of the normaliser: this value may only change with NORMALISER."""
    assert (addresses.NORMALISER, pseudonyms.norm_check()) == ("4", "97b354cdce8fed04")


def test_another_profile_gives_other_pseudonyms_and_checks() -> None:
    round_ = replace(agreed().round, round_id=ROUND_ID)
    made = {name: replace(round_, profile=name) for name in ("", "amsterdam", "haarlem", "utrecht")}
    assert len({pseudonyms.checks(SECRET, one) for one in made.values()}) == 4
    assert len({pseudonyms.checks(SECRET, one).norm_check for one in made.values()}) == 4
    assert len({pseudonyms.linkage_key(SECRET, ROUND_ID, name) for name in made}) == 4
    assert len({one.fingerprint for one in made.values()}) == 4
    assert pseudonyms.checks(SECRET, made["utrecht"]).normaliser == "4+utrecht"


@pytest.fixture(scope="module")
def people() -> dict[str, Identity]:
    return {name: identities.new() for name in ("convenor", "other", "analyst")}


def ready(people: dict[str, Identity]) -> Round:
    round_ = agreed().round
    return replace(
        round_,
        round_id=ROUND_ID,
        catalogue_sha256="0" * 64,
        analyst_keys=people["analyst"].keys,
        participants=tuple(
            replace(p, keys=people["convenor" if p.id == round_.convenor else "other"].keys)
            for p in round_.participants
        ),
    )


def test_an_invitation_opens_for_its_participant_only(tmp_path: Path, people: dict[str, Identity]) -> None:
    round_ = ready(people)
    invitation.write(tmp_path, round_, "voedselbank-wiermonde", SECRET, people["convenor"])
    assert SECRET.hex() not in (tmp_path / invitation.FILE).read_text()
    assert invitation.read(tmp_path, round_, "voedselbank-wiermonde", people["other"]) == SECRET
    for participant, identity in (("voedselbank-wiermonde", "analyst"), ("kredietbank-wierstreek", "other")):
        with pytest.raises(DeliveryError):
            invitation.read(tmp_path, round_, participant, people[identity])


def test_an_invitation_of_somebody_else_is_refused(tmp_path: Path, people: dict[str, Identity]) -> None:
    round_ = ready(people)
    invitation.write(tmp_path, round_, "voedselbank-wiermonde", SECRET, people["analyst"])
    with pytest.raises(DeliveryError) as raised:
        invitation.read(tmp_path, round_, "voedselbank-wiermonde", people["other"])
    assert raised.value.key == "source.invitation_not_signed"


def test_an_invitation_for_another_round_is_refused(tmp_path: Path, people: dict[str, Identity]) -> None:
    round_ = ready(people)
    invitation.write(tmp_path, round_, "voedselbank-wiermonde", SECRET, people["convenor"])
    for other in (replace(round_, round_id="ff" * 16), replace(round_, least_threshold=20)):
        with pytest.raises(DeliveryError) as raised:
            invitation.read(tmp_path, other, "voedselbank-wiermonde", people["other"])
        assert raised.value.key == "source.other_invitation"


@pytest.mark.parametrize("change", ["sealed", "signature", "participant", "cut", "list", "no json"])
def test_a_changed_invitation_is_refused(tmp_path: Path, people: dict[str, Identity], change: str) -> None:
    round_ = ready(people)
    invitation.write(tmp_path, round_, "voedselbank-wiermonde", SECRET, people["convenor"])
    file = tmp_path / invitation.FILE
    told = json.loads(file.read_text())
    if change in told:
        told[change] = told[change][:10] + ("A" if told[change][10] != "A" else "B") + told[change][11:]
        file.write_text(json.dumps(told))
    elif change == "cut":
        del told["sealed"]
        file.write_text(json.dumps(told))
    else:
        file.write_text("[]" if change == "list" else "{")
    with pytest.raises(DeliveryError):
        invitation.read(tmp_path, round_, "voedselbank-wiermonde", people["other"])


def test_a_missing_invitation(tmp_path: Path, people: dict[str, Identity]) -> None:
    with pytest.raises(DeliveryError) as raised:
        invitation.read(tmp_path, ready(people), "voedselbank-wiermonde", people["other"])
    assert raised.value.key == "source.no_invitation"
