"""Protecting and attacking a publication, and the attack as a ratio of the protection, at two sizes."""

from __future__ import annotations

import time

from factlab.attack import audit
from factlab.cells import Publication
from factlab.disclosure import protect
from tests import synthetic


def main() -> None:
    for districts, neighbourhoods, households in ((6, 4, 24_000), (12, 5, 60_000)):
        book = synthetic.codebook(
            districts=districts, neighbourhoods=neighbourhoods, services=24, organisations=12
        )
        counts = synthetic.count(book, synthetic.households(book, households))
        begun = time.perf_counter()
        safe = protect(counts)
        protected = time.perf_counter() - begun
        begun = time.perf_counter()
        verdict = audit(Publication(book, safe.cells, {}, {}, {}))
        attacked = time.perf_counter() - begun
        print(
            f"{verdict.cells:>6,} cells, {verdict.hidden / verdict.cells:.0%} hidden: protect {protected:.1f} s, "
            f"attack {attacked:.1f} s, ratio {attacked / protected:.2f}, holds: {verdict.holds}"
        )


if __name__ == "__main__":
    main()
