"""Published facts: that we use the primitives as their standards say, typed in from those standards.

A chain where no single fact reaches: the second implementation (`independent.py`) gives the facts of RFC 9180 and of
the X-Wing draft, and factlab opens what it seals. Not proven by a fact: *encapsulating*, since the library lets nobody
choose its randomness. What it encapsulates is opened by the decapsulation that the draft's vector proves; that its
random numbers are random is the system's promise, not ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import tomllib
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from factlab.delivery import identity
from factlab.delivery.identity import Identity
from factlab.source import pseudonyms

from tests.delivery import independent as spec
from tests.delivery.made import ANNA

# draft-connolly-cfrg-xwing-kem, appendix C, first vector
SEED = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
SHARED = bytes.fromhex("d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384")
ENCAPSULATED = bytes.fromhex(
    """
    b83aa828d4d62b9a83ceffe1d3d3bb1ef31264643c070c5798927e41fb07914a273f8f96
    e7826cd5375a283d7da885304c5de0516a0f0654243dc5b97f8bfeb831f68251219aabdd
    723bc6512041acbaef8af44265524942b902e68ffd23221cda70b1b55d776a92d1143ea3
    a0c475f63ee6890157c7116dae3f62bf72f60acd2bb8cc31ce2ba0de364f52b8ed38c79d
    719715963a5dd3842d8e8b43ab704e4759b5327bf027c63c8fa857c4908d5a8a7b88ac7f
    2be394d93c3706ddd4e698cc6ce370101f4d0213254238b4a2e8821b6e414a1cf20f6c12
    44b699046f5a01caa0a1a55516300b40d2048c77cc73afba79afeea9d2c0118bdf2adb88
    70dc328c5516cc45b1a2058141039e2c90a110a9e16b318dfb53bd49a126d6b73f215787
    517b8917cc01cabd107d06859854ee8b4f9861c226d3764c87339ab16c3667d2f49384e5
    5456dd40414b70a6af841585f4c90c68725d57704ee8ee7ce6e2f9be582dbee985e038ff
    c346ebfb4e22158b6c84374a9ab4a44e1f91de5aac5197f89bc5e5442f51f9a5937b102b
    a3beaebf6e1c58380a4a5fedce4a4e5026f88f528f59ffd2db41752b3a3d90efabe46389
    9b7d40870c530c8841e8712b733668ed033adbfafb2d49d37a44d4064e5863eb0af0a08d
    47b3cc888373bc05f7a33b841bc2587c57eb69554e8a3767b7506917b6b70498727f16ea
    c1a36ec8d8cfaf751549f2277db277e8a55a9a5106b23a0206b4721fa9b3048552c5bd5b
    594d6e247f38c18c591aea7f56249c72ce7b117afcc3a8621582f9cf71787e183dee0936
    7976e98409ad9217a497df888042384d7707a6b78f5f7fb8409e3b535175373461b77600
    2d799cbad62860be70573ecbe13b246e0da7e93a52168e0fb6a9756b895ef7f0147a0dc8
    1bfa644b088a9228160c0f9acf1379a2941cd28c06ebc80e44e17aa2f8177010afd78a97
    ce0868d1629ebb294c5151812c583daeb88685220f4da9118112e07041fcc24d5564a99f
    dbde28869fe0722387d7a9a4d16e1cc8555917e09944aa5ebaaaec2cf62693afad42a3f5
    18fce67d273cc6c9fb5472b380e8573ec7de06a3ba2fd5f931d725b493026cb0acbd3fe6
    2d00e4c790d965d7a03a3c0b4222ba8c2a9a16e2ac658f572ae0e746eafc4feba023576f
    08942278a041fb82a70a595d5bacbf297ce2029898a71e5c3b0d1c6228b485b1ade509b3
    5fbca7eca97b2132e7cb6bc465375146b7dceac969308ac0c2ac89e7863eb8943015b243
    14cafb9c7c0e85fe543d56658c213632599efabfc1ec49dd8c88547bb2cc40c9d38cbd30
    99b4547840560531d0188cd1e9c23a0ebee0a03d5577d66b1d2bcb4baaf21cc7fef1e038
    06ca96299df0dfbc56e1b2b43e4fc20c37f834c4af62127e7dae86c3c25a2f696ac8b589
    dec71d595bfbe94b5ed4bc07d800b330796fda89edb77be0294136139354eb8cd3759157
    8f9c600dd9be8ec6219fdd507adf3397ed4d68707b8d13b24ce4cd8fb22851bfe9d63240
    7f31ed6f7cb1600de56f17576740ce2a32fc5145030145cfb97e63e0e41d354274a079d3
    e6fb2e15
    """
)


@pytest.mark.parametrize(
    ("key", "text", "digest"),
    [
        (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            b"\xaa" * 131,
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ],
    ids=["case 1", "case 2", "case 6"],
)
def test_a_pseudonym_is_the_start_of_an_hmac(key: bytes, text: str, digest: str) -> None:
    """RFC 4231, 4.2, 4.3 and 4.7: one address at a time, many at once, and in the second implementation."""
    assert pseudonyms.pseudonym(key, text).hex() == digest[:32]
    assert [one.hex for one in pseudonyms.pseudonyms(key, [text, text]).to_pylist()] == [digest[:32]] * 2
    assert spec.pseudonym(key, text.encode()).hex() == digest[:32]
    assert hmac.digest(key, text.encode(), "sha256").hex() == digest


def test_the_key_of_pseudonyms_may_be_a_block() -> None:
    """RFC 2104: a key of one block is used as it is, so that SQL can work with its two pads."""
    key = b"Jefe".ljust(64, b"\0")
    assert (
        pseudonyms.pseudonym(key, "what do ya want for nothing?").hex() == "5bdcc146bf60754e6a042426089575c7"
    )


@pytest.mark.parametrize(
    ("secret", "salt", "info", "okm"),
    [
        (
            b"\x0b" * 22,
            bytes(range(13)),
            bytes(range(0xF0, 0xFA)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            bytes(range(0x50)),
            bytes(range(0x60, 0xB0)),
            bytes(range(0xB0, 0x100)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
            "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
            "cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            b"\x0b" * 22,
            b"",
            b"",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
    ids=["A.1", "A.2", "A.3"],
)
def test_keys_are_derived_with_hkdf(secret: bytes, salt: bytes, info: bytes, okm: str) -> None:
    """RFC 5869, A.1 to A.3: 32 bytes are the start of more. factlab's own derivations equal the second
    implementation's in `test_vectors.py`."""
    assert spec.hkdf(secret, salt, info).hex() == okm[:64]
    assert HKDF(SHA256(), len(okm) // 2, salt=salt or None, info=info).derive(secret).hex() == okm


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ],
    ids=["test 1", "test 2", "test 3"],
)
def test_signatures_are_ed25519(seed: str, public: str, message: str, signature: str) -> None:
    """RFC 8032, 7.1. Ours sign a context before the message, which no standard's vector has; but for it they are these."""
    party = Identity(bytes.fromhex(seed), bytes(32))
    assert party.keys.sign.hex() == public
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert party.sign("round", b"text") == key.sign(b"factlab/v1/round\0text")


