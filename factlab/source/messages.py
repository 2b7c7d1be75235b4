"""Messages of iWmo and iJw: assignments (301), starts (305) and stops (307), put together to one row per period of care."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from factlab.errors import ExtractError

HEADERS = (
    "Postcode", "Huisnummer", "Huisletter", "Toevoeging", "Straat", "Woonplaats", "Productcategorie", "Productcode",
    "Begindatum", "Einddatum",
)  # fmt: skip
_START = re.compile(rb"(\xef\xbb\xbf)?\s*<(\?xml|!--|([\w.-]+:)?Bericht)")
_KIND = re.compile(r"\{[^}]*/i(?:wmo|jw)/[^}]*/(?:wmo|jw)(\d{3})/[^}]*\}Bericht", re.IGNORECASE)
# Where somebody lives according to the register comes first, as the register is what the round counts households by;
# then where somebody stays. The postal address (2) is never taken.
_LIVES = ("1", "3", "4")
_WITHDRAWN = "3"
_ELSEWHERE = (
    "TO",
    "BY",
)  # opposite and near a number; on board (AB) and a caravan (WW) only tell what stands there
Key = tuple[str, str]  # the municipality and the number that it gave the assignment


@dataclass
class Care:
    """What the messages so far tell about one assignment (*toewijzing*); days as ISO texts, and which file told it."""

    address: tuple[str, ...] = ("",) * 6
    product: tuple[str, str] = ("", "")
    begin: str = ""
    end: str = ""
    file: str = ""
    started: dict[str, str] = field(default_factory=dict)  # begin: file
    stopped: dict[str, tuple[str, str]] = field(default_factory=dict)  # begin: end, file

    def rows(self) -> Iterable[tuple[str, ...]]:
        """One row per start that wasn't withdrawn; the assignment itself where no start or stop is known. The files last."""
        for begin in sorted(self.started.keys() | self.stopped) or [self.begin]:
            end, stopped = self.stopped.get(begin, (self.end, ""))
            told = dict.fromkeys(filter(None, (self.file, self.started.get(begin, ""), stopped)))
            yield (*self.address, *self.product, begin, end, ", ".join(told))


def is_one(data: bytes) -> bool:
    """Whether a file begins as such a message does."""
    start = data[:1000]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.decode("utf-16", "ignore").encode()
    return _START.match(start) is not None


def _name(element: Any) -> str:
    """The name of an element in whatever release of the standard."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _all(element: Any, path: str) -> list[Any]:
    """The elements on a path of local names."""
    found = [element]
    for name in path.split("/"):
        found = [child for parent in found for child in parent if _name(child) == name]
    return found


def _said(element: Any, path: str) -> str:
    return next(((one.text or "").strip() for one in _all(element, path)), "")


def _address(client: Any) -> tuple[str, ...]:
    """Where the client lives. The addresses of relations stand elsewhere in the message and are never looked at."""
    contacts = _all(client, "Contactgegevens/Contact")
    for kind in _LIVES:
        for contact in contacts:
            if _said(contact, "Soort").lstrip("0") == kind and (adres := _all(contact, "Adres")):
                mark = _said(adres[0], "Huis/AanduidingWoonadres")
                return (
                    _said(adres[0], "Postcode"),
                    f"{mark if mark in _ELSEWHERE else ''} {_said(adres[0], 'Huis/Huisnummer')}".strip(),
                    _said(adres[0], "Huis/Huisletter"),
                    _said(adres[0], "Huis/HuisnummerToevoeging"),
                    _said(adres[0], "Straatnaam"),
                    _said(adres[0], "Plaatsnaam"),
                )
    return ("",) * 6


def _product(product: Any) -> tuple[str, str]:
    """Category and code; an assignment may name the category only, which then is its code."""
    category, code = _said(product, "Product/Categorie"), _said(product, "Product/Code")
    return category, code or category


def _parsed(name: str, data: bytes) -> tuple[str, Any] | None:
    """(301, 305 or 307; the message), None for any other message. Raises ExtractError when it is no message at all."""
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise ExtractError("source.bad_message", file=name) from None
    kind = _KIND.fullmatch(root.tag)
    if not kind:
        raise ExtractError("source.bad_message", file=name)
    return (kind[1], root) if kind[1] in ("301", "305", "307") else None


def _note(kind: str, root: Any, known: dict[Key, Care], day: str, name: str) -> None:
    """Take over what one message tells."""
    municipality = _said(root, "Header/Afzender" if kind == "301" else "Header/Ontvanger")
    paths = {
        "301": "ToegewezenProducten/ToegewezenProduct",
        "305": "StartProducten/StartProduct",
        "307": "StopProducten/StopProduct",
    }
    for client in _all(root, "Client"):
        for number, told in enumerate(_all(client, paths[kind])):
            assignment = _said(told, "ToewijzingNummer")
            # Without a number it belongs to no assignment: a row of its own, that has no address.
            care = known.setdefault((municipality, assignment or f"{day} {name} {number}"), Care())
            if kind == "301":
                care.address, care.product, care.file = _address(client), _product(told), name
                care.begin, care.end = _said(told, "Ingangsdatum"), _said(told, "Einddatum")
                continue
            if not any(care.product):
                care.product = _product(told)
            begin, withdrawn = _said(told, "Begindatum"), _said(told, "StatusAanlevering") == _WITHDRAWN
            if withdrawn:
                (care.started if kind == "305" else care.stopped).pop(begin, None)
            elif kind == "305":
                care.started[begin] = name
            else:
                care.stopped[begin] = _said(told, "Einddatum"), name


def read(messages: Iterable[tuple[str, bytes]], file: str) -> list[list[str]]:
    """The columns named in HEADERS and that of the files that tell of each row, in the order in which the assignments appear (by date of the message, then by name).

    A start or a stop has no address: it counts at the address of its assignment, which has to be among `messages`.
    A later message goes above an earlier one. Other messages than 301, 305 and 307 are passed over. Raises ExtractError.
    """
    found = [
        (_said(root, "Header/BerichtIdentificatie/Dagtekening"), name, kind, root)
        for name, data in messages
        for kind, root in filter(None, [_parsed(name, data)])
    ]
    known: dict[Key, Care] = {}
    for day, name, kind, root in sorted(found, key=lambda one: one[:3]):
        _note(kind, root, known, day, name)
    rows = [row for care in known.values() for row in care.rows()]
    if not rows:
        raise ExtractError("source.no_messages", file=file)
    return [list(column) for column in zip(*rows, strict=True)]
