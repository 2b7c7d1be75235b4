"""At an organisation: what leaves, what is shown, what is listed, and that nothing is half-written."""

from __future__ import annotations

import csv
import datetime
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from factlab import texts
from factlab.agreement import Agreement, catalogue
from factlab.agreement import round as rounds
from factlab.delivery import agreed, identity, package
from factlab.delivery.identity import Identity
from factlab.errors import AgreementError, DeliveryError, ExtractError, FactlabError
from factlab.files import package_folder
from factlab.parties import convenor, organisation
from factlab.source import preview

from tests.trusting import direct

DAY = datetime.date(2026, 1, 9)
WHO = "thuiszorg-wilgenhof"
EXTRACT = (
    "Cliënt;BSN;Naam;Geb.datum;Postcode;Huisnummer;Toevoeging;Straat;Product;Begindatum;Einddatum;Opmerking\n"
    "1;123456782;T. Voorbeeld;01-02-1950;3501AA;12;A;Ankerstraat;WMO-HBH;01-01-2025;;sleutel bij de buren\n"
    "2;111222333;N. Verzonnen;03-04-1960;3501 aa;12a;;Ankerstraat;Begeleiding individueel;;;belt terug\n"
    "3;123456782;B. Testema;05-06-1970;3501AB;7;;Ankerstraat;WMO-HBH;;;\n"
    "4;111222333;K. Proef;07-08-1980;3501;8;;Geheimlaan;WMO-HBH;;;\n"
    "5;123456782;D. Denkbeeld;09-10-1990;3501AC;9;;Ankerstraat;Iets anders;;;\n"
    "6;123456782;D. Denkbeeld;09-10-1990;3501AC;10;;Ankerstraat;WMO-HBH;;31-01-2025;\n"
)


@dataclass(frozen=True)
class Party:
    root: Path
    agreement: Agreement
    identities: dict[str, Identity]

    @property
    def kit(self) -> Path:
        return self.root / "round" / "kits" / WHO


@pytest.fixture(scope="module")
def party(tmp_path_factory: pytest.TempPathFactory) -> Party:
    root = tmp_path_factory.mktemp("round")
    draft = direct(Path(shutil.copytree(package_folder("sample_data") / "agreement", root / "draft")))
    drafted = rounds.read(draft / "round.toml")
    identities = {name: identity.new() for name in (*(p.id for p in drafted.participants), "analyst")}
    for name, one in identities.items():
        identity.save(one, root / "keys" / f"{name}.key", name=name)
    made = convenor.new_round(draft, root / "keys", identities[drafted.convenor], root / "round")
    convenor.invite(root / "round", identities[drafted.convenor])
    return Party(root, made, identities)


def run(party: Party, folder: Path, text: str = EXTRACT, **options: object) -> organisation.Outcome:
    extract = folder / "clients.csv"
    extract.write_text(text, encoding="utf-8")
    arguments = {
        "kit": party.kit,
        "participant": WHO,
        "identity": party.identities[WHO],
        "out": folder / "out",
        "leave_out_unknown": True,
    }
    return organisation.pseudonymise(extract, **{**arguments, "day": DAY, "lang": "nl", **options})  # type: ignore[arg-type]


def opened(party: Party, file: Path) -> package.Contents:
    checks = agreed.read_checks(party.root / "round", party.agreement.round)
    _, contents = package.open_package(
        file, round_=party.agreement.round, checks=checks, recipient=party.identities["analyst"]
    )
    return contents


def test_a_folder_with_spaces_and_accents(party: Party, tmp_path: Path) -> None:
    folder = tmp_path / "Cliënten & zorg (één map)"
    folder.mkdir()
    made = run(party, folder)
    assert made.delivery is not None and made.delivery.parent == folder / "out"


