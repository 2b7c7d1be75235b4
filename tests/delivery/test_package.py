"""A delivery arrives as it was sent."""

from __future__ import annotations

from pathlib import Path

from factlab.delivery.package import inspect, open_package

from tests.delivery.made import ANALYST, CHECKS, ROUND, TOTALS_TOLD, register, send, services


def test_services_arrive(tmp_path: Path) -> None:
    sent = services(1187)
    made = send(tmp_path / "a.factlab", sent)
    manifest, contents = open_package(tmp_path / "a.factlab", round_=ROUND, checks=CHECKS, recipient=ANALYST)
    assert manifest == made == inspect(tmp_path / "a.factlab", ROUND) == inspect(tmp_path / "a.factlab", None)
    rows = list(zip(*contents.rows.to_pydict().values(), strict=True))
    assert rows == sorted(rows)
    assert sorted(zip(*sent.rows.to_pydict().values(), strict=True)) == rows
    assert contents.totals == TOTALS_TOLD


def test_a_register_arrives(tmp_path: Path) -> None:
    sent = register(500)
    send(tmp_path / "a.factlab", sent)
    _, contents = open_package(tmp_path / "a.factlab", round_=ROUND, checks=CHECKS, recipient=ANALYST)
    assert contents.rows.num_rows == 500
    assert sorted(zip(*sent.rows.to_pydict().values(), strict=True)) == list(
        zip(*contents.rows.to_pydict().values(), strict=True)
    )
