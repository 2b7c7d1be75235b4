"""The guide for lost, stolen and renewed keys shows what its commands print, for the organisation and the convenor."""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

import pytest
from factlab.agreement import round as rounds
from factlab.delivery import identity
from factlab.files import package_folder
from factlab.parties import convenor

from tests.documents.playing import WHO, masked, said

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def convened(folder: Path) -> None:
    """A round in which all were invited, with the convenor's key at hand."""
    draft = package_folder("sample_data") / "agreement"
    drafted = rounds.read(draft / "round.toml")
    keys = {name: identity.new() for name in convenor.parties(drafted)}
    for name, one in keys.items():
        identity.save(one, folder / "keys" / f"{name}.key", name=name)
    shutil.copyfile(folder / "keys" / f"{drafted.convenor}.key", folder / f"{drafted.convenor}.key")
    (folder / f"{drafted.convenor}.key").chmod(0o600)
    convenor.new_round(draft, folder / "keys", keys[drafted.convenor], folder / "round")
    convenor.invite(folder / "round", keys[drafted.convenor])


def played(guide: str, folder: Path, lang: str) -> str:
    """The guide with the output that its commands give now; the `.pub` is sent in between."""
    convened(folder)

    def play(block: re.Match[str]) -> str:
        written = []
        for line in block[1].splitlines():
            if not line.startswith("$ "):
                continue
            written.append(line + "\n" + said(line.removeprefix("$ "), lang))
            if " identity new " in line:
                (folder / "new").mkdir()
                shutil.copyfile(folder / "wmo-loket-2.pub", folder / "new" / f"{WHO}.pub")
        return "```console\n" + "".join(written) + "```"

    with contextlib.chdir(folder):
        return _BLOCK.sub(play, guide)


@pytest.mark.parametrize(("name", "lang"), [("keys.md", "en"), ("sleutels.md", "nl")])
def test_the_guide_of_keys(tmp_path: Path, name: str, lang: str) -> None:
    guide = (DOCS / name).read_text(encoding="utf-8")
    assert guide.count("```console") == 2
    assert masked(played(guide, tmp_path, lang)) == masked(guide)
