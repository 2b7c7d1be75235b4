"""From a canonical address to a pseudonym, under a linkage key that is bound to the round and the normaliser.

docs/spec/delivery.md and RFC 5869 (HKDF), RFC 2104 (HMAC).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from factlab.agreement import Round
from factlab.delivery.agreed import Checks
from factlab.source import addresses, profiles
from factlab.source.addresses import NORMALISER, Address

# Read anew whenever a check is made: another way of reading one of these gives another check.
VARIANTS = (
    Address("1506 AB", "012"), Address("１５０６ＡＢ", "12", "", "nvt"), Address("1506AB", "12", "a", "a1"), Address("1506AB", "12-A-1-2"),
    Address("1506AB", "12½"), Address("1506AB", "t/o 12"), Address("1506AB", "12", "", "by"), Address("1506AB", "12", "", "2.0"),
    Address("1506AB", "12", "", "app. 3"), Address("1506AB", "12", "", "ben."), Address("1506AB", "12", "AA"), Address("1506AB", "12-14"),
    Address(address="Plein 1944 12 B, 6511 JE Nijmegen"), Address(address="Laan 1940-1945 37, 3731 BC De Bilt"),
    Address(address="1e Kruisweg 36, 4731 SB Oudenbosch"), Address("2497BV", street="St. Jacobsstraat 400 LToe"),
    Address("1506AB", "12 en 14"), Address("1506AB", "12-jan"), Address("1506SS", "12"), Address("1506AB", street="Postbus 12"),
    Address(address="Kerkstraat 12, boven, 1506 AB Zaandam"), Address(address="Kerkstraat 12 unit 3, 1506 AB"), Address("1506AB", "12 A t/o"),
    Address(address="Kerkstraat 12 Zaandam 1506AB"), Address("1506AB", "12", "T", "O"), Address("1506AB", "12", "A", "A bis"),
    Address(address="Bijlmerdreef 1546 K10, 1506AB"), Address("1506AB", "12", "", "verd. 2"), Address("1506AB", "12", street="t/o Zuidkade"),
    Address("1506AB", "bis", street="Kerkstraat 12"), Address("150 6AB", "12 a en b"), Address("1506AB", "1.200"),
    Address("1072RV", "21 hs"), Address("1072RV", "21 II achter"), Address("1072RV", "21", "", "tweede etage"), Address("2011XA", "31 rood"),
    Address("3511AB", "12", "", "BS A"), Address(address="Kerkstraat 12, III, 1506AB"), Address(address="Kerkstraat 12, 1506 AB A"),
    Address(address="2 hoog Kerkstraat 12, 1506 AB"), Address(address="Kerkstraat 12, toev. 3, 1506AB"), Address("1506AB", "12A/12B"),
    Address("1506AB", "12", street="Kerkstraat 12A"), Address("1506AB", "12", street="Zuidkade bij"), Address("1506AB", "16 april 1944 Pad 7"),
    Address(address="Kerkstraat 12, 1506 AB Zaandam A"), Address(address="Kerkstraat 12, 1506 AB II Zaandam"),
    Address(address="Kerkstraat 12, 1506 AB GAR"), Address(address="Laan 5 7, 1506AB"), Address("1506AB", "12", street="Kerkstraat 12 t/m 14"),
)  # fmt: skip


def normaliser(profile: str = "") -> str:
    """The version of the rules, with the round's profile: other words for a door give other pseudonyms."""
    return f"{NORMALISER}+{profile}" if profile else NORMALISER


def _derive(secret: bytes, round_id: str, purpose: str, profile: str) -> bytes:
    info = f"factlab/v1/{purpose}|{normaliser(profile)}".encode()
    return HKDF(SHA256(), 32, salt=bytes.fromhex(round_id), info=info).derive(secret).hex().encode("ascii")


def linkage_key(secret: bytes, round_id: str, profile: str) -> bytes:
    """K_link: 64 lower-case hexadecimal characters, exactly one block of SHA-256."""
    return _derive(secret, round_id, "link", profile)


def norm_check(profile: str = "") -> str:
    """Eight bytes, as hex, over how the built-in variants read."""
    read = "\n".join(profiles.canonical(addresses.read(variant).canonical, profile) for variant in VARIANTS)
    return hashlib.sha256(read.encode("ascii")).digest()[:8].hex()


def checks(secret: bytes, round_: Round) -> Checks:
    """What shows that secret, round and normaliser are the right ones, without telling anything about the linkage key."""
    key_check = hmac.digest(_derive(secret, round_.round_id, "check", round_.profile), b"", "sha256")[
        :8
    ].hex()
    return Checks(
        key_check=key_check, norm_check=norm_check(round_.profile), normaliser=normaliser(round_.profile)
    )


def pseudonym(key: bytes, canonical: str) -> bytes:
    """The 16 bytes of one address' pseudonym."""
    return hmac.digest(key, canonical.encode("ascii"), "sha256")[:16]


def pseudonyms(key: bytes, canonicals: Iterable[str]) -> Any:
    """The pseudonyms of distinct canonical addresses, in their order, as an Arrow array of UUIDs."""
    keyed = HMAC(key, SHA256())  # the key is taken in once and copied: a third of the time

    def one(canonical: str) -> bytes:
        made = keyed.copy()
        made.update(canonical.encode("ascii"))
        return made.finalize()[:16]

    storage = pa.array([one(canonical) for canonical in canonicals], pa.binary(16))
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)
