"""What the parties agreed: the round, the analyst's questions, the catalogue and the areas; together the codebook."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factlab.agreement import analysis as _analysis
from factlab.agreement import areas as _areas
from factlab.agreement import catalogue as _catalogue
from factlab.agreement import round as _round
from factlab.agreement import tables as _tables
from factlab.agreement.analysis import Analysis
from factlab.agreement.catalogue import CatalogueService
from factlab.agreement.round import Custodian, Keys, Participant, Round
from factlab.cells import Area, Codebook, Domain, Organisation, Reporter, Service
from factlab.errors import AgreementError

__all__ = [
    "Agreement",
    "Analysis",
    "CatalogueService",
    "Custodian",
    "Keys",
    "Participant",
    "Round",
    "codebook",
    "read",
]


@dataclass(frozen=True)
class Agreement:
    """A round with all that it names. `services` are those of the catalogue that are valid in the round's period."""

    round: Round
    services: tuple[CatalogueService, ...]
    areas: tuple[Area, ...]
    borders: dict[str, Any]
    analysis: Analysis | None  # None in a round kit: an organisation doesn't need it


def read(folder: Path) -> Agreement:
    """Read and check a round's folder whole. Raises AgreementError with every mistake of the file that has them."""
    return complete(_round.read(folder / _round.FILE), folder)


def complete(round_: Round, folder: Path) -> Agreement:
    """A round with what it names in `folder`. Raises AgreementError with every mistake of the file that has them."""
    catalogue_file = folder / round_.catalogue_file
    catalogue = _catalogue.read(catalogue_file)
    if round_.catalogue_sha256 and _catalogue.checksum(catalogue_file) != round_.catalogue_sha256:
        raise AgreementError("agreement.catalogue_changed", file=catalogue_file.name)
    valid = tuple(service for service in catalogue if service.valid_on(round_.start, round_.end))
    known = {service.code for service in valid}
    wrong = [
        AgreementError(
            "agreement.unknown_service",
            file=_round.FILE,
            participant=participant.id,
            codes=", ".join(unknown),
        )
        for participant in round_.participants
        if (unknown := [code for code in participant.services if code not in known])
    ]
    if wrong:
        raise AgreementError("agreement.invalid", file=_round.FILE, number=len(wrong), details=wrong)
    for name, noted in (
        (round_.areas_file, round_.areas_sha256),
        (round_.borders_file, round_.borders_sha256),
        (_analysis.FILE, round_.analysis_sha256),
    ):
        if noted and (folder / name).is_file() and _catalogue.checksum(folder / name) != noted:
            raise AgreementError("agreement.file_changed", file=name)
    if wrong := _wrong_counts(round_, {service.code: service for service in valid}):
        raise AgreementError("agreement.invalid", file=_round.FILE, number=len(wrong), details=wrong)
    areas = _areas.read(folder / round_.areas_file, round_.levels, round_.municipalities[0][0])
    borders = _areas.read_borders(folder / round_.borders_file, areas)
    asked = folder / _analysis.FILE
    return Agreement(round_, valid, areas, borders, _analysis.read(asked, round_) if asked.exists() else None)


def _wrong_counts(round_: Round, services: Mapping[str, CatalogueService]) -> list[AgreementError]:
    """What can't be in one table of informal help: formal services, and a service counted in two units."""
    counting = [participant for participant in round_.participants if participant.content == "aggregate"]
    units: dict[str, set[str]] = {}
    wrong = []
    for participant in counting:
        formal = [code for code in participant.services if services[code].formality != "informal"]
        if formal:
            wrong.append(
                AgreementError(
                    "agreement.not_informal",
                    file=_round.FILE,
                    participant=participant.id,
                    codes=", ".join(formal),
                )
            )
        for code in participant.services:
            units.setdefault(code, set()).add(participant.unit)
    if mixed := sorted(code for code, found in units.items() if len(found) > 1):
        wrong.append(AgreementError("agreement.two_units", file=_round.FILE, codes=", ".join(mixed)))
    return wrong


def codebook(agreement: Agreement, delivered: Collection[str]) -> Codebook:
    """What the publication will hold, given the ids of the participants whose deliveries were taken in."""
    round_, analysis = agreement.round, agreement.analysis
    if analysis is None:
        raise AgreementError("agreement.missing_file", file=_analysis.FILE, folder="-")
    organisations = tuple(
        Organisation(participant.id, participant.name, participant.id in delivered)
        for participant in sorted(round_.participants, key=lambda participant: participant.id)
        if participant.content == "services"
    )
    services = tuple(
        Service(
            service.code,
            service.name_nl,
            service.name_en,
            service.domain,
            service.line,
            "informal" if service.formality == "informal" else "formal",
            tuple(
                sorted(
                    participant.id
                    for participant in round_.participants
                    if participant.content == "services" and service.code in participant.services
                )
            ),
        )
        for service in agreement.services
    )
    reporters = tuple(
        Reporter(
            participant.id,
            participant.name,
            "persons" if participant.unit == "persons" else "households",
            tuple(sorted(participant.services)),
            participant.id in delivered,
        )
        for participant in sorted(round_.participants, key=lambda participant: participant.id)
        if participant.content == "aggregate"
    )
    named = {service.domain: (service.domain_nl, service.domain_en) for service in agreement.services}
    domains = tuple(Domain(code, *named[code]) for code in sorted(named))
    return Codebook(
        round_id=round_.id,
        title=round_.title,
        fingerprint=round_.fingerprint,
        period=(round_.start.isoformat(), round_.end.isoformat()),
        reference_date=round_.reference_date.isoformat(),
        count=round_.count,
        trust=round_.trust,
        threshold=analysis.threshold,
        levels=round_.levels,
        areas=agreement.areas,
        domains=domains,
        services=services,
        organisations=organisations,
        tables=_tables.build(
            levels=round_.levels,
            lowest={_tables.REPORTED: round_.reported_level, **round_.lowest, **analysis.lowest},
            domains=domains,
            services=services,
            organisations=organisations,
            rule=analysis.vulnerable,
            top=analysis.top,
            reporters=reporters,
        ),
        reporters=reporters,
        notes={lang: note for lang, note in analysis.notes.items() if note},
        rounding=analysis.rounding,
    )
