"""What is inside the seal: rows in a fixed Parquet form, and totals, padded to hide their size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from factlab.delivery import canonical

Content = Literal["services", "register", "droplist", "aggregate"]
Form = Literal["services", "register", "droplist", "aggregate", "opaque-services", "opaque-register"]


def _field(name: str, kind: Any) -> Any:
    return pa.field(name, kind, nullable=False)


_OPAQUE = pa.schema([_field("pseudonym", pa.uuid()), _field("code", pa.string())])
SCHEMAS: dict[Form, Any] = {
    "services": pa.schema([_field("pseudonym", pa.uuid()), _field("service", pa.string())]),
    "register": pa.schema(
        [_field("pseudonym", pa.uuid()), _field("area", pa.string()), _field("group", pa.string())]
    ),
    "droplist": pa.schema([_field("pseudonym", pa.uuid())]),
    "aggregate": pa.schema(
        [_field("area", pa.string()), _field("service", pa.string()), _field("count", pa.int64())]
    ),
    "opaque-services": _OPAQUE,
    "opaque-register": _OPAQUE,
}
# A pseudonym may be there with several services, but in one row of the register only.
_SEVERAL: dict[Form, str] = {"services": "service", "opaque-services": "code"}
LEAST_SIZE = 1 << 16  # below it Padmé's steps would be a few rows wide
TOTALS_SIZE = 1 << 12
MOST_COUNTED = 1_000_000  # in one row of an aggregate: a mistake of typing, or worse, if it is more
LONGEST = 100  # bytes of a code, an area or a group
_PREFIX = 8
_REASON = re.compile(r"[a-z][a-z0-9_ -]{0,63}")


def padme(length: int) -> int:
    """The Padmé size of `length` bytes (Nikitin and others, PETS 2019): at most 12% more; it tells log log n bits."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    last = exponent - exponent.bit_length()
    mask = (1 << last) - 1
    return (length + mask) & ~mask


def padded_size(length: int) -> int:
    """How large a part of `length` bytes is when it is sealed."""
    return max(LEAST_SIZE, padme(_PREFIX + length))


def pad(data: bytes, size: int) -> bytes:
    return (len(data).to_bytes(_PREFIX, "big") + data).ljust(size, b"\0")


def unpad(padded: bytes, size: int | None = None) -> memoryview:
    """The data inside. Raises ValueError when the padding isn't exactly what it should be (`size`, else Padmé)."""
    length = int.from_bytes(padded[:_PREFIX], "big")
    end = _PREFIX + length
    expected = padded_size(length) if size is None else size
    if len(padded) < _PREFIX or end > len(padded) or len(padded) != expected:
        raise ValueError("size")
    if padded.count(0, end) != len(padded) - end:
        raise ValueError("padding")
    return memoryview(padded)[_PREFIX:end]


def _keys(rows: Any) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The pseudonyms as two big-endian halves: (rows, 2)."""
    column = rows.column("pseudonym").combine_chunks()
    storage = column.storage
    if not len(storage):
        return np.empty((0, 2), dtype=np.uint64)
    buffer = storage.buffers()[1]
    halves = np.frombuffer(buffer, dtype=">u8", count=2 * len(storage), offset=16 * storage.offset)
    return halves.astype(np.uint64).reshape(-1, 2)


def opaque_form(content: Content) -> Form:
    """The form of rows whose meaning was replaced by an opaque code."""
    return "opaque-register" if content == "register" else "opaque-services"


def counts_sound(rows: Any) -> bool:
    """Whether every count of an aggregate is one: what is nobody is no row."""
    ends = pc.min_max(rows.column("count"))
    return bool(rows.num_rows == 0 or (ends["min"].as_py() >= 1 and ends["max"].as_py() <= MOST_COUNTED))


def texts_of(form: Form) -> list[str]:
    """The columns that hold a text."""
    return [field.name for field in SCHEMAS[form] if pa.types.is_string(field.type)]


def _cells_rise(rows: Any) -> bool:
    """Whether (area, service) rises strictly: areas by code, and services by code within an area."""
    area, service = (rows.column(name).combine_chunks() for name in ("area", "service"))
    later = pc.greater(area[1:], area[:-1])
    same = pc.and_(pc.equal(area[1:], area[:-1]), pc.greater(service[1:], service[:-1]))
    return bool(pc.all(pc.or_(later, same)).as_py())


def ordered(rows: Any, form: Form) -> bool:
    """Whether rows rise strictly: by pseudonym, and for services by code within it; an aggregate by area and service.
    So none is there twice."""
    if rows.num_rows < 2:
        return True
    if form == "aggregate":
        return _cells_rise(rows)
    keys = _keys(rows)
    before, after = keys[:-1], keys[1:]
    same = before[:, 0] == after[:, 0]
    rises = (before[:, 0] < after[:, 0]) | (same & (before[:, 1] < after[:, 1]))
    if form in _SEVERAL:
        service = rows.column(_SEVERAL[form]).combine_chunks()
        later = pc.greater(service[1:], service[:-1]).to_numpy(zero_copy_only=False)
        rises |= same & (before[:, 1] == after[:, 1]) & later
    return bool(rises.all())


def arrange(rows: Any, form: Form) -> Any:
    """The rows in the fixed schema, sorted. Raises ValueError: "schema" when they don't fit in it, "counts", "unique"."""
    schema = SCHEMAS[form]
    if rows.schema.names != schema.names or any(column.null_count for column in rows.columns):
        raise ValueError("schema")
    try:
        rows = rows.combine_chunks().cast(schema)
    except pa.ArrowException:
        raise ValueError("schema") from None
    if any(_longest(rows.column(name)) > LONGEST for name in texts_of(form)):
        raise ValueError("schema")
    if form == "aggregate":
        if not counts_sound(rows):
            raise ValueError("counts")
        order = {name: rows.column(name) for name in ("area", "service")}
    else:
        keys = _keys(rows)
        order = {"high": keys[:, 0], "low": keys[:, 1]}
        if form in _SEVERAL:
            order["code"] = rows.column(_SEVERAL[form])
    sorted_rows = rows.take(
        pc.sort_indices(pa.table(order), sort_keys=[(name, "ascending") for name in order])
    ).combine_chunks()
    if not ordered(sorted_rows, form):
        raise ValueError("unique")
    return sorted_rows


