"""A party's key pair: what it signs with and what is sealed for it, kept in a file that only it can read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from factlab import files
from factlab.agreement import Keys
from factlab.delivery import canonical
from factlab.errors import DeliveryError, KeyFileError

FORMAT, PUBLIC_FORMAT = "factlab-key/1", "factlab-public-key/1"
SIGN_BYTES, SEAL_BYTES = 32, 1216
_MLKEM_BYTES = 1184  # an X-Wing public key is that of ML-KEM-768, then that of X25519
_LARGEST = 1 << 16  # bytes; a key file takes some two thousand
_DOMAIN = b"factlab/v1/"
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, repr=False)
class Identity:
    """A private key pair: the seeds of Ed25519 and of X-Wing, 32 bytes each. Its repr shows nothing."""

    _sign: bytes
    _seal: bytes

    @property
    def keys(self) -> Keys:
        """The public half."""
        mlkem, x25519 = _xwing(self._seal)
        return Keys(
            Ed25519PrivateKey.from_private_bytes(self._sign).public_key().public_bytes_raw(),
            mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw(),
        )

    def sign(self, context: str, message: bytes) -> bytes:
        """An Ed25519 signature that holds for this context only: a manifest can't pass for an agreement."""
        return Ed25519PrivateKey.from_private_bytes(self._sign).sign(_signed(context, message))

    def open(self, info: bytes, sealed: bytes) -> bytes:
        """What was sealed for this key under the same `info`. Raises DeliveryError when it wasn't, or was changed."""
        try:
            return _SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*_xwing(self._seal)), info=info)
        except (InvalidTag, ValueError):
            raise DeliveryError("delivery.not_for_us") from None

    def derive(self, info: str) -> bytes:
        """32 bytes that only this party can make again: for salts that stay on its machine, never for a key to share."""
        return HKDF(SHA256(), 32, salt=None, info=_DOMAIN + b"local|" + info.encode()).derive(self._sign)


def _xwing(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """The two private keys that X-Wing expands from its seed (draft-connolly-cfrg-xwing-kem, 5.2)."""
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(
        expanded[64:]
    )


def _signed(context: str, message: bytes) -> bytes:
    return _DOMAIN + context.encode() + b"\0" + message


def new() -> Identity:
    """A fresh key pair from the system's random source."""
    return Identity(secrets.token_bytes(32), secrets.token_bytes(32))


def verify(keys: Keys, context: str, message: bytes, signature: bytes) -> bool:
    """Whether the owner of `keys` signed `message` in this context."""
    try:
        Ed25519PublicKey.from_public_bytes(keys.sign).verify(signature, _signed(context, message))
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(keys: Keys) -> str:
    """What people read to each other: the first 16 bytes of SHA-256 over both public keys, eight groups of four hex digits."""
    return grouped(hashlib.sha256(keys.sign + keys.seal).hexdigest())


def grouped(digest: str) -> str:
    """The first half of a SHA-256 in groups of four, for reading aloud."""
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def seal(keys: Keys, info: bytes, plaintext: bytes) -> bytes:
    """HPKE (RFC 9180, one message) with X-Wing: only the owner of `keys` opens it, and only under the same `info`."""
    if len(keys.seal) != SEAL_BYTES:
        raise DeliveryError("delivery.no_key")
    try:
        public = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(keys.seal[:_MLKEM_BYTES]),
            X25519PublicKey.from_public_bytes(keys.seal[_MLKEM_BYTES:]),
        )
        return _SUITE.encrypt(plaintext, public, info=info)
    except ValueError:
        raise DeliveryError("delivery.no_key") from None


def _stretch(passphrase: bytes, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=1 << 17, r=8, p=1).derive(passphrase))


