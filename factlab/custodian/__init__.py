"""Pseudonyms get another key here, unlinkable without it; what a row means is never known. SEES PSEUDONYMS."""

from factlab.custodian.admission import admit
from factlab.custodian.rekeying import Rekeying, key

__all__ = ["Rekeying", "admit", "key"]