def cut(rows: Any, parts: int) -> list[Any]:
    """Sorted rows, cut by the pseudonym's leading bits into `parts` (a power of two)."""
    if parts == 1:
        return [rows]
    high = _keys(rows)[:, 0]
    edges = np.searchsorted(_part(high, parts), np.arange(parts + 1))
    return [rows.slice(start, end - start) for start, end in pairwise(edges.tolist())]


def _part(high: np.ndarray[Any, np.dtype[np.uint64]], parts: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    bits = parts.bit_length() - 1
    return high >> np.uint64(64 - bits) if bits else np.zeros_like(high)


def in_part(rows: Any, part: int, parts: int) -> bool:
    """Whether each pseudonym's leading bits belong in this part."""
    return parts == 1 or bool((_part(_keys(rows)[:, 0], parts) == part).all())


def to_parquet(rows: Any) -> bytes:
    """Plain, uncompressed Parquet of one row group: values and nothing else, no statistics, no foreign metadata."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        row_group_size=max(rows.num_rows, 1),
        compression="none",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
        version="2.6",
    )
    return bytes(sink.getvalue())


def from_parquet(data: memoryview, form: Form, most: int) -> Any:
    """The rows. Raises ValueError("form") when this isn't the fixed form, ValueError("many") for more than `most`.

    Only plain, uncompressed values are the fixed form: a compressed or dictionary page says few bytes and means many.
    A forged footer can deny its dictionary, so texts are read as a dictionary first, where each takes its bytes once.
    """
    schema = SCHEMAS[form]
    source = pa.py_buffer(data)
    try:
        file = pq.ParquetFile(pa.BufferReader(source), arrow_extensions_enabled=True)
        about = file.metadata
        groups = [about.row_group(group) for group in range(about.num_row_groups)]
        columns = [group.column(column) for group in groups for column in range(group.num_columns)]
        plain = all(
            column.compression == "UNCOMPRESSED"
            and not column.has_dictionary_page
            and set(column.encodings) <= {"PLAIN", "RLE"}
            for column in columns
        )
        fixed = file.schema_arrow.equals(schema, check_metadata=True) and about.metadata is None
        if not (plain and fixed and [group.num_rows for group in groups] == [about.num_rows]):
            raise ValueError("form")
        if not 0 <= about.num_rows <= most:
            raise ValueError("many")
        if about.num_rows * 16 > len(data):  # a pseudonym takes 16 bytes, and two texts and a count do
            raise ValueError("form")
        texts = texts_of(form)
        rows = pq.ParquetFile(
            pa.BufferReader(source), metadata=about, read_dictionary=texts, arrow_extensions_enabled=True
        ).read()
        if any(_longest(chunk.dictionary) > LONGEST for name in texts for chunk in rows.column(name).chunks):
            raise ValueError("form")
        rows = rows.cast(schema)
        rows.validate(full=True)
    except (pa.ArrowException, OSError, OverflowError):
        raise ValueError("form") from None
    if rows.num_rows != about.num_rows or any(column.null_count for column in rows.columns):
        raise ValueError("form")
    return rows


def _longest(texts: Any) -> int:
    """Bytes of the longest text."""
    return pc.max(pc.binary_length(texts)).as_py() or 0


def to_totals(totals: Mapping[str, int]) -> bytes:
    """The totals, always of the same size. Raises ValueError when they don't fit."""
    data = canonical.dump(dict(totals))
    if len(data) > TOTALS_SIZE - _PREFIX or not _sound(totals):
        raise ValueError("totals")
    return pad(data, TOTALS_SIZE)


def from_totals(padded: bytes) -> dict[str, int]:
    """The totals. Raises ValueError when they aren't names and whole numbers of zero or more."""
    totals = canonical.load(bytes(unpad(padded, TOTALS_SIZE)))
    if not _sound(totals):
        raise ValueError("totals")
    return totals


def _sound(totals: Mapping[str, Any]) -> bool:
    return all(
        _REASON.fullmatch(name)
        and isinstance(number, int)
        and not isinstance(number, bool)
        and 0 <= number < 1 << 53
        for name, number in totals.items()
    )
