"""What content alone tells: the share of its own households that a participant recognises in what the analyst sees.

A participant that is one municipality with the analyst knows where its clients live, and so their area and group, and
which of its services they use. Whoever is alone with those is recognised, with all that others deliver: no key
prevents it. That is why codes are coarse, no date leaves and the register is k-anonymous.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from factlab.delivery import agreed, identity, package

DOCS = Path(__file__).parents[2] / "docs"
pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def delivered(played: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Rows per participant, as the analyst opens them."""
    key = identity.load(played / "analyst" / "analyst.key")
    round_ = agreed.open_round(played / "round").round
    checks = agreed.read_checks(played / "round", round_)
    found = {}
    for file in sorted((played / "deliveries").glob("*.factlab")):
        told, contents = package.open_package(file, round_=round_, checks=checks, recipient=key)
        if told.content in ("services", "register"):
            columns = (column.to_pylist() for column in contents.rows.columns)
            found[told.participant] = list(zip(*columns, strict=True))
    return found


def recognised(rows: list[tuple[Any, ...]], place: dict[Any, tuple[str, ...]]) -> tuple[int, int]:
    """Of the households of one participant: those that are alone with their place and services, and all."""
    payload: dict[Any, set[str]] = defaultdict(set)
    for household, service in rows:
        if household in place:
            payload[household].add(service)
    alike = Counter((place[household], frozenset(used)) for household, used in payload.items())
    return sum(number == 1 for number in alike.values()), len(payload)


def test_how_many_households_content_alone_gives_away(delivered: dict[str, list[tuple[Any, ...]]]) -> None:
    """The figures of docs/attacks.md, on the sample municipality."""
    holder = next(name for name in delivered if "burgerzaken" in name)
    whole = {household: (area, group) for household, area, group in delivered[holder]}
    said = (DOCS / "attacks.md").read_text(encoding="utf-8")
    shares = []
    for place in (whole, {household: where[:1] for household, where in whole.items()}):
        found = [recognised(rows, place) for name, rows in delivered.items() if name != holder]
        alone, all_ = map(sum, zip(*found, strict=True))
        assert all_ > 5000
        shares.append(alone / all_)
    most, less = (f"{share:.0%}" for share in shares)
    assert (
        f"recognises {most} of its own clients by area, group and its own services, and {less} by area"
        in said
    )
