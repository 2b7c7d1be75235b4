"""One family of errors: what is wrong, where, and what to do; never the value."""

from __future__ import annotations

from collections.abc import Sequence


class FactlabError(Exception):
    """Something a person can mend. `key` names a text in `factlab/texts`, `fields` fill it in.

    A field says what and where (a file, a row, a column, a participant), never a value from an extract: an
    error ends up in a log. The command line turns it into a sentence in the reader's language.
    """

    exit_code = 1

    def __init__(self, key: str, *, details: Sequence[FactlabError] = (), **fields: object) -> None:
        super().__init__(key)
        self.key = key
        self.fields = fields
        self.details = tuple(details)  # several mistakes of one file, told together

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.fields.items())
        return "\n".join([f"{self.key}: {told}" if told else self.key, *map(str, self.details)])


class AgreementError(FactlabError):
    """The round, the analysis, the catalogue or the areas are wrong."""


class ExtractError(FactlabError):
    """An organisation's own file, mapping or exclusion list can't be used."""


class KeyFileError(FactlabError):
    """A key file can't be used: missing, readable by others, wrong passphrase."""


class DeliveryError(FactlabError):
    """A delivery is refused."""


class LinkageError(FactlabError):
    """The join or the proof that the key is gone failed; nothing was counted."""


class DisclosureError(FactlabError):
    """The tables can't be protected, or the attacker broke them; nothing was published."""


class PublicationError(FactlabError):
    """A publication folder is incomplete or was changed."""


class UsageError(FactlabError):
    """The command was called in a way that can't work."""

    exit_code = 2
