"""The trust boundaries of the design, as the code has them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "factlab"


def sources() -> list[tuple[Path, ast.Module]]:
    return [(file, ast.parse(file.read_text(encoding="utf-8"))) for file in sorted(PACKAGE.rglob("*.py"))]


def callers(name: str) -> set[str]:
    """The rooms in which `name(…)` is called."""
    return {
        file.relative_to(PACKAGE).parts[0]
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == name)
            or (isinstance(node.func, ast.Attribute) and node.func.attr == name)
        )
    }


def test_the_contracts_hold() -> None:
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]


def test_a_forbidden_import_would_be_noticed(tmp_path: Path) -> None:
    """The contracts are no decoration: an import of `source` in `linkage` breaks them."""
    import shutil

    shutil.copytree(PACKAGE, tmp_path / "factlab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    with (tmp_path / "factlab" / "linkage" / "joining.py").open("a") as file:
        file.write("\nimport factlab.source\n")
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "Who works with pseudonyms never reaches an address BROKEN" in run.stdout


@pytest.mark.parametrize(
    ("value", "makers"),
    [
        ("SafeTable", {"disclosure"}),
        ("SafeLinked", {"disclosure"}),
        ("Publication", {"publication"}),
        ("CountTable", {"stacking"}),
    ],
)
def test_only_one_room_makes_it(value: str, makers: set[str]) -> None:
    assert callers(value) == makers


def test_counts_show_nothing_when_printed() -> None:
    from tests import synthetic

    book = synthetic.codebook()
    counts = synthetic.count(book, synthetic.households(book, 50))
    assert repr(counts) == f"CountTable({len(counts.counts)} cells)"
    assert not [name for name in dir(counts) if name.startswith(("to_", "write", "save"))]


def test_help_answers_without_the_heavy_libraries() -> None:
    code = (
        "import sys, factlab.cli; "
        "print([m for m in ('pandas', 'duckdb', 'pyarrow', 'matplotlib', 'numpy', 'cryptography') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
