"""The attack on a publication: what can a reader work out that is hidden, or that is too small to tell?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial

import numpy as np

from factlab.attack import printed, releases
from factlab.attack.alone import singletons
from factlab.attack.attacker import Attack
from factlab.attack.findings import Finding, Kind, Verdict
from factlab.attack.goals import Mask, goals
from factlab.attack.insiders import Insiders, overlaps
from factlab.attack.intervals import Contradiction
from factlab.attack.met import Met
from factlab.attack.ranges import Range, Ranges
from factlab.attack.relations import Relations
from factlab.attack.system import System, beside, build
from factlab.cells import Cell, CellKey, Codebook, Earlier, Publication

__all__ = ["Finding", "Kind", "Verdict", "audit", "feasible"]


def audit(
    publication: Publication,
    *,
    insiders: Mapping[str, Mapping[CellKey, int]] | None = None,
    earlier: Sequence[Earlier] = (),
) -> Verdict:
    """Attack a publication from its cells and codebook, as any reader and as each of the `insiders`.

    An insider is a participant with its own counts: every table as if nobody else had delivered, of its own clients
    alone; what is absent is 0. `earlier` releases, oldest first, are laid beside the publication.
    """
    insiders = insiders or {}
    book = publication.codebook
    case = Case(publication, earlier)
    attack, found = case.attack()
    if earlier and found:
        found = _blank(publication, earlier).without(found)
    findings = [*printed.seen(publication, case.systems[0], case.relations[0]), *found]
    if attack is not None:
        findings += of_insiders(case, attack, insiders)
    return Verdict(
        findings=tuple(dict.fromkeys(findings)),
        threshold=book.threshold,
        cells=len(case.systems[0].keys),
        hidden=int((case.systems[0].printed < 0).sum()),
        intervals=len(case.goals.forms),
        narrowest=attack.narrowest() if attack else None,
        relations=case.whole.relations,
        insiders=len(insiders),
        earlier=len(earlier),
        overlaps=overlaps(publication, case.systems[0], insiders),
        singletons=singletons(attack.reaches) if attack else 0,
    )


def of_insiders(
    case: Case,
    attack: Attack,
    insiders: Mapping[str, Mapping[CellKey, int]],
    teach: Callable[[System], System] = lambda system: system,
) -> Iterator[Finding]:
    """What each of them can tell beside what any reader can, whose `attack` this was."""
    knowing = Insiders(case.relations[0], case.systems[0].keys)
    lost, met = attack.lost, Met(attack.tables())
    met.learn(attack.reaches)
    blank: Case | None = None
    for who, counts in sorted(insiders.items()):
        taught = partial(knowing.taught, who=who, counts=counts)
        its, found = case.attack(partial(_both, teach, taught), case.owned(who) | lost, met)
        if found:
            blank = blank or _blank(case.publication, case.earlier)
            # A copy: which reading of it holds is found out anew for what each of them knows.
            found = copy(blank).without(found, taught, blank.owned(who), Met(its.tables()) if its else None)
        yield from (replace(one, by=who) for one in found)


def _both(one: Callable[[System], System], other: Callable[[System], System], system: System) -> System:
    return other(one(system))


def _blank(publication: Publication, earlier: Sequence[Earlier]) -> Case:
    """The case as it was: with nothing at all published now."""
    cells = tuple(
        cell if cell.status == "unavailable" else Cell(cell.key, None, "suppressed")
        for cell in publication.cells
    )
    return Case(replace(publication, cells=cells), earlier)


class Case:
    """A publication and the earlier ones beside it, with each way to read what ties them together."""

    def __init__(self, publication: Publication, earlier: Sequence[Earlier]) -> None:
        self.publication, self.earlier = publication, earlier
        every = [publication, *(one.publication for one in earlier)]
        books = [one.codebook for one in every]
        self.relations: list[Relations] = []
        for book in books:
            alike = next((one for one in self.relations if _alike(one.book, book)), None)
            self.relations.append(alike.of(book) if alike else Relations(book))
        self.systems = [build(one, known) for one, known in zip(every, self.relations, strict=True)]
        ties = releases.tie(publication, earlier, self.systems)
        self.whole = beside(beside(ties.system, ties.same), ties.bound)
        self.release = ties.release
        self.goals = goals(ties.system, ties.release, books, self.relations[0], ties.editions)
        # What was stated, then without what says that nothing was taken out since, then without the bound on change.
        self._readings = [(self.whole, False)]
        if ties.same.kinds:
            self._readings.append((beside(ties.system, ties.bound), False))
        if ties.bound.kinds:
            self._readings.append((beside(ties.system, ties.same), True))
        if ties.same.kinds and ties.bound.kinds:
            self._readings.append((ties.system, True))

    def attack(
        self,
        teach: Callable[[System], System] = lambda system: system,
        skip: Mask | None = None,
        met: Met | None = None,
    ) -> tuple[Attack | None, list[Finding]]:
        """The attack on the first reading that doesn't contradict itself, and what it found."""
        wrong: Contradiction | None = None
        for n, (system, loose) in enumerate(self._readings):
            attack = Attack(teach(system), self.goals, skip=skip, met=met)
            try:
                found = list(attack.findings())
            except Contradiction as why:
                wrong = wrong or why
                continue
            if loose and wrong is not None:
                found.insert(0, Finding("bound too tight", self._keys(wrong)))
            self._readings = self._readings[n:]
            return attack, found
        return None, [Finding("inconsistent", self._keys(wrong) if wrong else ())]

    def without(
        self,
        found: Iterable[Finding],
        teach: Callable[[System], System] = lambda system: system,
        skip: Mask | None = None,
        met: Met | None = None,
    ) -> list[Finding]:
        """What was found elsewhere, without what could be told anyway, in this case: that so few households have all
        organisations, since so few are a participant's own clients; or what earlier releases told. A publication can't
        undo it. Tables that were `met` where more is known fit here too."""
        asked = {(one.cells, one.release) for one in found}
        forms = zip(self.goals.forms, self.goals.release.tolist(), strict=True)
        idle = np.array([(form.keys, release) not in asked for form, release in forms], dtype=bool)
        anyway = self.attack(teach, idle if skip is None else skip | idle, met)[1]
        old = {(one.kind, one.cells, one.release) for one in anyway}
        return [one for one in found if (one.kind, one.cells, one.release) not in old]

    def _keys(self, wrong: Contradiction) -> tuple[CellKey, ...]:
        return tuple(dict.fromkeys(self.whole.keys[cell] for cell in wrong.cells))

    def owned(self, who: str) -> Mask:
        """The forms that tell this participant of nobody but its own clients, now and then."""
        own = np.concatenate(
            [
                Insiders(known, system.keys).own(who)
                for known, system in zip(self.relations, self.systems, strict=True)
            ]
        )
        return ~np.asarray(self.goals.about @ ~own, dtype=bool)


def _alike(one: Codebook, other: Codebook) -> bool:
    """Whether the same relations hold between their columns."""
    names = ("tables", "services", "organisations", "domains", "levels")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def feasible(publication: Publication, keys: Iterable[CellKey]) -> dict[CellKey, Range]:
    """The whole numbers that each of these cells can be, from and to; None where nothing bounds it."""
    system = build(publication, Relations(publication.codebook))
    ranges, place = Ranges(system), {key: n for n, key in enumerate(system.keys)}
    return {key: ranges.of({place[key]: 1}) for key in keys}
