"""Who does what, in order: the convenor, an organisation, the analyst, and the demonstration that plays them all."""
