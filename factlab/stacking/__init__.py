"""How services, organisations and domains stack up per household, counted per area. SEES HOUSEHOLDS, no key."""

from factlab.stacking.counting import count

__all__ = ["count"]
