"""Files appear whole or not at all: written beside, then renamed."""

from __future__ import annotations

import errno
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PARTIAL = ".partial"


def _clear_stale(target: Path) -> None:
    """Remove what a killed run left beside `target`. A run that is still alive keeps its own.

    Killed between its two renames, a run leaves the folder that stood at `target` under another name: it goes back.
    """
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.*{PARTIAL}"):
        pid, _, old = leftover.name.removeprefix(f".{target.name}.").removesuffix(PARTIAL).partition(".")
        if pid.isdigit() and int(pid) != os.getpid() and _alive(int(pid)):
            continue
        if old and not target.exists():
            leftover.rename(target)
        elif leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            with suppress(PermissionError):  # Windows: a run that is still alive has it open
                leftover.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    if os.name == "nt":  # os.kill(pid, 0) would end the process there
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sync(folder: Path) -> None:
    if os.name == "nt":  # a folder can't be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _put(beside: Path, target: Path) -> None:
    """Let `beside` become `target`. Windows refuses that while another program has the target open: it is named."""
    try:
        beside.replace(target)
    except PermissionError as error:
        raise PermissionError(error.errno, error.strerror, str(target)) from None


@contextmanager
def new_file(target: Path, *, private: bool = False) -> Iterator[Path]:
    """Give a path beside `target` to write to; it becomes `target` when the block ends well, else nothing does.

    `private` makes the file readable by its owner only (0600) before a byte is in it.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear_stale(target)
    beside = target.parent / f".{target.name}.{os.getpid()}{PARTIAL}"
    try:
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600 if private else 0o644))
        yield beside
        with beside.open("rb+") as written:
            os.fsync(written.fileno())
        _put(beside, target)
        _sync(target.parent)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def new_folder(target: Path, *, replaces: str = "") -> Iterator[Path]:
    """Give a folder beside `target` to fill, closed to others; it becomes `target` when the block ends well.

    A folder that stands at `target` is replaced only if it holds a file `replaces`, so that it is an earlier one of
    the same kind, and is kept until the new one is whole. Any other is left alone: FileExistsError.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear_stale(target)
    ours = bool(replaces) and (target / replaces).exists()
    if target.exists() and not ours and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    beside = target.parent / f".{target.name}.{os.getpid()}{PARTIAL}"
    old = target.parent / f".{target.name}.{os.getpid()}.old{PARTIAL}"
    try:
        beside.mkdir(mode=0o700)
        yield beside
        for path in sorted(beside.rglob("*")):
            if path.is_file():
                with path.open("rb+") as written:
                    os.fsync(written.fileno())
        beside.chmod(0o755)
        _sync(beside)
        if target.exists():
            target.rename(old)
        beside.rename(target)
        _sync(target.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if old.exists() and not target.exists():
            old.rename(target)
        shutil.rmtree(old, ignore_errors=True)


def package_folder(name: str) -> Path:
    """The folder `name` (pipelines, reports, sample_data): inside the package when installed, beside it in a checkout."""
    here = Path(__file__).parent
    inside = here / name
    return inside if inside.is_dir() else here.parent / name
