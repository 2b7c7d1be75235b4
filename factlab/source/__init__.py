"""The room that sees addresses: it stands at the organisation, and only pseudonyms and agreed codes leave it."""
