"""The draft agreement of the sample round, and the page that says that all of it is invented."""

from __future__ import annotations

from factlab.sample.participants import CONVENOR, PARTICIPANTS, REGISTER
from factlab.sample.place import MUNICIPALITY, NAME
from factlab.sample.reported import ACTIVITIES, ORGANISATION, TITLE

ANALYSIS = f"""format = "factlab-analysis/1"

# What disclosure control asks more than the round promised: a higher threshold, or published counts that are also rounded
# to a multiple of a base which divides the threshold.
# threshold = 15
# rounding = 5

# A household is called vulnerable when it uses services from two domains, or three services at all.
[vulnerable]
domains = 2
services = 3

[presentation]
note_nl = "{NAME} bestaat niet. Deze cijfers zijn verzonnen, om te laten zien hoe een stapelingsmonitor werkt."
note_en = "{NAME} does not exist. These figures are invented, to show how a stacking monitor works."
"""

README = f"""# {NAME}: a municipality that does not exist

Everything in this folder is invented: the municipality, its borders, streets, postcodes, households, organisations, names and
numbers. Where a postcode, street or name is like a real one, that is chance. No person's data were used. The numbers that look
like citizen service numbers fail the check that every real one passes.

`agreement/` holds the draft of the round, `extracts/` what each organisation would have on its own machine (with columns that
must not leave it), and `truth/` what really is the case on the reference date, for tests. In a real round nobody has `truth/`,
and nobody has all of `extracts/`. Only the shares of households that use services are like those that real monitors publish.
`agreement/catalogue.csv` is not invented: it is the service catalogue of Factlab, with its own sources and estimates.

Made by `factlab sample`; the same seed and size give the same files.

# {NAME}: een gemeente die niet bestaat

Alles in deze map is verzonnen: de gemeente, de grenzen, straten, postcodes, huishoudens, organisaties, namen en nummers. Lijkt
een postcode, straat of naam op een echte, dan is dat toeval. Er zijn geen gegevens van personen gebruikt. De nummers die op een
burgerservicenummer lijken, voldoen niet aan de controle waaraan elk echt nummer voldoet.

In `agreement/` staat het ontwerp van de ronde, in `extracts/` wat elke organisatie op haar eigen computer zou hebben (met kolommen
die daar moeten blijven) en in `truth/` hoe het op de peildatum echt zit, voor tests. In een echte ronde heeft niemand `truth/`, en
niemand alle `extracts/`. Alleen het aandeel huishoudens dat voorzieningen gebruikt, lijkt op wat echte monitors publiceren.
`agreement/catalogue.csv` is niet verzonnen: dat is de catalogus van voorzieningen van Factlab, met eigen bronnen en schattingen.

Gemaakt met `factlab sample`; met hetzelfde getal (`--seed`) en dezelfde omvang ontstaan dezelfde bestanden.
"""

CUSTODIAN = "Stichting Sleutelbeheer Wierland"
SHARE = 40  # percent of the addresses: well above what the largest organisation delivers


def most_addresses(households: int) -> int:
    """The most that the register may hold: two in a hundred more than the households, in whole hundreds."""
    return -(-households * 102 // 10_000) * 100


def round_toml(households: int) -> str:
    """The draft of `round.toml` for so many households: no keys, no round id, not signed."""
    head = f"""format = "factlab-round/1"
id = "wiermonde-2025"
title = "Stapelingsmonitor {NAME} 2025"
trust = "custodian"
count = "reference"
least_threshold = 10

[period]
start = 2025-01-01
end = 2025-12-31
reference_date = 2025-12-31

[[municipality]]
code = "{MUNICIPALITY}"
name = "{NAME}"

[catalogue]
file = "catalogue.csv"

[areas]
file = "areas.csv"
borders = "areas.geojson"
levels = ["municipality", "district", "neighbourhood"]

[exclusions]
communal_above = 25

[convenor]
participant = "{CONVENOR}"

[analyst]
name = "Onderzoek en Statistiek, gemeente {NAME}"

[custodian]
name = "{CUSTODIAN}"
addresses = {most_addresses(households)}
share = {SHARE}
"""
    register = f"""
[[participant]]
id = "{REGISTER}"
name = "Burgerzaken, gemeente {NAME}"
content = "register"
"""
    others = [
        f"""
[[participant]]
id = "{one.id}"
name = "{one.name}"
content = "services"
services = [{", ".join(f'"{code}"' for code in one.offers)}]
"""
        for one in PARTICIPANTS
    ]
    counting = f"""
[[participant]]
id = "{ORGANISATION}"
name = "{TITLE}"
content = "aggregate"
unit = "persons"
services = [{", ".join(f'"{one.code}"' for one in ACTIVITIES)}]
"""
    return head + register + "".join(others) + counting