def test_only_pseudonym_and_service_leave(party: Party, tmp_path: Path) -> None:
    made = run(party, tmp_path)
    assert made.delivery is not None and made.delivery.name == f"wiermonde-2025_{WHO}_1.factlab"
    contents = opened(party, made.delivery)
    assert contents.rows.column_names == ["pseudonym", "service"]
    assert sorted(contents.rows.column("service").to_pylist()) == ["WMO-BEG", "WMO-HBH", "WMO-HBH"]
    assert len(set(contents.rows.column("pseudonym").to_pylist())) == 2  # 12 A was written in two ways
    assert contents.totals == {
        "rows": 6, "delivered": 3, "unusable address": 1, "unknown service": 1, "outside the period": 1,
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_problem_list_tells_rows_and_never_values(party: Party, tmp_path: Path, lang: str) -> None:
    made = run(party, tmp_path, lang=lang)
    assert made.problems is not None
    data = made.problems.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")  # else Dutch Excel reads it as Windows-1252
    rows = list(csv.reader(data.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert [row[:2] for row in rows[1:]] == [["5", "Postcode"], ["6", "Product"], ["7", "Begindatum"]]
    told = "\n".join(";".join(row[1:]) for row in rows)
    for value in (
        "3501",
        "Ankerstraat",
        "Geheimlaan",
        "Denkbeeld",
        "Iets anders",
        "123456782",
        "2025-01-31",
        "31-01-2025",
        "1990",
    ):
        assert value not in told, value
    assert rows[1][2] == {"nl": "onbruikbaar adres", "en": "unusable address"}[lang]


def test_a_problem_list_of_an_earlier_attempt_doesn_t_stay(party: Party, tmp_path: Path) -> None:
    listed = run(party, tmp_path).problems
    assert listed is not None and listed.exists()
    sound = "".join(EXTRACT.splitlines(keepends=True)[:4])
    assert run(party, tmp_path, sound).problems is None
    assert not listed.exists()


def test_the_mapping_is_saved_once_and_then_the_user_s(party: Party, tmp_path: Path) -> None:
    saved = run(party, tmp_path).mapping_saved
    assert saved == tmp_path / "clients.csv.mapping.toml"
    text = saved.read_text(encoding="utf-8").replace("[services]", '[services]\n"Iets anders" = "WMO-BEG"')
    saved.write_text(text, encoding="utf-8")
    again = run(party, tmp_path)
    assert again.mapping_saved is None
    assert saved.read_text(encoding="utf-8") == text
    assert again.rows_sent == 4
    assert (again.rows_read, again.rows_left_out) == (6, 2)


UNKNOWN = (
    EXTRACT
    + "7;123456782;D. Denkbeeld;09-10-1990;3501AC;11;;Ankerstraat;02A01;;;\n"
    + "8;123456782;D. Denkbeeld;09-10-1990;3501AC;12;;Ankerstraat;T. Verzonnen;;;\n"
)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_an_unknown_service_stops_with_the_list_and_a_table_to_fill_in(
    party: Party, tmp_path: Path, lang: texts.Language
) -> None:
    with pytest.raises(FactlabError) as raised:
        run(party, tmp_path, UNKNOWN, leave_out_unknown=False, lang=lang)
    assert raised.value.key == "source.unmapped_services"
    assert raised.value.fields["values"] == 3  # a name in the wrong column is counted, not said
    assert [detail.fields["said"] for detail in raised.value.details] == ["02A01"]
    saved = tmp_path / "clients.csv.mapping.toml"
    assert {file.name for file in tmp_path.rglob("*")} == {"clients.csv", saved.name}
    text = saved.read_text(encoding="utf-8")
    assert '# "02A01" = "-"  # 1' in text and "Verzonnen" not in text
    filled = text + '"02A01" = "WMO-HBH"\n"Iets anders" = "-"\n"T. Verzonnen" = ""\n'
    saved.write_text(filled, encoding="utf-8")
    made = run(party, tmp_path, UNKNOWN, leave_out_unknown=False)
    assert made.rows_sent == 4
    assert made.preview.left_out["unknown service"] == 2  # left out knowingly, and counted


def test_a_trial_tells_unknown_services_and_doesn_t_stop(party: Party, tmp_path: Path) -> None:
    made = run(party, tmp_path, UNKNOWN, leave_out_unknown=False, dry_run=True)
    assert '"02A01" = "-"' in organisation.shown(made, "nl")


def test_a_dry_run_writes_nothing(party: Party, tmp_path: Path) -> None:
    made = run(party, tmp_path, dry_run=True)
    assert (made.delivery, made.problems, made.manifest, made.mapping_saved) == (None, None, None, None)
    assert [file.name for file in tmp_path.iterdir()] == ["clients.csv"]
    assert made.preview.leaving == 3


def test_what_is_shown_warns_of_columns_that_should_not_be_there(party: Party, tmp_path: Path) -> None:
    made = run(party, tmp_path)
    warned = dict(made.preview.staying)
    assert warned == {
        "Cliënt": "", "BSN": "bsn", "Naam": "name", "Geb.datum": "birth", "Postcode": "", "Huisnummer": "", "Toevoeging": "",
        "Straat": "", "Begindatum": "", "Einddatum": "", "Opmerking": "text",
    }  # fmt: skip
    for lang in ("nl", "en"):
        text = organisation.shown(made, lang)
        assert "WMO-HBH" in text and "pseudonym" in text
        for value in ("3501", "Ankerstraat", "Voorbeeld", "123456782", "sleutel"):
            assert value not in text, value
    contents = opened(party, made.delivery) if made.delivery else None
    assert contents is not None
    real = {str(one)[:8] for one in contents.rows.column("pseudonym").to_pylist()}
    assert not real & {row[0][:8] for row in made.preview.examples}


def test_a_column_of_numbers_that_pass_the_eleven_test_is_recognised_without_its_name() -> None:
    assert preview.passes_eleven_test("123456782") and preview.passes_eleven_test("111222333")
    for wrong in ("123456789", "000000000", "12345678", "1234567820", "", "abcdefghi", "١٢٣٤٥٦٧٨٢"):
        assert not preview.passes_eleven_test(wrong), wrong


def test_exclusions_and_sequence(party: Party, tmp_path: Path) -> None:
    listed = tmp_path / "geheim.csv"
    listed.write_text("Postcode;Huisnummer;Toevoeging\n3501AA;12;a\n", encoding="utf-8")
    made = run(party, tmp_path, exclusions=listed, sequence=2)
    assert made.delivery is not None and made.delivery.name.endswith("_2.factlab")
    contents = opened(party, made.delivery)
    assert contents.rows.num_rows == 1
    assert contents.totals["excluded"] == 2


LIST = "Postcode;Huisnummer\n3501AA;12\n3501AB;7\n"
ONE_SERVICE = "voedselbank-wiermonde"


def give_list(party: Party, listed: Path, **options: object) -> organisation.Outcome:
    """Deliver a list of addresses as the clients of an organisation with one service, which needs no other columns."""
    return organisation.pseudonymise(
        listed, kit=party.root / "round" / "kits" / ONE_SERVICE, participant=ONE_SERVICE, identity=party.identities[ONE_SERVICE],
        out=listed.parent / "out", day=DAY, lang="nl", **options,
    )  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize("by", ["itself", "another path", "a copy"])
def test_the_exclusion_list_is_never_delivered(party: Party, tmp_path: Path, by: str) -> None:
    (tmp_path / "lijsten").mkdir()
    listed = tmp_path / "lijsten" / "géheim.csv"
    listed.write_text(LIST, encoding="utf-8")
    other = listed.with_name("extract.csv")
    shutil.copyfile(listed, other)
    paths = {
        "itself": listed,
        "another path": listed.parent / ".." / "lijsten" / listed.name,
        "a copy": other,
    }
    with pytest.raises(ExtractError) as raised:
        give_list(party, paths[by], exclusions=listed)
    assert raised.value.key == "source.extract_is_list"
    assert not (listed.parent / "out").exists()


@pytest.mark.parametrize("used", ["exclusions", "droplist"])
def test_a_list_that_was_used_is_no_extract_afterwards(party: Party, tmp_path: Path, used: str) -> None:
    listed, clients = tmp_path / "geheim.csv", tmp_path / "adressen.csv"
    listed.write_text(LIST, encoding="utf-8")
    clients.write_text(LIST.replace("12", "14"), encoding="utf-8")
    assert give_list(party, clients, exclusions=listed, dry_run=True).preview.leaving == 1
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["adressen.csv", "geheim.csv"]
    if used == "exclusions":
        give_list(party, clients, exclusions=listed)
    else:
        organisation.droplist(
            listed, kit=party.root / "round" / "kits" / ONE_SERVICE, participant=ONE_SERVICE,
            identity=party.identities[ONE_SERVICE], out=tmp_path, day=DAY,
        )  # fmt: skip
    note = (tmp_path / "geheim.csv.never.toml").read_text(encoding="utf-8")
    assert re.findall("[0-9a-f]{16}", note) == [], "no digest: of a short list every address could be tried"
    listed.write_text(LIST + "3501AC;9\n", encoding="utf-8")  # a list that grew is the same list
    for name in ("kopie.csv", "bezwaar.csv"):
        shutil.copyfile(listed, tmp_path / name)
    for name in ("geheim.csv", "kopie.csv", "bezwaar.csv"):
        with pytest.raises(ExtractError) as raised:
            give_list(party, tmp_path / name)
        assert (raised.value.key, raised.value.fields["note"]) == (
            "source.extract_was_list",
            "geheim.csv.never.toml",
        )
    assert give_list(party, clients).preview.leaving == 2  # other addresses are an extract as ever
    (tmp_path / "geheim.csv.never.toml").unlink()
    assert give_list(party, listed).preview.leaving == 3  # what the note says can be taken back


def test_the_register_leaves_area_and_group(party: Party, tmp_path: Path) -> None:
    holder = party.agreement.round.register_holder.id
    area = next(a.code for a in party.agreement.areas if a.level == "neighbourhood")
    text = "Postcode;Huisnummer;Buurtcode;Huishoudtype\n" + "".join(
        f"3501AA;{n};{area};{'paar' if n <= 12 else 'gezin'}\n" for n in range(1, 31)
    )
    made = run(
        party, tmp_path, text,
        participant=holder, identity=party.identities[holder], kit=party.root / "round" / "kits" / holder,
    )  # fmt: skip
    assert made.delivery is not None
    rows = opened(party, made.delivery).rows
    assert rows.column_names == ["pseudonym", "area", "group"]
    assert sorted(rows.column("group").to_pylist()) == ["gezin"] * 18 + ["paar"] * 12
    assert set(rows.column("area").to_pylist()) == {area}


def test_the_same_household_has_one_pseudonym_at_two_organisations(party: Party, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = run(party, tmp_path / "a", "Postcode;Huisnummer;Product\n3501AA;12 a;WMO-HBH\n")
    other = "voedselbank-wiermonde"
    two = run(
        party, tmp_path / "b", "Adres\nAnkerstraat 012-A, 3501 aa Wiermonde\n",
        participant=other, identity=party.identities[other], kit=party.root / "round" / "kits" / other,
    )  # fmt: skip
    assert one.delivery and two.delivery
    first, second = (
        opened(party, file).rows.column("pseudonym").to_pylist() for file in (one.delivery, two.delivery)
    )
    assert first == second


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"participant": "voedselbank-wiermonde"}, "organisation.not_your_key"),
        ({"participant": "nobody"}, "agreement.no_such_participant"),
        ({"text": "Naam;Product\nX;WMO-HBH\n"}, "source.missing_column"),
        ({"text": ""}, "source.empty"),
        ({"mapping": Path("none.toml")}, "source.missing_file"),
        ({"exclusions": Path("none.csv")}, "source.missing_file"),
    ],
)
def test_what_goes_wrong_leaves_nothing(
    party: Party, tmp_path: Path, options: dict[str, object], key: str
) -> None:
    with pytest.raises(FactlabError) as raised:
        run(party, tmp_path, **options)  # type: ignore[arg-type]
    assert raised.value.key == key
    assert [file.name for file in tmp_path.iterdir()] == ["clients.csv"]


