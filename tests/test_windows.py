"""What Windows and its programs do otherwise, as far as it shows on another system. Nothing here ran on Windows itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest
from factlab import agreement, texts
from factlab.delivery import identity
from factlab.errors import AgreementError
from factlab.files import new_file, package_folder
from factlab.source import extract, mapping

NOTEPAD = "\ufeff"  # the mark that Notepad may put in front


def from_notepad(file: Path) -> None:
    """Save a file again as Notepad does."""
    text = file.read_text(encoding="utf-8").replace("\n", "\r\n")
    file.write_text(NOTEPAD + text, encoding="utf-8", newline="")


def test_what_notepad_saved_reads_the_same(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(package_folder("sample_data") / "agreement", tmp_path / "ronde één"))
    before = agreement.read(folder)
    from_notepad(folder / "round.toml")
    assert agreement.read(folder) == before
    file = tmp_path / "zoë.key"
    made = identity.new()
    identity.save(made, file, name="zorg")
    from_notepad(file.with_suffix(".pub"))
    assert identity.read_public(file.with_suffix(".pub")) == ("zorg", made.keys)
    told = mapping.Mapping({"postcode": "Pòstcode", "number": "Nr"}, {"zorg é": "WMO-HBH"})
    mapping.save(told, tmp_path / "cliënten.csv.mapping.toml")
    from_notepad(tmp_path / "cliënten.csv.mapping.toml")
    found = mapping.find(tmp_path / "cliënten.csv")
    assert found is not None
    assert mapping.load(found) == told


def test_an_extract_with_its_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "cliënten 2025 (kopie).csv"
    rows = 'postcode;huisnummer;straat\n1506AB;12;"Kerk\nstraat"\n1506AC;3;Dam\n'
    for ends in ("\n", "\r\n", "\r"):
        file.write_bytes(rows.replace("\n", ends).encode("cp1252"))
        read = extract.read(file).table
        assert read.column("postcode").to_pylist() == ["1506AB", "1506AC"], repr(ends)
        assert read.column("huisnummer").to_pylist() == ["12", "3"]


def test_a_file_that_another_program_has_open_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "cliënten.csv.problems.csv"
    target.write_text("open in Excel")

    def refused(self: Path, _to: Path) -> None:
        raise PermissionError(13, "Access is denied", str(self), None, str(target))

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(PermissionError) as raised, new_file(target) as beside:
        beside.write_text("new")
    assert raised.value.filename == str(target)
    assert target.read_text() == "open in Excel"
    assert list(tmp_path.iterdir()) == [target]


def test_a_leftover_that_is_open_elsewhere_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leftover = tmp_path / ".a.csv.999999999.partial"
    leftover.write_text("half")
    unlink = Path.unlink

    def refused(self: Path, missing_ok: bool = False) -> None:
        if self == leftover:
            raise PermissionError(13, "in use", str(self))
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    with new_file(tmp_path / "a.csv") as beside:
        beside.write_text("whole")
    assert (tmp_path / "a.csv").read_text() == "whole"


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_no_party_has_a_name_that_is_a_device(tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(package_folder("sample_data") / "agreement", tmp_path / "ronde"))
    text = (folder / "round.toml").read_text(encoding="utf-8")
    (folder / "round.toml").write_text(text.replace('"voedselbank-wiermonde"', f'"{name}"'), encoding="utf-8")
    with pytest.raises(AgreementError) as raised:
        agreement.read(folder)
    keys = [raised.value.key, *(one.key for one in raised.value.details)]
    assert "agreement.device_name" in keys


def test_the_names_that_we_make_are_names_there() -> None:
    made = PureWindowsPath(r"D:\Zorg & Welzijn\Extracten mét spaties\cliënten 2025.csv")
    for suffix in (mapping.SUFFIX, ".problems.csv", ".never.toml", ".receipt.txt"):
        beside = made.with_name(made.name + suffix)
        assert beside.parent == made.parent
        assert not set(beside.name) & set('<>:"/\\|?*')


def test_a_screen_that_lacks_a_letter_gets_a_question_mark_and_not_an_error(tmp_path: Path) -> None:
    file = tmp_path / "βeta cliënten.csv"
    file.write_text("postcode;huisnummer\n1506AB;12\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "factlab", "--lang", "nl", "addresses", str(file), "--out", str(tmp_path / "βuit.csv")],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"?uit.csv" in done.stdout
    assert (tmp_path / "βuit.csv").exists()


def test_windows_says_its_language_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(texts, "_of_windows", lambda: "nl_NL")
    assert texts.language() == "nl"
    assert texts.language("en") == "en"
    monkeypatch.setenv("LANG", "en_GB")
    assert texts.language() == "en"
