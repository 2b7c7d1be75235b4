"""How good an organisation's addresses are, on its own screen: match rates, the rules that did something, what to look at."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from factlab import texts
from factlab.source.reference import TIERS, Reference


@dataclass(frozen=True)
class Quality:
    """Row counts, exact: they are the organisation's own. `tiers` is empty without a reference list."""

    file: str
    rows: int
    usable: int
    ranges: int  # readable, and perhaps several houses
    tiers: Mapping[str, int]
    rules: Mapping[str, int]
    reasons: Mapping[str, int]
    doors: bool
    unreadable: int  # addresses of the reference list itself

    @property
    def matched(self) -> int:
        return self.tiers.get("exact", 0) + self.tiers.get("repaired", 0)


def of(read: Any, file: str, reference: Reference | None) -> Quality:
    """The quality of what `normalising.explain` gives: (row, canonical, reason, tier, possible_range, rules)."""
    counted = {
        name: {
            row[name]: row["row_count"]
            for row in read.group_by(name).aggregate([("row", "count")]).to_pylist()
        }
        for name in ("reason", "rules", "tier")
    }
    rules: Counter[str] = Counter()
    for several, number in counted["rules"].items():
        rules.update(dict.fromkeys(several.split(), number))
    reasons = {name: number for name, number in sorted(counted["reason"].items()) if name}
    tiers = {name: counted["tier"].get(name, 0) for name in TIERS} if reference else {}
    return Quality(
        file,
        read.num_rows,
        read.num_rows - sum(reasons.values()),
        int(pc.sum(read.column("possible_range")).as_py() or 0),
        tiers,
        {name: rules[name] for name in sorted(rules, key=lambda rule: ("NPQ".index(rule[0]), int(rule[1:])))},
        reasons,
        reference.doors if reference else True,
        reference.unreadable if reference else 0,
    )


def problems(read: Any) -> Any:
    """(row, reason, field) of the rows to look at: what can't be read, what the list doesn't have, what may be a range."""
    tier, ranges = read.column("tier"), read.column("possible_range")
    listed = pc.is_in(tier, pa.array(["ambiguous", "no such door", "unknown"]))
    doubted = pc.if_else(pc.and_(ranges, pc.invert(listed)), "possible range", tier)
    reason = pc.if_else(pc.equal(read.column("reason"), ""), doubted, read.column("reason"))
    look = pc.or_(listed, ranges)
    table = pa.table(
        {"row": read.column("row"), "reason": reason, "field": pa.repeat(pa.scalar(""), read.num_rows)}
    )
    return table.filter(pc.or_(look, pc.not_equal(read.column("reason"), "")))


def _share(part: int, whole: int, lang: texts.Language) -> str:
    said = f"{100 * part / whole:.1f}%" if whole else "-"
    return said.replace(".", ",") if lang == "nl" else said


def _blocks(quality: Quality, lang: texts.Language) -> list[tuple[str, list[tuple[str, int, str]]]]:
    """(title, [(what, rows, share)]) as both the terminal and the page show them."""

    def say(key: str) -> str:
        return texts.say(f"source.{key}", lang)

    def rows(counts: Mapping[str, int], prefix: str, whole: int) -> list[tuple[str, int, str]]:
        return [
            (say(f"{prefix}_{name.replace(' ', '_')}".lower()), number, _share(number, whole, lang))
            for name, number in counts.items()
        ]

    blocks = [
        (
            say("quality_readable"),
            [(say("quality_usable"), quality.usable, _share(quality.usable, quality.rows, lang))],
        )
    ]
    if quality.ranges:
        blocks[0][1].append(
            (say("quality_ranges"), quality.ranges, _share(quality.ranges, quality.rows, lang))
        )
    blocks[0][1].extend(rows(quality.reasons, "reason", quality.rows))
    if quality.tiers:
        blocks.append((say("quality_list"), rows(quality.tiers, "tier", sum(quality.tiers.values()))))
    if quality.rules:
        named = [
            (f"{name}  {say('rule_' + name.lower())}", number, _share(number, quality.rows, lang))
            for name, number in quality.rules.items()
        ]
        blocks.append((say("quality_rules"), named))
    return blocks


def tier(name: str, lang: texts.Language) -> str:
    """How an address stands to the list, in the reader's language."""
    return texts.say(f"source.tier_{name.replace(' ', '_')}", lang)


def told(quality: Quality, lang: texts.Language) -> str:
    """The quality for a terminal."""
    lines = []
    for title, rows in _blocks(quality, lang):
        lines += [title, *(f"  {number:8}  {share:>6}  {what}" for what, number, share in rows), ""]
    if not quality.doors:
        lines.append(texts.say("source.quality_no_doors", lang))
    if quality.unreadable:
        lines.append(texts.say("source.quality_list_unreadable", lang, rows=quality.unreadable))
    return "\n".join(lines).rstrip()


def page(quality: Quality, lang: texts.Language) -> str:
    """The quality as a page that needs nothing else. It holds counts only, no address."""
    title = texts.say("source.quality_title", lang, file=quality.file)
    heads = texts.say("source.quality_heads", lang).split(";")
    body = []
    for name, rows in _blocks(quality, lang):
        cells = "".join(
            f"<tr><th scope=row>{html.escape(what)}</th><td>{number}</td><td>{share}</td></tr>"
            for what, number, share in rows
        )
        head = "".join(f"<th scope=col>{html.escape(one)}</th>" for one in heads)
        body.append(
            f"<h2>{html.escape(name)}</h2><table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"
        )
    notes = [texts.say("source.quality_own_eyes", lang)]
    if not quality.doors:
        notes.append(texts.say("source.quality_no_doors", lang))
    if quality.unreadable:
        notes.append(texts.say("source.quality_list_unreadable", lang, rows=quality.unreadable))
    return (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        "<style>body{font:1rem/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}"
        "th,td{text-align:left;border-bottom:1px solid #999;padding:.25rem .5rem}td{text-align:right;white-space:nowrap}th[scope=row]{font-weight:normal}</style>"
        f"<main><h1>{html.escape(title)}</h1>{''.join(f'<p>{html.escape(note)}</p>' for note in notes)}{''.join(body)}</main></html>\n"
    )
