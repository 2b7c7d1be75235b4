"""The catalogue of services (*voorzieningen*): what each is, with the source of every figure."""

from __future__ import annotations

import datetime
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from factlab.agreement import rows as csv_rows
from factlab.errors import AgreementError

COLUMNS = (
    "code", "name_nl", "name_en", "domain", "domain_nl", "domain_en", "law", "line", "formality", "cluster",
    "provider", "unit", "valid_from", "valid_to", "in_cbs_stacking", "standard_code", "prevalence_per_1000",
    "prevalence_status", "prevalence_source", "unit_cost_eur", "unit_cost_status", "unit_cost_source", "sensitivity",
)  # fmt: skip
STATUSES = ("", "estimate", "derived", "source")
_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_DOMAIN = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class CatalogueService:
    """One service of the catalogue. Figures that are estimates say so in their status."""

    code: str
    name_nl: str
    name_en: str
    domain: str
    domain_nl: str
    domain_en: str
    line: int
    formality: str
    valid_from: datetime.date
    valid_to: datetime.date | None
    row: dict[str, str]  # all columns as written, sources and marks included

    def valid_on(self, start: datetime.date, end: datetime.date) -> bool:
        return self.valid_from <= end and (self.valid_to is None or self.valid_to >= start)


def checksum(file: Path) -> str:
    """SHA-256 (hex) of a file that was agreed, with line endings made equal so that a mail program can't change it."""
    return hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _date(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def read(file: Path) -> tuple[CatalogueService, ...]:
    """Read the catalogue, by code. Raises AgreementError with every mistake and its line."""
    rows = csv_rows.read(file, COLUMNS)
    found: dict[str, CatalogueService] = {}
    wrong: list[AgreementError] = []
    labels: dict[str, tuple[str, str]] = {}
    for line, row in rows:

        def note(key: str, name: str, line: int = line, **fields: str) -> None:
            wrong.append(
                AgreementError(f"agreement.{key}", file=file.name, line=line, name=name, details=(), **fields)
            )

        if not _CODE.fullmatch(row["code"]):
            note("not_a_service_code", "code")
        if row["code"] in found:
            note("twice", "code", value=row["code"])
        if not _DOMAIN.fullmatch(row["domain"]):
            note("not_a_domain", "domain")
        label = (row["domain_nl"], row["domain_en"])
        if labels.setdefault(row["domain"], label) != label:
            note("domain_renamed", "domain_nl")
        if row["line"] not in ("0", "1", "2"):
            note("not_a_choice", "line", choices="0, 1, 2", near="-")
            continue
        if row["formality"] not in ("formal", "informal"):
            note("not_a_choice", "formality", choices="formal, informal", near="-")
        for column in ("prevalence_status", "unit_cost_status"):
            if row[column] not in STATUSES:
                note("not_a_choice", column, choices="estimate, derived, source", near="-")
        try:
            since, until = _date(row["valid_from"]), _date(row["valid_to"])
        except ValueError:
            note("not_a_date", "valid_from")
            continue
        found[row["code"]] = CatalogueService(
            row["code"], row["name_nl"], row["name_en"], row["domain"], *label, int(row["line"]), row["formality"],
            since or datetime.date.min, until, dict(row),
        )  # fmt: skip
    if wrong:
        raise AgreementError("agreement.invalid", file=file.name, number=len(wrong), details=wrong)
    return tuple(found[code] for code in sorted(found))
