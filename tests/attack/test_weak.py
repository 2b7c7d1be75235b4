"""Weak publications with one fault each, that an insider or a reader of earlier releases must break; and sound ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from factlab.attack import Verdict, audit
from factlab.cells import CellKey, Codebook, CountTable, Earlier, Publication
from factlab.disclosure import protect

from tests import synthetic
from tests.attack.test_judgement import BOOK, SIX, found, pinned, publication, small
from tests.attack.test_relations import book_of

TWO = {"a": ("x", "o p"), "b": ("x", "p"), "c": ("y", "q"), "d": ("y", "p q")}


def own(book: Codebook, numbers: Mapping[str, int]) -> dict[CellKey, int]:
    """`{"service a": 30}`: the counts of one organisation in a town of one area."""
    return {CellKey(*what.split()[:1], "municipality", "GM", "", what.split()[1]): n for what, n in numbers.items()}


def by(verdict: Verdict) -> set[tuple[str, str, str]]:
    return {(f.by, f.kind, f"{f.cells[0].table} {f.cells[0].category}") for f in verdict.findings}


def told(there: Publication, sequences: Mapping[str, int], number: str = "") -> Publication:
    """The publication with where it comes from: `{"register": 1, "o": 2}`, the delivery of each participant."""
    entries: list[dict[str, Any]] = [
        {
            "id": name,
            "content": "register" if name == "register" else "services",
            "delivered": sequence > 0,
            **({"sequence": sequence} if sequence > 0 else {}),
        }
        for name, sequence in sequences.items()
    ]
    book = replace(there.codebook, round_id=there.codebook.round_id + number)
    return replace(there, codebook=book, provenance={"participants": entries})


def then(there: Publication, least: int = 0, percent: int = 0) -> Earlier:
    return Earlier(there, frozenset(), least, percent)


# An organisation with its own counts ------------------------------------------------------------------------


def test_who_alone_delivers_a_service_pins_its_neighbour() -> None:
    """x + x + 40 users of one service: the organisation of the first knows the second."""
    book = small(book_of({"a": ("x", "o"), "b": ("x", "p q"), "c": ("x", "p q")}), "households domain service")
    numbers = {"households": "500", "domain": "60", "service": "x x 30"}
    there = publication(book, {"GM": numbers})
    assert audit(there).holds
    mine = own(book, {"households all": 25, "domain x": 25, "service a": 25, "organisation o": 25})
    assert audit(there, insiders={"o": mine}).holds
    book = small(
        book_of({"a": ("x", "o"), "b": ("y", "p q")}), "households domain_combination domain"
    )
    numbers = {"households": "500", "domain_combination": "420 x 20 x", "domain": "x x"}
    there = publication(book, {"GM": numbers})
    assert audit(there).holds
    mine = own(book, {"households all": 45, "domain x": 45, "domain_combination x": 45})
    assert by(audit(there, insiders={"o": mine})) == {
        ("o", "pinned exactly", "domain y"),
        ("o", "pinned exactly", "domain_combination x"),
        ("o", "pinned exactly", "domain_combination x+y"),
    }


def test_at_least_its_own_clients_leave_no_room() -> None:
    """45 = x + x households use one or two domains: 38 use two services of the organisation alone."""
    book = small(BOOK, "households domains")
    there = publication(book, {"GM": {"households": "500", "domains": "440 15 x x"}})
    assert audit(there).holds
    mine = own(book, {"households all": 38, "domains 2": 38})
    assert by(audit(there, insiders={"o": mine})) == {("o", "pinned below the threshold", "domains 3")}


def test_a_cover_with_its_own_part_leaves_no_room() -> None:
    """50 users of a service, 12 its own clients; the other organisation has x, so that x is 38 at least; its all are 40."""
    book = small(
        book_of({"a": ("x", "o p"), "b": ("y", "p"), "c": ("y", "q")}), "households service organisation"
    )
    numbers = {"households": "500", "service": "50 x x", "organisation": "x 45 x"}
    there = publication(book, {"GM": numbers})
    assert audit(there).holds
    mine = own(book, {"households all": 5, "service a": 5, "organisation o": 5})
    assert by(audit(there, insiders={"o": mine})) == {
        ("o", "pinned exactly", "service b"),
    } or not audit(there, insiders={"o": mine}).holds
