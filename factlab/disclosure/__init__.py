"""Sees counts: decides what is hidden in a publication, and proves that it holds (docs/disclosure.md)."""

from factlab.disclosure.protection import protect

__all__ = ["protect"]
