"""The table of who learns what, each row as an attack: everything that a party or pair holds, on all addresses there are."""

from __future__ import annotations

import csv
import hashlib
import hmac
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from factlab import agreement
from factlab.custodian import key as custodian_key
from factlab.delivery import agreed, archive, manifest, plaintext
from factlab.delivery.identity import Identity
from factlab.errors import DeliveryError
from factlab.parties import demo, organisation
from factlab.source import invitation, pseudonyms

from tests.parties.little import LittleRound

pytestmark = pytest.mark.xdist_group("split")


@dataclass
class Attacker:
    """Whoever holds these key files, and perhaps the round secret; every file that ever passed is in their hands too."""

    little: LittleRound
    names: tuple[str, ...]
    secret: bool = False
    opened: list[tuple[manifest.Manifest, str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        files = sorted({*self.little.submitted.iterdir(), *self.little.deliveries.glob("*.factlab")})
        for file in files:
            # Counts without addresses hold nothing to reverse: tests/parties/test_reported.py.
            self.opened += [one for one in self._open(file) if one[0].content != "aggregate"]

    @property
    def keys(self) -> list[Identity]:
        return [self.little.identities[name] for name in self.names]

    def _open(self, file: Path) -> Iterator[tuple[manifest.Manifest, str, bytes]]:
        """Whatever opens: every sealed member, under every key held and every context that it could be bound to."""
        with archive.opened(file) as found:
            told = manifest.read(found.read("manifest.json"), file.name)
            contexts = [told]
            if told.origin:
                contexts.append(manifest.read(found.read("origin.json"), file.name))
            for name in told.members:
                if not name.endswith(".sealed"):
                    continue
                part = int(name[5:9]) if name.startswith("rows") else 0
                for key in self.keys:
                    for context in contexts:
                        try:
                            padded = key.open(context.info(name, part), found.read(name))
                        except DeliveryError:
                            continue
                        size = plaintext.TOTALS_SIZE if name == "totals.sealed" else None
                        yield told, name, bytes(plaintext.unpad(padded, size))

    def kinds(self) -> set[tuple[str, bool]]:
        """Which members open, of what participants sent (False) and of what the custodian made (True)."""
        return {(name.split(".")[0].split("-")[0], bool(told.origin)) for told, name, _ in self.opened}

    def tables(self, *, rekeyed: bool) -> list[tuple[manifest.Manifest, Any]]:
        found = []
        for told, name, data in self.opened:
            if name.startswith("rows") and bool(told.origin) == rekeyed:
                form = plaintext.opaque_form(told.content) if told.opaque else told.content
                found.append((told, plaintext.from_parquet(memoryview(data), form, 1 << 20)))
        return found

    def seen(self, *, rekeyed: bool) -> set[bytes]:
        """Every pseudonym that they can read."""
        return {
            one.bytes
            for _, table in self.tables(rekeyed=rekeyed)
            for one in table.column("pseudonym").to_pylist()
        }

    def candidate_keys(self) -> list[bytes]:
        """Every key that they can derive by the tool's own derivations, and every public value that could pass for one."""
        round_ = agreement.read(self.little.round).round
        checks = agreed.read_checks(self.little.round, round_)
        texts = (round_.round_id, round_.fingerprint, checks.key_check, checks.norm_check, "")
        found = [form for text in texts for form in (text.encode(), bytes.fromhex(text))]
        found += [custodian_key(key, round_, submissions(self.little)) for key in self.keys]
        found += [key.derive("custodian") for key in self.keys]
        if self.secret:
            secret = round_secret(self.little)
            found += [secret, pseudonyms.linkage_key(secret, round_.round_id, round_.profile)]
        return found

    def reversed(self, targets: set[bytes], addresses: Iterable[str]) -> dict[bytes, str]:
        """Try every address under every key, and what comes out under every key again."""
        keys = self.candidate_keys()
        won: dict[bytes, str] = {}
        for address in addresses:
            text = address.encode()
            once = [hmac.digest(key, text, "sha256")[:16] for key in keys]
            once.append(hashlib.sha256(text).digest()[:16])
            twice = [hmac.digest(key, one, "sha256")[:16] for one in once for key in keys]
            won |= {guess: address for guess in (*once, *twice) if guess in targets}
        return won


@dataclass
class Town:
    little: LittleRound

    @cached_property
    def addresses(self) -> list[str]:
        """Every address of the register, as it reads."""
        return addresses_of(self.little, self.holder)

    @cached_property
    def holder(self) -> str:
        return agreement.read(self.little.round).round.register_holder.id


def addresses_of(little: LittleRound, participant: str) -> list[str]:
    out = little.root / f"{participant}.read.csv"
    organisation.addresses(demo.extract_in(little.root / "parties" / participant / "extract"), out)
    with out.open(encoding="utf-8", newline="") as file:
        return sorted({row["canonical"] for row in csv.DictReader(file)} - {""})


def submissions(little: LittleRound) -> list[str]:
    """What was re-keyed together; whoever has the files knows it."""
    found = []
    for file in little.submitted.iterdir():
        with archive.opened(file) as opened:
            found.append(hashlib.sha256(opened.read("manifest.json")).hexdigest())
    return found


def round_secret(little: LittleRound) -> bytes:
    """What every participant holds."""
    round_ = agreement.read(little.round).round
    who = round_.convenor
    return invitation.read(little.root / "parties" / who / "kit", round_, who, little.identities[who])


@pytest.fixture(scope="module")
def town(made_split: LittleRound) -> Town:
    return Town(made_split)


@pytest.fixture(scope="module")
def open_town(made_round: LittleRound) -> Town:
    return Town(made_round)


def told_texts(attacker: Attacker) -> bytes:
    return b"\n".join(data for _, _, data in attacker.opened)


def meanings_of(town: Town) -> set[bytes]:
    """Every code that says something: services and areas. Shorter than five letters it could be there by chance."""
    found = agreement.read(town.little.round)
    return {
        code.encode()
        for code in [*(s.code for s in found.services), *(a.code for a in found.areas)]
        if len(code) > 4
    }


def test_the_custodian(town: Town) -> None:
    """Learns which pseudonyms carry which opaque codes; no address, area, meaning or total."""
    attacker = Attacker(town.little, ("custodian",))
    assert attacker.kinds() == {("rows", False)}
    seen = attacker.seen(rekeyed=False)
    assert len(seen) > 500
    assert attacker.reversed(seen, town.addresses) == {}
    text = told_texts(attacker)
    assert not [code for code in meanings_of(town) if code in text]
    assert not [address for address in town.addresses if address.encode() in text]


def test_the_analyst_even_with_the_round_secret(town: Town) -> None:
    """Learns services, area and group of every household; no guess at an address can be tried."""
    attacker = Attacker(town.little, ("analyst",), secret=True)
    assert attacker.kinds() == {
        ("rows", True),
        ("meanings", True),
        ("meanings", False),
        ("totals", True),
        ("totals", False),
    }
    assert any(code in told_texts(attacker) for code in meanings_of(town))
    seen = attacker.seen(rekeyed=True)
    assert len(seen) > 500
    assert attacker.reversed(seen, town.addresses) == {}


def test_a_participant_or_the_register_holder(town: Town) -> None:
    """Opens nothing, of its own delivery or another's, before or after."""
    for name in (town.holder, agreement.read(town.little.round).round.convenor):
        assert Attacker(town.little, (name,), secret=True).opened == []


def test_the_register_holder_and_the_analyst_of_one_municipality(town: Town) -> None:
    """With the register, the round secret and all that the analyst opens: no address can be tried, no row leads back."""
    attacker = Attacker(town.little, ("analyst", town.holder), secret=True)
    assert attacker.seen(rekeyed=False) == set()
    assert attacker.reversed(attacker.seen(rekeyed=True), town.addresses) == {}

    # The register holder's software could have kept its own rows: which household got which code, and in which order.
    round_ = agreement.read(town.little.round).round
    link = pseudonyms.linkage_key(round_secret(town.little), round_.round_id, round_.profile)
    sent = sorted(pseudonyms.pseudonym(link, address) for address in town.addresses)
    (_, came), *_ = [found for found in attacker.tables(rekeyed=True) if found[0].participant == town.holder]
    key = custodian_key(
        town.little.identities["custodian"], round_, submissions(town.little)
    )  # the truth, which they lack
    truth = {hmac.digest(key, one, "sha256")[:16]: at for at, one in enumerate(sent)}
    places = np.array(
        [truth[one.bytes] for one in came.column("pseudonym").to_pylist() if one.bytes in truth]
    )
    assert len(places) > 500
    assert abs(np.corrcoef(places, np.arange(len(places)))[0, 1]) < 0.2
    assert (places == np.arange(len(places))).sum() < 10

    # A code is shared by enough households, or by a whole area: what it tells is what its meaning tells.
    areas = sum(area.level == round_.levels[-1] for area in agreement.read(town.little.round).areas)
    sizes = came.group_by("code").aggregate([("pseudonym", "count")]).column("pseudonym_count").to_pylist()
    assert sum(size < round_.least_threshold for size in sizes) <= areas


def test_the_custodian_and_a_participant(town: Town) -> None:
    """Learn which addresses are in which delivery, and the service of an organisation that has one; no other meaning."""
    who = agreement.read(town.little.round).round.convenor
    attacker = Attacker(town.little, ("custodian", who), secret=True)
    assert attacker.kinds() == {("rows", False)}
    round_ = agreement.read(town.little.round).round
    for told, table in attacker.tables(rekeyed=False):
        seen = {one.bytes for one in table.column("pseudonym").to_pylist()}
        reached = attacker.reversed(seen, addresses_of(town.little, told.participant))
        assert reached.keys() == seen
        if len(round_.participant(told.participant).services) == 1:
            assert len(set(table.column("code").to_pylist())) == 1
    text = told_texts(attacker)
    assert not [code for code in meanings_of(town) if code in text]


def test_the_analyst_the_custodian_and_the_round_secret(town: Town) -> None:
    """Everything. So the attack of the tests above works, and it is the missing key that stops it."""
    attacker = Attacker(town.little, ("analyst", "custodian"), secret=True)
    seen = attacker.seen(rekeyed=True)
    every = {
        a for p in town.little.submitted.iterdir() for a in addresses_of(town.little, p.name.split("_")[1])
    }
    assert attacker.reversed(seen, every).keys() == seen


def test_direct_trust_is_what_it_says(open_town: Town) -> None:
    """In direct trust the analyst alone can try no address; with the round secret, as one municipality has, all."""
    alone = Attacker(open_town.little, ("analyst",))
    seen = alone.seen(rekeyed=False)
    assert alone.reversed(seen, open_town.addresses) == {}
    both = Attacker(open_town.little, ("analyst", open_town.holder), secret=True)
    every = {
        a
        for p in open_town.little.deliveries.iterdir()
        if "buurtkamers" not in p.name  # has no addresses
        for a in addresses_of(open_town.little, p.name.split("_")[1])
    }
    assert both.reversed(seen, every).keys() == seen
    assert Attacker(open_town.little, (open_town.holder,), secret=True).opened == []


def test_rounds_can_t_be_linked(town: Town) -> None:
    """The same custodian in two rounds, even with one key file: other pseudonyms."""
    round_ = agreement.read(town.little.round).round
    key = town.little.identities["custodian"]
    other = replace(round_, round_id=random.randbytes(16).hex())
    assert custodian_key(key, round_, []) != custodian_key(key, other, [])
