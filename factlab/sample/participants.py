"""The invented participants of Wiermonde: who delivers which services, and in what shape their extracts come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Layout = Literal["four", "number", "line", "free"]
REGISTER = "burgerzaken-wiermonde"
CONVENOR = "welzijn-wiermonde"


@dataclass(frozen=True)
class Service:
    """A service of the catalogue. `appeal` is how often each group uses it, in the order of place.GROUPS."""

    code: str
    domain: str
    appeal: tuple[float, ...]


SERVICES = (
    #                             alleenstaand eenouder gezin paar senioren
    Service("JGD-AMB", "jeugd", (0.30, 0.30, 0.30, 0.30, 0.30)),
    Service("JGD-DAG", "jeugd", (0.05, 0.05, 0.05, 0.05, 0.05)),
    Service("JGD-GGZ", "jeugd", (0.25, 0.22, 0.28, 0.25, 0.25)),
    Service("JGD-JB", "jeugd", (0.03, 0.08, 0.04, 0.03, 0.03)),
    Service("JGD-WT", "jeugd", (0.25, 0.30, 0.25, 0.25, 0.25)),
    Service("ONW-LPL", "jeugd", (0.12, 0.12, 0.09, 0.12, 0.12)),
    Service("INF-SCHM", "pwet", (0.05, 0.06, 0.04, 0.04, 0.02)),
    Service("INF-VB", "pwet", (0.06, 0.09, 0.07, 0.04, 0.02)),
    Service("MIN-IIT", "pwet", (0.18, 0.14, 0.10, 0.14, 0.06)),
    Service("MIN-KIND", "pwet", (0.00, 0.30, 0.26, 0.00, 0.00)),
    Service("PW-BB", "pwet", (0.22, 0.22, 0.18, 0.22, 0.60)),
    Service("PW-BIJ", "pwet", (0.50, 0.45, 0.30, 0.38, 0.12)),
    Service("PW-LKS", "pwet", (0.07, 0.02, 0.04, 0.06, 0.00)),
    Service("PW-REI", "pwet", (0.22, 0.20, 0.18, 0.20, 0.02)),
    Service("SHV", "pwet", (0.10, 0.12, 0.11, 0.09, 0.05)),
    Service("INF-MAAT", "wmo", (0.06, 0.02, 0.01, 0.02, 0.08)),
    Service("WEL-AMW", "wmo", (0.16, 0.30, 0.22, 0.16, 0.05)),
    Service("WEL-MANT", "wmo", (0.04, 0.06, 0.12, 0.14, 0.10)),
    Service("WMO-AOV", "wmo", (0.12, 0.05, 0.05, 0.10, 0.26)),
    Service("WMO-BEG", "wmo", (0.38, 0.34, 0.26, 0.20, 0.08)),
    Service("WMO-DAG", "wmo", (0.07, 0.03, 0.05, 0.06, 0.07)),
    Service("WMO-HBH", "wmo", (0.30, 0.20, 0.16, 0.36, 0.60)),
    Service("WMO-ROL", "wmo", (0.06, 0.04, 0.08, 0.10, 0.12)),
    Service("WMO-VVZ", "wmo", (0.14, 0.06, 0.08, 0.20, 0.30)),
    Service("WMO-WON", "wmo", (0.05, 0.03, 0.07, 0.10, 0.13)),
)
SERVICE = {service.code: number for number, service in enumerate(SERVICES)}


@dataclass(frozen=True)
class Participant:
    """An organisation that delivers, and the habits of its system.

    `offers` is its share of the clients of each of its services. `header` names the columns in order, ours =
    theirs; what is not in `KEPT` must not leave. `spelling` sets how loosely addresses are written.
    """

    id: str
    name: str
    offers: dict[str, float]
    file: str
    form: Literal["csv", "xlsx", "parquet"]
    layout: Layout
    header: dict[str, str]
    encoding: str = "utf-8"
    separator: str = ";"
    quoted: bool = False
    dates: Literal["dmy", "iso", "true"] = "dmy"
    words: Literal["code", "name"] = "code"
    padded: bool = False  # house numbers of five digits with zeros, as mainframes print them
    own_codes: dict[str, str] = field(default_factory=dict)  # catalogue code = its own product code
    unknown: tuple[str, ...] = ()  # what it calls services that the catalogue doesn't know
    title: tuple[str, ...] = ()
    total: str = ""


PARTICIPANTS = (
    Participant(
        "hulpmiddelen-wierhorst", "Hulpmiddelen Wierhorst", {"WMO-ROL": 0.7, "WMO-VVZ": 0.6},
        "uitleen_per_adres.csv", "csv", "line",
        {"client": "Klantnummer", "name": "Naam klant", "address": "Adres", "postcode": "Postcode",
         "place": "Woonplaats", "service": "Voorziening", "start": "Uitgifte", "end": "Inname"},
        words="name",
    ),
    Participant(
        "jeugdbescherming-wierland", "Jeugdbescherming Wierland", {"JGD-JB": 1.0},
        "maatregelen peildatum.csv", "csv", "four",
        {"client": "Dossier", "birth": "Geb.datum kind", "postcode": "Postcode", "number": "Huisnummer",
         "letter": "Letter", "addition": "Toevoeging", "service": "Maatregel", "start": "Ingang",
         "end": "Einde"},
        dates="iso", words="name",
    ),
    Participant(
        "jeugdhulp-zevensprong", "De Zevensprong Jeugdhulp", {"JGD-AMB": 0.6, "JGD-DAG": 1.0, "JGD-GGZ": 0.4},
        "Trajecten_2025.csv", "csv", "number",
        {"client": "clientid", "name": "kind", "birth": "geboortedatum", "postcode": "postcode",
         "number": "huisnummer", "street": "straat", "place": "plaats", "service": "product",
         "start": "startdatum", "end": "einddatum", "note": "bijzonderheden"},
        dates="iso", words="name", unknown=("Intake zonder product", "Consultatie school"),
    ),
    Participant(
        "jeugdteam-wiermonde", "Jeugdteam, gemeente Wiermonde", {"JGD-WT": 1.0},
        "jeugdteam casussen.csv", "csv", "line",
        {"name": "Gezin", "address": "Straat en huisnummer", "postcode": "PC", "place": "Plaats",
         "service": "Soort hulp", "start": "Vanaf", "end": "Tot en met"},
        encoding="cp1252",
    ),
    Participant(
        "kantelpunt-begeleiding", "Kantelpunt Begeleiding", {"WMO-BEG": 0.40, "WMO-DAG": 0.55},
        "clientenoverzicht.csv", "csv", "number",
        {"client": "Cliëntnr", "name": "Achternaam", "birth": "Geboren", "street": "Straatnaam",
         "number": "Nr", "postcode": "Postcode", "place": "Plaats", "service": "Productcode",
         "start": "Begindatum", "end": "Einddatum"},
        encoding="utf-8-sig",
    ),
    Participant(
        "kredietbank-wierstreek", "Kredietbank Wierstreek", {"SHV": 1.0},
        "shv_export.csv", "csv", "free",
        {"client": "dossiernummer", "name": "aanvrager", "address": "adres", "service": "regeling",
         "start": "datum_start", "end": "datum_einde"},
        separator=",", quoted=True, dates="iso", words="name",
    ),
    Participant(
        "leerplicht-wiermonde", "Leerplicht en RMC, gemeente Wiermonde", {"ONW-LPL": 1.0},
        "Leerplicht begeleiding.xlsx", "xlsx", "number",
        {"name": "Leerling", "birth": "Geboortedatum", "postcode": "Postcode", "number": "Huisnr",
         "place": "Plaats", "start": "Begeleiding vanaf", "end": "Begeleiding tot"},
        title=("Begeleiding leerplicht en RMC", "Stand per 31 december 2025"), total="Totaal aantal leerlingen",
    ),
    Participant(
        "maatjes-kas-en-kast", "Stichting Kas en Kast", {"INF-SCHM": 1.0},
        "koppelingen.csv", "csv", "line",
        {"name": "Deelnemer", "address": "Adres", "postcode": "Postcode", "start": "Start", "note": "Opmerking"},
        encoding="cp1252",
    ),
    Participant(
        "praktijk-lindelaar", "Praktijk Lindelaar Jeugd-ggz", {"JGD-GGZ": 0.6, "JGD-AMB": 0.4},
        "lijst behandelingen dec.xlsx", "xlsx", "four",
        {"client": "Patiënt", "birth": "Geboortedatum", "postcode": "Postcode", "number": "Huisnummer",
         "letter": "Huisletter", "addition": "Toev.", "service": "Behandeling", "start": "Start", "end": "Eind"},
        title=("Praktijk Lindelaar", "", "Lopende behandelingen"), total="Totaal", words="code",
    ),
    Participant(
        "thuiszorg-wilgenhof", "Thuiszorg De Wilgenhof", {"WMO-HBH": 0.55, "WMO-BEG": 0.30},
        "export_zorgdossier.csv", "csv", "free",
        {"client": "Client ID", "name": "Naam", "birth": "Geboortedatum", "address": "Volledig adres",
         "service": "Zorgproduct", "start": "Ingangsdatum", "end": "Einddatum", "note": "Notitie"},
        encoding="utf-8-sig", separator=",", quoted=True, words="name",
        unknown=("Maaltijdservice", "Personenalarmering"),
    ),
    Participant(
        "voedselbank-wiermonde", "Voedselbank Wiermonde", {"INF-VB": 1.0},
        "pakketten.csv", "csv", "number",
        {"name": "gezin", "street": "straat", "number": "huisnr", "postcode": "postcode", "persons": "personen"},
    ),
    Participant(
        "welzijn-wiermonde", "Welzijn Wiermonde", {"WEL-AMW": 1.0, "WEL-MANT": 1.0, "INF-MAAT": 1.0},
        "Deelnemers welzijn 2025.xlsx", "xlsx", "four",
        {"client": "Nr", "name": "Naam", "street": "Straat", "number": "Huisnr", "letter": "Letter",
         "addition": "Toevoeging", "postcode": "Postcode", "place": "Plaats", "service": "Activiteit",
         "start": "Begin", "end": "Einde", "note": "Aantekening"},
        dates="true", words="name", unknown=("Cursus beter bewegen",),
        title=("Deelnemersoverzicht", "Afgedrukt op 5 januari 2026"), total="Totaal deelnemers",
    ),
    Participant(
        "werk-en-inkomen-wiermonde", "Werk en Inkomen, gemeente Wiermonde",
        {"MIN-IIT": 1.0, "MIN-KIND": 1.0, "PW-BB": 1.0, "PW-BIJ": 1.0, "PW-REI": 0.45},
        "uitkeringen_en_minima.csv", "csv", "four",
        {"client": "Dossiernr", "bsn": "BSN", "name": "Naam", "birth": "Geb.datum", "street": "Straat",
         "number": "Huisnr", "letter": "Huisletter", "addition": "Huisnr.toevoeging", "postcode": "Postcode",
         "place": "Woonplaats", "service": "Regeling", "start": "Datum ingang", "end": "Datum einde"},
        encoding="cp1252",
    ),
    Participant(
        "werkbedrijf-de-loswal", "Werkbedrijf De Loswal", {"PW-REI": 0.55, "PW-LKS": 1.0},
        "plaatsingen.csv", "csv", "number",
        {"name": "Medewerker", "postcode": "Postcode", "number": "Huisnummer + toev", "place": "Woonplaats",
         "service": "Traject", "start": "Van", "end": "Tot"},
        encoding="utf-16", words="name",
    ),
    Participant(
        "wmo-loket-wiermonde", "Wmo-loket, gemeente Wiermonde",
        {"WMO-AOV": 1.0, "WMO-ROL": 0.3, "WMO-VVZ": 0.4, "WMO-WON": 1.0},
        "beschikkingen.csv", "csv", "four",
        {"bsn": "BSN", "name": "NAAM", "postcode": "POSTCODE", "number": "HUISNR", "letter": "HLETTER",
         "addition": "TOEV", "street": "STRAAT", "service": "PRODUCT", "start": "INGANG", "end": "EINDE"},
        encoding="utf-16", separator="\t", dates="iso", padded=True,
        own_codes={"WMO-AOV": "05V01", "WMO-ROL": "12A01", "WMO-VVZ": "12B04", "WMO-WON": "14C02"},
        unknown=("99Z99",),
    ),
    Participant(
        "zorggroep-elzenrade", "Zorggroep Elzenrade", {"WMO-HBH": 0.45, "WMO-BEG": 0.30, "WMO-DAG": 0.45},
        "zorg.parquet", "parquet", "four",
        {"client": "client_id", "birth": "geboortedatum", "postcode": "postcode", "number": "huisnummer",
         "addition": "toevoeging", "place": "plaats", "service": "product", "start": "begindatum",
         "end": "einddatum"},
        dates="true",
    ),
)  # fmt: skip

# Columns of an extract that a delivery is made from; the others must stay behind.
KEPT = ("postcode", "number", "letter", "addition", "street", "place", "address", "service", "start", "end")
