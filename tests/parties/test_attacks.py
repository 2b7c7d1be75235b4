"""Attacks of those who take part with software of their own, or who look over a shoulder. docs/attacks.md lists them all."""

from __future__ import annotations

import base64
import hmac
import itertools
import logging
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import duckdb
import pyarrow as pa
import pytest
from factlab import agreement, cli, custodian
from factlab import engine as engines
from factlab.delivery import agreed, package
from factlab.delivery.plaintext import SCHEMAS
from factlab.delivery.rekeying import open_submission
from factlab.engine import Engine
from factlab.linkage import link
from factlab.parties import analyst
from factlab.source import pseudonyms
from typer.testing import CliRunner

from tests.delivery.made import uuids
from tests.end_to_end.canary import _base64_cores
from tests.parties.little import DAY, LittleRound, make_round
from tests.parties.test_analyst import refused
from tests.parties.test_who_learns_what import Attacker, addresses_of, round_secret, submissions

pytestmark = pytest.mark.xdist_group("split")
WHO = "welzijn-wiermonde"


def deliver(
    little: LittleRound, rows: pa.Table, path: Path, *, participant: str = WHO, content: Any = "services"
) -> Path:
    """What a participant with its own software sends: any rows, as a correction of what it sent."""
    round_ = agreement.read(little.round).round
    package.write(
        path,
        round_=round_,
        participant=participant,
        identity=little.identities[participant],
        recipient=round_.analyst_keys,
        contents=package.Contents(content, rows, {"rows": 1}),
        checks=agreed.read_checks(little.round, round_),
        day=DAY,
        sequence=2,
    )
    return path


def opened(little: LittleRound, participant: str = WHO) -> pa.Table:
    _, received = analyst.receive(little.round, analyst.delivery_files(little.deliveries), little.analyst)
    (found,) = [one for one in received.deliveries if one.manifest.participant == participant]
    return found.contents.rows


def invented(number: int, service: str) -> pa.Table:
    draw = random.Random(3)
    storage = pa.array([draw.randbytes(16) for _ in range(number)], pa.binary(16))
    made = pa.ExtensionArray.from_storage(pa.uuid(), storage)
    columns = {"pseudonym": made, "service": pa.array([service] * number)}
    return pa.table(columns, schema=SCHEMAS["services"])


# Keys where they shouldn't be


def secrets_of(little: LittleRound) -> dict[str, bytes]:
    """Everything that must stay in a key file or in memory."""
    round_ = agreement.read(little.round).round
    secret = round_secret(little)
    found = {"round secret": secret}
    for purpose in ("link", "check"):
        found[purpose] = bytes.fromhex(
            pseudonyms._derive(secret, round_.round_id, purpose, round_.profile).decode()
        )
    for name, key in little.identities.items():
        found |= {f"{name} signs": key._sign, f"{name} opens": key._seal}
    key = little.identities.get("custodian")
    if key:
        found["master"] = key.derive("custodian")
        found["K_C"] = bytes.fromhex(custodian.key(key, round_, submissions(little)).decode())
    return found


def spelled(secret: bytes) -> Iterator[bytes]:
    """A secret as it could be written: raw, hexadecimal (either case, half of it is enough), base64 at any offset."""
    for half in (secret[:16], secret[16:]):
        yield half
        yield half.hex().encode()
        yield half.hex().upper().encode()
        yield from _base64_cores(half)
        yield repr(half)[2:-1].encode()


def leaks(data: bytes, secrets: dict[str, bytes]) -> list[str]:
    return [name for name, secret in secrets.items() if any(form in data for form in spelled(secret))]


@pytest.mark.parametrize(
    "write",
    [
        lambda one: one,
        lambda one: one.hex().encode(),
        lambda one: base64.b64encode(b"xy" + one),
        base64.b64encode,
        lambda one: str([one]).encode(),
    ],
    ids=["raw", "hex", "base64 within", "base64", "repr"],
)
def test_a_planted_secret_is_found(write: Any) -> None:
    secret = random.Random(1).randbytes(32)
    assert leaks(b"before " + write(secret) + b" after", {"it": secret}) == ["it"]
    assert leaks(b"before after", {"it": secret}) == []


def test_no_secret_is_in_any_file_but_its_own_key_file(made_split: LittleRound) -> None:
    secrets = secrets_of(made_split)
    assert len(secrets) > 20
    files = [
        path
        for path in made_split.root.rglob("*")
        if path.is_file() and made_split.root / "keys" not in path.parents
    ]
    assert len(files) > 50
    assert {path.name: found for path in files if (found := leaks(path.read_bytes(), secrets))} == {}
    for path in (made_split.root / "keys").glob("*.key"):
        assert leaks(path.read_bytes(), secrets) == [f"{path.stem} signs", f"{path.stem} opens"]
    for path in (made_split.root / "keys").glob("*.pub"):
        assert leaks(path.read_bytes(), secrets) == []


