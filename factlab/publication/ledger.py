"""The ledger of releases: every publication that readers have, kept so that the next is protected beside them all.

A folder with one publication's figures and codebook for each release. Everything in it is public already.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from factlab.cells import Codebook, Publication
from factlab.errors import PublicationError
from factlab.files import new_folder
from factlab.publication import folder as folders

MARK = "releases.txt"  # so that a folder of something else isn't taken for a ledger
HEAD = "Factlab: what was released, oldest first; keep this folder, and keep it whole"


def read(ledger: Path, book: Codebook, *, before: Path | None = None) -> tuple[Publication, ...]:
    """The releases that have areas in common with this codebook, oldest first; those `before` a publication, if it is one
    of them. Empty when there is no ledger yet.

    Raises PublicationError when one of them isn't whole, or was changed, or when the folder is no ledger: a release
    that is left out of account is a leak, so that none is skipped.
    """
    listed = _listed(ledger)
    if before is not None and (name := _name(before)) in listed:
        listed = listed[: listed.index(name)]
    for name in listed:
        if not (ledger / name / folders.SUMS).is_file():
            raise PublicationError("publication.release_missing", folder=ledger.name, name=name)
    there = [folders.read(ledger / name) for name in listed]
    return tuple(one for one in there if one.codebook.area.keys() & book.area.keys())


def enter(ledger: Path, publication: Path) -> None:
    """Add a sealed publication to the ledger, unless the very same figures are in it already.

    The ledger is written anew and takes the place of the old one when it is whole.
    """
    name, listed = _name(publication), _listed(ledger)
    if name in listed:
        return
    with new_folder(ledger, replaces=MARK) as staged:
        for there in listed:
            shutil.copytree(ledger / there, staged / there)
        (staged / name).mkdir()
        for file in folders.NEEDED:
            shutil.copyfile(publication / file, staged / name / file)
        folders.seal(staged / name)
        lines = "\n".join((HEAD, *listed, name, ""))
        (staged / MARK).write_text(lines, encoding="utf-8", newline="\n")


def _listed(ledger: Path) -> list[str]:
    if not ledger.exists():
        return []
    if not (ledger / MARK).is_file():
        raise PublicationError("publication.no_ledger", folder=ledger.name, file=MARK)
    return (ledger / MARK).read_text(encoding="utf-8").splitlines()[1:]


def _name(publication: Path) -> str:
    """The round, and a digest of the figures and the codebook: the same ones are the same release."""
    book = folders.read(publication).codebook
    digest = hashlib.sha256()
    for file in folders.FIGURES:
        digest.update((publication / file).read_bytes())
    return f"{book.round_id}-{digest.hexdigest()[:16]}"
