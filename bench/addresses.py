"""Reading, normalising, pseudonymising and writing an extract, against DuckDB's plain copy of the same CSV to Parquet.

    python bench/addresses.py [rows]

The figure is the ratio of the two in one run, on invented addresses: a tenth as many doors as rows, 3% written in other ways.
"""

from __future__ import annotations

import datetime
import itertools
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow.parquet as pq
from factlab import agreement
from factlab.agreement import Participant
from factlab.files import package_folder
from factlab.source import extract, mapping, preparation, pseudonyms

LIMIT = 3.0
WHO = Participant("bench", "Bench", "services", ("WMO-HBH", "WMO-BEG"))

_EXTRACT = """
copy (
    select
        case when door % 100 < 2 then lower(left(code, 4) || ' ' || right(code, 2)) else code end as postcode,
        case when door % 100 = 2 then nr || ' bis' when door % 100 = 3 then 'nr. ' || nr else nr end as huisnummer,
        case when door % 7 = 0 then 'A' else '' end as huisletter,
        case when door % 100 = 4 then 'app. 3' when door % 11 = 0 then '2' else '' end as toevoeging,
        case when row % 2 = 0 then 'WMO-HBH' else 'WMO-BEG' end as product,
        date '2020-01-01' + cast(hash(row) % 1800 as integer) as begindatum,
        '' as einddatum
    from (
        select
            row,
            door,
            (1000 + door % 9000) || chr(65 + cast(door // 9000 % 13 as integer)) || chr(65 + cast(door % 17 as integer)) as code,
            cast(1 + door % 199 as varchar) as nr
        from (select range as row, cast(hash(range) % getvariable('doors') as integer) as door from range(getvariable('rows')))
    )
) to '{file}' (delimiter ';', header)
"""


def main(rows: int = 5_000_000) -> float:
    agreed = agreement.read(package_folder("sample_data") / "agreement")
    agreed = replace(agreed, round=replace(agreed.round, communal_above=10_000))
    with TemporaryDirectory() as there:
        file = Path(there) / "extract.csv"
        with duckdb.connect() as con:
            con.execute("set variable rows = ?", [rows])
            con.execute("set variable doors = ?", [rows // 10])
            con.execute(_EXTRACT.format(file=file))
            begun = time.perf_counter()
            con.execute(
                f"copy (from read_csv('{file}', all_varchar = true)) to '{file.with_suffix('.copy.parquet')}'"
            )
            copied = time.perf_counter() - begun

        marks = [time.perf_counter()]
        found = extract.read(file)
        marks.append(time.perf_counter())
        told = mapping.guess(found, agreed, WHO)
        prepared = preparation.prepare(found, told, agreed, WHO)
        marks.append(time.perf_counter())
        key = pseudonyms.linkage_key(b"s" * 32, "00" * 16, "")
        leaving = preparation.pseudonymised(prepared, key)
        marks.append(time.perf_counter())
        pq.write_table(leaving, file.with_suffix(".parquet"))
        marks.append(time.perf_counter())
    parts = [end - start for start, end in itertools.pairwise(marks)]
    ratio = sum(parts) / copied
    names = ("read", "normalise and judge", "pseudonymise", "write")
    print(
        f"{datetime.date.today()}  {rows:,} rows, {prepared.fast / rows:.1%} plain, {leaving.num_rows:,} leave"
    )
    print(f"  {'plain copy':22}{copied:7.2f} s")
    for name, seconds in zip(names, parts, strict=True):
        print(f"  {name:22}{seconds:7.2f} s")
    print(f"  {'ratio':22}{ratio:7.2f}   (limit {LIMIT})")
    return ratio


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000)
