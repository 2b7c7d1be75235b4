"""Wiermonde, a municipality that does not exist: its districts, neighbourhoods, streets and who lives there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MUNICIPALITY = "GM9999"
NAME = "Wiermonde"

GROUPS = ("alleenstaand", "eenouder", "gezin", "paar", "senioren")

# Shares of the groups, in the order of GROUPS, by the kind of neighbourhood.
_CENTRE = (0.50, 0.05, 0.09, 0.22, 0.14)
_MIXED = (0.33, 0.09, 0.24, 0.17, 0.17)
_FAMILY = (0.16, 0.08, 0.44, 0.18, 0.14)
_GREY = (0.18, 0.04, 0.20, 0.25, 0.33)


@dataclass(frozen=True)
class Neighbourhood:
    """A neighbourhood (*buurt*). `weight` is its households in a town of 24,000; `hardship` runs from -1 to 1.

    `x` and `y` (km) are the middle of it on the map, `reach` how far it stretches compared with the others.
    """

    code: str
    name: str
    weight: int
    hardship: float
    mix: tuple[float, ...]
    flats: float  # share of buildings with more than one door
    x: float
    y: float
    reach: float
    stems: str  # of its street names


@dataclass(frozen=True)
class District:
    """A district (*wijk*) and its neighbourhoods."""

    code: str
    name: str
    neighbourhoods: tuple[Neighbourhood, ...]


TINY = "BU99990204"
TINY_HOUSEHOLDS = 14

DISTRICTS = (
    District(
        "WK999901",
        "Binnenstad",
        (
            Neighbourhood(
                "BU99990101", "Oude Haven", 1180, 0.15, _CENTRE, 0.45, 5.35, 5.30, 0.75,
                "Anker Boegspriet Kaapstander Loodsen Galjoen Kompas Touwslagers Zeilmakers Visafslag Stuurman",
            ),
            Neighbourhood(
                "BU99990102", "Marktkwartier", 1420, 0.05, _CENTRE, 0.50, 6.45, 5.05, 0.75,
                "Boter Koren Waag Lakenhal Kramers Zilversmid Vismarkt Kuipers Bakkers Hoedenmakers",
            ),
            Neighbourhood(
                "BU99990103", "Vestingwal", 880, -0.25, _CENTRE, 0.35, 5.75, 4.45, 0.70,
                "Ruïne Bastion Ravelijn Poort Schans Kazemat Wachters Bolwerk Arsenaal Façade",
            ),
        ),
    ),
    District(
        "WK999902",
        "Noorderoever",
        (
            Neighbourhood(
                "BU99990201", "Sterrenbuurt", 1850, 0.65, _MIXED, 0.40, 5.45, 7.15, 1.00,
                "Poolster Orion Wega Sirius Komeet Zodiak Andromeda Cassiopeia Noorderlicht Melkweg",
            ),
            Neighbourhood(
                "BU99990202", "Vogelbuurt", 2260, 1.00, _MIXED, 0.45, 7.35, 7.05, 1.10,
                "Meerkoet Lepelaar Kievit Scholekster Roerdomp Grutto Tureluur Fuut Wulp Karekiet Sperwer",
            ),
            Neighbourhood(
                "BU99990203", "Scheepswerf", 720, -0.60, _CENTRE, 0.60, 4.05, 6.85, 0.80,
                "Spanten Klinkhamer Helling Dok Kiel Breeuwers Kraan Tewaterlating",
            ),
            Neighbourhood(
                "BU99990204", "Havenbedrijven", TINY_HOUSEHOLDS, 0.0, _CENTRE, 0.0, 2.75, 7.20, 1.05,
                "Coöperatie Loswal",
            ),
        ),
    ),
    District(
        "WK999903",
        "Molenwijk",
        (
            Neighbourhood(
                "BU99990301", "Korenmolen", 1460, 0.50, _MIXED, 0.35, 7.75, 4.75, 0.85,
                "Wieken Maalsteen Stelling Roggemeel Tarwe Gort Meelzak Molenaars Kruirad",
            ),
            Neighbourhood(
                "BU99990302", "Zaagmolen", 1310, 0.35, _MIXED, 0.25, 7.70, 3.70, 0.80,
                "Zagers Balken Planken Houtvlot Schaaf Spaander Kant Krukas Vuren",
            ),
            Neighbourhood(
                "BU99990303", "Papiermolen", 1080, 0.10, _GREY, 0.20, 9.00, 4.35, 0.90,
                "Perkament Schepvorm Watermerk Lompen Droogzolder Vellen Karton Riem",
            ),
        ),
    ),
    District(
        "WK999904",
        "Lisveld",
        (
            Neighbourhood(
                "BU99990401", "Lisveld-West", 1760, 0.25, _FAMILY, 0.20, 4.75, 3.35, 0.90,
                "Waterlis Pijlkruid Zwanenbloem Kalmoes Dotterbloem Lisdodde Egelskop Watermunt Krabbenscheer",
            ),
            Neighbourhood(
                "BU99990402", "Lisveld-Oost", 1640, 0.10, _FAMILY, 0.15, 6.25, 3.35, 0.85,
                "Kattenstaart Moerasspirea Zegge Wilgenroosje Biezen Fonteinkruid Gagel Valeriaan",
            ),
            Neighbourhood(
                "BU99990403", "Kruidenbuurt", 1390, 0.80, _MIXED, 0.40, 5.60, 2.25, 0.85,
                "Tijm Salie Bieslook Venkel Marjolein Dragon Kervel Lavas Rozemarijn",
            ),
        ),
    ),
    District(
        "WK999905",
        "Duinkant",
        (
            Neighbourhood(
                "BU99990501", "Hoogduin", 930, -1.00, _GREY, 0.05, 2.20, 2.90, 1.25,
                "Helmgras Duindoorn Kruipwilg Zandblauwtje Duinviooltje Bergeend Zeedistel Sirène",
            ),
            Neighbourhood(
                "BU99990502", "Sonnettenbuurt", 1480, -0.45, _FAMILY, 0.10, 4.00, 4.75, 0.95,
                "Sonnet Ballade Kwatrijn Elegie Poëzie Refrein Strofe Rijm Haiku",
            ),
            Neighbourhood(
                "BU99990503", "Klankbuurt", 1560, -0.30, _FAMILY, 0.10, 2.60, 4.85, 1.00,
                "Prélude Sonate Fuga Menuet Serenade Nocturne Cantate Wals Koraal",
            ),
        ),
    ),
    District(
        "WK999906",
        "Wierlanden",
        (
            Neighbourhood(
                "BU99990601", "Oudewier", 1060, -0.15, _GREY, 0.10, 10.95, 4.50, 1.20,
                "Dorps Kerkuil Smids Wagenmakers Brink Tolhuis Veerstoep Tiendschuur",
            ),
            Neighbourhood(
                "BU99990602", "Lagebroek", 800, -0.35, _GREY, 0.05, 7.90, 1.95, 1.15,
                "Broek Hooiland Slagen Wetering Eendenkooi Turf Legakker",
            ),
            Neighbourhood(
                "BU99990603", "Zonneweide", 1510, -0.70, _FAMILY, 0.10, 9.65, 3.05, 1.00,
                "Zonnedauw Ochtend Regenboog Zomer Morgenrood Schemer Dageraad Lente",
            ),
            Neighbourhood(
                "BU99990604", "De Polders", 430, -0.50, _GREY, 0.02, 10.90, 1.90, 1.35,
                "Gemaal Kavel Ringvaart Polder Sluis Dijkgraaf Boezem",
            ),
        ),
    ),
)  # fmt: skip

NEIGHBOURHOODS = tuple(one for district in DISTRICTS for one in district.neighbourhoods)
DISTRICT_OF = tuple(index for index, district in enumerate(DISTRICTS) for _ in district.neighbourhoods)


def sizes(households: int) -> npt.NDArray[np.int64]:
    """Households per neighbourhood: the industrial estate stays tiny, the rest share by weight, remainders to the largest."""
    tiny = np.array([one.code == TINY for one in NEIGHBOURHOODS])
    weight = np.array([one.weight for one in NEIGHBOURHOODS], float) * ~tiny
    rest = households - TINY_HOUSEHOLDS
    exact = weight / weight.sum() * rest
    whole: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    largest = np.argsort(-(exact - whole), kind="stable")[: rest - int(whole.sum())]
    whole[largest] += 1
    whole[tiny] = TINY_HOUSEHOLDS
    return whole


def areas_csv() -> str:
    """The areas of the round, as `areas.csv`."""
    lines = ["code,name,level,parent", f"{MUNICIPALITY},{NAME},municipality,"]
    lines += [f"{district.code},{district.name},district,{MUNICIPALITY}" for district in DISTRICTS]
    lines += [
        f"{one.code},{one.name},neighbourhood,{district.code}"
        for district in DISTRICTS
        for one in district.neighbourhoods
    ]
    return "\n".join(lines) + "\n"
