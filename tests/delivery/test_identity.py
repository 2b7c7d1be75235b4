"""Keys: the published facts, files that only their owner reads, and nothing shown."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from factlab.agreement import Keys
from factlab.delivery import identity
from factlab.delivery.identity import Identity
from factlab.errors import DeliveryError, KeyFileError
from factlab.texts import LANGUAGES, say

from tests.delivery.made import ANALYST, ANNA, BERT


def refused(path: Path, key: str, passphrase: bytes | None = None) -> None:
    with pytest.raises(KeyFileError) as caught:
        identity.load(path, passphrase)
    assert caught.value.key == f"delivery.{key}"
    for lang in LANGUAGES:
        assert path.name in say(caught.value.key, lang, **caught.value.fields)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    identity.save(ANNA, tmp_path / "anna.key", name="thuiszorg-de-brug")
    return tmp_path / "anna.key"


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "anna.key"
    identity.save(ANNA, path, name="thuiszorg-de-brug", passphrase=b"paard batterij nietje")
    return path


def test_the_seed_of_the_xwing_draft_gives_its_public_key() -> None:
    """draft-connolly-cfrg-xwing-kem, appendix C, first vector: its ends, and SHA-256 of its 1216 bytes."""
    seed = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
    seal = Identity(bytes(32), seed).keys.seal
    assert seal[:32].hex() == "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5"
    assert seal[-32:].hex() == "859edb06eff389b27dce59844570216223593d4ba32d9abac8cd049040ef6534"
    assert (
        hashlib.sha256(seal).hexdigest() == "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb"
    )


def test_the_key_derivation_is_hkdf() -> None:
    """RFC 5869 by hand: one block of HMAC over info and 1, under HMAC of the key with an empty salt."""
    pseudorandom = hmac.digest(bytes(32), ANNA._sign, "sha256")
    expected = hmac.digest(pseudorandom, b"factlab/v1/local|ties|x" + b"\1", "sha256")
    assert ANNA.derive("ties|x") == expected
    assert ANNA.derive("ties|y") != expected != BERT.derive("ties|x")


def test_a_signature_holds_for_its_context_and_message_only() -> None:
    signature = ANNA.sign("manifest", b"text")
    raw = Ed25519PrivateKey.from_private_bytes(ANNA._sign).sign(b"factlab/v1/manifest\0text")
    assert signature == raw
    assert identity.verify(ANNA.keys, "manifest", b"text", signature)
    assert not identity.verify(ANNA.keys, "round", b"text", signature)
    assert not identity.verify(ANNA.keys, "manifest", b"text ", signature)
    assert not identity.verify(BERT.keys, "manifest", b"text", signature)
    assert not identity.verify(Keys(), "manifest", b"text", signature)
    assert not identity.verify(ANNA.keys, "manifest", b"text", signature[:-1])


def test_a_seal_opens_for_its_recipient_and_context_only() -> None:
    sealed = identity.seal(ANALYST.keys, b"context", b"text")
    assert ANALYST.open(b"context", sealed) == b"text"
    attempts = [
        (ANNA, b"context", sealed),
        (ANALYST, b"other", sealed),
        (ANALYST, b"context", sealed[:-1]),
        (ANALYST, b"context", sealed[:100]),
        (ANALYST, b"context", b""),
        (ANALYST, b"context", bytes([sealed[0] ^ 1]) + sealed[1:]),
        (ANALYST, b"context", sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ]
    for who, info, data in attempts:
        with pytest.raises(DeliveryError) as caught:
            who.open(info, data)
        assert caught.value.key == "delivery.not_for_us"
        assert say(caught.value.key, "nl", **caught.value.fields)


@pytest.mark.parametrize(
    "seal", [b"", bytes(1215), b"\xff" * 1216], ids=["none", "short", "not on the curve"]
)
def test_nothing_is_sealed_for_an_unusable_key(seal: bytes) -> None:
    with pytest.raises(DeliveryError) as caught:
        identity.seal(Keys(ANALYST.keys.sign, seal), b"", b"text")
    assert caught.value.key == "delivery.no_key"
    assert say(caught.value.key, "en")


def test_a_key_file_gives_the_same_keys_back(key: Path) -> None:
    assert identity.load(key) == ANNA
    assert identity.read_public(key.with_suffix(".pub")) == ("thuiszorg-de-brug", ANNA.keys)


def test_fresh_keys_differ() -> None:
    assert identity.new().keys != identity.new().keys


def test_the_fingerprint_is_over_both_keys() -> None:
    shown = identity.fingerprint(ANNA.keys)
    digest = hashlib.sha256(ANNA.keys.sign + ANNA.keys.seal).hexdigest()
    assert shown.split(" ") == [digest[at : at + 4] for at in range(0, 32, 4)]
    assert shown != identity.fingerprint(Keys(ANNA.keys.sign, BERT.keys.seal))


def test_no_repr_shows_a_private_key() -> None:
    for text in (repr(ANNA), str(ANNA), f"{ANNA}"):
        assert ANNA._sign.hex() not in text
        assert repr(ANNA._sign)[2:12] not in text
        assert "_seal" not in text


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_private_key_is_closed_to_others(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for mode in (0o640, 0o604, 0o620, 0o601):
        key.chmod(mode)
        refused(key, "key_open_to_others")


def test_the_public_half_holds_nothing_private(key: Path) -> None:
    text = key.with_suffix(".pub").read_text(encoding="utf-8")
    private = key.read_text(encoding="utf-8").split('private = "')[1].split('"')[0]
    assert private not in text
    assert private[:40] not in text


def test_a_key_is_never_overwritten(key: Path) -> None:
    before = key.read_bytes()
    with pytest.raises(KeyFileError) as caught:
        identity.save(BERT, key, name="bert")
    assert caught.value.key == "delivery.key_exists"
    assert key.read_bytes() == before
    assert identity.read_public(key.with_suffix(".pub"))[1] == ANNA.keys


def test_the_private_key_can_not_take_the_place_of_the_public_one(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError) as caught:
        identity.save(ANNA, tmp_path / "anna.pub", name="anna")
    assert caught.value.key == "delivery.key_named_pub"
    assert not list(tmp_path.iterdir())


def test_a_passphrase_protects_the_key(protected: Path) -> None:
    assert identity.load(protected, b"paard batterij nietje") == ANNA
    assert b"private" not in protected.read_bytes()
    refused(protected, "passphrase_needed")
    refused(protected, "passphrase_wrong", b"paard batterij spijker")


def test_a_protected_key_can_not_be_given_another_name(protected: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.key"
    changed.write_text(
        protected.read_text(encoding="utf-8").replace("thuiszorg", "wijkteam"), encoding="utf-8"
    )
    changed.chmod(0o600)
    refused(changed, "passphrase_wrong", b"paard batterij nietje")


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError) as caught:
        identity.save(ANNA, tmp_path / "a.key", name="anna", passphrase=b"")
    assert caught.value.key == "delivery.passphrase_empty"
    assert not list(tmp_path.iterdir())


def test_a_missing_key_file_is_told(tmp_path: Path) -> None:
    refused(tmp_path / "anna.key", "key_missing")
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", "key_unreadable")


def test_a_public_key_is_no_private_key(key: Path) -> None:
    refused(key.with_suffix(".pub"), "key_other_format")
    with pytest.raises(KeyFileError) as caught:
        identity.read_public(key)
    assert caught.value.key == "delivery.key_other_format"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('private = "', 'private = "A'),
        ('private = "', "private = 3 # "),
        ('fingerprint = "', 'fingerprint = "0'),
        ('format = "', 'format "'),
    ],
    ids=["not base64", "a number", "another fingerprint", "not toml"],
)
def test_a_damaged_key_file_is_told(key: Path, old: str, new: str) -> None:
    text = key.read_text(encoding="utf-8")
    assert old in text
    key.write_text(text.replace(old, new), encoding="utf-8")
    refused(key, "key_damaged")


def test_a_private_key_with_a_wrong_letter_is_told(key: Path) -> None:
    text = key.read_text(encoding="utf-8")
    at = text.index('private = "') + 20
    key.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :], encoding="utf-8")
    refused(key, "key_damaged")


def test_a_huge_or_binary_key_file_is_told(key: Path) -> None:
    key.write_bytes(b"\xff\xfe" + bytes(100))
    refused(key, "key_damaged")
    key.write_bytes(b"#" * 100_000)
    refused(key, "key_damaged")