def test_no_secret_is_printed_logged_or_part_of_an_sql_text(
    split: LittleRound, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every command that handles one, with every logger told to say everything and every SQL text kept."""
    asked: list[str] = []
    plain = duckdb.connect

    class Listening:
        def __init__(self, *words: Any) -> None:
            self._con = plain(*words)

        def __getattr__(self, name: str) -> Any:
            whole = getattr(self._con, name)
            if name not in ("execute", "sql"):
                return whole

            def heard(sql: Any, *rest: Any, **named: Any) -> Any:
                asked.append(sql if isinstance(sql, str) else sql.query)
                return whole(sql, *rest, **named)

            return heard

    monkeypatch.setattr(engines.duckdb, "connect", Listening)
    caplog.set_level(logging.DEBUG)
    home, keys = split.root / "parties" / WHO, split.root / "keys"
    extract = next(path for path in (home / "extract").iterdir() if path.suffix != ".toml")
    mine = ["--kit", home / "kit", "--participant", WHO, "--identity", keys / f"{WHO}.key"]
    asks = [
        ["pseudonymise", extract, *mine, "--out", split.root / "out", "--leave-out-unknown"],
        ["rekey", *split.submitted.iterdir(), "--round", split.round, "--identity", keys / "custodian.key",
         "--out", split.root / "again"],
        ["status", split.round, "--identity", keys / "analyst.key", "--deliveries", split.root / "again"],
        ["round", "show", split.round],
        ["identity", "show", keys / f"{WHO}.pub"],
        ["inspect", next(split.submitted.iterdir()), "--round", split.round],
        ["status", split.round, "--identity", keys / f"{WHO}.key", "--deliveries", split.root / "again"],
    ]  # fmt: skip
    said = []
    for words in asks:
        done = CliRunner().invoke(cli.app, ["--lang", "en", *map(str, words)])
        said.append(done.output + (str(done.exception) if done.exception else ""))
    assert len(asked) > 30
    assert any("inner_pad" in sql for sql in asked)
    secrets = secrets_of(split)
    pads = {f"pad {at}": bytes(byte ^ at for byte in secrets["K_C"].hex().encode()) for at in (0x36, 0x5C)}
    everything = "\n".join([*said, *asked, caplog.text]).encode()
    assert leaks(everything, secrets) == []
    assert leaks(everything, {name: pad[at : at + 32] for name, pad in pads.items() for at in (0, 32)}) == []


def test_no_option_takes_a_secret() -> None:
    """What stands on a command line stands in the list of processes and in the shell's history. Texts that may: these."""
    groups = [cli.app, *(group.typer_instance for group in cli.app.registered_groups)]
    verbs = [command.callback for group in groups if group for command in group.registered_commands]
    assert len(verbs) > 15
    texts = {
        name
        for verb in [*verbs, cli.options]
        for name, kind in get_type_hints(verb).items()
        if name != "return" and kind not in (bool, int, Path, Path | None, list[Path], list[Path] | None)
    }
    cell = {"table", "area", "category"}
    assert texts == {"lang", "name", "participant", "profile", "renewed", "revoked"} | cell


# Frequency, rounds, inventions


def test_a_frequent_pseudonym_tells_nothing(made_split: LittleRound) -> None:
    """An institution with hundreds of rows: no pseudonym has more rows than its organisation has services, none is there
    twice with one of them, and there is nothing else to count."""
    round_ = agreement.read(made_split.round).round
    attacker = Attacker(made_split, ("custodian",))
    for told, table in attacker.tables(rekeyed=False):
        if told.content != "services":
            continue
        rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
        assert len(set(rows)) == len(rows)
        most = max(Counter(row[0] for row in rows).values())
        assert most <= len(round_.participant(told.participant).services)


def test_two_rounds_share_no_pseudonym(little: LittleRound, tmp_path: Path) -> None:
    """The same extract, the same organisation, two rounds: whoever keeps both deliveries can't lay them side by side."""
    other = make_round(tmp_path / "other", little.root / "sample", names=(WHO,))
    one, two = (set(opened(made).column("pseudonym").to_pylist()) for made in (little, other))
    assert len(one) > 10
    assert not one & two
    # With each round's own secret they are the same addresses: it is the key that differs.
    links = []
    for made in (little, other):
        round_ = agreement.read(made.round).round
        links.append(pseudonyms.linkage_key(round_secret(made), round_.round_id, round_.profile))
    reached = [
        {address for address in addresses_of(little, WHO) if _uuid(link, address) in seen}
        for link, seen in zip(links, (one, two), strict=True)
    ]
    assert reached[0] == reached[1] != set()


def _uuid(link: bytes, address: str) -> Any:
    import uuid

    return uuid.UUID(bytes=pseudonyms.pseudonym(link, address))


def households(little: LittleRound) -> tuple[int, int, dict[str, int]]:
    """Households, those that use something, and addresses without a household per organisation."""
    agreed_on, received = analyst.receive(
        little.round, analyst.delivery_files(little.deliveries), little.analyst
    )
    assert received.refusals == ()
    with Engine() as engine:
        link(engine, received, agreed_on)
        count = "select count(*) from household"
        using = "select count(distinct household) from household_use"
        return (
            engine.rows(count)[0][0],
            engine.rows(using)[0][0],
            dict(engine.rows("select organisation, addresses from unmatched")),  # type: ignore[arg-type]
        )


def test_invented_addresses_count_for_nothing_and_show(little: LittleRound) -> None:
    """Fake rows: what isn't in the register is no household; how much of it an organisation sent is told about it."""
    before = households(little)
    service = agreement.read(little.round).round.participant(WHO).services[0]
    rows = pa.concat_tables([opened(little).combine_chunks(), invented(60, service)])
    deliver(little, rows, little.deliveries / "invented.factlab")
    after = households(little)
    assert after[:2] == before[:2]
    assert after[2] == {**before[2], WHO: before[2][WHO] + 60}


def test_a_service_or_area_that_was_not_agreed_is_refused(little: LittleRound) -> None:
    round_ = agreement.read(little.round).round
    mine = round_.participant(WHO).services
    other = next(code for one in round_.participants for code in one.services if code not in mine)
    made = deliver(little, invented(20, other), little.deliveries / "other.factlab")
    assert refused(little).key == "linkage.unagreed_service"
    made.unlink()
    holder = round_.register_holder.id
    rows = invented(20, "BU00000000").rename_columns(["pseudonym", "area"])
    rows = rows.append_column("group", pa.array([""] * 20))
    deliver(little, rows, made, participant=holder, content="register")
    assert refused(little).key == "linkage.unknown_area"


# What the protocol doesn't prevent


def test_limit_a_participant_who_helps_the_analyst_can_label_addresses(split: LittleRound) -> None:
    """Content is all that is left to collude with, and it is enough for as many addresses as an organisation's services
    have combinations, in each area: so analyst and participant are never the same people.

    docs/trust.md says so; quotas and few services limit it. When this test fails, the limit has moved: say so there.
    """
    round_ = agreement.read(split.round).round
    mine = max(round_.participants, key=lambda one: len(one.services))
    labels = [
        combination
        for size in range(1, len(mine.services) + 1)
        for combination in itertools.combinations(mine.services, size)
    ]
    # Who has an area of its own in mind marks every address in it apart; here: as many as there are labels.
    known = dict(zip(addresses_of(split, mine.id), labels, strict=False))
    link = pseudonyms.linkage_key(round_secret(split), round_.round_id, round_.profile)
    rows = [(_uuid(link, address), code) for address, label in known.items() for code in label]
    table = pa.table(
        {"pseudonym": uuids([one for one, _ in rows]), "service": pa.array([code for _, code in rows])}
    )
    marked = deliver(split, table, split.root / "marked.factlab", participant=mine.id)
    assert split.rekey([*split.submitted.iterdir(), marked]).refusals == ()
    came: dict[Any, set[str]] = {}
    for one, code in zip(*(column.to_pylist() for column in opened(split, mine.id).columns), strict=True):
        came.setdefault(one, set()).add(code)
    back = {frozenset(label): address for address, label in known.items()}
    found = {one: back[frozenset(codes)] for one, codes in came.items()}
    assert len(found) == len(known) >= 3
    submitted = [open_submission(
        file, round_=round_, checks=agreed.read_checks(split.round, round_), custodian=split.identities["custodian"]
    ).digest for file in [*split.submitted.iterdir(), marked] if f"_{mine.id}_1" not in file.name]  # fmt: skip
    key = custodian.key(split.identities["custodian"], round_, submitted)  # the truth, which they lack
    for one, address in found.items():
        assert hmac.digest(key, pseudonyms.pseudonym(link, address), "sha256")[:16] == one.bytes
