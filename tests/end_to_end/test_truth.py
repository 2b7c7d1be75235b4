"""Every published number against the truth, and every row that did not count with the truth's reason."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from factlab import texts

from tests.end_to_end import oracle
from tests.end_to_end.conftest import SAMPLE

pytestmark = pytest.mark.xdist_group("demo")


def cells(played: Path) -> pd.DataFrame:
    return pd.read_csv(
        played / "publication" / "cells.csv",
        dtype={"households": "Int64"},
        keep_default_na=False,
        na_values={"households": ""},
    )


@pytest.fixture(scope="module")
def truth() -> oracle.Counts:
    rule = tomllib.loads((SAMPLE / "agreement" / "analysis.toml").read_text(encoding="utf-8"))["vulnerable"]
    return oracle.count(SAMPLE / "truth", SAMPLE / "agreement" / "catalogue.csv", rule)


def test_the_oracle_shares_nothing_with_factlab() -> None:
    tree = ast.parse(Path(oracle.__file__).read_text(encoding="utf-8"))
    names = [
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    assert names
    assert not [name for name in names if "factlab" in name]


def test_every_published_number_is_the_truth(played: Path, truth: oracle.Counts) -> None:
    shown = cells(played)
    shown = shown[(shown["status"] == "published") & (shown["table"] != "unmatched")]
    assert len(shown) > 300
    for row in shown.itertuples():
        assert row.households == truth.get((row.table, row.area_code, row.category), 0), row


def test_every_count_of_the_truth_has_its_cell(played: Path, truth: oracle.Counts) -> None:
    there = {(row.table, row.area_code, row.category) for row in cells(played).itertuples()}
    levels = {"service": "BU", "organisation": "BU", "organisations": "BU"}  # not down to neighbourhoods
    for table, code, category in truth:
        if not code.startswith(levels.get(table, "-")):
            assert (table, code, category) in there


def test_columns_and_names_are_the_contract(played: Path) -> None:
    shown = cells(played)
    assert list(shown.columns) == [
        "table", "area_level", "area_code", "area_name", "group", "category", "households", "status"
    ]  # fmt: skip
    categories = shown.groupby("table", sort=False)["category"].unique().map(list).to_dict()
    assert categories["households"] == ["all"]
    assert categories["services"] == categories["organisations"] == ["0", "1", "2", "3", "4", "5+"]
    assert categories["domains"] == ["0", "1", "2", "3"]
    assert categories["domain_combination"] == [
        "none", "jeugd", "pwet", "wmo", "jeugd+pwet", "jeugd+wmo", "pwet+wmo", "jeugd+pwet+wmo"
    ]  # fmt: skip
    assert categories["domain"] == ["jeugd", "pwet", "wmo"]
    assert categories["vulnerable"] == ["yes", "no"]
    assert set(shown["status"]) <= {"published", "suppressed", "unavailable"}
    assert set(shown["area_level"]) == {"municipality", "district", "neighbourhood"}


def test_no_small_count_is_published(played: Path) -> None:
    shown = cells(played)
    published = shown[shown["status"] == "published"]["households"]
    assert not published.between(1, 9).any()
    assert shown[shown["status"] != "published"]["households"].isna().all()


def test_every_row_of_the_truth_has_its_reason() -> None:
    assert oracle.unexplained(SAMPLE / "truth") == 0


REASONS = ("unusable address", "excluded", "institution", "unknown service", "outside the period")


def test_rows_that_did_not_count_are_explained_row_by_row(played: Path) -> None:
    """The problem list of each organisation names exactly the rows, and the reasons, of the truth; what only the join
    could tell (not in the register) is in no problem list."""
    use = pd.read_parquet(SAMPLE / "truth" / "use.parquet")
    use["position"] = use.groupby("organisation").cumcount()
    checked = 0
    for organisation, rows in use.groupby("organisation"):
        (file,) = (played / "parties" / str(organisation)).glob("*.problems.csv")
        problems = pd.read_csv(file, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")
        problems.columns = pd.Index(
            texts.say("source.problem_headers", "en").split(";")
        )  # the demo is played in Dutch
        problems["reason"] = problems["reason"].replace(
            {texts.say(f"source.reason_{one.replace(' ', '_')}", "nl"): one for one in REASONS}
        )
        first = int(problems["row"].astype(int).min()) if len(problems) else 0
        expected = rows[~rows["counted"] & rows["reason"].isin(REASONS)]
        told = dict(zip(problems["row"].astype(int), problems["reason"], strict=True))
        shift = _shift(told, dict(zip(expected["position"], expected["reason"], strict=True)), first)
        for position, reason in zip(rows["position"], rows["reason"], strict=True):
            said = told.get(position + shift, "")
            if reason == "outside the municipality":
                assert said == "", (organisation, position)
            elif said != reason:
                # Another organisation's institution or secret address: only the join can tell.
                assert (said, reason) in {("", "institution"), ("", "excluded")}, (organisation, position)
            checked += 1
    assert checked == len(use)


def _shift(told: dict[int, str], expected: dict[int, str], first: int) -> int:
    """From the position in the truth to the row number that the organisation sees: the header rows above it."""
    for shift in range(first + 1):
        if all(
            told.get(position + shift) == reason or reason in {"institution", "excluded"}
            for position, reason in expected.items()
        ):
            return shift
    raise AssertionError("the problem list and the truth do not fit under any number of header rows")
