"""A second implementation of docs/spec/delivery.md, written from its text: seals, makes and opens deliveries.

It shares nothing with factlab (a test sees to that), so that what both agree on is the specification's and not a
habit of ours. Plain and slow on purpose; names of refusals are those of section 9.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SUITE = b"HPKE" + bytes.fromhex("647a 0001 0002")  # X-Wing, HKDF-SHA256, AES-256-GCM
LIMITS = {
    "manifest.json": 1 << 18, "manifest.sig": 64, "meanings.sealed": 1 << 24, "origin.json": 1 << 18, "origin.sig": 64,
    "totals.sealed": 1 << 16,
}  # fmt: skip
COLUMNS = {
    "services": ["service"],
    "register": ["area", "group"],
    "droplist": [],
    "aggregate": ["area", "service"],  # and a count, but no pseudonym
    "opaque": ["code"],
}
NAMES = {
    "content", "day", "fingerprint", "format", "key_check", "members", "norm_check", "normaliser", "participant",
    "parts", "recipients", "round_id", "row_bucket", "sequence", "supersedes", "trust",
}  # fmt: skip
SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"


class Refused(Exception):
    """The name of the error, as in section 9."""


def require(holds: object, error: str) -> None:
    if not holds:
        raise Refused(error)


# 1. Keys


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, 32 bytes."""
    return hmac.digest(hmac.digest(salt or bytes(32), secret, "sha256"), info + b"\1", "sha256")


@dataclass(frozen=True)
class Party:
    sign_seed: bytes
    seal_seed: bytes

    @property
    def _expanded(self) -> bytes:
        return hashlib.shake_256(self.seal_seed).digest(96)

    @property
    def sign_public(self) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.sign_seed).public_key().public_bytes_raw()

    @property
    def seal_public(self) -> bytes:
        mlkem = MLKEM768PrivateKey.from_seed_bytes(self._expanded[:64])
        x25519 = X25519PrivateKey.from_private_bytes(self._expanded[64:])
        return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        digits = hashlib.sha256(self.sign_public + self.seal_public).hexdigest()[:32]
        return " ".join(digits[at : at + 4] for at in range(0, 32, 4))

    def sign(self, context: str, message: bytes) -> bytes:
        told = b"factlab/v1/" + context.encode() + b"\0" + message
        return Ed25519PrivateKey.from_private_bytes(self.sign_seed).sign(told)

    def decapsulate(self, enc: bytes) -> bytes:
        """X-Wing (draft-connolly-cfrg-xwing-kem, 5.5)."""
        mlkem = MLKEM768PrivateKey.from_seed_bytes(self._expanded[:64])
        x25519 = X25519PrivateKey.from_private_bytes(self._expanded[64:])
        return hashlib.sha3_256(
            mlkem.decapsulate(enc[:1088])
            + x25519.exchange(X25519PublicKey.from_public_bytes(enc[1088:]))
            + enc[1088:]
            + x25519.public_key().public_bytes_raw()
            + b"\\.//^\\"
        ).digest()

    def open(self, info: bytes, sealed: bytes) -> bytes:
        try:
            key, nonce = schedule(self.decapsulate(sealed[:1120]), info)
            return AESGCM(key).decrypt(nonce, sealed[1120:], b"")
        except (InvalidTag, ValueError):
            raise Refused("seal_broken") from None

    def local(self, purpose: str) -> bytes:
        return hkdf(self.sign_seed, b"", b"factlab/v1/local|" + purpose.encode())


def verify(sign_public: bytes, context: str, message: bytes, signature: bytes) -> bool:
    try:
        told = b"factlab/v1/" + context.encode() + b"\0" + message
        Ed25519PublicKey.from_public_bytes(sign_public).verify(signature, told)
    except (InvalidSignature, ValueError):
        return False
    return True


