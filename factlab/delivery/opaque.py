"""Opaque codes: what a row means is replaced by a random code, so that who sees the row never sees what it means.

A code is drawn anew for each distinct meaning of each delivery. Rows then go to the custodian and meanings to the
analyst; a code tells neither of them which household it came from.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factlab.delivery import canonical, plaintext
from factlab.delivery.plaintext import LONGEST, SCHEMAS, Content

CODE_BYTES = 8
_CODE = re.compile(rf"[0-9a-f]{{{2 * CODE_BYTES}}}")
Meanings = Mapping[str, tuple[str, ...]]  # code: the columns beside the pseudonym


def veil(rows: Any, content: Content) -> tuple[Any, dict[str, tuple[str, ...]]]:
    """Rows (pseudonym, code) and what each code means, from rows of a pseudonym and texts."""
    names = SCHEMAS[content].names[1:]
    rows = rows.combine_chunks()
    place: Any = np.zeros(rows.num_rows, dtype=np.int64)
    texts = []
    for name in names:
        encoded = pc.dictionary_encode(rows.column(name)).combine_chunks()
        texts.append(encoded.dictionary.to_pylist())
        place = place * len(texts[-1]) + encoded.indices.to_numpy(zero_copy_only=False)
    distinct, where = np.unique(place, return_inverse=True)
    codes: list[str] = []
    while len(codes) < len(distinct):
        codes = [secrets.token_hex(CODE_BYTES) for _ in distinct]
        codes = codes if len(set(codes)) == len(codes) else []
    meanings = {}
    for code, found in zip(codes, distinct.tolist(), strict=True):
        meaning, rest = [], found
        for column in reversed(texts):
            rest, at = divmod(rest, len(column))
            meaning.append(column[at])
        meanings[code] = tuple(reversed(meaning))
    column = pa.array(codes, pa.string()).take(pa.array(where, pa.int64()))
    return pa.table({"pseudonym": rows.column("pseudonym"), "code": column}), meanings


def unveil(rows: Any, meanings: Meanings, content: Content) -> Any:
    """Rows with what they mean again. Raises ValueError when a code has no meaning."""
    encoded = pc.dictionary_encode(rows.column("code").combine_chunks())
    codes = encoded.dictionary.to_pylist()
    if not all(code in meanings for code in codes):
        raise ValueError("meanings")
    columns = {"pseudonym": rows.column("pseudonym")}
    for at, name in enumerate(SCHEMAS[content].names[1:]):
        said = pa.array([meanings[code][at] for code in codes], pa.string())
        columns[name] = said.take(encoded.indices)
    return pa.table(columns)


def sound(rows: Any) -> bool:
    """Whether every code looks random: a code that is a word would tell the custodian what it means."""
    return all(_CODE.fullmatch(code) for code in pc.unique(rows.column("code")).to_pylist())


def to_bytes(meanings: Meanings) -> bytes:
    """The meanings in the order of their codes, which is random, filled up so that their size tells little."""
    data = canonical.dump({code: list(meaning) for code, meaning in meanings.items()})
    return plaintext.pad(data, plaintext.padded_size(len(data)))


def from_bytes(padded: bytes, content: Content) -> dict[str, tuple[str, ...]]:
    """The meanings. Raises ValueError unless each code has one meaning of its own, with the columns of `content`."""
    told = canonical.load(bytes(plaintext.unpad(padded)))
    columns = len(SCHEMAS[content].names) - 1
    found = {}
    for code, meaning in told.items():
        whole = isinstance(meaning, list) and len(meaning) == columns
        if not (whole and _CODE.fullmatch(code) and all(_short(text) for text in meaning)):
            raise ValueError("meanings")
        found[code] = tuple(meaning)
    if len(set(found.values())) < len(found):
        raise ValueError("meanings")
    return found


def _short(text: Any) -> bool:
    return isinstance(text, str) and len(text.encode("utf-8", "surrogatepass")) <= LONGEST
