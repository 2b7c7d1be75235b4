"""What may change in a signed round without invalidating a delivery: who takes part, with which keys, what is asked."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any

from factlab.agreement.analysis import FILE as ANALYSIS
from factlab.agreement.round import RESERVED, Amendment, Keys, Participant, Round, Superseded
from factlab.errors import AgreementError

_MAY_CHANGE = (
    *("participants", "analyst", "analyst_keys", "custodian", "amendments", "superseded"),
    *("borders_sha256", "analysis_sha256"),  # what is drawn and asked, not what is delivered
)


@dataclass(frozen=True)
class Change:
    """One thing that an amendment changes: a text of `texts/agreement.toml` and what fills it in."""

    key: str
    fields: Mapping[str, Any]


def amend(
    current: Round,
    edited: Round,
    *,
    previous: str,
    day: datetime.date,
    keys: Mapping[str, Keys],
    renewed: Mapping[str, int],
    revoked: Collection[str],
) -> tuple[Round, tuple[Change, ...]]:
    """The round with the next amendment, and what it changes.

    `keys` are new public keys by party; `renewed` says up to which number the deliveries of a participant hold that it
    signed with the key that is replaced; under a `revoked` key none do. `previous` is the digest of the current file.
    Raises AgreementError for what would invalidate a delivery, and when nothing changes.
    """
    wanted = _with_keys(edited, keys)
    _refuse_others(current, wanted)
    replaced = [(name, old, new) for name, old, new in _keys(current, wanted) if old != new]
    superseded = tuple(
        Superseded(name, len(current.amendments) + 1, _up_to(name, renewed, revoked), old)
        for name, old, _ in replaced
    )
    if unneeded := ({*renewed, *revoked} - {old.party for old in superseded}) | (
        renewed.keys() & {*RESERVED}
    ):
        raise AgreementError("agreement.key_not_replaced", names=", ".join(sorted(unneeded)))
    _refuse_used_keys(wanted, (*current.superseded, *superseded))
    before = {participant.id for participant in current.participants}
    added = tuple(participant.id for participant in wanted.participants if participant.id not in before)
    changes = (*_changes(current, wanted), *(_replaced(old) for old in superseded))
    if not changes:
        raise AgreementError("agreement.nothing_to_amend")
    made = replace(
        wanted,
        amendments=(*current.amendments, Amendment(day, previous, added)),
        superseded=(*current.superseded, *superseded),
    )
    return made, changes


def _with_keys(edited: Round, keys: Mapping[str, Keys]) -> Round:
    custodian = edited.custodian
    return replace(
        edited,
        analyst_keys=keys.get("analyst", edited.analyst_keys),
        custodian=replace(custodian, keys=keys.get("custodian", custodian.keys)) if custodian else None,
        participants=tuple(
            replace(participant, keys=keys.get(participant.id, participant.keys))
            for participant in edited.participants
        ),
    )


def _refuse_others(current: Round, wanted: Round) -> None:
    """Refuse what deliveries were made under, and what would have a sound delivery refused."""
    names = [field.name for field in fields(Round) if field.name not in _MAY_CHANGE]
    if changed := [name for name in names if getattr(current, name) != getattr(wanted, name)]:
        raise AgreementError("agreement.not_amendable", names=", ".join(changed))
    there = {participant.id: participant for participant in wanted.participants}
    narrowed = [
        old.id for old in current.participants if old.id not in there or _narrower(old, there[old.id])
    ]
    old, new = current.custodian, wanted.custodian
    if old and new and (new.addresses < old.addresses or new.share < old.share):
        narrowed.append("custodian")
    if narrowed:
        raise AgreementError("agreement.narrowed", names=", ".join(narrowed))
    if wanted.participant(current.convenor).keys != current.participant(current.convenor).keys:
        raise AgreementError("agreement.convenor_key", participant=current.convenor)


def _narrower(old: Participant, new: Participant) -> bool:
    most = new.at_most is not None and (old.at_most is None or new.at_most < old.at_most)
    return old.content != new.content or most or not {*old.services} <= {*new.services}


def _keys(current: Round, wanted: Round) -> Iterator[tuple[str, Keys, Keys]]:
    """Of each party in both: its keys before and after."""
    yield "analyst", current.analyst_keys, wanted.analyst_keys
    if current.custodian and wanted.custodian:
        yield "custodian", current.custodian.keys, wanted.custodian.keys
    for old in current.participants:
        yield old.id, old.keys, wanted.participant(old.id).keys


def _up_to(name: str, renewed: Mapping[str, int], revoked: Collection[str]) -> int:
    if name in renewed and name in revoked:
        raise AgreementError("agreement.renewed_or_revoked", participant=name)
    if name in revoked or name in RESERVED:  # what was sealed for a lost key is lost, whoever signed it
        return 0
    if name not in renewed:
        raise AgreementError("agreement.renewed_or_revoked", participant=name)
    return renewed[name]


def _refuse_used_keys(wanted: Round, superseded: tuple[Superseded, ...]) -> None:
    """Each party has whole keys of its own, and a key that was replaced never comes back."""
    named = [("analyst", wanted.analyst_keys)]
    named += [("custodian", wanted.custodian.keys)] if wanted.custodian else []
    named += [(participant.id, participant.keys) for participant in wanted.participants]
    if without := [name for name, keys in named if not keys.sign or not keys.seal]:
        raise AgreementError("agreement.without_key", names=", ".join(without))
    seen: dict[bytes, str] = {}
    for name, keys in chain(((old.party, old.keys) for old in superseded), named):
        for key in (keys.sign, keys.seal):
            if key in seen:
                raise AgreementError("agreement.key_used", one=seen[key], other=name)
            seen[key] = name


def _changes(current: Round, wanted: Round) -> Iterator[Change]:
    """What changes but for keys."""
    before = {participant.id: participant for participant in current.participants}
    for new in wanted.participants:
        old = before.get(new.id)
        if old is None:
            yield Change("amend_added", {"participant": new.id, "name": new.name, "content": new.content})
            if new.services:
                yield Change("amend_services", {"participant": new.id, "codes": ", ".join(new.services)})
            continue
        if old.name != new.name:
            yield Change("amend_name", {"party": new.id, "old": old.name, "name": new.name})
        if more := [code for code in new.services if code not in old.services]:
            yield Change("amend_services", {"participant": new.id, "codes": ", ".join(more)})
        if old.at_most != new.at_most:
            yield Change("amend_quota", {"party": new.id})
    if current.analyst != wanted.analyst:
        yield Change("amend_name", {"party": "analyst", "old": current.analyst, "name": wanted.analyst})
    if current.custodian and wanted.custodian:
        if current.custodian.name != wanted.custodian.name:
            names = {"old": current.custodian.name, "name": wanted.custodian.name}
            yield Change("amend_name", {"party": "custodian", **names})
        quotas = [(one.addresses, one.share) for one in (current.custodian, wanted.custodian)]
        if quotas[0] != quotas[1]:
            yield Change("amend_quota", {"party": "custodian"})
    if current.borders_sha256 != wanted.borders_sha256:
        yield Change("amend_file", {"file": wanted.borders_file})
    if current.analysis_sha256 != wanted.analysis_sha256:
        yield Change("amend_file", {"file": ANALYSIS})


def _replaced(old: Superseded) -> Change:
    if old.party in RESERVED:
        return Change("amend_sealed", {"party": old.party})
    if old.up_to:
        return Change("amend_renewed", {"party": old.party, "number": old.up_to})
    return Change("amend_revoked", {"party": old.party})
