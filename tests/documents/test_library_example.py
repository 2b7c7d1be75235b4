"""The example in docs/disclosure.md runs as it stands, and does what the text says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "disclosure.md"


def test_the_library_example_runs_and_hides_what_it_should(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, str(DOCUMENT), "exec"), names)  # noqa: S102 our own document
    told = capsys.readouterr().out
    frame = names["safe"].table["households"].to_frame().set_index(["geo", "use"])
    assert frame.loc[("N2", "some"), "status"] == "suppressed"
    assert frame.loc[("Town", "all"), "n"] == 1000
    assert frame.status.isin(["published", "suppressed"]).all()
    assert frame.n.isna().equals(frame.status == "suppressed")
    shares = names["safe"].table["share"].to_frame().set_index("geo")
    assert shares.loc["N2", "status"] == "suppressed"  # 2% of 300 is 5 to 7
    assert shares.loc["Town", "value"] == 20
    assert "bakers" in told
    assert names["verdict"].holds
    low, high = names["feasible"](names["safe"])["households", "geo=N2", "use=some"]
    assert low == 0
    assert high >= 10
    assert "primary" not in str(names["safe"].certificate)
