"""How long a sample municipality takes to make: seconds for 100,000 and for 1,000,000 households."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from factlab.sample import make


def main() -> None:
    for households in (100_000, 1_000_000):
        with TemporaryDirectory() as there:
            begun = time.perf_counter()
            make(Path(there) / "sample", households=households)
            print(f"{households:>9,} households: {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
