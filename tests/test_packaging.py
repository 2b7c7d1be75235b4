"""A wheel installed in a new environment, outside the checkout, runs the demo."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_made_from_the_sdist_runs_the_demo_elsewhere(tmp_path: Path) -> None:
    built = tmp_path / "dist"
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", built, ROOT],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for shipped in ("factlab/pipelines/linkage/05_drop_key.sql", "factlab/sample_data/agreement/round.toml"):
        assert shipped in names
    assert any(name.startswith("factlab/reports/") for name in names)
    assert not [name for name in names if name.startswith(("tests", "bench", "docs"))]

    home = tmp_path / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # The libraries that factlab needs are borrowed from this environment; factlab itself comes from the wheel alone,
    # since a .pth file inside a borrowed folder (the editable install) is not followed.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    where = subprocess.run(
        [python, "-c", "import factlab; print(factlab.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=elsewhere,
    )
    assert Path(where.stdout.strip()).is_relative_to(home)
    run = subprocess.run(
        [python, "-m", "factlab", "--lang", "en", "demo", "--out", "out"],
        capture_output=True,
        text=True,
        cwd=elsewhere,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert (elsewhere / "out" / "publication" / "index.html").exists()
    assert sorted(path.name for path in elsewhere.iterdir()) == ["out"]
