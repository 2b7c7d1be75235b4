"""docs/attacks.md: each attack of the protocol is in its table, with a test that exists or a limit that is told."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROTOCOL = (
    "brute force", "a dictionary through one's own submission", "frequency", "neighbourhood and content", "row order",
    "size", "linking over rounds", "replay", "wrong round, secret or normaliser", "double submission", "tampering",
    "substitution", "stripping and re-signing", "a spoofed sender", "forwarding to another recipient",
    "a hostile package", "a key in logs, plans, command lines, files", "a key or rows in swap", "fake rows", "collusion",
    "harvest now, decrypt later", "deletion not done",
)  # fmt: skip


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    found = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| **")]
    return [[cell.strip() for cell in row] for row in found]


def named_tests() -> list[str]:
    return sorted({name for row in rows() for name in re.findall(r"`(tests/[^`]+)`", row[2])})


def test_every_attack_of_the_protocol_is_there() -> None:
    named = [re.match(r"\*\*(.+?)\*\*", row[0]) for row in rows()]
    assert set(PROTOCOL) <= {found.group(1) for found in named if found}


def test_every_attack_has_a_test_and_says_its_limit() -> None:
    for row in rows():
        assert len(row) == 4, row[0]
        assert re.findall(r"`tests/[^`]+`", row[2]), row[0]
        assert row[3], row[0]


@pytest.mark.parametrize("name", named_tests())
def test_each_test_named_exists(name: str) -> None:
    file, _, function = name.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