def schedule(shared: bytes, info: bytes, suite: bytes = SUITE, key_bytes: int = 32) -> tuple[bytes, bytes]:
    """Key and nonce of HPKE's base mode (RFC 9180, 5.1) from the KEM's shared secret."""

    def extract(salt: bytes, label: bytes, value: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + value, "sha256")

    def expand(key: bytes, label: bytes, size: int) -> bytes:
        told = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return hmac.digest(key, told + b"\1", "sha256")[:size]

    context = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return expand(secret, b"key", key_bytes), expand(secret, b"base_nonce", 12)


def seal(enc: bytes, shared: bytes, info: bytes, plaintext: bytes) -> bytes:
    """What HPKE's sender makes of an encapsulation. To draw one is `cryptography`'s; here it is given."""
    key, nonce = schedule(shared, info)
    return enc + AESGCM(key).encrypt(nonce, plaintext, b"")


# 2 and 3. The agreement and pseudonyms


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse(data: bytes) -> dict[str, Any]:
    """The object in canonical JSON; ValueError for any other way of writing it."""
    try:
        value = json.loads(data)
        if not isinstance(value, dict) or canonical(value) != data:
            raise ValueError
    except RecursionError:
        raise ValueError from None
    return value


def round_fingerprint(binding: Mapping[str, Any]) -> str:
    return hashlib.sha256(b"factlab/v1/binding\0" + canonical(binding)).hexdigest()


def key_for(purpose: str, secret: bytes, round_id: str, normaliser: str) -> bytes:
    info = f"factlab/v1/{purpose}|{normaliser}".encode()
    return hkdf(secret, bytes.fromhex(round_id), info).hex().encode()


def pseudonym(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")[:16]


# 4. The envelope


def entry(name: str, data: bytes) -> tuple[bytes, bytes]:
    """The local header and the start and end of the directory record of a member (the offset goes between them)."""
    size, crc = len(data), zlib.crc32(data)
    head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0x21, crc, size, size, len(name), 0)
    return head + name.encode(), struct.pack(
        "<4s2B5H3L5HL", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0x21, crc, size, size, len(name), 0, 0, 0, 0, 0o600 << 16
    )  # fmt: skip


def pack(members: Mapping[str, bytes]) -> bytes:
    """The only ZIP of these members in this order."""
    body, directory = b"", b""
    for name, data in members.items():
        head, record = entry(name, data)
        directory += record + struct.pack("<L", len(body)) + name.encode()
        body += head + data
    count = len(members)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def order(rows: int, *, meanings: bool, origin: bool) -> list[str]:
    return [
        *(["meanings.sealed"] if meanings else []),
        *(["origin.json", "origin.sig"] if origin else []),
        *(f"rows-{part:04}.sealed" for part in range(rows)),
        "totals.sealed",
    ]


