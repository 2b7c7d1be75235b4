"""The demonstration: all parties in one go, on invented data; what each saw is told as it happens."""

from __future__ import annotations

import datetime
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from factlab.delivery import identity
from factlab.delivery.identity import Identity
from factlab.errors import UsageError
from factlab.files import new_folder, package_folder
from factlab.parties import analyst, convenor, custodian, organisation
from factlab.texts import Language

MARKER = "DEMO.txt"
OWN_FILES = ("exclusions.csv",)  # beside an extract, but not one
Say = Callable[..., None]


def extract_in(folder: Path) -> Path:
    """The one extract in a participant's folder."""
    found = [
        file for file in sorted(folder.iterdir()) if file.suffix != ".toml" and file.name not in OWN_FILES
    ]
    if len(found) != 1:
        raise UsageError("demo.one_extract", folder=folder, number=len(found))
    return found[0]


def play(data: Path | None, out: Path, *, lang: Language, say: Say) -> analyst.Outcome:
    """Play every party on `data` (a folder of `factlab sample`; else the sample municipality) and leave all in `out`.

    `out` gets `round/` (what the convenor made), `parties/<id>/` (what each organisation keeps), `deliveries/` (what
    left) and `publication/`. With a custodian, what left is in `submitted/`, and `deliveries/` is what the analyst got.
    """
    data = data or package_folder("sample_data")
    if not (data / "agreement").is_dir() or not (data / "extracts").is_dir():
        raise UsageError("demo.no_sample", folder=data)
    began = time.monotonic()
    with new_folder(out, replaces=MARKER) as folder:
        outcome, trust = _play(data, folder, lang, say)
        (folder / MARKER).write_text(
            "Invented data; keys and deliveries of a demonstration. / Verzonnen gegevens; sleutels en aanleveringen "
            "van een demonstratie.\n",
            encoding="utf-8",
        )
    say("demo.done", seconds=round(time.monotonic() - began, 1), out=out, publication=out / "publication")
    say(f"cli.trust_{trust}")
    return outcome


def _play(data: Path, folder: Path, lang: Language, say: Say) -> tuple[analyst.Outcome, str]:
    from factlab import agreement

    draft = data / "agreement"
    agreed_on = agreement.read(draft)
    today = datetime.datetime.now(tz=datetime.UTC).date()
    names = convenor.parties(agreed_on.round)
    say("demo.identities", number=len(names))
    identities: dict[str, Identity] = {}
    public = folder / "public_keys"
    public.mkdir()
    for name in names:
        home = folder / (name if name in (convenor.ANALYST, convenor.CUSTODIAN) else f"parties/{name}")
        home.mkdir(parents=True)
        identities[name] = identity.new()
        identity.save(identities[name], home / f"{name}.key", name=name)
        shutil.copyfile(home / f"{name}.pub", public / f"{name}.pub")

    lead = identities[agreed_on.round.convenor]
    convenor.new_round(draft, public, lead, folder / "round")
    convenor.invite(folder / "round", lead)
    say("demo.convenor", convenor=agreed_on.round.participant(agreed_on.round.convenor).name)

    split = agreed_on.round.custodian
    left = folder / ("submitted" if split else "deliveries")
    left.mkdir()
    counts: list[Path] = []  # for the analyst alone, whoever keeps the keys
    for participant in agreed_on.round.participants:
        home = folder / "parties" / participant.id
        shutil.copytree(data / "extracts" / participant.id, home / "extract")
        shutil.move(folder / "round" / "kits" / participant.id, home / "kit")
        extract = extract_in(home / "extract")
        secret = home / "extract" / "exclusions.csv"
        made = organisation.pseudonymise(
            extract,
            kit=home / "kit",
            participant=participant.id,
            identity=identities[participant.id],
            out=home,
            exclusions=secret if secret.exists() else None,
            leave_out_unknown=True,  # the sample has services outside the catalogue on purpose
            day=today,
            lang=lang,
        )
        if made.delivery is None:
            raise UsageError("demo.no_delivery", participant=participant.id)
        if participant.content == "aggregate":
            counts.append(made.delivery)
        else:
            shutil.copyfile(made.delivery, left / made.delivery.name)
        say(
            "demo.counting" if participant.content == "aggregate" else "demo.organisation",
            name=participant.name,
            extract=extract.name,
            read=made.rows_read,
            sent=made.rows_sent,
            left_out=made.rows_left_out,
        )
        if made.preview.unmapped.values:
            say("demo.unknown", rows=made.preview.unmapped.rows)
    shutil.rmtree(folder / "round" / "kits")

    if split:
        done = custodian.rekey(
            folder / "round",
            analyst.delivery_files(left),
            identities[convenor.CUSTODIAN],
            folder / "deliveries",
            day=today,
        )
        if done.refusals:
            raise UsageError("demo.not_rekeyed", details=[refusal.error for refusal in done.refusals])
        say(
            "demo.custodian",
            name=split.name,
            number=len(done.rekeyed),
            most=split.addresses,
            share=split.share,
        )

    for file in counts:
        shutil.copyfile(file, folder / "deliveries" / file.name)

    say("demo.analyst")
    outcome = analyst.run(
        folder / "round",
        analyst.delivery_files(folder / "deliveries"),
        identities["analyst"],
        folder / "publication",
        lang=lang,
        progress=lambda step: say(f"cli.doing_{step}"),
    )
    say(
        "demo.outcome",
        delivered=len(outcome.received),
        published=outcome.published,
        suppressed=outcome.suppressed,
        hidden=outcome.verdict.hidden,
    )
    return outcome, agreed_on.round.trust
