"""The certificate's page: what a privacy officer reads, and what nobody may read from it."""

from __future__ import annotations

import dataclasses
from typing import Any

from factlab.cells import Publication
from factlab.report import certificate
from factlab.report.contents import Report, plain
from factlab.texts import LANGUAGES

ATTACK = {
    "holds": True,
    "narrowest_interval": 12,
    "attacked": {"cells": 300, "hidden": 40, "numbers": 512, "relations": {"areas": 7, "total uses": 3}},
    "not_covered": [{"nl": "Wat er morgen gebeurt.", "en": "What happens tomorrow."}],
}


def told(publication: Publication, **changes: Any) -> Report:
    changed = dataclasses.replace(publication, certificate={**publication.certificate, **changes})
    return certificate.tell(changed, "nl")


def text(report: Report) -> str:
    lines = [plain(report.title), plain(report.lead)]
    for section in report.sections:
        lines += [section.title, *(plain(part) for part in (*section.text, *section.points))]
        for finding in section.findings:
            lines += [row.head for row in finding.table.rows] if finding.table else []
    return "\n".join(lines)


def test_only_a_passed_attack_says_so(published: Publication) -> None:
    assert "nog niet beproefd" in text(told(published, attack={}))
    assert "nog niet beproefd" in text(told(published, attack={**ATTACK, "holds": False}))
    assert "nog niet beproefd" not in text(told(published, attack=ATTACK))


def test_it_says_what_was_not_tried(published: Publication) -> None:
    assert "Wat er morgen gebeurt." in text(told(published, attack=ATTACK))


def test_it_counts_what_is_hidden_and_never_why(published: Publication) -> None:
    """The numbers hidden are those of the cells themselves; nothing tells how many were small."""
    report = told(published, attack=ATTACK)
    table = next(f.table for s in report.sections for f in s.findings if f.id == "hidden-by-level")
    assert table is not None
    hidden = sum(cell.status == "suppressed" for cell in published.cells)
    assert sum(int(row.entries[1].text) for row in table.rows) == hidden
    assert len(table.columns) == 3


def test_every_kind_of_relation_has_a_name(published: Publication) -> None:
    """The attacker adds kinds; each must be said in words, in both languages."""
    from factlab.attack import audit

    for lang in LANGUAGES:
        verdict = audit(published)
        changed = dataclasses.replace(published, certificate={"attack": verdict.certificate()})
        assert certificate.tell(changed, lang).sections
