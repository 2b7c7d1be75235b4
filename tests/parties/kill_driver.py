"""Run a party in child processes that are killed (SIGKILL) at the n-th event: a step of SQL, a rename, a stage."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from factlab import engine, files
from factlab.parties import (
    analyst,
    convenor,
    custodian,
    organisation,
)  # imported before the children are made

_killed_at = -1
_events = 0


def event() -> None:
    """One more event; the process dies here when its number is up."""
    global _events  # noqa: PLW0603
    if _events == _killed_at:
        os.kill(os.getpid(), signal.SIGKILL)
    _events += 1


def before(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        event()
        result = function(*args, **kwargs)
        event()
        return result

    return wrapped


def main(job: Path) -> None:
    """The job is a pickled (function name, args, kwargs); prints the number of events that a whole run has."""
    global _killed_at  # noqa: PLW0603
    name, args, kwargs, numbers = pickle.loads(job.read_bytes())  # noqa: S301 - written by the test
    module, _, verb = name.partition(".")
    engine.Engine.run = before(engine.Engine.run)  # type: ignore[method-assign]
    files.Path.replace = before(Path.replace)  # type: ignore[method-assign]
    files.Path.rename = before(Path.rename)  # type: ignore[method-assign]
    if module == "analyst":
        kwargs["progress"] = lambda _: event()
    for number in numbers:
        child = os.fork()
        if child == 0:
            _killed_at = number
            parties = {
                "analyst": analyst,
                "convenor": convenor,
                "custodian": custodian,
                "organisation": organisation,
            }
            parties[module].__dict__[verb](*args, **kwargs)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(number, "killed" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}", flush=True)
        print("look", flush=True)
        sys.stdin.readline()  # the test looks at what is left


if __name__ == "__main__":
    main(Path(sys.argv[1]))
