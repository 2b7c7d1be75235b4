"""Deliveries as they come in: each is verified, opened and accepted, or refused with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from factlab.agreement import Agreement
from factlab.delivery import withdrawing
from factlab.delivery.agreed import Checks
from factlab.delivery.identity import Identity
from factlab.delivery.package import Contents, Manifest, may_take_out, open_package
from factlab.delivery.withdrawing import Withdrawal
from factlab.errors import DeliveryError, LinkageError


@dataclass(frozen=True, repr=False)
class Delivery:
    """A delivery that was taken in. Its rows hold pseudonyms: no repr shows them."""

    file: str
    manifest: Manifest
    contents: Contents


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken in, and why."""

    file: str
    error: DeliveryError
    takes_out: bool = False  # it may be a drop list or a withdrawal: nothing is counted without it


@dataclass(frozen=True, repr=False)
class Received:
    """What came in: at most one delivery per participant, the newest; refusals; files that a newer one replaced.

    Every drop list counts, an older one of the same participant too: nothing puts an address back. `withdrawn` are the
    participants that took their delivery back and sent no other; `taken_back` is what is held of what was taken back,
    and must be destroyed.
    """

    deliveries: tuple[Delivery, ...]
    refusals: tuple[Refusal, ...] = ()
    superseded: tuple[str, ...] = ()
    missing: tuple[str, ...] = field(default=())
    droplists: tuple[Delivery, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    withdrawn: tuple[str, ...] = ()
    taken_back: tuple[Path, ...] = ()

    @property
    def participants(self) -> frozenset[str]:
        return frozenset(delivery.manifest.participant for delivery in self.deliveries)


def _check_rows(delivery: Delivery, agreement: Agreement) -> None:
    """Refuse what the agreement doesn't promise: another content, a service that the participant doesn't deliver,
    areas that aren't of the level that was agreed."""
    participant = agreement.round.participant(delivery.manifest.participant)
    if delivery.manifest.content == "droplist":
        return
    if delivery.manifest.content != participant.content:
        raise DeliveryError("linkage.other_content", participant=participant.id, content=participant.content)
    rows, round_ = delivery.contents.rows, agreement.round
    if participant.content != "register":
        codes = set(rows.column("service").unique().to_pylist())
        if codes - set(participant.services):
            raise DeliveryError("linkage.unagreed_service", participant=participant.id)
    if participant.content != "services":
        level = round_.levels[-1] if participant.content == "register" else round_.reported_level
        known = {area.code for area in agreement.areas if area.level == level}
        if set(rows.column("area").unique().to_pylist()) - known:
            raise DeliveryError("linkage.unknown_area", participant=participant.id, level=level)


@dataclass(frozen=True)
class _Held:
    """A sound delivery that is here, counted or not. `digest` is that of the participant's own manifest."""

    path: Path
    sequence: int
    digest: str


def _judged(
    withdrawals: list[Withdrawal],
    held: Mapping[str, list[_Held]],
    before: Mapping[str, int],
    agreement: Agreement,
) -> tuple[list[Withdrawal], list[Refusal]]:
    """Which withdrawals are taken in; refused are those that don't name the last delivery that is here.

    With a custodian that was judged there: what was taken back may never have come here.
    """
    taken_in, refusals = [], []
    for withdrawal in withdrawals:
        told, file = withdrawal.manifest, withdrawal.path.name
        theirs = held.get(told.participant, [])
        known = told.sequence <= before.get(told.participant, 0) or agreement.round.trust == "custodian"
        named = any((one.digest, one.sequence) == (told.withdraws, told.supersedes) for one in theirs)
        if known or (named and all(one.sequence != told.sequence for one in theirs)):
            taken_in.append(withdrawal)
        else:
            error = DeliveryError("linkage.nothing_to_withdraw", file=file, participant=told.participant)
            refusals.append(Refusal(file, error))
    return taken_in, refusals


def receive(
    files: list[Path],
    agreement: Agreement,
    checks: Checks,
    identity: Identity,
    progress: Callable[[str], None] = lambda _: None,
    withdrawn: Mapping[str, int] | None = None,
) -> Received:
    """Open every file; the highest sequence number of a participant counts, the same number twice is refused.

    A withdrawal is a number under which nothing counts, and nothing below it. `withdrawn` tells the number of those
    that were taken in before, by participant: what they took back is refused when it comes again.
    Raises LinkageError when a custodian re-keyed them at different times: under another key nothing would match.
    """
    before = withdrawn or {}
    accepted: dict[str, Delivery] = {}
    held: dict[str, list[_Held]] = {}
    refusals: list[Refusal] = []
    droplists: list[Delivery] = []
    withdrawals: list[Withdrawal] = []
    taken_back: list[Path] = []
    for file in sorted(files):
        progress(file.name)
        try:
            if withdrawal := withdrawing.read(file, agreement.round):
                withdrawals.append(withdrawal)
                continue
            manifest, contents = open_package(file, round_=agreement.round, checks=checks, recipient=identity)
            delivery = Delivery(file.name, manifest, contents)
            _check_rows(delivery, agreement)
            if manifest.content == "droplist":
                droplists.append(delivery)
                continue
            if manifest.sequence <= before.get(manifest.participant, 0):
                taken_back.append(file)
                raise DeliveryError(
                    "linkage.withdrawn",
                    file=file.name,
                    participant=manifest.participant,
                    sequence=manifest.sequence,
                )
            one = _Held(file, manifest.sequence, manifest.origin or manifest.digest)
            held.setdefault(manifest.participant, []).append(one)
            other = accepted.get(manifest.participant)
            if other and other.manifest.sequence == manifest.sequence:
                raise DeliveryError(
                    "linkage.delivered_twice",
                    participant=manifest.participant,
                    sequence=manifest.sequence,
                    other=other.file,
                )
        except DeliveryError as error:
            refusals.append(Refusal(file.name, error, may_take_out(file)))
            continue
        if other is None or manifest.sequence > other.manifest.sequence:
            accepted[manifest.participant] = delivery
    taken_in, wrong = _judged(withdrawals, held, before, agreement)
    refusals += wrong
    latest = dict(before)
    for told in (withdrawal.manifest for withdrawal in taken_in):
        latest[told.participant] = max(told.sequence, latest.get(told.participant, 0))
    for name, number in latest.items():
        taken_back += [one.path for one in held.get(name, []) if one.sequence <= number]
        if name in accepted and accepted[name].manifest.sequence <= number:
            del accepted[name]
    linked = [one.manifest for one in accepted.values() if one.manifest.content != "aggregate"]
    if len({manifest.rekey_check for manifest in linked}) > 1:
        raise LinkageError("linkage.mixed_rekeying")
    return Received(
        tuple(accepted[name] for name in sorted(accepted)),
        tuple(refusals),
        tuple(
            one.path.name
            for name, delivery in sorted(accepted.items())
            for one in held[name]
            if one.sequence < delivery.manifest.sequence and one.path not in taken_back
        ),
        tuple(p.id for p in agreement.round.participants if p.id not in accepted),
        tuple(droplists),
        tuple(taken_in),
        tuple(p.id for p in agreement.round.participants if p.id in latest and p.id not in accepted),
        tuple(taken_back),
    )
