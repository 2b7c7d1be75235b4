"""The municipal analyst (*onderzoeker*): opens deliveries, counts, protects, publishes. Never sees an address."""

from __future__ import annotations

import datetime
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from factlab import __version__, agreement, attack, linkage, publication, report, stacking
from factlab.cells import CountTable, Earlier, Publication
from factlab.delivery import agreed, closing, journal, withdrawing
from factlab.delivery.identity import Identity
from factlab.disclosure import protect
from factlab.engine import Engine, Step, steps
from factlab.errors import DisclosureError, LinkageError, UsageError
from factlab.files import new_folder
from factlab.texts import LANGUAGES, Language, say

CHANGE_LEAST, CHANGE_PERCENT = 2, 10  # times the threshold; percent
LIBRARIES = ("duckdb", "pyarrow", "highspy")
LEDGER = "releases"
MOST_TOLD = 20  # faults of a report that are named one by one
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What a run did, in words and safe numbers."""

    publication: Path
    received: tuple[str, ...]  # participants whose delivery was counted
    missing: tuple[str, ...]
    refusals: tuple[linkage.Refusal, ...]
    superseded: tuple[str, ...]
    withdrawn: tuple[str, ...]  # participants that took their delivery back; they are among the missing
    destroyed: tuple[str, ...]  # files of what was taken back
    published: int  # cells
    suppressed: int
    unavailable: int
    verdict: attack.Verdict
    narrowest: int | None
    earlier: int  # releases that it was protected beside
    held_back: int  # cells that are hidden for their sake


def delivery_files(folder: Path) -> list[Path]:
    """The deliveries in a folder. Raises UsageError when there is no such folder, or no delivery in it."""
    found = sorted(folder.glob("*.factlab")) if folder.is_dir() else []
    if not found:
        raise UsageError("analyst.no_deliveries", folder=folder)
    return found


def receive(
    round_folder: Path, files: Sequence[Path], identity: Identity, progress: Progress = lambda _: None
) -> tuple[agreement.Agreement, linkage.Received]:
    """Verify and open deliveries against the signed round and the log of what was taken back. Nothing is destroyed."""
    agreed_on = agreed.open_round(round_folder)
    closing.require_open(round_folder, agreed_on.round, "analyst")
    checks = agreed.read_checks(round_folder, agreed_on.round)
    withdrawn = withdrawing.known(journal.read(closing.log_file(round_folder, "analyst")))
    return agreed_on, linkage.receive(list(files), agreed_on, checks, identity, progress, withdrawn)


def require_accepted(received: linkage.Received, *, skip_refused: bool) -> None:
    """Raises LinkageError when something was refused, unless that may be skipped: what takes out never may."""
    if lists := [refusal for refusal in received.refusals if refusal.takes_out]:
        raise LinkageError(
            "linkage.droplist_refused", number=len(lists), details=[refusal.error for refusal in lists]
        )
    if received.refusals and not skip_refused:
        raise LinkageError(
            "linkage.refused",
            number=len(received.refusals),
            details=[refusal.error for refusal in received.refusals],
        )


def honour(round_folder: Path, received: linkage.Received, day: datetime.date) -> None:
    """Write in the log what was taken back, and destroy what is held of it."""
    log = closing.log_file(round_folder, "analyst")
    for withdrawal in received.withdrawals:
        withdrawing.note(log, withdrawal.manifest, withdrawal.key, day)
    closing.destroy_deliveries(log, received.taken_back, day)


def count(
    agreed_on: agreement.Agreement, received: linkage.Received, progress: Progress = lambda _: None
) -> tuple[CountTable, list[Step]]:
    """From deliveries to exact counts; the engine in which pseudonyms were joined is gone when this returns."""
    codebook = agreement.codebook(agreed_on, received.participants)
    with Engine() as engine:
        progress("link")
        linkage.link(engine, received, agreed_on)
        progress("count")
        return stacking.count(engine, codebook), list(engine.ran)


def provenance(
    agreed_on: agreement.Agreement, received: linkage.Received, ran: Sequence[Step], *, draft: bool
) -> dict[str, Any]:
    """Where the publication comes from. Every number is a bucket that the delivery's manifest already shows."""
    manifests = {delivery.manifest.participant: delivery.manifest for delivery in received.deliveries}
    return {
        "format": "factlab-provenance/1",
        "draft": draft,
        "round": {"id": agreed_on.round.id, "fingerprint": agreed_on.round.fingerprint},
        "trust": agreed_on.round.trust,
        "linkable": {
            "nl": "De ronde is opnieuw te koppelen zolang de aanleveringen en sleutels bestaan.",
            "en": "The round can be linked again as long as the deliveries and keys exist.",
        },
        "participants": [
            {
                "id": participant.id,
                "name": participant.name,
                "content": participant.content,
                "delivered": participant.id in manifests,
                **(
                    {
                        "rows_at_most": manifests[participant.id].row_bucket,
                        "sequence": manifests[participant.id].sequence,
                        "normaliser": manifests[participant.id].normaliser,
                    }
                    if participant.id in manifests
                    else {}
                ),
            }
            for participant in agreed_on.round.participants
        ],
        "software": {
            "factlab": __version__,
            **{name: importlib.metadata.version(name) for name in LIBRARIES},
        },
        "droplists": [
            {"participant": one.manifest.participant, "sequence": one.manifest.sequence}
            for one in received.droplists
        ],
        "steps": [{"name": step.name, "sha256": step.sha256} for step in ran],
    }