def save(identity: Identity, path: Path, *, name: str, passphrase: bytes | None = None) -> None:
    """Write the private key at `path`, readable by its owner only, and the public half beside it as `.pub`.

    Never over another key: what was sealed for that one could not be opened any more.
    """
    path = Path(path)
    public = path.with_suffix(".pub")
    if path == public:
        raise KeyFileError("delivery.key_named_pub", file=path.name)
    if path.exists():
        raise KeyFileError("delivery.key_exists", file=path.name)
    if passphrase is not None and not passphrase:
        raise KeyFileError("delivery.passphrase_empty", file=path.name)
    head = {"format": FORMAT, "name": name, "fingerprint": fingerprint(identity.keys)}
    private = identity._sign + identity._seal
    if passphrase is None:
        body = {"private": private}
    else:
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        body = {
            "salt": salt,
            "nonce": nonce,
            "sealed": _stretch(passphrase, salt).encrypt(nonce, private, canonical.dump(head)),
        }
    _write(path, {**head, **{key: _text(value) for key, value in body.items()}}, private=True)
    keys = identity.keys
    _write(
        public,
        {"format": PUBLIC_FORMAT, "name": name, "sign": _text(keys.sign), "seal": _text(keys.seal)},
        private=False,
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _write(path: Path, told: dict[str, str], *, private: bool) -> None:
    with files.new_file(path, private=private) as beside:
        beside.write_text(tomli_w.dumps(told), encoding="utf-8", newline="\n")


def _read(path: Path, expected: str) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise KeyFileError("delivery.key_damaged", file=path.name)
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise KeyFileError("delivery.key_missing", file=path.name) from None
    except OSError:
        raise KeyFileError("delivery.key_unreadable", file=path.name) from None
    except ValueError:  # not UTF-8, not TOML
        raise KeyFileError("delivery.key_damaged", file=path.name) from None
    if told.get("format") != expected:
        raise KeyFileError("delivery.key_other_format", file=path.name, expected=expected)
    if not all(isinstance(value, str) for value in told.values()) or "name" not in told:
        raise KeyFileError("delivery.key_damaged", file=path.name)
    return told


def _bytes(told: dict[str, Any], key: str, path: Path) -> bytes:
    try:
        return base64.b64decode(told[key], validate=True)
    except (KeyError, binascii.Error):
        raise KeyFileError("delivery.key_damaged", file=path.name) from None


def load(path: Path, passphrase: bytes | None = None) -> Identity:
    """Read a private key. Raises KeyFileError: missing, readable by others, passphrase missing or wrong, damaged."""
    path = Path(path)
    told = _read(path, FORMAT)
    if os.name != "nt" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError("delivery.key_open_to_others", file=path.name)
    if "private" in told:
        private = _bytes(told, "private", path)
    else:
        salt, nonce, sealed = (_bytes(told, key, path) for key in ("salt", "nonce", "sealed"))
        if passphrase is None:
            raise KeyFileError("delivery.passphrase_needed", file=path.name)
        head = {key: told.get(key, "") for key in ("format", "name", "fingerprint")}
        try:
            private = _stretch(passphrase, salt).decrypt(nonce, sealed, canonical.dump(head))
        except (InvalidTag, ValueError):
            raise KeyFileError("delivery.passphrase_wrong", file=path.name) from None
    if len(private) != 64:
        raise KeyFileError("delivery.key_damaged", file=path.name)
    identity = Identity(private[:32], private[32:])
    if fingerprint(identity.keys) != told.get("fingerprint"):
        raise KeyFileError("delivery.key_damaged", file=path.name)
    return identity


def read_public(path: Path) -> tuple[str, Keys]:
    """The name and public keys in a `.pub` file. Raises KeyFileError."""
    path = Path(path)
    told = _read(path, PUBLIC_FORMAT)
    keys = Keys(_bytes(told, "sign", path), _bytes(told, "seal", path))
    if len(keys.sign) != SIGN_BYTES or len(keys.seal) != SEAL_BYTES:
        raise KeyFileError("delivery.key_damaged", file=path.name)
    return told["name"], keys
