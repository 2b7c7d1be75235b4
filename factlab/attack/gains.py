"""What a reader or an organisation would gain if one more cell were published: for whoever may see its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.sparse import csr_array

from factlab.attack.attacker import Attack
from factlab.attack.findings import Finding
from factlab.attack.goals import Goals
from factlab.attack.insiders import Insiders
from factlab.attack.intervals import Contradiction
from factlab.attack.judgement import Case, of_insiders
from factlab.attack.ranges import Range, Ranges
from factlab.attack.system import Form, System
from factlab.cells import CellKey, Earlier, Publication
from factlab.errors import DisclosureError

Number = tuple[CellKey, ...]  # a cell; or a cell and one that it lies in, for what that one has more


@dataclass(frozen=True, repr=False)
class Gain:
    """A number that would be told, with where it can lie now, and then."""

    number: Number
    by: str  # the participant that would know, with its own counts; empty: any reader
    now: Range
    then: Range


@dataclass(frozen=True, repr=False)
class Gains:
    """Any reader's first. `undecided`: not everything could be worked out in time."""

    told: tuple[Gain, ...]
    undecided: bool


def gains(
    publication: Publication,
    key: CellKey,
    number: int,
    marked: Sequence[Number],
    insiders: Mapping[str, Mapping[CellKey, int]] | None = None,
    earlier: Sequence[Earlier] = (),
) -> Gains:
    """What would be told if the true number of a hidden cell stood beside all that is published, now and `earlier`.

    For any reader: each of the `marked` numbers that could no longer be all from 0 to the threshold. And what else an
    audit judges, as any reader and as each of the `insiders`. Raises DisclosureError when the number doesn't fit.
    """
    insiders = insiders or {}
    case = Case(publication, earlier)
    now, k = case.whole, publication.codebook.threshold
    place = {one: n for n, one in enumerate(case.systems[0].keys)}
    teach = partial(_told, cell=place[key], number=number)
    forms = [Form("difference", one, _terms(one, place)) for one in marked]
    try:
        narrow = list(_narrow(now, teach(now), forms, place[key], k))
        attack, other = case.attack(teach)
        if attack is None:
            raise Contradiction(())
        other += of_insiders(case, attack, insiders, teach)
        itself = {(key,), _complement(key)}  # what no rule marks of the cell itself may be known
        told = {("", about) for one in narrow for about in _about(one)}
        told |= {(one.by, about) for one in other for about in _about(one) if about not in itself}
        order = {one: n for n, one in enumerate(marked)}
        ordered = sorted(told, key=lambda one: (one[0], order.get(one[1], len(order)), one[1]))
        knowing = Insiders(case.relations[0], case.systems[0].keys)
        found = tuple(_gain(ordered, (now, teach(now)), knowing, insiders, place))
    except Contradiction:
        raise DisclosureError("attack.does_not_fit") from None
    return Gains(found, any(one.kind == "undecided" for one in (*narrow, *other)))


def _told(system: System, cell: int, number: int) -> System:
    least, most = (end.copy() for end in system.ends)
    least[cell] = most[cell] = number
    return replace(system, told=(least, most))


def _narrow(now: System, then: System, forms: Sequence[Form], cell: int, k: int) -> Iterable[Finding]:
    """The forms that can't be 0, or can't be `k`, then, as differences. Only those that hang together with the cell now
    can have changed."""
    part = Ranges(now).part
    tied = [form for form in forms if any(part[n] == part[cell] for n, _ in form.terms)]
    if not tied:
        return ()
    both = tuple(
        replace(form, terms=tuple((n, sign * factor) for n, factor in form.terms))
        for sign in (1, -1)
        for form in tied
    )
    row, column, factor = np.array([(n, c, f) for n, form in enumerate(both) for c, f in form.terms]).T
    matrix = csr_array((factor, (row, column)), shape=(len(both), len(part)), dtype=np.int64)
    nothing, no = np.zeros(len(both), dtype=np.int64), np.zeros(len(both), dtype=bool)
    # Each form must be able to be k, and its opposite 0; nothing else is asked.
    goals = Goals(both, nothing, matrix, matrix, no, np.repeat([k, 0], len(tied)), nothing, no, no)
    return Attack(replace(then, forms=both), goals).findings()


def _complement(key: CellKey) -> Number:
    return key, key._replace(table="households", category="all")


def _about(found: Finding) -> Iterator[Number]:
    """The number of the publication that a finding is about, if it is about one."""
    keys = tuple(CellKey(*key) for key in found.cells)
    if found.kind in ("complement", "everyone") and not found.release:
        yield _complement(keys[0])
    elif not found.release and found.kind not in ("undecided", "edition", "bound too tight"):
        yield keys


def _terms(number: Number, place: Mapping[CellKey, int]) -> tuple[tuple[int, int], ...]:
    *inner, outer = (place[key] for key in number)
    return ((outer, 1), *((cell, -1) for cell in inner))


def _gain(
    told: Iterable[tuple[str, Number]],
    systems: tuple[System, System],
    knowing: Insiders,
    insiders: Mapping[str, Mapping[CellKey, int]],
    place: Mapping[CellKey, int],
) -> Iterator[Gain]:
    ranges: dict[str, tuple[Ranges, Ranges]] = {}
    for who, number in told:
        if who not in ranges:
            taught = [knowing.taught(one, who, insiders[who]) if who else one for one in systems]
            ranges[who] = Ranges(taught[0]), Ranges(taught[1])
        now, then = (one.of(dict(_terms(number, place))) for one in ranges[who])
        if now != then:
            yield Gain(number, who, now, then)
