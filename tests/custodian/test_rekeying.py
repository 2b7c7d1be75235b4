"""The custodian's pseudonyms are those of HMAC, whatever engine makes them, and nobody's who lacks the key."""

from __future__ import annotations

import hmac
import uuid
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from factlab.custodian import Rekeying, key
from factlab.custodian.rekeying import DROPPED
from factlab.delivery import canonical, journal, opaque
from factlab.delivery.rekeying import Submission
from factlab.errors import DeliveryError
from hypothesis import given
from hypothesis import strategies as st

from tests.delivery.made import ANALYST, ROUND, STRANGER, pseudonyms, register, services, uuids


def submission(ids: list[uuid.UUID], codes: list[str]) -> Submission:
    rows = pa.table({"pseudonym": uuids(ids), "code": pa.array(codes, pa.string())})
    return Submission("some.factlab", None, "", "", rows, {})  # type: ignore[arg-type]


def rekeyed(found: Submission, key_: bytes, dropped: pa.Table | None = None) -> list[tuple[uuid.UUID, str]]:
    with Rekeying() as rekeying:
        rows = rekeying.rows(found, key_, DROPPED.empty_table() if dropped is None else dropped)
    return [(row["pseudonym"], row["code"]) for row in rows.to_pylist()]


def test_it_is_the_standard_library_s_hmac() -> None:
    ids = [*pseudonyms(500), uuid.UUID(int=0), uuid.UUID(int=(1 << 128) - 1)]
    codes = [f"{at % 7:016x}" for at in range(len(ids))]
    key_ = key(STRANGER, ROUND, [])
    assert len(key_) == 64
    expected = [
        (uuid.UUID(bytes=hmac.digest(key_, one.bytes, "sha256")[:16]), code)
        for one, code in zip(ids, codes, strict=True)
    ]
    assert sorted(rekeyed(submission(ids, codes), key_)) == sorted(expected)


def test_of_one_submission_nothing_is_left_at_the_next() -> None:
    one, other = pseudonyms(20)[:12], pseudonyms(20)[12:]
    key_ = key(STRANGER, ROUND, [])
    with Rekeying() as rekeying:
        rekeying.rows(submission(one, ["0" * 16] * 12), key_, pa.table({"pseudonym": uuids(other)}))
        rows = rekeying.rows(submission(other, ["1" * 16] * 8), key_, DROPPED.empty_table())
        assert rows.num_rows == 8
        assert rekeying.engine.rows("select count(*) from submitted") == [(8,)]
        rekeying.engine.clear()
        assert rekeying.engine.columns() == []


def test_the_key_depends_on_the_party_and_the_round() -> None:
    other = replace(ROUND, round_id="ff" * 16)
    assert len({key(STRANGER, ROUND, []), key(ANALYST, ROUND, []), key(STRANGER, other, [])}) == 3
    together = {key(STRANGER, ROUND, of) for of in (["a"], ["b"], ["a", "b"], ["b", "a"])}
    assert len(together) == 3


def test_one_household_keeps_one_pseudonym_over_deliveries() -> None:
    ids = pseudonyms(40)
    key_ = key(STRANGER, ROUND, [])
    one = rekeyed(submission(ids[:30], ["0" * 16] * 30), key_)
    other = rekeyed(submission(ids[10:], ["1" * 16] * 30), key_)
    assert len({p for p, _ in one} & {p for p, _ in other}) == 20


def test_what_is_on_a_drop_list_goes_whole_and_alone() -> None:
    ids = pseudonyms(10)
    key_ = key(STRANGER, ROUND, [])
    twice = submission([*ids, *ids], ["0" * 16] * 10 + ["1" * 16] * 10)
    dropped = pa.table({"pseudonym": uuids([ids[3], uuid.UUID(int=5)])})
    left = rekeyed(twice, key_, dropped)
    gone = uuid.UUID(bytes=hmac.digest(key_, ids[3].bytes, "sha256")[:16])
    assert len(left) == 18
    assert gone not in {p for p, _ in left}


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "ç", ""]), st.sampled_from(["", "x", "y z"])), max_size=30)
)
def test_a_veil_comes_off_again(meant: list[tuple[str, str]]) -> None:
    ids = pseudonyms(len(meant))
    rows = pa.table(
        {
            "pseudonym": uuids(ids),
            "area": pa.array([area for area, _ in meant], pa.string()),
            "group": pa.array([group for _, group in meant], pa.string()),
        }
    )
    veiled, meanings = opaque.veil(rows, "register")
    assert len(meanings) == len(set(meant))
    assert opaque.sound(veiled)
    read = opaque.from_bytes(opaque.to_bytes(meanings), "register")
    assert opaque.unveil(veiled, read, "register").equals(rows)


def test_codes_are_drawn_anew_and_their_order_tells_nothing() -> None:
    rows = register(50).rows
    first, one = opaque.veil(rows, "register")
    _, other = opaque.veil(rows, "register")
    assert not set(one) & set(other)
    assert set(one.values()) == set(other.values())
    assert first.column_names == ["pseudonym", "code"]
    sealed = opaque.to_bytes(one)
    assert len(sealed) == len(opaque.to_bytes(opaque.veil(services(50).rows, "services")[1]))


@pytest.mark.parametrize(
    "told",
    [
        {"0" * 16: ["A"], "1" * 16: ["A"]},
        {"0" * 16: ["A", "B"]},
        {"0" * 16: "A"},
        {"0" * 15: ["A"]},
        {"0" * 16: [1]},
        {"0" * 16: ["A" * 101]},
    ],
)
def test_other_meanings_are_refused(told: dict[str, object]) -> None:
    from factlab.delivery import plaintext

    data = canonical.dump(told)
    with pytest.raises(ValueError, match="meanings"):
        opaque.from_bytes(plaintext.pad(data, plaintext.padded_size(len(data))), "services")


def test_a_log_grows_and_its_head_covers_all(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    heads = {journal.head(journal.append(log, {"event": name})) for name in ("one", "two", "three")}
    assert len(heads) == 3
    assert [line["event"] for line in journal.read(log)] == ["one", "two", "three"]
    log.write_bytes(log.read_bytes() + b"{}\n")
    with pytest.raises(DeliveryError, match="log_broken"):
        journal.append(log, {"event": "four"})
