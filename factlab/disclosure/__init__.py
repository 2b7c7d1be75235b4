"""Sees counts: decides what is hidden in a publication, and proves that it holds (docs/disclosure.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

from factlab.cells import CountTable, Earlier, SafeTable
from factlab.disclosure import library, protection
from factlab.disclosure.parts import protect_parts
from factlab.disclosure.reasons import Reasons, reasons
from factlab.linked import Linked, SafeLinked

__all__ = ["Reasons", "protect", "protect_parts", "reasons"]


@overload
def protect(
    what: CountTable,
    *,
    salt: bytes = b"",
    earlier: Sequence[Earlier] = (),
    provenance: Mapping[str, Any] | None = None,
) -> SafeTable: ...
@overload
def protect(what: Linked, *, salt: bytes = b"", rounding: int = 0) -> SafeLinked: ...
def protect(
    what: CountTable | Linked,
    *,
    salt: bytes = b"",
    rounding: int = 0,
    earlier: Sequence[Earlier] = (),
    provenance: Mapping[str, Any] | None = None,
) -> SafeTable | SafeLinked:
    """Hide what must be hidden in a publication or in any linked tables, or raise a DisclosureError.

    The secret `salt` breaks ties; same salt, same result. With `rounding` the published counts of linked tables are
    rounded to multiples of that base as well. A publication is protected beside all that readers have already:
    `earlier` releases, oldest first; `provenance` tells of which deliveries the new one is made."""
    if isinstance(what, Linked):
        return library.protect(what, salt=salt, rounding=rounding)
    return protection.protect(what, salt=salt, earlier=earlier, provenance=provenance)
