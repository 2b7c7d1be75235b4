"""The folder that anyone may have: only protected counts go in, and it is read back only when it is whole."""

from __future__ import annotations

from factlab.publication import ledger
from factlab.publication.folder import add_to_certificate, read, seal, write

__all__ = ["add_to_certificate", "ledger", "read", "seal", "write"]
