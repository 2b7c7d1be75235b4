"""Which deliveries the custodian lets through: who may submit anything, as often as it likes, can try every address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from factlab.agreement import Agreement
from factlab.delivery.manifest import Manifest
from factlab.delivery.rekeying import Submission
from factlab.errors import DeliveryError

# Each correction shows the analyst the same households grouped anew, and the groups of two may single one out.
MOST_SUBMISSIONS = 3


Log = Sequence[Mapping[str, Any]]


def _known(log: Log, told: Manifest) -> list[Mapping[str, Any]]:
    """The log's lines about what was accepted in this manifest's row of numbers: a drop list has its own."""
    return [
        line
        for line in log
        if line.get("event") == "accepted"
        and line.get("participant") == told.participant
        and (line.get("content") == "droplist") == (told.content == "droplist")
    ]


def is_known(log: Log, told: Manifest) -> bool:
    """Whether exactly this was accepted before: it may be re-keyed again, and gives the same again."""
    return any(line.get("manifest") == told.digest for line in _known(log, told))


def admit(log: Log, told: Manifest, file: str) -> None:
    """Refuse what was taken back, a second delivery under one number, and more corrections than are plausible.

    Raises DeliveryError.
    """
    known = _known(log, told)
    withdrawals = [line["sequence"] for line in known if line["content"] == "withdrawal"]
    if told.sequence < max(withdrawals, default=0):
        raise DeliveryError(
            "custodian.withdrawn", file=file, participant=told.participant, sequence=told.sequence
        )
    if is_known(log, told):
        return
    if any(line["sequence"] == told.sequence for line in known):
        raise DeliveryError(
            "custodian.submitted_twice", file=file, participant=told.participant, sequence=told.sequence
        )
    if len(known) - len(withdrawals) >= MOST_SUBMISSIONS:
        raise DeliveryError(
            "custodian.too_many_submissions", file=file, participant=told.participant, most=MOST_SUBMISSIONS
        )


def admit_withdrawal(log: Log, told: Manifest, file: str) -> None:
    """Refuse to take back what was not accepted, or was corrected since. Raises DeliveryError."""
    known = _known(log, told)
    if is_known(log, told):
        return
    taken = any(line["sequence"] == told.sequence for line in known)
    named = any((line["manifest"], line["sequence"]) == (told.withdraws, told.supersedes) for line in known)
    if taken or not named:
        raise DeliveryError("custodian.nothing_to_withdraw", file=file, participant=told.participant)


def check_size(submission: Submission, households: int, agreement: Agreement) -> None:
    """Refuse more distinct addresses than the participant may deliver. Raises DeliveryError."""
    round_, told = agreement.round, submission.manifest
    if round_.custodian and households > round_.custodian.quota(round_.participant(told.participant)):
        raise DeliveryError(
            "custodian.over_quota",
            file=submission.file,
            participant=told.participant,
            most=round_.custodian.quota(round_.participant(told.participant)),
        )


def check_codes(submission: Submission, sizes: Sequence[int], agreement: Agreement) -> None:
    """Refuse codes that are so fine that one stands for a household: it would be a token, to be mapped back by.

    `sizes` are the households per code. An organisation has at most one code for each of its services. The register
    was made so that every area and group is large enough; only a whole area can be smaller.
    """
    told, round_ = submission.manifest, agreement.round
    if told.content == "services":
        fine = len(sizes) > len(round_.participant(told.participant).services)
    else:
        areas = sum(area.level == round_.levels[-1] for area in agreement.areas)
        fine = sum(size < round_.least_threshold for size in sizes) > areas
    if fine:
        raise DeliveryError("custodian.codes_too_fine", file=submission.file, participant=told.participant)
