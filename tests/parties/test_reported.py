"""Counts without addresses, from a table to the publication: only the analyst opens them, and nothing is linked."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from factlab import linkage
from factlab.delivery import agreed, archive, identity, manifest, package, plaintext
from factlab.errors import DeliveryError, FactlabError
from factlab.parties import analyst, organisation
from factlab.source import problems
from factlab.texts import say

from tests.parties.little import DAY, LittleRound, make_round

pytestmark = pytest.mark.xdist_group("reported")
WHO = "buurtkamer"
# Canaries: no other number, name or code in the round looks like these.
SAID = [
    ("Binnenstad", "INF-BUUV", 48613),
    ("Noorderoever", "INF-BUUV", 7),
    ("WK999903", "INF-BUUV", 90177),
    ("Lisveld", "INF-BUUV", 0),
    ("Binnenstad", "WEL-INL", 55291),
    ("Molenwijk", "WEL-INL", 60449),
]
TABLE = (
    "Wijk;Activiteit;Deelnemers;Begeleider\n"
    + "".join(f"{area};{service};{number};M. Vrijwilliger\n" for area, service, number in SAID)
    + "Totaal;;254537;\n"
)
CODES = {"Binnenstad": "WK999901", "Noorderoever": "WK999902", "Molenwijk": "WK999903", "Lisveld": "WK999904"}
NAMES = ("burgerzaken-wiermonde", "welzijn-wiermonde", "thuiszorg-wilgenhof", WHO)


@pytest.fixture(scope="module", params=[False, True], ids=["direct", "custodian"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LittleRound:
    return make_round(tmp_path_factory.mktemp("reported"), names=NAMES, split=request.param, counts=TABLE)


@pytest.fixture
def counting(whole: LittleRound, tmp_path: Path) -> LittleRound:
    """A copy that a test may spoil."""
    return LittleRound(Path(shutil.copytree(whole.root, tmp_path / "round")), whole.identities)


def delivery(little: LittleRound) -> Path:
    (found,) = little.deliveries.glob(f"*_{WHO}_1.factlab")
    return found


def opened(little: LittleRound, file: Path, who: str = "analyst") -> package.Contents:
    round_ = agreed.open_round(little.round).round
    checks = agreed.read_checks(little.round, round_)
    key = little.identities[who]
    return package.open_package(file, round_=round_, checks=checks, recipient=key)[1]


def again(little: LittleRound, text: str, **options: Any) -> organisation.Outcome:
    home = little.root / "parties" / WHO
    table = home / "extract" / "opnieuw.csv"
    table.write_text(text, encoding="utf-8")
    return organisation.pseudonymise(
        table,
        kit=home / "kit",
        participant=WHO,
        identity=little.identities[WHO],
        day=DAY,
        **{"out": home / "again", "lang": "nl", **options},
    )


def test_every_published_number_is_what_was_counted(counting: LittleRound, tmp_path: Path) -> None:
    """The oracle adds the table up itself. What is hidden is too small, or would give such a number away."""
    analyst.run(counting.round, analyst.delivery_files(counting.deliveries), counting.analyst, tmp_path / "p")
    truth: Counter[tuple[str, str]] = Counter()
    for area, service, number in SAID:
        truth[CODES.get(area, area), service] += number
        truth["GM9999", service] += number
    with (tmp_path / "p" / "cells.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == "informal"]
    shown = {(row["area_code"], row["category"]): row for row in rows}
    assert {area for area, _ in shown} == {"GM9999", *(f"WK99990{n}" for n in range(1, 7))}
    mine = {key: row for key, row in shown.items() if key[1] in ("INF-BUUV", "WEL-INL")}
    assert len(mine) == 2 * 7
    for key, row in mine.items():
        if row["status"] == "published":
            assert int(row["households"]) == truth[key], key
    assert mine["WK999902", "INF-BUUV"]["status"] == "suppressed"  # 7
    hidden = [key for key, row in mine.items() if row["status"] == "suppressed"]
    assert {service for _, service in hidden} == {"INF-BUUV"}
    assert len(hidden) >= 2  # else the 7 is what is left of the whole
    assert mine["WK999905", "WEL-INL"]["households"] == "0"
    page = (tmp_path / "p" / "index.html").read_text(encoding="utf-8")
    assert 'data-cell="informal|municipality|GM9999||WEL-INL">115.740<' in page
    assert "Stichting Buurtkamer (personen)" in page
    assert "niet gekoppeld" in page


def test_only_area_service_and_count_leave(whole: LittleRound) -> None:
    contents = opened(whole, delivery(whole))
    assert contents.content == "aggregate"
    assert contents.rows.column_names == ["area", "service", "count"]
    assert contents.rows.to_pylist() == [
        {"area": CODES.get(area, area), "service": service, "count": number}
        for area, service, number in sorted(SAID, key=lambda row: (CODES.get(row[0], row[0]), row[1]))
        if number
    ]
    assert contents.totals == {"rows": len(SAID), "delivered": len(SAID)}  # the total below them is no row


def test_it_is_sealed_for_the_analyst_alone_and_tells_nothing_without_a_key(whole: LittleRound) -> None:
    file = delivery(whole)
    round_ = agreed.open_round(whole.round).round
    told = package.inspect(file, round_)
    assert (told.content, told.participant, told.row_bucket, told.parts) == ("aggregate", WHO, 64, 1)
    assert told.recipients == (identity.fingerprint(round_.analyst_keys),)
    with archive.opened(file) as found:
        assert set(found.members) == {"manifest.json", "manifest.sig", "rows-0000.sealed", "totals.sealed"}
    for name in set(whole.identities) - {"analyst"}:
        with pytest.raises(DeliveryError, match="not_for_us"):
            opened(whole, file, name)


def test_size_tells_nothing_of_how_many_there_are(counting: LittleRound) -> None:
    one = again(counting, "Wijk;Activiteit;Deelnemers\nBinnenstad;INF-BUUV;1\n").delivery
    many = "".join(f"WK99990{n};{s};{n * 137}\n" for n in range(1, 7) for s in ("INF-BUUV", "WEL-INL"))
    other = again(counting, f"Wijk;Activiteit;Deelnemers\n{many}", sequence=2).delivery
    assert one and other
    sizes = {name: len(data) for name, data in _members(one).items() if name.endswith(".sealed")}
    assert sizes == {name: len(data) for name, data in _members(other).items() if name.endswith(".sealed")}


def _members(file: Path) -> dict[str, bytes]:
    with archive.opened(file) as found:
        return {name: found.read(name) for name in found.members}


def test_an_organisation_that_counts_gets_no_round_secret(whole: LittleRound) -> None:
    kit = whole.root / "parties" / WHO / "kit"
    assert not (kit / "invitation.json").exists()
    assert (whole.root / "parties" / "welzijn-wiermonde" / "kit" / "invitation.json").exists()
    listed = kit / "lijst.csv"
    with pytest.raises(FactlabError) as raised:
        organisation.droplist(
            listed, kit=kit, participant=WHO, identity=whole.identities[WHO], out=kit, day=DAY
        )
    assert raised.value.key == "organisation.no_addresses"


def test_the_custodian_refuses_it_and_keeps_nothing_of_it(counting: LittleRound) -> None:
    if agreed.open_round(counting.round).round.custodian is None:
        return  # there is none in direct trust
    before = sorted(file.name for file in counting.deliveries.iterdir())
    log = (counting.round / "custodian.log").read_bytes()
    outcome = counting.rekey([*counting.submitted.iterdir(), delivery(counting)])
    (refusal,) = outcome.refusals
    assert refusal.error.key == "delivery.not_to_rekey"
    for lang in ("nl", "en"):
        assert say(refusal.error.key, lang, **refusal.error.fields)
    made = sorted(file.name for file in counting.deliveries.iterdir())
    assert made == before  # what its maker put there for the analyst stays as it was
    assert (counting.round / "custodian.log").read_bytes() == log
    assert WHO.encode() not in log


def _counts_in(piece: bytes) -> set[int]:
    """The counts that stand in it, as eight bytes or in digits. Keys, checksums and identifiers have five given digits in
    a row by chance, so in digits a number stands apart from letters, digits and what holds those together."""
    large = {number for _, _, number in SAID if number > 10}
    return {
        number
        for number in large
        if number.to_bytes(8, "little") in piece or re.search(rb"(?<![\w+/-])%d(?![\w+/-])" % number, piece)
    }


def test_a_count_is_in_no_file_that_anybody_but_organisation_and_analyst_can_read(whole: LittleRound) -> None:
    """Also not with every other key: everything sealed is opened with all keys but the analyst's."""
    large = {number for _, _, number in SAID if number > 10}
    keys = [key for name, key in whole.identities.items() if name != "analyst"]
    searched = 0
    for file in whole.root.rglob("*"):
        inside = file.relative_to(whole.root).as_posix()
        if not file.is_file() or inside.startswith(("sample/", f"parties/{WHO}/extract")):
            continue
        pieces = [file.read_bytes()]
        if file.suffix == ".factlab":
            pieces += _unsealed(file, keys)
        for piece in pieces:
            searched += 1
            assert not _counts_in(piece), inside
    assert searched > 30
    analysts = _unsealed(delivery(whole), [whole.analyst])
    assert set().union(*map(_counts_in, analysts)) == large
    extract = whole.root / "parties" / WHO / "extract"
    planted = [
        file
        for file in whole.root.rglob("*")
        if file.is_file() and file.as_posix().startswith(extract.as_posix())
    ]
    assert set().union(*(_counts_in(file.read_bytes()) for file in planted)) == large, (
        "in digits, where they are meant"
    )


