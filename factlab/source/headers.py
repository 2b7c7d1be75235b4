"""What people call the columns of an extract, in Dutch and English."""

from __future__ import annotations

import re
import unicodedata

ADDRESS_FIELDS = ("postcode", "number", "letter", "addition", "street", "place", "address")
SERVICE_FIELDS = ("service", "start", "end")
REGISTER_FIELDS = ("area", "group")
COUNT_FIELD = "count"  # of a table without addresses

# Best names first: where two columns fit, the one that is named earlier is taken.
NAMES: dict[str, tuple[str, ...]] = {
    "postcode": (
        "postcode", "pc6", "postcode6", "postcodecijfersletters", "pcode", "postalcode", "zipcode", "zip", "pc", "postkode",
    ),
    "number": (
        "huisnummer", "huisnr", "hnr", "hsnr", "housenumber", "houseno", "housenr", "huisno", "nummer", "nr", "number",
    ),
    "letter": ("huisletter", "hltr", "hletter", "huislet", "huisltr", "hsletter", "houseletter", "letter"),
    "addition": (
        "toevoeging", "huisnummertoevoeging", "huisnrtoevoeging", "huisnrtoev", "huisnummertoev", "hnrtoevoeging", "hnrtoev", "hsnrtoev",
        "toev", "toevoegsel", "huistoevoeging", "housenumberaddition", "addition", "suffix", "huistoev",
    ),
    "street": ("straat", "straatnaam", "openbareruimte", "openbareruimtenaam", "streetname", "street", "adresstraat"),
    "place": ("woonplaats", "plaats", "woonplaatsnaam", "plaatsnaam", "town", "city", "place"),
    "address": (
        "adres", "volledigadres", "woonadres", "straatenhuisnummer", "straathuisnummer", "adresregel", "adresregel1", "clientadres",
        "adrescompleet", "adresvolledig", "fulladdress", "address", "bezoekadres", "locatie", "adresgegevens", "freetext",
    ),
    "service": (
        "voorzieningcode", "productcode", "dienstcode", "servicecode", "voorziening", "product", "dienst", "service", "regeling",
        "zorgproduct", "productnaam", "voorzieningnaam", "productomschrijving", "soortvoorziening", "soorthulp", "hulpvorm", "zorgvorm",
        "soortdienst", "dienstverlening", "arrangement", "activiteit", "module", "soort", "type", "omschrijving", "code",
    ),
    "start": (
        "begindatum", "startdatum", "ingangsdatum", "datumbegin", "datumstart", "datumingang", "aanvangsdatum", "startdate", "begindate",
        "datumvan", "geldigvan", "begin", "start", "ingang", "aanvang", "van", "vanaf", "from", "instroom", "instroomdatum",
    ),
    "end": (
        "einddatum", "einddat", "datumeinde", "datumeind", "stopdatum", "beeindigingsdatum", "datumbeeindiging", "enddate", "datumtot",
        "geldigtot", "totenmet", "eind", "einde", "end", "stop", "tot", "tm", "until", "uitstroom", "uitstroomdatum",
    ),
    "area": (
        "buurtcode", "bucode", "cbsbuurt", "cbsbuurtcode", "gwbcode", "neighbourhoodcode", "areacode", "buurt", "neighbourhood", "area",
        "buurtnaam", "gebied", "gebiedscode", "wijkcode", "districtcode", "wijk", "district",
    ),
    "group": (
        "huishoudtype", "huishoudgroep", "typehuishouden", "huishoudentype", "householdtype", "householdgroup", "huishoudsamenstelling",
        "samenstelling", "huishouden", "household", "groep", "group",
    ),
}  # fmt: skip

# The id that the BAG gives an address: 16 digits, of which a spreadsheet drops the first zero; the fifth and sixth say what
# it is, and 20 is an address (*nummeraanduiding*).
ID = r"(?i:NL\.IMBAG\.Nummeraanduiding\.)?([0-9]{3,4}20[0-9]{10})"
IDS = (
    "nummeraanduiding", "nummeraanduidingid", "nummeraanduidingidentificatie", "bagnummeraanduiding", "bagnummeraanduidingid",
    "identificatienummeraanduiding", "bagid", "bagadresid", "adresid",
)  # fmt: skip

# A part of a longer name that still says what it is: "Cliënt postcode", "Begindatum indicatie".
PARTS: dict[str, tuple[str, ...]] = {
    "postcode": ("postcode",),
    "addition": ("toevoeging", "toev"),
    "number": ("huisnummer", "huisnr"),
    "letter": ("huisletter", "hletter"),
    "street": ("straatnaam", "straat"),
    "place": ("woonplaats",),
    "service": ("voorziening", "product", "dienst"),
    "start": ("begindat", "startdat", "ingangsdat", "aanvangsdat"),
    "end": ("einddat", "beeindig", "stopdat"),
    "area": ("buurtcode", "buurt"),
    "group": ("huishoudtype", "huishoudsamenstelling", "huishoudgroep"),
}
# Somebody else's address: never taken when another column fits.
ELSEWHERE = (
    "post",
    "factu",
    "correspond",
    "organisat",
    "aanbieder",
    "contact",
    "verwijz",
    "school",
    "werk",
    "locatie",
)
# The number with its addition in one column; only the addition where there is a column for the number too.
# Too general to go by alone: taken for the service only where the contents name services.
GENERAL = ("activiteit", "module", "soort", "type", "omschrijving", "code")
BOTH = re.compile(r"huis(nummer|nr)(en|met|plus)?toev[a-z]*")


def key(text: str) -> str:
    """A header without case, accents, spaces and punctuation."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[^a-z0-9]", "", folded)


def fields(header: str) -> list[tuple[int, str]]:
    """The fields that a header may mean, with a rank: lower fits better."""
    said = key(header)
    found = [(names.index(said), field) for field, names in NAMES.items() if said in names]
    if not found and len(said) <= 60:
        for field, parts in PARTS.items():
            # The postcode of a postal address starts with "post" itself: look before it.
            if any(part in said for part in parts):
                rest = said
                for part in parts:
                    rest = rest.replace(part, "")
                found.append((200 if any(word in rest for word in ELSEWHERE) else 100, field))
                break
    return sorted(found)
