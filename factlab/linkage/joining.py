"""The join on the pseudonym, and the end of the pseudonym: here the key is dropped and proved to be gone."""

from __future__ import annotations

import pyarrow as pa

from factlab.agreement import Agreement
from factlab.engine import Engine, steps
from factlab.errors import LinkageError
from factlab.linkage.receiving import Received

TEXT_COLUMNS = (
    ("household", "area"),
    ("household_use", "service"),
    ("household_use", "organisation"),
    ("unmatched", "organisation"),
    ("reported", "organisation"),
    ("reported", "area"),
    ("reported", "service"),
)
DROPPED = pa.schema([("pseudonym", pa.uuid())])
REGISTER = pa.schema([("pseudonym", pa.uuid()), ("area", pa.string()), ("household_group", pa.string())])
COUNTS = pa.schema(
    [("area", pa.string()), ("service", pa.string()), ("count", pa.int64()), ("organisation", pa.string())]
)
SERVICES = pa.schema([("organisation", pa.string()), ("pseudonym", pa.uuid()), ("service", pa.string())])


def link(engine: Engine, received: Received, agreement: Agreement) -> None:
    """Join the deliveries on the register, drop the key and prove that it is gone.

    Leaves four tables in the engine: household (household, area, household_group), household_use (household,
    organisation, service), unmatched (organisation, addresses) and reported (organisation, area, service, number).
    Raises LinkageError when the register is missing or anything that could be a key is left.
    """
    register = next((d for d in received.deliveries if d.manifest.content == "register"), None)
    if register is None:
        raise LinkageError("linkage.no_register", participant=agreement.round.register_holder.id)
    engine.load("known_area", pa.table({"code": [area.code for area in agreement.areas]}))
    engine.load("register_delivery", register.contents.rows.rename_columns(REGISTER.names))
    engine.load("service_delivery", SERVICES.empty_table())
    for delivery in received.deliveries:
        if delivery.manifest.content == "services":
            rows = delivery.contents.rows
            name = pa.repeat(delivery.manifest.participant, rows.num_rows)
            engine.append("service_delivery", rows.append_column("organisation", name))
    engine.load("count_delivery", COUNTS.empty_table())
    for delivery in received.deliveries:
        if delivery.manifest.content == "aggregate":
            rows = delivery.contents.rows
            name = pa.repeat(delivery.manifest.participant, rows.num_rows)
            engine.append("count_delivery", rows.append_column("organisation", name))
    engine.load("dropped", DROPPED.empty_table())
    for droplist in received.droplists:
        engine.append("dropped", droplist.contents.rows)
    for step in steps("linkage"):
        engine.run(step)
    prove_key_gone(engine, agreement)


def prove_key_gone(engine: Engine, agreement: Agreement) -> None:
    """Every text that is left is a code of the agreement, and every other column is a running number or a count.

    Together with the checks of step 05 (which columns exist, of which type, numbers without a gap) this covers every
    value in every table: there is no room in which a pseudonym could be.
    """
    codes = {
        "area": {area.code for area in agreement.areas},
        "service": {service.code for service in agreement.services},
        "organisation": {participant.id for participant in agreement.round.participants},
    }
    for table, column in TEXT_COLUMNS:
        values = {value for (value,) in engine.rows(f"select distinct {column} from {table}")}  # noqa: S608
        if values - codes[column]:
            raise LinkageError("linkage.key_left", table=table, column=column)
