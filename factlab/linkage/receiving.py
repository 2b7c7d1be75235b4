"""Deliveries as they come in: each is verified, opened and accepted, or refused with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from factlab.agreement import Agreement
from factlab.delivery.agreed import Checks
from factlab.delivery.identity import Identity
from factlab.delivery.package import Contents, Manifest, may_be_droplist, open_package
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
    droplist: bool = False  # it may be a drop list: nothing is counted without it


@dataclass(frozen=True, repr=False)
class Received:
    """What came in: at most one delivery per participant, the newest; refusals; files that a newer one replaced.

    Every drop list counts, an older one of the same participant too: nothing puts an address back.
    """

    deliveries: tuple[Delivery, ...]
    refusals: tuple[Refusal, ...] = ()
    superseded: tuple[str, ...] = ()
    missing: tuple[str, ...] = field(default=())
    droplists: tuple[Delivery, ...] = ()

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


def receive(
    files: list[Path],
    agreement: Agreement,
    checks: Checks,
    identity: Identity,
    progress: Callable[[str], None] = lambda _: None,
) -> Received:
    """Open every file; the highest sequence number of a participant counts, the same number twice is refused.

    Raises LinkageError when a custodian re-keyed them at different times: under another key nothing would match.
    """
    accepted: dict[str, Delivery] = {}
    refusals: list[Refusal] = []
    superseded: list[str] = []
    droplists: list[Delivery] = []
    for file in sorted(files):
        progress(file.name)
        try:
            manifest, contents = open_package(file, round_=agreement.round, checks=checks, recipient=identity)
            delivery = Delivery(file.name, manifest, contents)
            _check_rows(delivery, agreement)
            if manifest.content == "droplist":
                droplists.append(delivery)
                continue
            other = accepted.get(manifest.participant)
            if other and other.manifest.sequence == manifest.sequence:
                raise DeliveryError(
                    "linkage.delivered_twice",
                    participant=manifest.participant,
                    sequence=manifest.sequence,
                    other=other.file,
                )
        except DeliveryError as error:
            refusals.append(Refusal(file.name, error, may_be_droplist(file)))
            continue
        if other is None or manifest.sequence > other.manifest.sequence:
            accepted[manifest.participant] = delivery
            superseded += [other.file] if other else []
        else:
            superseded.append(delivery.file)
    linked = [one.manifest for one in accepted.values() if one.manifest.content != "aggregate"]
    if len({manifest.rekey_check for manifest in linked}) > 1:
        raise LinkageError("linkage.mixed_rekeying")
    missing = tuple(p.id for p in agreement.round.participants if p.id not in accepted)
    return Received(
        tuple(accepted[name] for name in sorted(accepted)),
        tuple(refusals),
        tuple(superseded),
        missing,
        tuple(droplists),
    )
