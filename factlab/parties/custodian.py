"""The custodian (*sleutelbeheerder*): gives every pseudonym another key. Never sees an address, an area or a meaning."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from factlab import custodian as room
from factlab.agreement import Agreement, Round
from factlab.custodian.admission import admit_withdrawal, check_size
from factlab.custodian.rekeying import DROPPED
from factlab.delivery import agreed, closing, journal, withdrawing
from factlab.delivery.identity import Identity
from factlab.delivery.manifest import Manifest
from factlab.delivery.package import fingerprints, may_take_out
from factlab.delivery.rekeying import Submission, open_submission, write_rekeyed
from factlab.delivery.withdrawing import Withdrawal
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
    takes_out: bool = False  # it may be a drop list or a withdrawal: nothing is re-keyed without it


@dataclass(frozen=True)
class Outcome:
    """What the custodian did: files for the analyst, drop lists that were applied, refusals.

    `withdrawn` are the participants whose withdrawal goes on to the analyst; `destroyed` the files of what they took back.
    """

    rekeyed: tuple[Path, ...]
    droplists: tuple[str, ...]  # participants
    refusals: tuple[Refusal, ...]
    superseded: tuple[str, ...]  # files that a higher number replaced
    withdrawn: tuple[str, ...] = ()
    destroyed: tuple[str, ...] = ()


def explain() -> list[Step]:
    """The SQL steps in the order in which a submission takes them."""
    return list(steps("custodian"))


def _droplists(log: Sequence[dict[str, Any]], round_: Round) -> set[str]:
    """The drop lists that were accepted, but for those whose key was replaced since and no longer holds for them."""
    return {
        line["manifest"]
        for line in log
        if line["event"] == "accepted"
        and line["content"] == "droplist"
        and line["key"] in fingerprints(round_, line["participant"], line["sequence"])
    }


def _admit(
    submission: Submission, agreement: Agreement, rekeying: room.Rekeying, log: Path, day: datetime.date
) -> None:
    """Check a delivery against the log, its quota and its codes, and write it in the log. Raises DeliveryError."""
    room.admit(journal.read(log), submission.manifest, submission.file)
    if submission.manifest.opaque:
        rekeying.check(submission, agreement)
    else:
        check_size(submission, submission.rows.num_rows, agreement)
    withdrawing.note(log, submission.manifest, submission.key, day)


@dataclass
class _Received:
    """What came in. `held` is every sound delivery, let through or not; `admitted` those let through and not taken back."""

    held: list[tuple[Manifest, Path]]
    admitted: list[tuple[Manifest, Path]]
    dropped: Any  # (pseudonym) of all drop lists
    droplists: dict[str, str]  # digest: participant
    withdrawals: list[Withdrawal]
    refusals: list[Refusal]

    @property
    def newest(self) -> dict[str, tuple[Manifest, Path]]:
        """Of each participant the admitted delivery with the highest number."""
        by_number = sorted(self.admitted, key=lambda one: one[0].sequence)
        return {told.participant: (told, file) for told, file in by_number}


def _receive(
    files: Sequence[Path],
    agreement: Agreement,
    checks: agreed.Checks,
    identity: Identity,
    log: Path,
    day: datetime.date,
    progress: Progress,
) -> _Received:
    """Let each file through or refuse it; what is let through stands in the log."""
    found = _Received([], [], DROPPED.empty_table(), {}, [], [])
    with room.Rekeying() as rekeying:
        for file in sorted(files):
            progress(file.name)
            try:
                if withdrawal := withdrawing.read(file, agreement.round):
                    found.withdrawals.append(withdrawal)
                    continue
                submission = open_submission(file, round_=agreement.round, checks=checks, custodian=identity)
                told = submission.manifest
                if told.content != "droplist":
                    found.held.append((told, file))
                _admit(submission, agreement, rekeying, log, day)
            except DeliveryError as error:
                found.refusals.append(Refusal(file.name, error, may_take_out(file)))
                continue
            if told.content == "droplist":
                found.dropped = pa.concat_tables([found.dropped, submission.rows])
                found.droplists[told.digest] = told.participant
            else:
                found.admitted.append((told, file))
    return found


def _take_back(found: _Received, log: Path, day: datetime.date) -> tuple[str, ...]:
    """Let withdrawals through or refuse them, and destroy what they take back: the names of those files."""
    let_through = []
    for withdrawal in found.withdrawals:
        told = withdrawal.manifest
        try:
            admit_withdrawal(journal.read(log), told, withdrawal.path.name)
        except DeliveryError as error:
            found.refusals.append(Refusal(withdrawal.path.name, error))
            continue
        withdrawing.note(log, told, withdrawal.key, day)
        let_through.append(withdrawal)
    latest = withdrawing.known(journal.read(log))
    found.withdrawals = [
        one for one in let_through if one.manifest.sequence == latest[one.manifest.participant]
    ]
    found.admitted = [
        (told, file) for told, file in found.admitted if told.sequence > latest.get(told.participant, 0)
    ]
    gone = [file for told, file in found.held if told.sequence < latest.get(told.participant, 0)]
    closing.destroy_deliveries(log, gone, day)
    return tuple(file.name for file in gone)


def _kept(out: Path, round_: Round) -> list[Path]:
    """What stands at `out` and no re-keying put there: counts without addresses go straight to the analyst, and may
    have been put in the same folder."""
    own = tuple(f"{round_.id}_{p.id}_" for p in round_.participants if p.content != "aggregate")
    ends = ("_rekeyed.factlab", "_withdrawal.factlab")
    there = sorted(out.iterdir()) if (out / MARKER).exists() else []
    return [f for f in there if f.name != MARKER and not (f.name.startswith(own) and f.name.endswith(ends))]


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
    highest number counts; every drop list counts, and one that was accepted must be given again. What a participant
    took back is destroyed, and its withdrawal goes on to the analyst as it came. Files at `out` that no re-keying made
    stay. The log beside the round
    (`custodian.log`) tells what was accepted and destroyed. Raises DeliveryError.
    """
    agreement = agreed.open_round(round_folder)
    round_ = agreement.round
    if round_.custodian is None or round_.custodian.keys != identity.keys:
        raise DeliveryError("delivery.not_the_custodian")
    checks = agreed.read_checks(round_folder, round_)
    closing.require_open(round_folder, round_, "custodian")
    log = round_folder / LOG
    agreed.require_successor(log, round_folder, round_, day)
    found = _receive(files, agreement, checks, identity, log, day, progress)
    destroyed = _take_back(found, log, day)
    if needed := [refusal.error for refusal in found.refusals if refusal.takes_out]:
        raise DeliveryError("custodian.droplist_refused", number=len(needed), details=needed)
    if missing := _droplists(journal.read(log), round_) - found.droplists.keys():
        raise DeliveryError("custodian.droplist_missing", number=len(missing))
    lists, newest = tuple(sorted(found.droplists.values())), found.newest
    if not newest and not found.withdrawals:  # an earlier result stays
        return Outcome((), lists, tuple(found.refusals), (), (), destroyed)
    made = []
    key = room.key(identity, round_, [*found.droplists, *(told.digest for told, _ in newest.values())])
    with new_folder(out, replaces=MARKER) as folder, room.Rekeying() as rekeying:
        for told, file in newest.values():  # opened anew: only one delivery at a time is in memory
            submission = open_submission(file, round_=round_, checks=checks, custodian=identity)
            rows = rekeying.rows(submission, key, found.dropped)
            name = f"{round_.id}_{told.participant}_{told.sequence}_rekeyed.factlab"
            check = room.key_check(key)
            write_rekeyed(folder / name, submission, rows, check, round_=round_, custodian=identity, day=day)
            made.append(out / name)
        for withdrawal in found.withdrawals:
            told = withdrawal.manifest
            shutil.copyfile(
                withdrawal.path, folder / withdrawing.name(round_, told.participant, told.sequence)
            )
        for there in _kept(out, round_):
            (shutil.copytree if there.is_dir() else shutil.copyfile)(there, folder / there.name)
        (folder / MARKER).write_text(
            "Re-keyed together: use all of these files and no other re-keyed ones. / Samen hersleuteld: gebruik al deze bestanden "
            "en geen andere hersleutelde.\n",
            encoding="utf-8",
        )
    superseded = sorted(
        file.name for told, file in found.admitted if told.sequence < newest[told.participant][0].sequence
    )
    return Outcome(
        tuple(made),
        lists,
        tuple(found.refusals),
        tuple(superseded),
        tuple(sorted({withdrawal.manifest.participant for withdrawal in found.withdrawals})),
        destroyed,
    )
