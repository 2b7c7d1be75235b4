"""The only import of DuckDB: a connection in memory that spills nothing, reads nothing, and runs the steps of `pipelines/`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import duckdb
import pyarrow as pa

from factlab.errors import FactlabError
from factlab.files import package_folder


@dataclass(frozen=True)
class Step:
    """One SQL file: its place under `pipelines/`, its text and the checksum that provenance prints."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def comment(self) -> str:
        """The head of the file: what the step reads, makes and may see."""
        head = []
        for line in self.sql.splitlines():
            if not line.startswith("--"):
                break
            head.append(line.removeprefix("--").strip())
        return "\n".join(head)


def steps(folder: str) -> tuple[Step, ...]:
    """The steps of one folder of `pipelines/` in the order of their numbers."""
    root = package_folder("pipelines")
    files = sorted((root / folder).glob("*.sql"))
    return tuple(Step(f"{folder}/{file.name}", file.read_text(encoding="utf-8")) for file in files)


def read_step(name: str) -> Step:
    """One step by its place under `pipelines/`, say `stacking/tables/services.sql`."""
    return Step(name, (package_folder("pipelines") / name).read_text(encoding="utf-8"))


class Engine:
    """A DuckDB in memory.

    Pseudonyms live here and nowhere else, so it never touches the disk: no spilling (`temp_directory` is empty:
    with too little memory it stops and writes nothing), no reading or writing of files, no extensions, and the
    settings are locked.
    """

    def __init__(self, *, memory_limit: str = "4GB", threads: int | None = None) -> None:
        self._con = duckdb.connect(":memory:")
        # The order matters: after external access is off, the temporary directory can't be changed.
        for setting, value in {
            "temp_directory": "",
            "memory_limit": memory_limit,
            **({"threads": threads} if threads else {}),
            "enable_progress_bar": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_external_access": False,
            "lock_configuration": True,
        }.items():
            self._con.execute(f"set {setting} = '{value}'")
        self.ran: list[Step] = []

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._con.close()

    def load(self, name: str, rows: pa.Table) -> None:
        """Make a table `name` of `rows`. The Arrow table itself is let go of."""
        self._con.register("arriving", rows)
        try:
            self._con.execute(f'create table "{name}" as select * from arriving')  # noqa: S608 - our own names
        finally:
            self._con.unregister("arriving")

    def append(self, name: str, rows: pa.Table) -> None:
        """Add `rows` to the table `name`, column by column name."""
        self._con.register("arriving", rows)
        try:
            self._con.execute(f'insert into "{name}" by name select * from arriving')  # noqa: S608 - our own names
        finally:
            self._con.unregister("arriving")

    def clear(self) -> None:
        """Drop every table: what comes next begins as in a new engine, which takes longer to start."""
        for (name,) in self.rows("select table_name from duckdb_tables()"):
            self._con.execute(f'drop table "{name}"')

    def set(self, variables: Mapping[str, Any]) -> None:
        """Set the variables that steps read with `getvariable('…')`. A value is bound, never part of a text."""
        for name, value in variables.items():
            self._con.execute(f"set variable {name} = ?", [value])

    def run(self, step: Step) -> None:
        """Run a step, then its checks: `checks/<name>*.sql` beside it must return no rows."""
        for statement in duckdb.extract_statements(step.sql):
            self._con.execute(statement)
        self.ran.append(step)
        folder, _, file = step.name.rpartition("/")
        root = package_folder("pipelines")
        for check in sorted((root / folder / "checks").glob(f"{file.removesuffix('.sql')}*.sql")):
            sql = check.read_text(encoding="utf-8")
            if self._con.execute(sql).fetchone() is not None:
                raise FactlabError("engine.check_failed", check=f"{folder}/checks/{check.name}")
            self.ran.append(Step(f"{folder}/checks/{check.name}", sql))

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return list(self._con.execute(sql, parameters or []).fetchall())

    def table(self, sql: str, parameters: list[Any] | None = None) -> pa.Table:
        """The result of a query as Arrow."""
        return self._con.sql(sql, params=parameters or []).to_arrow_table()

    def columns(self) -> list[tuple[str, str, str]]:
        """Every (table, column, type) that exists here, views included."""
        return [
            (str(table), str(column), str(kind))
            for table, column, kind in self.rows(
                "select table_name, column_name, data_type from information_schema.columns order by all"
            )
        ]