def _unsealed(file: Path, keys: list[identity.Identity]) -> list[bytes]:
    members = _members(file)
    told = manifest.read(members["manifest.json"], file.name)
    found = []
    for name in told.members:
        part = int(name[5:9]) if name.startswith("rows") else 0
        for key in keys:
            try:
                found.append(key.open(told.info(name, part), members[name]))
            except DeliveryError:
                continue
    return found


def test_status_and_a_higher_number(counting: LittleRound) -> None:
    _, received = analyst.receive(
        counting.round, analyst.delivery_files(counting.deliveries), counting.analyst
    )
    assert WHO in received.participants
    made = again(counting, TABLE.replace("48613", "48614"), sequence=2).delivery
    assert made
    shutil.copyfile(made, counting.deliveries / made.name)
    agreed_on, received = analyst.receive(
        counting.round, analyst.delivery_files(counting.deliveries), counting.analyst
    )
    assert received.superseded == (delivery(counting).name,)
    counts, _ = analyst.count(agreed_on, received)
    informal = {(k.area_code, k.category): n for k, n in counts.counts.items() if k.table == "informal"}
    assert informal["WK999901", "INF-BUUV"] == 48614


def forged(little: LittleRound, who: str, rows: list[tuple[str, str, int]], path: Path) -> Path:
    """What a participant with its own software could make."""
    import pyarrow as pa

    round_ = agreed.open_round(little.round).round
    columns = list(zip(*rows, strict=True))
    table = pa.table([pa.array(column) for column in columns], schema=plaintext.SCHEMAS["aggregate"])
    bare = manifest.Manifest(
        content="aggregate",
        trust=round_.trust,
        round_id=round_.round_id,
        fingerprint=round_.fingerprint,
        participant=who,
        sequence=9,
        supersedes=8,
        day=DAY,
        **vars(agreed.read_checks(little.round, round_)),
        row_bucket=64,
        parts=1,
        members={},
        recipients=(identity.fingerprint(round_.analyst_keys),),
    )
    sealed = package.seal_rows(bare, table, round_.analyst_keys)
    totals = plaintext.to_totals({"rows": len(rows)})
    sealed["totals.sealed"] = identity.seal(round_.analyst_keys, bare.info("totals.sealed", 0), totals)
    package.finish(path, bare, sealed, little.identities[who])
    return path


