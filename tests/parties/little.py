"""A small round that is ready to run: 600 invented households, every key made, every delivery there."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from factlab.agreement import read as read_agreement
from factlab.delivery import identity
from factlab.delivery.identity import Identity
from factlab.parties import convenor, custodian, demo, organisation
from factlab.sample import make

from tests.trusting import direct

COARSE = (
    "services",
    "organisations",
    "domain_combination",
    "domain",
    "vulnerable",
    "service",
    "organisation",
)
DAY = datetime.date(2026, 1, 15)
COUNTING = """
[[participant]]
id = "buurtkamer"
name = "Stichting Buurtkamer"
content = "aggregate"
unit = "persons"
services = ["INF-BUUV", "WEL-INL"]
"""


@dataclass(frozen=True)
class LittleRound:
    """`round`, `deliveries` (what the analyst gets) and `submitted` (what participants sent) are folders;
    `parties/<id>` holds extract and kit. In direct trust what is submitted is what the analyst gets."""

    root: Path
    identities: Mapping[str, Identity]

    @property
    def round(self) -> Path:
        return self.root / "round"

    @property
    def deliveries(self) -> Path:
        return self.root / "deliveries"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    def rekey(self, files: list[Path] | None = None) -> custodian.Outcome:
        """Let the custodian re-key what was submitted (or `files`) into `deliveries`."""
        given = sorted(self.submitted.iterdir()) if files is None else files
        return custodian.rekey(self.round, given, self.identities["custodian"], self.deliveries, day=DAY)

    @property
    def analyst(self) -> Identity:
        return self.identities["analyst"]

    def deliver(self, participant: str, out: Path, *, sequence: int = 1) -> Path:
        """Make a participant's delivery (again)."""
        home = self.root / "parties" / participant
        secret = home / "extract" / "exclusions.csv"
        made = organisation.pseudonymise(
            demo.extract_in(home / "extract"),
            kit=home / "kit",
            participant=participant,
            identity=self.identities[participant],
            out=out,
            exclusions=secret if secret.exists() else None,
            leave_out_unknown=True,
            day=DAY,
            sequence=sequence,
            lang="en",
        )
        assert made.delivery is not None
        return made.delivery


def make_round(
    root: Path,
    data: Path | None = None,
    names: tuple[str, ...] = (),
    *,
    split: bool = False,
    counts: str = "",
) -> LittleRound:
    """Make the round on `data` (else on a new sample of 600 households with a coarse analysis), with every delivery, or those of `names`.

    `split` gives it a custodian, who has re-keyed everything; `counts` a participant "buurtkamer", whose table it is.
    """
    if data is None:
        data = root / "sample"
        make(data, households=600, seed=5)
        # In so small a town little can be shown by neighbourhood; asking for less also keeps the tests quick.
        with (data / "agreement" / "analysis.toml").open("a", encoding="utf-8") as file:
            file.write("\n[levels]\n" + "".join(f'{name} = "municipality"\n' for name in COARSE))
        if not split:
            direct(data / "agreement")
        if counts:
            with (data / "agreement" / "round.toml").open("a", encoding="utf-8") as file:
                file.write(COUNTING)
            (data / "extracts" / "buurtkamer").mkdir()
            (data / "extracts" / "buurtkamer" / "aantallen.csv").write_text(counts, encoding="utf-8")
    agreed_on = read_agreement(data / "agreement")
    identities = {name: identity.new() for name in convenor.parties(agreed_on.round)}
    for name, key in identities.items():
        identity.save(key, root / "keys" / f"{name}.key", name=name)
    lead = identities[agreed_on.round.convenor]
    convenor.new_round(data / "agreement", root / "keys", lead, root / "round")
    convenor.invite(root / "round", lead)
    made = LittleRound(root, identities)
    made.deliveries.mkdir()
    made.submitted.mkdir()
    for participant in agreed_on.round.participants:
        home = root / "parties" / participant.id
        shutil.copytree(data / "extracts" / participant.id, home / "extract")
        shutil.copytree(root / "round" / "kits" / participant.id, home / "kit")
        if not names or participant.id in names:
            file = made.deliver(participant.id, home)
            counted = participant.content == "aggregate"  # not the custodian's business
            place = made.submitted if split and not counted else home if split else made.deliveries
            if place != home:
                shutil.copyfile(file, place / file.name)
    if split:
        assert made.rekey().refusals == ()
        for file in (root / "parties").glob("*/*.factlab"):  # counts without addresses, from their makers
            if not (made.submitted / file.name).exists():
                shutil.copyfile(file, made.deliveries / file.name)
    return made
