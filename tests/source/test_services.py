"""What an extract calls a service: mapped, left out knowingly, or told with a suggestion; never a value about a person."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pyarrow as pa
import pytest
from factlab.errors import ExtractError
from factlab.source import mapping, services
from factlab.source.services import Recogniser, Unmapped

from tests.source.agreed import HOME_CARE, agreed


def found(values: list[str], told: dict[str, str] | None = None) -> Unmapped:
    known = Recogniser.of(agreed(), HOME_CARE, told)
    return services.unmapped(pa.chunked_array([values]), known, services.agreed(agreed(), HOME_CARE))


def test_codes_are_told_with_their_number_and_the_nearest_service() -> None:
    values = (
        ["Huishoudelijke hulp"] * 3
        + ["huishoudelijke  HULP"]
        + ["02A01"] * 2
        + ["WMO-HBH", "", "Hulp bij huishouden"] * 3
    )
    assert found(values) == Unmapped(
        3, 9, (("Huishoudelijke hulp", 4, "WMO-HBH"), ("Hulp bij huishouden", 3, "WMO-HBH"), ("02A01", 2, ""))
    )  # fmt: skip


@pytest.mark.parametrize("code", ["", "-", "MIN-IIT", "wmo-hbh"])
def test_what_the_mapping_tells_is_not_unknown(code: str) -> None:
    assert found(["02A01", "02-a-01"], {"02A01": code}).values == 0
    known = Recogniser.of(agreed(), HOME_CARE, {"02A01": code})
    assert known.code("02a01") == ("WMO-HBH" if code == "wmo-hbh" else None)


def test_a_star_maps_a_whole_category_and_the_longest_beginning_goes_first() -> None:
    known = Recogniser.of(agreed(), HOME_CARE, {"02*": "WMO-BEG", "02A*": "WMO-HBH", "02A09": "-"})
    assert [known.found(said) for said in ("02", "02B01", "02a01", "02A09", "03A01")] == [
        "WMO-BEG", "WMO-BEG", "WMO-HBH", "", None,
    ]  # fmt: skip


def test_another_service_of_the_catalogue_is_known_and_not_delivered() -> None:
    assert (
        found(["Voedselbank", "MIN-IIT"]).shown == (("Voedselbank", 1, ""),) or found(["MIN-IIT"]).values == 0
    )
    assert Recogniser.of(agreed(), HOME_CARE).code("MIN-IIT") is None


def test_a_code_that_the_catalogue_doesn_t_have_is_a_mistake() -> None:
    with pytest.raises(ExtractError) as raised:
        Recogniser.of(agreed(), HOME_CARE, {"02A01": "WMO-HHB"})
    assert raised.value.key == "source.mapping_unknown_code"


@pytest.mark.parametrize(
    "said",
    [
        "T. Voorbeeld", "Voorbeeld", "1506AB", "1506 ab", "123456782", "12.34.56.782", "01-02-1950", "1950-02-01", "19500201",
        "Ankerstraat 12", "a@example.nl", "1506", "0612345678", "belt liever 's ochtends terug", "VAN-DAM", "V1234567",
    ],
)  # fmt: skip
def test_what_may_be_about_a_person_is_only_counted(said: str) -> None:
    for values in ([said], [said, *["02A01"] * 9]):
        assert said not in {one for one, *_ in found(values).shown}
    assert (found([said]).values, found([said]).rows) == (1, 1)


@pytest.mark.parametrize(
    "said", ["1506AB", "1506 AB", "123456782", "01-02-1950", "Ankerstraat 12", "a@example.nl"]
)
def test_nor_is_it_shown_when_several_share_it(said: str) -> None:
    for values in ([said] * 9, [said] * 9 + ["02A01"] * 9):
        assert said not in {one for one, *_ in found(values).shown}


SURNAMES = [
    "Jansen",
    "De Vries",
    "Van den Berg",
    "Bakker",
    "Visser",
    "Smit",
    "Meijer",
    "de Boer",
    "Mulder",
    "El Amrani",
]


@pytest.mark.parametrize(
    "values",
    [
        SURNAMES * 3,
        SURNAMES[:4] * 40,  # caseworkers, say
        [name for at, name in enumerate(SURNAMES) for _ in range(at + 1)],
        [f"{initial}. {name}" for initial in "ABC" for name in SURNAMES] * 3,
        [f"{name}, {initial}." for initial in "AB" for name in SURNAMES] * 20,
        ["Piet Jansen", "Fatima El Amrani", "Jan de Boer"] * 50,
        ["sleutel bij de buren", "moeder is ziek", "belt terug"] * 3 + ["spreekt geen Nederlands"],
        [f"{name} {number}" for number in range(20) for name in SURNAMES],
        [*SURNAMES * 30, "02A01", "WMO-HBH"],
    ],
)
def test_a_column_of_names_or_remarks_is_called_that_and_not_shown(values: list[str]) -> None:
    told = found(values)
    assert told.strange and told.shown == ()
    assert told.rows >= len(values) - 2


def test_a_name_among_services_is_not_shown() -> None:
    values = ["02A01", "WMO-HBH", "Maaltijdservice"] * 30 + ["Jan de Boer", "J. Bakker", "Van den Berg"] * 9
    told = found(values)
    assert not told.strange
    assert [said for said, *_ in told.shown] == ["02A01", "Maaltijdservice"]


@pytest.mark.parametrize(
    "values",
    [
        ["Huishoudelijke hulp", "Maaltijdservice", "Begeleiding groep"] * 4,
        ["02A01", "Jansen"] * 5,
        ["Cursus beter bewegen", "Samen aan tafel", "Open inloop"] * 30,
        ["WMO-HBH"] * 30 + ["Maaltijdservice"] * 4,
    ],
)
def test_a_column_of_services_is_not_taken_for_names(values: list[str]) -> None:
    assert not found(values).strange and found(values).shown


def test_a_column_with_as_many_values_as_rows_is_no_column_of_services() -> None:
    assert found([f"{n}A0{n % 10}" for n in range(10, 60)]) == Unmapped(50, 50, ())


def test_the_suggestions_stand_in_the_mapping_as_remarks(tmp_path: Path) -> None:
    file = tmp_path / "x.mapping.toml"
    told = mapping.Mapping({"postcode": "PC", "number": "Nr", "service": "Wat"})
    mapping.save(told, file, Unmapped(2, 9, (('Hulp "thuis"', 5, "WMO-HBH"), ("02A01", 4, ""))), "en")
    assert mapping.load(file) == told
    text = file.read_text(encoding="utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines() if " = " in line and line.startswith("# ")]
    assert tomllib.loads("\n".join(lines)) == {'Hulp "thuis"': "WMO-HBH", "02A01": "-"}