@pytest.mark.parametrize(
    ("who", "rows", "key"),
    [
        ("welzijn-wiermonde", [("WK999901", "WEL-AMW", 40)], "linkage.other_content"),
        ("burgerzaken-wiermonde", [("WK999901", "WEL-INL", 40)], "linkage.other_content"),
        (WHO, [("WK999901", "INF-VB", 40)], "linkage.unagreed_service"),
        (WHO, [("BU99990101", "WEL-INL", 40)], "linkage.unknown_area"),  # finer than agreed
        (WHO, [("GM9999", "WEL-INL", 40)], "linkage.unknown_area"),
        (WHO, [("WK888801", "WEL-INL", 40)], "linkage.unknown_area"),
        (WHO, [("WK999901", "WEL-INL", 0)], "delivery.count_outside"),
        (WHO, [("WK999901", "WEL-INL", -40)], "delivery.count_outside"),
        (WHO, [("WK999901", "WEL-INL", 1_000_001)], "delivery.count_outside"),
        (WHO, [("WK999901", "WEL-INL", 40), ("WK999901", "WEL-INL", 41)], "delivery.rows_not_sorted"),
        (WHO, [("WK999902", "WEL-INL", 40), ("WK999901", "WEL-INL", 41)], "delivery.rows_not_sorted"),
        (WHO, [("WK999901", "WEL-INL", 40), ("WK999901", "INF-BUUV", 41)], "delivery.rows_not_sorted"),
    ],
)
def test_what_was_not_agreed_is_refused(
    whole: LittleRound, tmp_path: Path, who: str, rows: list[tuple[str, str, int]], key: str
) -> None:
    file = forged(whole, who, rows, tmp_path / "forged.factlab")
    _, received = analyst.receive(whole.round, [file], whole.analyst)
    (refusal,) = received.refusals
    assert isinstance(refusal, linkage.Refusal)
    assert refusal.error.key == key
    for lang in ("nl", "en"):
        sentence = say(refusal.error.key, lang, **refusal.error.fields)
        assert not [value for row in rows for value in map(str, row) if len(value) > 2 and value in sentence]


