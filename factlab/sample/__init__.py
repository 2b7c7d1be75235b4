"""A municipality that does not exist, of any size: its agreement, what its organisations have, and the truth."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from factlab.errors import UsageError
from factlab.files import new_folder, package_folder
from factlab.sample import borders, doors, extracts, need, place, promise, reported, rows

LEAST_HOUSEHOLDS = 500

__all__ = ["LEAST_HOUSEHOLDS", "make"]


def make(folder: Path, *, households: int = 24_000, seed: int = 2025) -> None:
    """Write the sample into the new folder `folder`; the same size and seed give the same bytes.

    Raises UsageError when the municipality would be too small to have its neighbourhoods.
    """
    if households < LEAST_HOUSEHOLDS:
        raise UsageError("sample.too_small", least=LEAST_HOUSEHOLDS)

    def stream(topic: int) -> np.random.Generator:
        """A stream of chance of its own for each topic, so that a change in one leaves the others as they were."""
        return np.random.default_rng([seed, households, topic])

    town = doors.draw(households, stream(1))
    use = need.draw(town, stream(2))
    secret = rows.secret_doors(town, use[0], stream(3))
    delivered = rows.draw(town, use, secret, stream(4))
    visitors = reported.draw(town, stream(6))
    catalogue = (package_folder("sample_data") / "agreement" / "catalogue.csv").read_bytes()
    listed = csv.DictReader(catalogue.decode("utf-8-sig").splitlines())
    names = {line["code"]: line["name_nl"] for line in listed}
    with new_folder(Path(folder)) as made:
        agreement = made / "agreement"
        agreement.mkdir()
        (agreement / "catalogue.csv").write_bytes(catalogue)
        texts = {
            made / "README.md": promise.README,
            agreement / "round.toml": promise.round_toml(households),
            agreement / "analysis.toml": promise.ANALYSIS,
            agreement / "areas.csv": place.areas_csv(),
            agreement / "areas.geojson": borders.areas_geojson(),
        }
        for target, text in texts.items():
            target.write_text(text, encoding="utf-8", newline="\n")
        extracts.write(made / "extracts", delivered, names, stream(5))
        extracts.write_register(made / "extracts", town, secret)
        reported.write(made / "extracts", visitors, names)
        extracts.write_truth(made / "truth", town, secret, delivered)
        reported.write_truth(made / "truth", visitors)