def test_the_key_schedule_is_rfc_9180_s() -> None:
    """RFC 9180, A.1.1 (X25519, HKDF-SHA256, AES-128-GCM), from its shared secret to its first ciphertext."""
    suite = b"HPKE" + bytes.fromhex("0020 0001 0001")
    shared = bytes.fromhex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc")
    key, nonce = spec.schedule(shared, b"Ode on a Grecian Urn", suite, 16)
    assert key.hex() == "4531685d41d65f03dc48f6b8302c05b0"
    assert nonce.hex() == "56d890e5accaaf011cff4b7d"
    sealed = AESGCM(key).encrypt(nonce, b"Beauty is truth, truth beauty", b"Count-0")
    assert sealed.hex() == (
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
    )


def test_aes_256_gcm() -> None:
    """McGrew and Viega, The Galois/Counter Mode of Operation, test case 14."""
    sealed = AESGCM(bytes(32)).encrypt(bytes(12), bytes(16), b"")
    assert sealed.hex() == "cea7403d4d606b6e074ec5d3baf39d18" + "d0d1c8a799996bf0265b98b5d48ab919"


def test_decapsulation_is_the_x_wing_draft_s() -> None:
    assert spec.Party(bytes(32), SEED).decapsulate(ENCAPSULATED) == SHARED


