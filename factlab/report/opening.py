"""How the report opens: the answer as its title, a few numbers, and what stands out."""

from __future__ import annotations

from collections.abc import Callable

from factlab.report.contents import KeyFigure, Span, Text, joined
from factlab.report.counts import Number, Share, ranked
from factlab.report.tabulation import Telling, area_name
from factlab.report.words import Field


def kicker(telling: Telling) -> str:
    """What and when; a draft says so before anything else."""
    words = telling.words
    draft = telling.counts.publication.provenance.get("draft") is True
    return words.word("opening.draft") + _moment(telling) if draft else _moment(telling)


def _moment(telling: Telling) -> str:
    book, words = telling.counts.book, telling.words
    place = book.municipality.name
    if book.count == "reference":
        return words.word("opening.kicker_reference", place=place, date=words.date(book.reference_date))
    start, end = (words.date(day) for day in book.period)
    return words.word("opening.kicker_period", place=place, start=start, end=end)


def title(telling: Telling) -> Text:
    """The finding: who stacks; if that is hidden who manages without; if that is hidden too, only the subject."""
    counts, words = telling.counts, telling.words
    stack = counts.stacked("services", counts.here, 2)
    if stack is not None:
        return said(telling, "title_stack", stack)
    without = counts.share(counts.number("services", counts.here, "0"), counts.here)
    if without is not None:
        return said(telling, "title_without", without)
    return words.say("opening.title_plain", place=counts.book.municipality.name)


def said(telling: Telling, sentence: str, share: Share) -> Text:
    """A sentence about a share of the households, with its verb in the right number."""
    if not share:
        return telling.words.say(f"opening.{sentence}_nobody")
    subject, plural = telling.words.subject(share)
    return telling.words.say(f"opening.{sentence}_{'many' if plural else 'one'}", subject=subject)


def lead(telling: Telling) -> Text:
    counts, words = telling.counts, telling.words
    place = counts.book.municipality.name
    whole = counts.cell("households", "all")
    none = counts.cell("services", "0")
    two = counts.at_least("services", counts.here, 2)
    told: list[Text] = []
    if whole.households is None:
        told.append(words.say("opening.lead_hidden", place=place))
    else:
        told.append(words.say("opening.lead_households", place=place, households=words.cell(whole)))
    if two is None:
        told.append(words.say("opening.lead_two_hidden"))
    else:
        told.append(words.say("opening.lead_two" if two else "opening.lead_two_nobody", two=two))
    if none.households is not None:
        told.append(words.say("opening.lead_none", none=words.cell(none)))
    if counts.rounding:
        told.append(words.say("opening.lead_rounded", base=counts.rounding))
    return joined(" ", told)


def key_figures(telling: Telling) -> tuple[KeyFigure, ...]:
    counts = telling.counts
    numbers = [
        ("key_stack", counts.at_least("services", counts.here, 2)),
        ("key_without", counts.number("services", counts.here, "0")),
        ("key_organisations", counts.at_least("organisations", counts.here, 2)),
        ("key_rule", counts.number("vulnerable", counts.here, "yes")),
    ]
    return tuple(_key_figure(telling, name, number) for name, number in numbers)


def _key_figure(telling: Telling, name: str, number: Number | None) -> KeyFigure:
    counts, words = telling.counts, telling.words
    share = counts.share(number, counts.here)
    if share is not None:
        return KeyFigure(words.share(share), words.word(f"opening.{name}_share"))
    return KeyFigure(telling.derived(number), words.word(f"opening.{name}_number"))


def brief(telling: Telling) -> tuple[Text, ...]:
    """What stands out, of what is known; at most five points."""
    points = [_contrast(telling), _pair(telling), *_tails(telling), _missing(telling)]
    return tuple(point for point in points if point)[:5]


def _contrast(telling: Telling) -> Text | None:
    counts = telling.counts
    found = contrast(telling, "services", lambda area: counts.stacked("services", area, 2))
    if found is None:
        return None
    return telling.words.say("opening.brief_contrast", **found)


def contrast(telling: Telling, table: str, of: Callable[[str], Share | None]) -> dict[str, Field] | None:
    """The areas of `table` with the highest and the lowest share, when these differ as printed."""
    words = telling.words
    shares = ranked((area, of(area.code)) for area in telling.counts.areas(table))
    known = [(area_name(area), words.share(share)) for area, share in shares if share is not None]
    if len(known) < 2 or known[0][1].text == known[-1][1].text:
        return None
    (high, most), (low, least) = known[0], known[-1]
    return {"high": high, "most": most, "low": low, "least": least}


def _pair(telling: Telling) -> Text | None:
    found = frequent_combination(telling)
    if found is None:
        return None
    names, mark = found
    return telling.words.say("opening.brief_pair", names=names, households=mark)


def frequent_combination(telling: Telling) -> tuple[str, Span] | None:
    """The combination of two or more domains that most households have; none while any of them is hidden."""
    counts, words = telling.counts, telling.words
    table = counts.book.table("domain_combination")
    several = [category for category in table.categories if "+" in category.code and category.available]
    known = [(counts.number(table.name, counts.here, category.code), category) for category in several]
    numbers = [number for number, _ in known if number is not None]
    if len(numbers) < len(known) or not numbers or not max(numbers) or numbers.count(max(numbers)) > 1:
        return None
    category = next(category for number, category in known if number == max(numbers))
    named = {domain.code: telling.name(domain) for domain in counts.book.domains}
    names = words.both([f"‘{named[code]}’" for code in category.code.split("+")])
    return names, telling.mark(table.name, counts.here, category.code)


def _tails(telling: Telling) -> list[Text | None]:
    counts, words = telling.counts, telling.words
    three = counts.at_least("services", counts.here, 3)
    two = counts.at_least("organisations", counts.here, 2)
    return [
        words.say("opening.brief_three", number=three) if three else None,
        words.say("opening.brief_organisations", number=two) if two else None,
    ]


def _missing(telling: Telling) -> Text | None:
    names = [o.name for o in telling.counts.book.organisations if not o.delivered]
    if not names:
        return None
    key = "opening.brief_missing_one" if len(names) == 1 else "opening.brief_missing_many"
    return telling.words.say(key, names=telling.words.both(names))
