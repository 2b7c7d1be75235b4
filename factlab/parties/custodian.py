"""The custodian (*sleutelbeheerder*): gives every pseudonym another key. Never sees an address, an area or a meaning."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from factlab import custodian as room
from factlab.agreement import Agreement
from factlab.custodian.admission import check_size, is_known
from factlab.custodian.rekeying import DROPPED
from factlab.delivery import agreed, closing, journal
from factlab.delivery.identity import Identity
from factlab.delivery.package import may_be_droplist
from factlab.delivery.rekeying import Submission, open_submission, write_rekeyed
from factlab.engine import Step, steps
from factlab.errors import DeliveryError
from factlab.files import new_folder

LOG = "custodian.log"
MARKER = "REKEYED.txt"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Refusal:
    """A file that was not let through, and why."""

    file: str
    error: DeliveryError


@dataclass(frozen=True)
class Outcome:
    """What the custodian did: files for the analyst, drop lists that were applied, refusals."""

    rekeyed: tuple[Path, ...]
    droplists: tuple[str, ...]  # participants
    refusals: tuple[Refusal, ...]
    superseded: tuple[str, ...]  # files that a higher number replaced


def explain() -> list[Step]:
    """The SQL steps in the order in which a submission takes them."""
    return list(steps("custodian"))


def _droplists(log: Sequence[dict[str, object]]) -> set[object]:
    return {line["manifest"] for line in log if line["event"] == "accepted" and line["content"] == "droplist"}


def _admit(
    submission: Submission, agreement: Agreement, rekeying: room.Rekeying, log: Path, day: datetime.date
) -> None:
    """Check a delivery against the log, its quota and its codes, and write it in the log. Raises DeliveryError."""
    lines = journal.read(log)
    room.admit(lines, submission)
    if submission.manifest.opaque:
        rekeying.check(submission, agreement)
    else:
        check_size(submission, submission.rows.num_rows, agreement)
    if not is_known(lines, submission):
        told = submission.manifest
        journal.append(
            log,
            {
                "event": "accepted",
                "day": day.isoformat(),
                "participant": told.participant,
                "content": told.content,
                "sequence": told.sequence,
                "rows_at_most": told.row_bucket,
                "manifest": submission.digest,
            },
        )


def rekey(
    round_folder: Path,
    files: Sequence[Path],
    identity: Identity,
    out: Path,
    *,
    day: datetime.date,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Let each delivery through or refuse it; re-key those let through and seal them for the analyst: a new `out`.

    Give all that came in, each time: what is re-keyed together joins, and with nothing else. Of each participant the
    highest number counts; every drop list counts, and one that was accepted must be given again. The log beside the
    round (`custodian.log`) tells what was accepted. Raises DeliveryError.
    """
    agreement = agreed.open_round(round_folder)
    round_ = agreement.round
    if round_.custodian is None or round_.custodian.keys != identity.keys:
        raise DeliveryError("delivery.not_the_custodian")
    checks = agreed.read_checks(round_folder, round_)
    closing.require_open(round_folder, round_, "custodian")
    log = round_folder / LOG
    refusals: list[Refusal] = []
    admitted: dict[str, tuple[int, Path, str]] = {}  # participant: number, file, digest
    superseded: list[str] = []
    dropped, droplists = DROPPED.empty_table(), {}
    with room.Rekeying() as rekeying:
        for file in sorted(files):
            progress(file.name)
            try:
                submission = open_submission(file, round_=round_, checks=checks, custodian=identity)
                _admit(submission, agreement, rekeying, log, day)
            except DeliveryError as error:
                refusals.append(Refusal(file.name, error))
                continue
            told = submission.manifest
            if told.content == "droplist":
                dropped = pa.concat_tables([dropped, submission.rows])
                droplists[submission.digest] = told.participant
                continue
            here = (told.sequence, file, submission.digest)
            other = admitted.get(told.participant)
            if other is None:
                admitted[told.participant] = here
            elif other[2] != here[2]:
                admitted[told.participant] = max(other, here)
                superseded.append(min(other, here)[1].name)
    if lists := [
        file.name for file in files if file.name in {r.file for r in refusals} and may_be_droplist(file)
    ]:
        raise DeliveryError(
            "custodian.droplist_refused",
            number=len(lists),
            details=[r.error for r in refusals if r.file in lists],
        )
    if missing := _droplists(journal.read(log)) - droplists.keys():
        raise DeliveryError("custodian.droplist_missing", number=len(missing))
    if not admitted:  # an earlier result stays
        return Outcome((), tuple(sorted(droplists.values())), tuple(refusals), ())
    made = []
    key = room.key(identity, round_, [*droplists, *(digest for *_, digest in admitted.values())])
    with new_folder(out, replaces=MARKER) as folder, room.Rekeying() as rekeying:
        for number, file, _ in admitted.values():  # opened anew: only one delivery at a time is in memory
            submission = open_submission(file, round_=round_, checks=checks, custodian=identity)
            rows = rekeying.rows(submission, key, dropped)
            name = f"{round_.id}_{submission.manifest.participant}_{number}_rekeyed.factlab"
            check = room.key_check(key)
            write_rekeyed(folder / name, submission, rows, check, round_=round_, custodian=identity, day=day)
            made.append(out / name)
        (folder / MARKER).write_text(
            "Re-keyed together: use all of these files and no other re-keyed ones. / Samen hersleuteld: gebruik al deze bestanden "
            "en geen andere hersleutelde.\n",
            encoding="utf-8",
        )
    return Outcome(tuple(made), tuple(sorted(droplists.values())), tuple(refusals), tuple(sorted(superseded)))