def test_pseudonyms_under_the_name_of_counts_are_refused(whole: LittleRound, tmp_path: Path) -> None:
    """A participant that should count can't send rows of a household: not with the tool, and not past it."""
    import pyarrow as pa

    round_ = agreed.open_round(whole.round).round
    rows = pa.table(
        {
            "pseudonym": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16], pa.binary(16))),
            "service": ["WEL-INL"],
        }
    )
    with pytest.raises(DeliveryError, match="other_content"):
        package.write(
            tmp_path / "x.factlab",
            round_=round_,
            participant=WHO,
            identity=whole.identities[WHO],
            recipient=round_.analyst_keys,
            contents=package.Contents("services", rows, {}),
            checks=agreed.read_checks(whole.round, round_),
            day=DAY,
        )


def test_a_mistake_stops_it_and_is_listed_by_row_without_the_value(counting: LittleRound) -> None:
    text = (
        "Wijk;Activiteit;Deelnemers\n"
        "Binnenstad;INF-BUUV;48613\n"
        "Zevenheuvelen;INF-BUUV;311\n"  # 3: no such area
        "Molenwijk;INF-BUUV;-312\n"
        "Molenwijk;WEL-INL;313,5\n"
        "Lisveld;WEL-INL;<314\n"
        "Duinkant;WEL-INL;315\n"  # 7 and 8: which one?
        "Duinkant;wel-inl;316\n"
        "Wierlanden;;317\n"
    )
    with pytest.raises(FactlabError) as raised:
        again(counting, text)
    assert raised.value.key == "source.wrong_counts"
    assert raised.value.fields["rows"] == 7
    folder = counting.root / "parties" / WHO / "again"
    assert [file.name for file in folder.iterdir()] == ["opnieuw.csv" + problems.SUFFIX]
    listed = (folder / ("opnieuw.csv" + problems.SUFFIX)).read_text(encoding="utf-8-sig")
    rows = list(csv.reader(listed.splitlines(), delimiter=";"))[1:]
    assert [row[:3] for row in rows] == [
        ["3", "Wijk", "onbekend gebied"],
        ["4", "Deelnemers", "negatief aantal"],
        ["5", "Deelnemers", "geen heel getal"],
        ["6", "Deelnemers", "onleesbaar aantal"],
        ["7", "Deelnemers", "dubbel geteld"],
        ["8", "Deelnemers", "dubbel geteld"],
        ["9", "Activiteit", "de voorziening ontbreekt"],
    ]
    assert not [value for value in ("Zevenheuvelen", *(str(n) for n in range(311, 318))) if value in listed]


def test_a_trial_writes_nothing_and_a_rehearsal_leaves_no_delivery(counting: LittleRound) -> None:
    home = counting.root / "parties" / WHO
    before = sorted(file.name for file in (home / "extract").iterdir())
    tried = again(counting, TABLE, dry_run=True)
    assert not (home / "again").exists()
    shown = organisation.shown(tried, "nl")
    assert "WK999901  INF-BUUV  48613" in shown  # all that leaves, as it leaves
    assert "alleen de onderzoeker" in shown
    assert "pseudoniem" not in shown.replace("geen pseudoniem", "")
    assert list(dict(tried.preview.staying)) == ["Begeleider"]
    assert sorted({*before, "opnieuw.csv"}) == sorted(file.name for file in (home / "extract").iterdir())
    rehearsed = again(counting, TABLE, rehearse=True)
    assert rehearsed.delivery is None and rehearsed.manifest is not None
    assert not list((home / "again").glob("*.factlab"))
    wrong = again(counting, TABLE.replace("48613", "4x"), dry_run=True)
    assert "niet bruikbaar" in organisation.shown(wrong, "nl")


def test_a_list_of_addresses_to_leave_out_makes_no_sense(counting: LittleRound) -> None:
    with pytest.raises(FactlabError) as raised:
        again(counting, TABLE, exclusions=Path("secret.csv"))
    assert raised.value.key == "organisation.no_addresses"


@pytest.mark.parametrize(("guide", "lang"), [("organisatie.md", "nl"), ("organisation.md", "en")])
def test_the_guide_shows_what_its_table_gives(counting: LittleRound, guide: str, lang: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / guide).read_text(encoding="utf-8")
    table, told = (block.partition("```")[0] for block in text.split("```text\n")[1:3])
    assert told in organisation.shown(again(counting, table, lang=lang), "nl" if lang == "nl" else "en")
