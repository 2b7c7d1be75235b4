"""Why a cell is hidden, for the analyst's eyes: counted again from the deliveries, since nothing exact is kept."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from factlab import agreement, attack, linkage, publication
from factlab.cells import CellKey, Codebook, CountTable, Earlier, Publication, Status
from factlab.delivery.identity import Identity
from factlab.disclosure import Reasons, reasons
from factlab.errors import DisclosureError, UsageError
from factlab.parties.analyst import Progress, count, known, provenance, receive, require_accepted
from factlab.texts import Language, say

MOST_TOLD = 10  # numbers that are named one by one
NEAR = 0.6  # how much a name must look like what was typed to be proposed


@dataclass(frozen=True, repr=False)
class Explanation:
    """What was asked about one cell. Exact: it is shown on the analyst's screen and nowhere else."""

    codebook: Codebook
    key: CellKey
    status: Status
    households: int | None  # None: nobody delivered what it would count
    reasons: Reasons | None
    gains: attack.Gains | None = None  # of a hidden cell
    edition: int | None = None  # what a release of the same round showed, if that is fewer than k away


def explain(
    round_folder: Path,
    files: Sequence[Path],
    identity: Identity,
    publication_folder: Path,
    cell: tuple[str, str, str],
    *,
    releases: Path | None = None,
    skip_refused: bool = False,
    progress: Progress = lambda _: None,
) -> Explanation:
    """Count again what a publication was made of, and say which rules mark a cell (table, area code, category) and, by the
    attacker, what publishing it would tell to whom, with what was released before beside it (the ledger
    `releases`, else that beside the round's folder). Nothing is written.

    Raises UsageError for a cell that isn't there, DisclosureError when the publication was made of anything else.
    """
    published = publication.read(publication_folder)
    book = published.codebook
    key = find(book, *cell)
    progress("open")
    agreed_on, received = receive(round_folder, files, identity)
    require_accepted(received, skip_refused=skip_refused)
    _require_same(published, agreed_on, received)
    status = published.cell[key].status
    if status == "unavailable":
        return Explanation(book, key, status, None, None)
    counts, _ = count(agreed_on, received, progress)
    received = replace(received, deliveries=(), droplists=())  # the pseudonyms go
    _require_counts(published, counts)
    why, number = reasons(counts), counts.counts[key]
    if status == "published":
        return Explanation(book, key, status, number, why)
    progress("explain")
    earlier = known(releases, round_folder, published, publication_folder)
    gains = attack.gains(published, key, number, tuple(why.marks), counts.own, earlier)
    return Explanation(book, key, status, number, why, gains, _edition(book, key, number, earlier))


def _edition(book: Codebook, key: CellKey, number: int, earlier: Sequence[Earlier]) -> int | None:
    for one in earlier:
        there = one.publication.codebook
        then = one.publication.cell[key].households if key in one.publication.cell else None
        same = (there.round_id, there.fingerprint) == (book.round_id, book.fingerprint)
        if same and then is not None and 1 <= abs(number - then) < book.threshold:
            return then
    return None


def find(book: Codebook, table: str, area: str, category: str) -> CellKey:
    """The cell of these names, as they stand in cells.csv. Raises UsageError with the names that look like it."""
    tables = {one.name: one for one in book.tables}
    if table not in tables:
        raise UsageError("analyst.no_table", given=table, near=", ".join(_near(table, tables) or tables))
    if area not in book.area:
        names = {*_near(area, [name for one in book.areas for name in (one.code, one.name)])}
        near = ", ".join(f"{one.code} ({one.name})" for one in book.areas if names & {one.code, one.name})
        raise UsageError("analyst.no_area", given=area, near=near or book.municipality.code)
    levels, level = tables[table].levels, book.area[area].level
    if level not in levels:
        raise UsageError("analyst.no_level", table=table, level=level, levels=", ".join(levels))
    categories = [one.code for one in tables[table].categories]
    if category not in categories:
        near = ", ".join(_near(category, categories) or categories)
        raise UsageError("analyst.no_category", table=table, given=category, near=near)
    return CellKey(table, level, area, "", category)


def _near(given: str, names: Iterable[str]) -> list[str]:
    folded = {name.casefold(): name for name in names}
    if given.casefold() in folded:
        return [folded[given.casefold()]]
    return [folded[one] for one in difflib.get_close_matches(given.casefold(), folded, 3, NEAR)]