def run(
    round_folder: Path,
    files: Sequence[Path],
    identity: Identity,
    out: Path,
    *,
    releases: Path | None = None,
    lang: Language = "nl",
    skip_refused: bool = False,
    day: datetime.date | None = None,
    draft: bool = False,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Open, link, drop the key, count, protect, publish, attack, render. Nothing appears at `out` unless all held.

    A refused delivery stops the run unless `skip_refused`. What was taken back is destroyed first, on `day` (today).
    `releases` is the ledger of all that readers have, else the folder of that name beside the round's; the publication is
    protected beside them, and is one of them from now on unless it is a `draft`.
    Raises LinkageError, DisclosureError and whatever is wrong with the agreement.
    """
    ledger = ledger_of(releases, round_folder)
    day = day or datetime.datetime.now(tz=datetime.UTC).date()
    progress("open")
    agreed_on, received = receive(round_folder, files, identity)
    log = closing.log_file(round_folder, "analyst")
    agreed.require_successor(log, round_folder, agreed_on.round, day)
    honour(round_folder, received, day)
    require_accepted(received, skip_refused=skip_refused)
    counts, ran = count(agreed_on, received, progress)
    delivered = tuple(sorted(received.participants))
    told = provenance(agreed_on, received, ran, draft=draft)
    received = replace(received, deliveries=(), droplists=())  # the pseudonyms go
    progress("protect")
    salt = identity.derive(f"ties|{agreed_on.round.round_id}")
    before = [stated(one) for one in publication.ledger.read(ledger, counts.codebook)]
    safe = protect(counts, salt=salt, earlier=before, provenance=told)
    before = _as_used(before, safe.certificate)
    held_back = safe.certificate.get("held_back", 0)
    insiders = counts.own
    del counts
    with new_folder(out, replaces="SHA256SUMS") as staged:
        progress("publish")
        publication.write(staged, safe, provenance=told, borders=agreed_on.borders)
        progress("attack")
        verdict = attack.audit(publication.read(staged), insiders=insiders, earlier=before)
        refuse_if_broken(verdict.findings)
        publication.add_to_certificate(staged, _with_held_back(verdict.certificate(), held_back))
        progress("render")
        render(publication.read(staged), staged, lang)
        publication.seal(staged)
        publication.read(staged)
        if not draft:
            publication.ledger.enter(ledger, staged)  # before anybody can have it
    statuses = [cell.status for cell in safe.cells]
    return Outcome(
        publication=out,
        received=delivered,
        missing=received.missing,
        refusals=received.refusals,
        superseded=received.superseded,
        withdrawn=received.withdrawn,
        destroyed=tuple(file.name for file in received.taken_back),
        published=statuses.count("published"),
        suppressed=statuses.count("suppressed"),
        unavailable=statuses.count("unavailable"),
        verdict=verdict,
        narrowest=verdict.narrowest,
        earlier=len(before),
        held_back=held_back,
    )


def _with_held_back(certificate: dict[str, Any], number: int) -> dict[str, Any]:
    """The attacker's part, with what could not be shown beside what was released before."""
    if number:
        certificate["also_tried"].append(
            {lang: say("analyst.held_back", lang, number=number) for lang in LANGUAGES}
        )
    return certificate


def render(published: Publication, folder: Path, lang: Language) -> None:
    """Render the report into `folder` and attack it as rendered, with whatever else is in the folder."""
    printed = report.render(published, folder, lang)
    found = (*attack.check_folder(published, folder), *attack.check_paper(published, printed))
    if found:
        details = [DisclosureError(f"attack.{fault.kind}", place=fault.place) for fault in found[:MOST_TOLD]]
        raise DisclosureError("analyst.misprinted", number=len(found), details=details)


def stated(release: Publication) -> Earlier:
    """A publication that readers have already, with what may really have changed since in a cell: 20 households, at a
    threshold of 10, and a tenth of what it was. Who allows for more change knows less."""
    return Earlier(release, CHANGE_LEAST * release.codebook.threshold, CHANGE_PERCENT)


def known(ledger: Path | None, round_folder: Path, published: Publication, folder: Path) -> list[Earlier]:
    """What was released before this publication, with what it states of the change since."""
    there = publication.ledger.read(ledger_of(ledger, round_folder), published.codebook, before=folder)
    return _as_used([stated(one) for one in there], published.certificate)


def ledger_of(ledger: Path | None, round_folder: Path) -> Path:
    """The ledger that was named, else the one beside the round."""
    return ledger or round_folder.resolve().parent / LEDGER


def released(folders: Sequence[Path], certificate: Mapping[str, Any]) -> list[Earlier]:
    """The earlier publications in these folders, oldest first, with what this certificate states of the change since."""
    return _as_used([stated(publication.read(folder)) for folder in folders], certificate)


def _as_used(earlier: Sequence[Earlier], certificate: Mapping[str, Any]) -> list[Earlier]:
    """With the bounds on change that a certificate states, where it has the round: the widest of the round."""
    bounds: dict[str, tuple[int, int]] = {}
    for one in certificate.get("earlier", ()):
        bounds[one["round"]] = max(bounds.get(one["round"], (0, 0)), (one["least"], one["percent"]))
    return [
        replace(one, least=bounds[name][0], percent=bounds[name][1]) if name in bounds else one
        for one in earlier
        for name in (one.publication.codebook.round_id,)
    ]


def refuse_if_broken(findings: Sequence[attack.Finding]) -> None:
    if findings:
        kinds = sorted({finding.kind for finding in findings})
        raise DisclosureError("analyst.broken", number=len(findings), kinds=", ".join(kinds))


def explain() -> list[Step]:
    """The SQL steps in the order in which a run takes them."""
    folders = ("linkage", "stacking", "stacking/tables", "stacking/areas")
    return [step for folder in folders for step in steps(folder)]
