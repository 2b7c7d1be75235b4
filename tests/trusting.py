"""A draft of a round in the other way of trust: the sample has a custodian."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from factlab.agreement import round as rounds


def direct(draft: Path) -> Path:
    """Rewrite the `round.toml` in the folder `draft` as one in direct trust; gives the folder."""
    file = draft / rounds.FILE
    drafted = replace(rounds.read(file), trust="direct", custodian=None)
    file.write_text(rounds.to_toml(drafted), encoding="utf-8")
    return draft
