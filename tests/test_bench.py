"""The benchmarks run: nobody measures with what has rotted. What they measure is not judged here."""

from __future__ import annotations

from bench import addresses


def test_the_benchmark_of_addresses_runs() -> None:
    assert addresses.main(2_000) > 0
