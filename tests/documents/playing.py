"""A guide is played as its reader would: every command in it, in its order, in one folder."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import sys
from pathlib import Path

from factlab import cli
from factlab.agreement import round as rounds
from factlab.delivery import identity
from factlab.files import package_folder
from factlab.parties import convenor

WHO = "wmo-loket-wiermonde"
_BLOCK = re.compile(r"```(console|toml)\n(.*?)```", re.DOTALL)
# What differs each time: fingerprints of keys.
_DIFFERS = re.compile(r"([0-9a-f]{4} ){7}[0-9a-f]{4}")


def masked(text: str) -> str:
    return _DIFFERS.sub("…", text)


def _convene(folder: Path) -> None:
    """What the convenor does between two commands of the organisation: make the round and send the kit."""
    draft, elsewhere = package_folder("sample_data") / "agreement", folder.parent / f"{folder.name}-convenor"
    drafted = rounds.read(draft / "round.toml")
    others = {name: identity.new() for name in convenor.parties(drafted) if name != WHO}
    for name, one in others.items():
        identity.save(one, elsewhere / "keys" / f"{name}.key", name=name)
    shutil.copyfile(folder / f"{WHO}.pub", elsewhere / "keys" / f"{WHO}.pub")
    lead = others[drafted.convenor]
    convenor.new_round(draft, elsewhere / "keys", lead, elsewhere / "round")
    convenor.invite(elsewhere / "round", lead)
    shutil.copytree(elsewhere / "round" / "kits" / WHO, folder / "kit")


def said(command: str, lang: str) -> str:
    """What a command prints, errors included."""
    out = io.StringIO()
    argv, sys.argv = sys.argv, ["factlab", "--lang", lang, *shlex.split(command)[1:]]
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
            contextlib.suppress(SystemExit),
        ):
            cli.main()
    finally:
        sys.argv = argv
    return out.getvalue()


def played(guide: str, folder: Path, lang: str) -> str:
    """The guide with the output that its commands give now. A block of TOML is the table that its reader fills in."""
    shutil.copyfile(
        package_folder("sample_data") / "extracts" / WHO / "beschikkingen.csv", folder / "beschikkingen.csv"
    )
    mapping = folder / "beschikkingen.csv.mapping.toml"

    def play(block: re.Match[str]) -> str:
        kind, told = block.groups()
        if kind == "toml":
            kept = mapping.read_text(encoding="utf-8").partition("[services]")[0]
            mapping.write_text(kept + told, encoding="utf-8")
            return block[0]
        lines = told.splitlines()
        written = []
        while lines and lines[0].startswith(("$ ", "  --")):
            written.append(lines.pop(0))
        command = " ".join(line.removesuffix("\\").removeprefix("$ ") for line in written)
        if " pseudonymise " in command and not (folder / "kit").exists():
            _convene(folder)
        return "```console\n" + "\n".join(written) + "\n" + said(command, lang) + "```"

    with contextlib.chdir(folder):
        return _BLOCK.sub(play, guide)
