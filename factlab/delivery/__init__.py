"""Sealed letters between the parties: who signs, who may open, and the one file format in between."""