def _require_same(published: Publication, agreed_on: agreement.Agreement, received: linkage.Received) -> None:
    """Refuse a publication of another round, of other deliveries, or of an agreement that has changed since."""
    book, round_ = published.codebook, agreed_on.round
    if (book.round_id, book.fingerprint) != (round_.id, round_.fingerprint):
        raise DisclosureError("analyst.other_round", theirs=book.round_id, ours=round_.id)
    now = provenance(agreed_on, received, (), draft=False)["participants"]
    then = published.provenance.get("participants")
    if now != then:
        before = {one["id"]: one for one in then} if isinstance(then, list) else {}
        other = [one["name"] for one in now if before.get(one["id"]) != one]
        raise DisclosureError("analyst.other_deliveries", names=", ".join(other) or "-")
    if agreement.codebook(agreed_on, received.participants) != book:
        raise DisclosureError("analyst.other_agreement")


def _require_counts(published: Publication, counts: CountTable) -> None:
    off = max(published.codebook.rounding, 1)
    for cell in published.cells:
        if cell.households is not None and abs(cell.households - counts.counts[cell.key]) >= off:
            raise DisclosureError("analyst.other_counts")


# In words ---------------------------------------------------------------------------------------------------


def shown(found: Explanation, lang: Language) -> str:
    """All of it, for the screen."""
    key, book = found.key, found.codebook
    table = book.table(key.table)
    category = next(one for one in table.categories if one.code == key.category)
    label = category.nl if lang == "nl" else category.en
    title = f"{table.title[lang]}: {book.area[key.area_code].name}, {label}  ({_name(key)})"
    lines = [title, say(f"analyst.cell_{found.status}", lang, number=found.households)]
    if found.reasons is not None:
        lines += _why(found, found.reasons, lang)
        if found.gains is not None:
            lines += _gained(found, found.reasons, found.gains, lang)
        lines += ["", say("analyst.keep_to_yourself", lang)]
    return "\n".join(lines)


def _name(key: CellKey) -> str:
    return f"{key.table} {key.area_code} {key.category}"


def _number(number: tuple[CellKey, ...], lang: Language) -> str:
    """A cell, or what one has more than another."""
    *inner, outer = number
    less = {"whole": _name(outer), "part": _name(inner[0])} if inner else {}
    return say("analyst.less", lang, **less) if less else _name(outer)


def _why(found: Explanation, why: Reasons, lang: Language) -> Iterator[str]:
    key, k, area = found.key, found.codebook.threshold, found.codebook.area[found.key.area_code].name
    told = [
        say(
            f"analyst.rule_{rule.replace(' ', '_')}",
            lang,
            number=_number(number, lang),
            part=_name(number[0]),
            area=area,
            k=k,
            least=2 * k,
        )
        for number, rules in why.marks.items()
        if key in number
        for rule in rules
    ]
    if found.edition is not None:
        told.append(say("analyst.rule_edition", lang, then=found.edition, k=k))
    if key in why.beside:
        told.append(say("analyst.rule_beside", lang, area=area))
    yield ""
    yield say(f"analyst.{'rules' if told else 'no_rule'}_{found.status}", lang)
    yield from _most(told, lang)


def _gained(found: Explanation, why: Reasons, gains: attack.Gains, lang: Language) -> Iterator[str]:
    book = found.codebook
    names = {one.id: one.name for one in book.organisations} | {one.id: one.name for one in book.reporters}
    yield ""
    if gains.undecided:
        yield say("analyst.undecided", lang)
    elif not gains.told:
        yield say("analyst.nothing_gained", lang)
    for who in dict.fromkeys(gain.by for gain in gains.told):
        by = {"name": names[who]} if who else {}
        yield say("analyst.gained_by_one" if who else "analyst.gained_by_any", lang, k=book.threshold, **by)
        yield from _most([_gain(gain, why, lang) for gain in gains.told if gain.by == who], lang)


def _gain(gain: attack.Gain, why: Reasons, lang: Language) -> str:
    rules = why.marks.get(gain.number, ())
    because = ", ".join(say(f"analyst.{rule.replace(' ', '_')}", lang) for rule in rules)
    return say(
        "analyst.gain",
        lang,
        number=_number(gain.number, lang),
        then=_range(gain.then, lang),
        now=_range(gain.now, lang),
        rules=because or say("analyst.secondary", lang),
    )


def _range(ends: tuple[int, int | None], lang: Language) -> str:
    low, high = ends
    kind = "or_more" if high is None else "exactly" if low == high else "between"
    return say(f"analyst.{kind}", lang, low=low, high=high)


def _most(told: Sequence[str], lang: Language) -> Iterator[str]:
    yield from (f"  {one}" for one in told[:MOST_TOLD])
    if len(told) > MOST_TOLD:
        yield "  " + say("analyst.and_more", lang, number=len(told) - MOST_TOLD)
