"""Deliveries are verified, opened and joined on the pseudonym; then the pseudonym is dropped. SEES PSEUDONYMS."""

from factlab.linkage.joining import link, prove_key_gone
from factlab.linkage.receiving import Delivery, Received, Refusal, receive

__all__ = ["Delivery", "Received", "Refusal", "link", "prove_key_gone", "receive"]
