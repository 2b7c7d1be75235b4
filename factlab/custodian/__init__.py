"""Pseudonyms get another key here, unlinkable without it; what a row means is never known. SEES PSEUDONYMS."""

from factlab.custodian.admission import admit
from factlab.custodian.rekeying import Rekeying, key, key_check

__all__ = ["Rekeying", "admit", "key", "key_check"]
