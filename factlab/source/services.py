"""What an extract calls a service: a code or a name of the catalogue, or what the user's mapping says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from factlab.agreement import Agreement, Participant
from factlab.source.headers import key


@dataclass(frozen=True)
class Recogniser:
    """`known`: what is said, without case and punctuation = the catalogue code. `only`: the participant's one service."""

    known: Mapping[str, str]
    only: str = ""

    @staticmethod
    def of(
        agreement: Agreement, participant: Participant, told: Mapping[str, str] | None = None
    ) -> Recogniser:
        """Codes first, then names, then what the mapping tells, which goes above both. Only agreed services are recognised."""
        mine = [service for service in agreement.services if service.code in participant.services]
        known: dict[str, str] = {}
        for names in ("name_en", "name_nl", "code"):
            known |= {key(getattr(service, names)): service.code for service in mine}
        codes = {service.code.casefold(): service.code for service in mine}
        for said, code in (told or {}).items():
            known[key(said)] = codes.get(code.strip().casefold(), "")
        return Recogniser(known, participant.services[0] if len(participant.services) == 1 else "")

    def code(self, said: str) -> str | None:
        """The catalogue code of what an extract says, None when it isn't an agreed service."""
        found = key(said)
        return (self.known.get(found) or None) if found else None