def unpack(data: bytes) -> dict[str, bytes]:
    """Step 1. Names and declared sizes first; then the whole envelope is built again and compared."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception:
        raise Refused("not_a_delivery") from None
    found = archive.infolist()
    names = [one.orig_filename for one in found]
    for name in names:
        require(not re.search(r"[/\\:\0]|\.\.", name), "unsafe_member")
        require(name in LIMITS or re.fullmatch(r"rows-[0-9]{4}\.sealed", name), "extra_member")
    require(len(set(names)) == len(names), "duplicate_member")
    bare = names == [
        "manifest.json",
        "manifest.sig",
    ]  # of a withdrawal; of anything else the manifest names more
    rows = sum(name.startswith("rows") for name in names)
    origin = "origin.json" in names or "origin.sig" in names
    expected = (
        names
        if bare
        else [
            "manifest.json",
            "manifest.sig",
            *order(min(max(rows, 1), 1024), meanings=origin or "meanings.sealed" in names, origin=origin),
        ]
    )
    require(set(expected) <= set(names), "missing_member")
    require(set(expected) == set(names), "extra_member")
    require(expected == names, "misordered_members")
    at, members, crc_wrong = 0, {}, False
    for one in found:
        require(one.compress_type == 0, "compressed_member")
        limit = LIMITS.get(one.orig_filename, 1 << 28)
        require(max(one.file_size, one.compress_size) <= limit, "member_too_large")
        at += 30 + len(one.orig_filename)
        members[one.orig_filename] = data[at : at + one.file_size]
        crc_wrong |= zlib.crc32(members[one.orig_filename]) != one.CRC
        at += one.file_size
    again = bytearray(pack(members))
    if crc_wrong:  # with the CRCs that are told the envelope must still be the only one: then it is a member
        at = directory = again.rindex(b"PK\5\6")
        directory -= sum(46 + len(name) for name in names)
        start = 0
        for one in found:
            again[start + 14 : start + 18] = again[directory + 16 : directory + 20] = struct.pack(
                "<L", one.CRC
            )
            start += 30 + len(one.orig_filename) + one.file_size
            directory += 46 + len(one.orig_filename)
    require(bytes(again) == data, "not_plain_zip")
    require(not crc_wrong, "member_damaged")
    return members


# 5. The manifest


def opaque(told: Mapping[str, Any]) -> bool:
    return told["trust"] == "custodian" and told["content"] in ("services", "register")


def info(told: Mapping[str, Any], member: str, part: int) -> bytes:
    bare = {name: value for name, value in told.items() if name != "members"}
    return b"factlab/v1/sealed\0" + canonical(
        {
            "format": told["format"],
            "manifest": hashlib.sha256(canonical(bare)).hexdigest(),
            "member": member,
            "part": part,
            "participant": told["participant"],
            "round_id": told["round_id"],
            "sequence": told["sequence"],
        }
    )


def bucket(rows: int) -> int:
    found = 64
    while found < rows:
        found *= 2
    return found


def read_manifest(data: bytes) -> dict[str, Any]:
    """Step 2."""
    try:
        told = parse(data)
    except ValueError:
        raise Refused("manifest_damaged") from None
    require(told.get("format") == "factlab-delivery/1", "unknown_version")
    if told.get("content") == "withdrawal":
        require(told.keys() == NAMES | {"withdraws"} and _sound_withdrawal(told), "manifest_damaged")
        return told
    rekeyed = "origin" in told
    require(
        told.keys() == (NAMES | {"origin", "rekey_check"} if rekeyed else NAMES)
        and _sound(told)
        and (
            not rekeyed or (_is(told["origin"], "[0-9a-f]{64}") and _is(told["rekey_check"], "[0-9a-f]{16}"))
        )
        and (not rekeyed or opaque(told)),
        "manifest_damaged",
    )
    return told


def _is(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _number(value: Any, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


def _sound_withdrawal(told: Mapping[str, Any]) -> bool:
    """Section 9: nothing is sealed, and it has the number after that of what it takes back."""
    empty = {"members": {}, "parts": 0, "recipients": [], "row_bucket": 0}
    return (
        _is(told["withdraws"], "[0-9a-f]{64}")
        and all(canonical(told[name]) == canonical(value) for name, value in empty.items())
        and _sound_head(told)
        and told["supersedes"] == told["sequence"] - 1
    )


def _sound_head(told: Mapping[str, Any]) -> bool:
    days = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if not _is(told["day"], r"[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}"):
        return False
    year, month, day = map(int, told["day"].split("-"))
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (
        year >= 1
        and 1 <= day <= days[month] + leap
        and _is(told["trust"], SLUG)
        and _is(told["round_id"], "[0-9a-f]{32}")
        and _is(told["fingerprint"], "[0-9a-f]{64}")
        and _is(told["participant"], SLUG)
        and _number(told["sequence"], (1 << 53) - 1)
        and (told["supersedes"] is None or _number(told["supersedes"], told["sequence"] - 1))
        and _is(told["normaliser"], r"[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,63}")
        and _is(told["key_check"], "[0-9a-f]{8,64}")
        and _is(told["norm_check"], "[0-9a-f]{8,64}")
    )


def _sound(told: Mapping[str, Any]) -> bool:
    return (
        _sound_head(told)
        and told["content"] in ("services", "register", "droplist", "aggregate")
        and _number(told["row_bucket"], 1 << 30)
        and told["row_bucket"] == bucket(told["row_bucket"])
        and _number(told["parts"], 1024)
        and told["parts"] == max(1, told["row_bucket"] >> 20)
        and (told["parts"] == 1 or told["content"] != "aggregate")
        and isinstance(told["members"], dict)
        and list(told["members"]) == order(told["parts"], meanings=opaque(told), origin="origin" in told)
        and all(_is(digest, "[0-9a-f]{64}") for digest in told["members"].values())
        and isinstance(told["recipients"], list)
        and 1 <= len(told["recipients"]) <= 16
        and all(_is(one, "[0-9a-f]{4}( [0-9a-f]{4}){7}") for one in told["recipients"])
    )


# 6 and 7. What is sealed


def padme(size: int) -> int:
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-size // step) * step


def padded(data: bytes) -> bytes:
    size = max(65_536, padme(8 + len(data)))
    return (len(data).to_bytes(8, "big") + data).ljust(size, b"\0")


def unpadded(data: bytes, size: int | None = None) -> bytes:
    length = int.from_bytes(data[:8], "big")
    expected = size or max(65_536, padme(8 + length))
    if len(data) != expected or length > len(data) - 8 or data[8 + length :].strip(b"\0"):
        raise ValueError
    return data[8 : 8 + length]


def schema(form: str) -> Any:
    texts = [pa.field(name, pa.string(), nullable=False) for name in COLUMNS[form]]
    if form == "aggregate":
        return pa.schema([*texts, pa.field("count", pa.int64(), nullable=False)])
    return pa.schema([pa.field("pseudonym", pa.uuid(), nullable=False), *texts])


def parquet(rows: list[tuple[Any, ...]], form: str, **options: Any) -> bytes:
    """The fixed form of rows (bytes of a pseudonym, texts; of an aggregate texts and a count), in the order given."""
    columns = list(zip(*rows, strict=True)) or [[]] * (1 + len(COLUMNS[form]))
    if form == "aggregate":
        return written(pa.table([pa.array(one) for one in columns], schema=schema(form)), **options)
    uuids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array(columns[0], pa.binary(16)))
    table = pa.table([uuids, *(pa.array(one, pa.string()) for one in columns[1:])], schema=schema(form))
    return written(table, **options)


def written(table: Any, **options: Any) -> bytes:
    plain: dict[str, Any] = {
        "compression": "none",
        "use_dictionary": False,
        "write_statistics": False,
        "store_schema": False,
    }
    sink = io.BytesIO()
    pq.write_table(table, sink, **{**plain, **options})
    return sink.getvalue()


def read_parquet(data: bytes, form: str, most: int) -> list[tuple[Any, ...]]:
    """The rows. ValueError for another form. (A forged dictionary isn't bounded here: this reader meets test files.)"""
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        about = file.metadata
        chunks = [
            about.row_group(group).column(column)
            for group in range(about.num_row_groups)
            for column in range(about.num_columns)
        ]
        plain = all(
            chunk.compression == "UNCOMPRESSED"
            and not chunk.has_dictionary_page
            and set(chunk.encodings) <= {"PLAIN", "RLE"}
            for chunk in chunks
        )
        same = file.schema_arrow.equals(schema(form), check_metadata=True)
        if not plain or not same or about.num_row_groups != 1 or about.metadata is not None:
            raise ValueError
        require(about.num_rows <= most, "bucket_off")
        table = file.read()
        table.validate(full=True)
    except (pa.ArrowException, OSError):
        raise ValueError from None
    first = [] if form == "aggregate" else [[one.bytes for one in table.column("pseudonym").to_pylist()]]
    last = [table.column("count").to_pylist()] if form == "aggregate" else []
    texts = [[text.encode() for text in table.column(name).to_pylist()] for name in COLUMNS[form]]
    if any(len(text) > 100 for column in texts for text in column):
        raise ValueError
    return list(zip(*first, *texts, *last, strict=True))


def read_totals(data: bytes) -> dict[str, int]:
    told = parse(unpadded(data, 4096))
    for name, number in told.items():
        if not (_is(name, "[a-z][a-z0-9_ -]{0,63}") and type(number) is int and 0 <= number < 1 << 53):
            raise ValueError
    return told


def read_meanings(data: bytes, content: str) -> dict[bytes, list[bytes]]:
    told = parse(unpadded(data))
    for code, meaning in told.items():
        if not (_is(code, "[0-9a-f]{16}") and isinstance(meaning, list)):
            raise ValueError
        if len(meaning) != len(COLUMNS[content]) or not all(_is(text, "(?s).*") for text in meaning):
            raise ValueError
        if any(len(text.encode()) > 100 for text in meaning):
            raise ValueError
    if len({tuple(meaning) for meaning in told.values()}) < len(told):
        raise ValueError
    return {code.encode(): [text.encode() for text in meaning] for code, meaning in told.items()}


# 8 and 9. Opening


@dataclass(frozen=True)
class Agreed:
    """What a reader knows of the round: its terms, who takes part, and the convenor's checks."""

    round_id: str
    fingerprint: str
    trust: str
    normaliser: str
    key_check: str
    norm_check: str
    participants: Mapping[str, bytes]  # public signing keys
    custodian: bytes = b""  # likewise; none in direct trust
    superseded: tuple[tuple[str, int, bytes], ...] = ()  # participant, up to which number, its old key


@dataclass(frozen=True)
class Opened:
    manifest: Mapping[str, Any]
    rows: list[tuple[bytes, ...]]  # a pseudonym and texts (at the custodian: an opaque code)
    totals: Mapping[str, int]  # not at the custodian, but for a drop list


def inspect(data: bytes, agreed: Agreed) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Steps 1 to 4."""
    told, members = _verified(data, agreed)
    for name in told["members"]:
        _member(told, members, name)
    return told, members


def _verified(data: bytes, agreed: Agreed) -> tuple[dict[str, Any], dict[str, bytes]]:
    members = unpack(data)
    told = read_manifest(members["manifest.json"])
    named = ["manifest.json", "manifest.sig", *told["members"]]
    require(list(members) == named, "missing_member" if told["members"] else "extra_member")
    require(told["round_id"] == agreed.round_id, "wrong_round")
    require(told["participant"] in agreed.participants, "unknown_participant")
    signed = members["manifest.json"], members["manifest.sig"]
    if "origin" in told:
        require(verify(agreed.custodian, "rekeyed", *signed), "not_from_custodian")
        _origin(told, members, agreed)
    else:
        _signed(told, *signed, agreed)
    require((told["fingerprint"], told["trust"]) == (agreed.fingerprint, agreed.trust), "wrong_fingerprint")
    return told, members


def _signed(told: Mapping[str, Any], data: bytes, signature: bytes, agreed: Agreed) -> None:
    """By the participant, with its key or one that was replaced and still holds for this number."""
    if not verify(agreed.participants[told["participant"]], "manifest", data, signature):
        old = [one for one in agreed.superseded if one[0] == told["participant"]]
        by = [up_to for _, up_to, key in old if verify(key, "manifest", data, signature)]
        require(by, "bad_signature")
        require(told["sequence"] <= max(by), "old_key")


def _member(told: Mapping[str, Any], members: Mapping[str, bytes], name: str) -> bytes:
    require(hashlib.sha256(members[name]).hexdigest() == told["members"][name], "member_changed")
    return members[name]


def _origin(told: Mapping[str, Any], members: Mapping[str, bytes], agreed: Agreed) -> dict[str, Any]:
    """The participant's manifest in a re-keyed delivery."""
    data = _member(told, members, "origin.json")
    first = read_manifest(data)
    require(first["participant"] in agreed.participants, "unknown_participant")
    signature = _member(told, members, "origin.sig")
    _signed(first, data, signature, agreed)
    free = {"day", "row_bucket", "parts", "members", "recipients", "origin", "rekey_check"}
    same = all(told[name] == first[name] for name in NAMES - free) and "origin" not in first
    forwarded = all(
        told["members"][name] == first["members"][name] for name in ("meanings.sealed", "totals.sealed")
    )
    digest = hashlib.sha256(data).hexdigest()
    require(same and forwarded and digest == told["origin"], "origin_differs")
    return first


def open_delivery(data: bytes, agreed: Agreed, reader: Party, *, custodian: bool = False) -> Opened:
    """All steps, as the analyst or as the custodian."""
    told, members = _verified(data, agreed)
    require(not (custodian and "origin" in told), "already_rekeyed")
    require(not (custodian and told["content"] == "aggregate"), "not_to_rekey")
    require(told["content"] != "withdrawal", "nothing_sealed")
    require(
        (told["normaliser"], told["norm_check"]) == (agreed.normaliser, agreed.norm_check), "wrong_normaliser"
    )
    require(told["key_check"] == agreed.key_check, "wrong_secret")
    require(reader.fingerprint in told["recipients"], "not_for_us")
    veiled = opaque(told)
    require(custodian or not veiled or "origin" in told, "not_rekeyed")
    first = _origin(told, members, agreed) if "origin" in told else told

    def unsealed(bound: Mapping[str, Any], name: str, part: int = 0) -> bytes:
        return reader.open(info(bound, name, part), _member(told, members, name))

    rows: list[tuple[bytes, ...]] = []
    for part in range(told["parts"]):
        sealed = unsealed(told, f"rows-{part:04}.sealed", part)
        rows += _rows(sealed, told, "opaque" if veiled else told["content"], part)
    require(bucket(len(rows)) == told["row_bucket"], "bucket_off")
    if custodian and veiled:
        require(all(re.fullmatch(rb"[0-9a-f]{16}", row[1]) for row in rows), "code_not_opaque")
        for name in ("meanings.sealed", "totals.sealed"):
            _member(told, members, name)  # not the custodian's to open, but it passes them on
        return Opened(told, rows, {})
    try:
        totals = read_totals(unsealed(first, "totals.sealed"))
    except ValueError:
        raise Refused("bad_totals") from None
    if veiled:
        try:
            meanings = read_meanings(unsealed(first, "meanings.sealed"), told["content"])
            rows = [(row[0], *meanings[row[1]]) for row in rows]
        except (ValueError, KeyError):
            raise Refused("other_meanings") from None
    return Opened(told, rows, totals)


def _rows(sealed: bytes, told: Mapping[str, Any], form: str, part: int) -> list[tuple[Any, ...]]:
    try:
        data = unpadded(sealed)
    except ValueError:
        raise Refused("bad_padding") from None
    try:
        rows = read_parquet(data, form, told["row_bucket"])
    except ValueError:
        raise Refused("other_schema") from None
    if form == "aggregate":
        require(all(1 <= row[2] <= 1_000_000 for row in rows), "count_outside")
    sorts = rows if told["content"] == "services" else [row[:1] for row in rows]
    if form == "aggregate":
        sorts = [row[:2] for row in rows]
    require(all(a < b for a, b in pairwise(sorts)), "rows_not_sorted")
    if form == "aggregate":
        return rows
    bits = told["parts"].bit_length() - 1
    require(all(int.from_bytes(row[0], "big") >> (128 - bits) == part for row in rows), "row_in_wrong_part")
    return rows


# 8. The custodian


def rekeying_key(custodian: Party, round_id: str, digests: list[str]) -> bytes:
    """K_C for the digests of all manifests that are re-keyed together."""
    together = hashlib.sha256("\n".join(sorted(digests)).encode()).digest()
    return (
        hkdf(custodian.local("custodian"), bytes.fromhex(round_id), b"factlab/v1/rekey|" + together)
        .hex()
        .encode()
    )
