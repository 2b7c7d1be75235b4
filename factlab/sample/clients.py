"""The columns that must not leave: names, birth dates, numbers and notes of clients who do not exist."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# Surnames that say of themselves that they are made up.
_INITIALS = "ABCDEFGHIJKLMNPRSTWZ"
_SURNAMES = ("Voorbeeld", "Verzonnen", "van Fictie", "de Proef", "Testema", "Nepstra", "Bedacht", "Schijnbaar",
             "van der Sprookjes", "Denkbeeld", "Fantasius", "Proefkonijn", "Modelman", "Onbestaand", "Zogenaamd")  # fmt: skip
_NOTES = ("", "", "", "belt terug", "dochter is contactpersoon", "sleutel bij de buren, graag bellen", "wil geen post",
          "tolk nodig", "evaluatie in het voorjaar")  # fmt: skip
_ADULTS = (-13_880, 27_000)  # born from 1932 on, within so many days
_YOUTH = (13_880, 6_200)  # from 2008 on


def draw(many: int, young: bool, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Columns by kind for so many rows; `birth` in days since 1970."""

    def choose(words: tuple[str, ...] | list[str]) -> pa.Array:
        return pa.array(words).take(pa.array((rng.random(many) * len(words)).astype(np.int64)))

    oldest, days = _YOUTH if young else _ADULTS
    names = [f"{initial}. {surname}" for initial in _INITIALS for surname in _SURNAMES]
    return {
        "client": pa.array(100_000 + (rng.random(many) * 900_000).astype(np.int64)).cast(pa.string()),
        "bsn": _numbers(many, rng),
        "name": choose(names),
        "birth": pa.array(oldest + (rng.random(many) * days).astype(np.int64)),
        "note": choose(_NOTES),
        "persons": choose(["1", "2", "3", "4", "5"]),
    }


def _numbers(many: int, rng: np.random.Generator) -> pa.Array:
    """Nine digits like a citizen service number (BSN) that fail its eleven test, so that none can be anyone's."""
    digits = (rng.random((many, 9)) * 10).astype(np.int64)
    digits[:, 0] = 9
    weights = np.array([9, 8, 7, 6, 5, 4, 3, 2, -1])
    passes: npt.NDArray[np.bool_] = (digits @ weights) % 11 == 0
    digits[passes, 8] = (digits[passes, 8] + 1) % 10
    return pa.array(digits @ 10 ** np.arange(8, -1, -1)).cast(pa.string())
