"""What a reader or an organisation would gain if one more cell were published: for whoever may see its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from factlab.attack import judgement
from factlab.attack.attacker import Attack
from factlab.attack.findings import Finding
from factlab.attack.goals import Goals
from factlab.attack.insiders import Insiders
from factlab.attack.intervals import Contradiction
from factlab.attack.ranges import Range, Ranges
from factlab.attack.relations import Relations
from factlab.attack.system import Form, System, build
from factlab.cells import Cell, CellKey, Publication
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
    cell: Cell,
    marked: Sequence[Number],
    insiders: Mapping[str, Mapping[CellKey, int]] | None = None,
) -> Gains:
    """What would be told if the hidden `cell` were published as it is given here, beside all that is published.

    For any reader: each of the `marked` numbers that could no longer be all from 0 to the threshold. And whatever else
    an audit finds then, as any reader and as each of the `insiders`. Raises DisclosureError when the number doesn't fit
    what is published.
    """
    insiders = insiders or {}
    cells = tuple(cell if one.key == cell.key else one for one in publication.cells)
    more = replace(publication, cells=cells)
    known = Relations(publication.codebook)
    systems = build(publication, known), build(more, known)
    place = {key: n for n, key in enumerate(systems[0].keys)}
    forms = [Form("difference", number, _terms(number, place)) for number in marked]
    k, order = publication.codebook.threshold, {number: n for n, number in enumerate(marked)}
    try:
        narrow = _narrow(systems, forms, place[cell.key], k)
        findings = (*narrow, *judgement.audit(more, insiders=insiders).findings)
        if any(one.kind == "inconsistent" for one in findings):
            raise Contradiction(())
        told = {(one.by, _about(one)) for one in findings if one.kind != "undecided"}
        ordered = sorted(told, key=lambda one: (one[0], order.get(one[1], len(order)), one[1]))
        found = tuple(_gain(ordered, systems, Insiders(known, systems[0].keys), insiders, place))
    except Contradiction:
        raise DisclosureError("attack.does_not_fit") from None
    return Gains(found, any(one.kind == "undecided" for one in findings))


def _narrow(systems: tuple[System, System], forms: Sequence[Form], cell: int, k: int) -> Iterable[Finding]:
    """The forms that can't be 0, or can't be `k`, in the second system, as differences. Only those that hang together with
    the cell in the first can have changed."""
    part = Ranges(systems[0]).part
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
    return Attack(replace(systems[1], forms=both), goals).findings()


def _about(found: Finding) -> Number:
    """The number that a finding is about."""
    keys = tuple(CellKey(*key) for key in found.cells)
    if found.kind in ("complement", "everyone"):
        return keys[0], keys[0]._replace(table="households", category="all")
    return keys


def _terms(number: Number, place: Mapping[CellKey, int]) -> tuple[tuple[int, int], ...]:
    *inner, outer = (place[key] for key in number)
    return ((outer, 1), *((cell, -1) for cell in inner))


def _gain(
    told: Iterable[tuple[str, Number]],
    systems: tuple[System, System],
    insiders: Insiders,
    counts: Mapping[str, Mapping[CellKey, int]],
    place: Mapping[CellKey, int],
) -> Iterator[Gain]:
    ranges: dict[str, tuple[Ranges, Ranges]] = {}
    for who, number in told:
        if who not in ranges:
            taught = [insiders.taught(one, who, counts[who]) if who else one for one in systems]
            ranges[who] = Ranges(taught[0]), Ranges(taught[1])
        now, then = (one.of(dict(_terms(number, place))) for one in ranges[who])
        yield Gain(number, who, now, then)
