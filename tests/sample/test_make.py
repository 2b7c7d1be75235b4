"""A sample of any size: the same bytes for the same seed, the same places, and nothing for too few households."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from factlab.errors import UsageError
from factlab.sample import make
from factlab.texts import say

from tests.sample.reading import register, rows

SAMPLE = Path(__file__).parents[2] / "sample_data"


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_committed_sample_is_what_make_writes(tmp_path: Path) -> None:
    make(tmp_path / "again")
    made, kept = content(tmp_path / "again"), content(SAMPLE)
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []


def test_another_seed_is_another_town_in_the_same_places(tmp_path: Path) -> None:
    make(tmp_path / "one", households=600, seed=1)
    make(tmp_path / "two", households=600, seed=2)
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    same = {name for name in one if one[name] == two[name]}
    assert same - {name for name in same if "mapping" in name} == {
        "README.md", "agreement/analysis.toml", "agreement/areas.csv", "agreement/areas.geojson",
        "agreement/catalogue.csv", "agreement/round.toml",
    }  # fmt: skip


def test_the_smallest_town_has_every_neighbourhood_and_every_reason(tmp_path: Path) -> None:
    make(tmp_path / "small", households=500, seed=3)
    per_area = Counter(area for _, area, _ in register(tmp_path / "small"))
    assert len(per_area) == 20 and sum(per_area.values()) == 500
    assert per_area["BU99990204"] == 14  # the industrial estate
    told = pq.read_table(tmp_path / "small" / "truth" / "use.parquet").to_pylist()
    assert len(told) == len(rows(tmp_path / "small"))
    assert len({one["reason"] for one in told}) == 7


def test_a_smaller_town_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        make(tmp_path / "none", households=499)
    assert "500" in say(refused.value.key, "nl", **refused.value.fields)
    assert not (tmp_path / "none").exists()


def test_neighbourhoods_differ_in_use() -> None:
    area = [area for _, area, _ in register(SAMPLE)]
    using = {
        one["household"]
        for one in pq.read_table(SAMPLE / "truth" / "use.parquet").to_pylist()
        if one["counted"]
    }
    households, users = Counter(area), Counter(area[household - 1] for household in using)
    shares = sorted(users[code] / many for code, many in households.items() if many >= 400)
    assert len(shares) == 19 and max(households.values()) <= 2500
    assert shares[-1] > 2.5 * shares[0]


def test_the_agreement_names_every_folder_and_only_services_of_the_year() -> None:
    agreed = tomllib.loads((SAMPLE / "agreement" / "round.toml").read_text(encoding="utf-8"))
    assert {one["id"] for one in agreed["participant"]} == {
        one.name for one in (SAMPLE / "extracts").iterdir()
    }
    with (SAMPLE / "agreement" / "catalogue.csv").open(encoding="utf-8", newline="") as lines:
        valid = {
            one["code"]
            for one in csv.DictReader(lines)
            if not one["valid_to"] or one["valid_to"] >= "2025-12-31"
        }
    delivered = Counter(code for one in agreed["participant"] for code in one.get("services", []))
    assert delivered.keys() <= valid
    assert len(delivered) >= 24 and sum(many > 1 for many in delivered.values()) >= 6
