"""The engine touches no disk and can't be talked into it."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from factlab.engine import Engine, Step, steps
from factlab.errors import FactlabError


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/hostname')",
        "copy (select 1) to 'leak.csv'",
        "attach 'leak.db'",
        "export database 'leak'",
        "install httpfs",
        "load httpfs",
        "set temp_directory = '.tmp'",
        "set enable_external_access = true",
        "pragma enable_profiling = 'json'",
        "set lock_configuration = false",
    ],
)
def test_no_way_out(sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Engine() as engine, pytest.raises(duckdb.Error):
        engine.rows(sql)
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_stops_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Engine(memory_limit="40MB") as engine, pytest.raises(duckdb.OutOfMemoryException):
        engine.rows("select count(distinct md5(n::varchar)) from range(20000000) t(n)")
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_finds_a_row_stops_the_run() -> None:
    with Engine() as engine:
        engine.load(
            "household",
            pa.table(
                {"household": pa.array([1, 2], pa.int32()), "area": ["a", "a"], "household_group": ["", ""]}
            ),
        )
        engine.load(
            "household_use",
            pa.table({"household": pa.array([1], pa.int32()), "organisation": ["o"], "service": ["s"]}),
        )
        engine.load("unmatched", pa.table({"organisation": ["o"], "addresses": [0]}))
        engine.load(
            "reported", pa.table({"organisation": ["o"], "area": ["a"], "service": ["s"], "number": [12]})
        )
        drop = next(step for step in steps("linkage") if step.name.endswith("05_drop_key.sql"))
        checks_only = Step(drop.name, "select 1")
        engine.run(checks_only)
        engine.load("left", pa.table({"pseudonym": [b"0" * 16]}))
        with pytest.raises(FactlabError, match="05_drop_key_columns"):
            engine.run(checks_only)


def test_every_step_says_what_it_reads_makes_and_may_see() -> None:
    for folder in ("linkage", "stacking", "stacking/tables", "stacking/areas", "source"):
        for step in steps(folder):
            for word in ("reads:", "makes:", "may see:"):
                assert word in step.comment, step.name
            code = "\n".join(line for line in step.sql.splitlines() if not line.startswith("--"))
            assert "*" not in re.sub("'[^']*'", "''", code).replace("count(*)", ""), (
                step.name
            )  # not in a pattern
            assert code == code.lower() or "'" in code, step.name