def test_the_kit_of_somebody_else_doesn_t_open(party: Party, tmp_path: Path) -> None:
    with pytest.raises(DeliveryError) as raised:
        run(party, tmp_path, kit=party.root / "round" / "kits" / "voedselbank-wiermonde")
    assert raised.value.key == "source.other_invitation"


def test_another_normaliser_is_refused_before_anything_is_made(
    party: Party, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from factlab.source import houses

    monkeypatch.setitem(houses._WORDS, "BEN", "BN")
    with pytest.raises(DeliveryError) as raised:
        run(party, tmp_path)
    assert raised.value.key == "organisation.other_normaliser"


def test_addresses_without_a_round(tmp_path: Path) -> None:
    extract, out = tmp_path / "list.csv", tmp_path / "read.csv"
    extract.write_text(
        "postcode,huisnummer,huisletter,toevoeging,straat,plaats,freetext\n"
        '1506 AB,012,,,Kerkstraat,Zaandam,\n,,,,,,"Kerkstraat 12 bis, 1506 AB Zaandam"\n1506AB,,,,Postbus 12,Zaandam,\n',
        encoding="utf-8",
    )
    summary = organisation.addresses(extract, out)
    assert (summary.rows, summary.usable, summary.reasons) == (3, 2, {"postbus": 1})
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [tuple(row.values()) for row in rows] == [
        ("2", "1506AB|12|", "", "N3 N5"),
        ("3", "1506AB|12|BIS", "", "N3 N10"),
        ("4", "", "postbus", ""),
    ]


# The convenor


def test_a_round_is_made_once_and_by_its_convenor(party: Party, tmp_path: Path) -> None:
    lead = party.identities[party.agreement.round.convenor]
    draft = party.root / "draft"
    with pytest.raises(AgreementError, match=r"convenor\.folder_exists"):
        convenor.new_round(draft, party.root / "keys", lead, party.root / "round")
    with pytest.raises(AgreementError, match=r"convenor\.not_your_key"):
        convenor.new_round(draft, party.root / "keys", party.identities[WHO], tmp_path / "round")
    with pytest.raises(AgreementError, match=r"convenor\.missing_keys"):
        convenor.new_round(draft, tmp_path, lead, tmp_path / "round")
    with pytest.raises(AgreementError, match=r"convenor\.no_draft"):
        convenor.new_round(party.root / "round", party.root / "keys", lead, tmp_path / "round")
    with pytest.raises(AgreementError, match=r"convenor\.already_invited"):
        convenor.invite(party.root / "round", lead)
    assert not (tmp_path / "round").exists()


def test_two_parties_with_one_key_are_refused(party: Party, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    for file in (party.root / "keys").glob("*.pub"):
        (keys / file.name).write_bytes(file.read_bytes())
    (keys / "analyst.pub").write_bytes((keys / f"{WHO}.pub").read_bytes())
    lead = party.identities[party.agreement.round.convenor]
    with pytest.raises(AgreementError, match=r"convenor\.same_key"):
        convenor.new_round(party.root / "draft", keys, lead, tmp_path / "round")


def test_a_kit_has_what_its_participant_needs_and_no_more(party: Party) -> None:
    for participant in party.agreement.round.participants:
        kit = party.root / "round" / "kits" / participant.id
        secret = set() if participant.content == "aggregate" else {"invitation.json"}
        assert {file.name for file in kit.iterdir()} == secret | {
            "round.toml", "round.sig", "checks.json", "catalogue.csv", "areas.csv", "areas.geojson",
        }  # fmt: skip
        assert agreed.open_round(kit).round == party.agreement.round


@pytest.mark.parametrize("name", ["areas.csv", "areas.geojson", "analysis.toml"])
def test_what_the_round_names_is_signed(party: Party, tmp_path: Path, name: str) -> None:
    """Another file in its place is refused, and so is its checksum in a round that was not signed with it."""
    folder = Path(shutil.copytree(party.root / "round", tmp_path / "round"))
    agreed.open_round(folder)
    other = (folder / name).read_text(encoding="utf-8").replace("wmo", "jeugd") + "\n"
    (folder / name).write_text(other, encoding="utf-8")
    with pytest.raises(AgreementError, match=r"agreement\.file_changed"):
        agreed.open_round(folder)
    field = {"areas.csv": "areas_sha256", "areas.geojson": "borders_sha256"}.get(name, "analysis_sha256")
    forged = replace(party.agreement.round, **{field: catalogue.checksum(folder / name)})
    for one in (forged, replace(forged, **{field: ""})):
        (folder / "round.toml").write_text(rounds.to_toml(one), encoding="utf-8")
        with pytest.raises(DeliveryError, match=r"delivery\.round_not_signed"):
            agreed.open_round(folder)


def test_an_altered_agreement_is_refused(party: Party, tmp_path: Path) -> None:
    kit = Path(shutil.copytree(party.kit, tmp_path / "kit"))
    altered = replace(party.agreement.round, communal_above=900)
    (kit / "round.toml").write_text(rounds.to_toml(altered), encoding="utf-8")
    with pytest.raises(DeliveryError) as raised:
        run(party, tmp_path, kit=kit)
    assert raised.value.key == "delivery.round_not_signed"


def test_a_list_of_addresses_in_the_kit(party: Party, tmp_path: Path) -> None:
    """One door can be meant: both organisations deliver it, and the exclusion of that door holds for what was repaired."""
    draft = Path(shutil.copytree(party.root / "draft", tmp_path / "draft"))
    with (draft / "round.toml").open("a", encoding="utf-8") as file:
        file.write('\n[reference]\nfile = "addresses.csv"\n')
    with pytest.raises(AgreementError, match=r"convenor\.missing_reference"):
        convenor.new_round(
            draft, party.root / "keys", party.identities[party.agreement.round.convenor], tmp_path / "r"
        )
    (draft / "addresses.csv").write_text(
        "postcode;huisnummer;huisletter\n3501AA;12;A\n3501AA;14;\n", encoding="utf-8"
    )
    lead = party.identities[party.agreement.round.convenor]
    convenor.new_round(draft, party.root / "keys", lead, tmp_path / "r")
    convenor.invite(tmp_path / "r", lead)
    kit = tmp_path / "r" / "kits" / WHO
    text = "Postcode;Huisnummer;Toevoeging;Product\n3501AA;12;;WMO-HBH\n3501AA;12;A;WMO-HBH\n3501AA;14;hs;WMO-HBH\n3501AA;99;;WMO-HBH\n"
    made = run(party, tmp_path, text, kit=kit)
    assert dict(made.preview.tiers) == {
        "exact": 1,
        "repaired": 2,
        "ambiguous": 0,
        "no such door": 0,
        "unknown": 1,
    }
    assert made.preview.addresses == 3
    assert "one door can be meant" in organisation.shown(made, "en")
    assert run(party, tmp_path, text, kit=kit, repair=False).preview.addresses == 4
    secret = tmp_path / "secret.csv"
    secret.write_text("Postcode;Huisnummer;Toevoeging\n3501AA;12;\n", encoding="utf-8")
    for repair in (True, False):
        kept = run(party, tmp_path, text, kit=kit, exclusions=secret, repair=repair)
        assert kept.preview.left_out["excluded"] == 2
    (kit / "addresses.csv").write_text("postcode;huisnummer;huisletter\n3501AA;12;B\n", encoding="utf-8")
    with pytest.raises(DeliveryError, match=r"organisation\.other_reference"):
        run(party, tmp_path, text, kit=kit)


def test_a_rehearsal_goes_through_everything_and_leaves_no_delivery(
    party: Party, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is made is a whole delivery, but under another secret: it could not be joined, nor linked to the real one."""
    made = []
    real = package.write

    def keep(path: Path, **options: object) -> object:
        manifest = real(path, **options)  # type: ignore[arg-type]
        made.append((path, shutil.copyfile(path, tmp_path / f"kept{len(made)}"), options["checks"]))
        return manifest

    monkeypatch.setattr(package, "write", keep)
    outcome = run(party, tmp_path, rehearse=True)
    ((path, kept, checks),) = made
    assert outcome.delivery is None
    assert not path.exists()
    assert not list(tmp_path.rglob("*.factlab"))
    assert outcome.problems is not None and outcome.problems.exists()
    assert package.inspect(kept, party.agreement.round).participant == WHO
    assert checks != agreed.read_checks(party.kit, party.agreement.round)
    with pytest.raises(DeliveryError, match="wrong_secret"):
        opened(party, kept)
    assert "repetitie" in organisation.shown(outcome, "nl")
