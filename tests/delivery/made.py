"""An invented round with keys, rows to deliver, and the means to tamper with what was sent."""

from __future__ import annotations

import datetime
import hashlib
import random
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from factlab.agreement import Keys, Participant, Round
from factlab.delivery import archive, canonical, identity, manifest, plaintext
from factlab.delivery.agreed import Checks
from factlab.delivery.identity import Identity
from factlab.delivery.manifest import TOTALS, Manifest, rows_member
from factlab.delivery.package import Contents, write

# Fixed seeds: keys of tests only, so that a failure can be repeated.
KEYS = {
    name: Identity(hashlib.sha256(b"sign" + name.encode()).digest(), hashlib.sha256(name.encode()).digest())
    for name in ("thuiszorg-de-brug", "wijkteam-oost", "burgerzaken", "analyst", "stranger")
}
ANNA, BERT, REGISTER, ANALYST, STRANGER = KEYS.values()
CHECKS = Checks("0123456789abcdef", "fedcba9876543210", "1")
DAY = datetime.date(2026, 1, 15)
TOTALS_TOLD = {"rows read": 1203, "rows delivered": 1187, "excluded": 1, "unusable address": 15}
SERVICES = ("WMO-HBH", "WMO-BEG")


def made_round(**changed: Any) -> Round:
    def participant(name: str, content: Any, services: tuple[str, ...]) -> Participant:
        return Participant(name, name.title(), content, services, KEYS[name].keys)

    made = Round(
        id="testdam-2025",
        title="Testdam 2025",
        round_id="00112233445566778899aabbccddeeff",
        trust="direct",
        count="reference",
        start=datetime.date(2025, 1, 1),
        end=datetime.date(2025, 12, 31),
        reference_date=datetime.date(2025, 12, 31),
        least_threshold=10,
        communal_above=25,
        municipalities=(("GM9999", "Testdam"),),
        catalogue_file="catalogue.csv",
        catalogue_sha256="ab" * 32,
        areas_file="areas.csv",
        borders_file="areas.geojson",
        levels=("municipality", "district", "neighbourhood"),
        lowest={},
        convenor="wijkteam-oost",
        analyst="Onderzoek en Statistiek",
        analyst_keys=ANALYST.keys,
        participants=(
            participant("thuiszorg-de-brug", "services", SERVICES),
            participant("wijkteam-oost", "services", SERVICES),
            participant("burgerzaken", "register", ()),
        ),
    )
    return replace(made, **changed)


ROUND = made_round()


def pseudonyms(number: int, seed: int = 1) -> list[uuid.UUID]:
    draw = random.Random(seed)
    return [uuid.UUID(int=draw.getrandbits(128)) for _ in range(number)]


def uuids(of: list[uuid.UUID]) -> Any:
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.array([one.bytes for one in of], pa.binary(16)))


def services(number: int, seed: int = 1) -> Contents:
    """`number` rows in no order; each fifth household uses two services."""
    households = pseudonyms(number - number // 5, seed)
    rows = [(one, "WMO-HBH") for one in households] + [(one, "WMO-BEG") for one in households[: number // 5]]
    random.Random(seed).shuffle(rows)
    table = pa.table(
        {
            "pseudonym": uuids([one for one, _ in rows]),
            "service": pa.array([code for _, code in rows], pa.string()),
        }
    )
    return Contents("services", table, TOTALS_TOLD)


def register(number: int, seed: int = 1) -> Contents:
    table = pa.table(
        {
            "pseudonym": uuids(pseudonyms(number, seed)),
            "area": pa.array([f"BU999901{at % 7:02}" for at in range(number)], pa.string()),
            "group": pa.array(["", "gezin"][at % 2] for at in range(number)),
        }
    )
    return Contents("register", table, TOTALS_TOLD)


def send(path: Path, contents: Contents | None = None, **changed: Any) -> Manifest:
    contents = contents or services(1187)
    return write(
        path,
        **{
            "round_": ROUND,
            "participant": "burgerzaken" if contents.content == "register" else "thuiszorg-de-brug",
            "identity": REGISTER if contents.content == "register" else ANNA,
            "recipient": ANALYST.keys,
            "contents": contents,
            "checks": CHECKS,
            "day": DAY,
            **changed,
        },
    )


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as found:
        return {name: found.read(name) for name in found.namelist()}


def resign(
    path: Path,
    by: Identity = ANNA,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
    swap: Mapping[str, bytes] | None = None,
) -> None:
    """What an attacker with a participant's key can make: other members or another manifest, digests right and signed."""
    found = {**members(path), **(swap or {})}
    told = canonical.load(found["manifest.json"])
    change(told)
    told["members"] = {name: hashlib.sha256(found[name]).hexdigest() for name in told["members"]}
    data = canonical.dump(told)
    path.unlink()
    archive.write(path, {**found, "manifest.json": data, "manifest.sig": by.sign("manifest", data)})


def seal_anew(
    path: Path,
    parts: list[bytes],
    totals: bytes | None = None,
    *,
    by: Identity = ANNA,
    recipient: Keys = ANALYST.keys,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:
    """What a participant with its own software could send: any padded plaintext, sealed and signed as it should be."""
    told = canonical.load(members(path)["manifest.json"])
    change(told)
    names = manifest.sealed_members(len(parts))
    told["members"] = dict.fromkeys(names, "0" * 64)
    bare = manifest.read(canonical.dump(told), path.name)
    sealed = {
        rows_member(part): identity.seal(recipient, bare.info(rows_member(part), part), data)
        for part, data in enumerate(parts)
    }
    totals = plaintext.to_totals(TOTALS_TOLD) if totals is None else totals
    sealed[TOTALS] = identity.seal(recipient, bare.info(TOTALS, 0), totals)
    told["members"] = {name: hashlib.sha256(data).hexdigest() for name, data in sealed.items()}
    data = canonical.dump(told)
    path.unlink()
    archive.write(path, {"manifest.json": data, "manifest.sig": by.sign("manifest", data), **sealed})


def padded(data: bytes) -> bytes:
    return plaintext.pad(data, plaintext.padded_size(len(data)))