def test_factlab_opens_what_is_sealed_with_the_draft_s_encapsulation() -> None:
    """Known key, known encapsulation, known shared secret: the whole of HPKE with X-Wing, on the opening side."""
    sealed = spec.seal(ENCAPSULATED, SHARED, b"context", b"text")
    assert Identity(bytes(32), SEED).open(b"context", sealed) == b"text"
    wrong = spec.seal(ENCAPSULATED, SHARED[::-1], b"context", b"text")
    with pytest.raises(identity.DeliveryError):
        Identity(bytes(32), SEED).open(b"context", wrong)


def test_the_second_implementation_opens_what_factlab_seals() -> None:
    """So the sealing side agrees with the proven opening; each time under another encapsulation."""
    party = spec.Party(bytes(32), SEED)
    keys = Identity(bytes(32), SEED).keys
    seals = [identity.seal(keys, b"context", b"text") for _ in range(3)]
    assert [party.open(b"context", sealed) for sealed in seals] == [b"text"] * 3
    assert len({sealed[:1088] for sealed in seals}) == len({sealed[1088:1120] for sealed in seals}) == 3


def test_a_key_file_with_a_passphrase_by_hand(tmp_path: Path) -> None:
    """RFC 7914 (section 12) for scrypt; then the key file as the specification says, with the standard library's."""
    known = hashlib.scrypt(
        b"pleaseletmein", salt=b"SodiumChloride", n=16_384, r=8, p=1, dklen=64, maxmem=1 << 26
    )
    assert known.hex().startswith("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    identity.save(ANNA, tmp_path / "anna.key", name="anna", passphrase=b"paard batterij nietje")
    told = tomllib.loads((tmp_path / "anna.key").read_text(encoding="utf-8"))
    salt, nonce, sealed = (base64.b64decode(told[name]) for name in ("salt", "nonce", "sealed"))
    key = hashlib.scrypt(b"paard batterij nietje", salt=salt, n=1 << 17, r=8, p=1, dklen=32, maxmem=1 << 28)
    head = spec.canonical({name: told[name] for name in ("format", "name", "fingerprint")})
    assert AESGCM(key).decrypt(nonce, sealed, head) == ANNA._sign + ANNA._seal


def test_half_of_x_wing_opens_nothing() -> None:
    """Who has broken X25519 alone, or ML-KEM alone, knows half of what the shared secret is made of."""
    expanded = hashlib.shake_256(SEED).digest(96)
    x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
    theirs = X25519PublicKey.from_public_bytes(ENCAPSULATED[1088:])
    of_mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).decapsulate(ENCAPSULATED[:1088])
    of_x25519 = x25519.exchange(theirs)
    rest = ENCAPSULATED[1088:] + x25519.public_key().public_bytes_raw() + b"\\.//^\\"
    sealed = spec.seal(ENCAPSULATED, SHARED, b"context", b"text")[1120:]
    assert hashlib.sha3_256(of_mlkem + of_x25519 + rest).digest() == SHARED
    for guess in (bytes(32) + of_x25519, of_mlkem + bytes(32)):
        key, nonce = spec.schedule(hashlib.sha3_256(guess + rest).digest(), b"context")
        with pytest.raises(InvalidTag):
            AESGCM(key).decrypt(nonce, sealed, b"")
