"""The invitation: the round secret, sealed to one participant and signed by the convenor."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from pathlib import Path

from factlab import files
from factlab.agreement import Round
from factlab.delivery import identity as identities
from factlab.delivery.identity import Identity
from factlab.errors import DeliveryError

FORMAT = "factlab-invitation/1"
FILE = "invitation.json"
SECRET_BYTES = 32
_LARGEST = 1 << 16


def new_secret() -> bytes:
    """A round secret. It is only ever kept sealed, in the invitations."""
    return secrets.token_bytes(SECRET_BYTES)


def _info(round_: Round, participant: str) -> bytes:
    return f"factlab/v1/invitation\0{round_.round_id}\0{round_.fingerprint}\0{participant}".encode()


def _body(round_: Round, participant: str, sealed: bytes) -> dict[str, str]:
    return {
        "fingerprint": round_.fingerprint,
        "format": FORMAT,
        "participant": participant,
        "round_id": round_.round_id,
        "sealed": base64.b64encode(sealed).decode(),
    }


def _bytes(body: dict[str, str]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def write(folder: Path, round_: Round, participant: str, secret: bytes, convenor: Identity) -> None:
    """Write `invitation.json` for one participant into its kit."""
    keys = round_.participant(participant).keys
    body = _body(round_, participant, identities.seal(keys, _info(round_, participant), secret))
    signature = base64.b64encode(convenor.sign("invitation", _bytes(body))).decode()
    with files.new_file(folder / FILE) as beside:
        beside.write_text(
            json.dumps({**body, "signature": signature}, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )


def read(folder: Path, round_: Round, participant: str, identity: Identity) -> bytes:
    """The round secret. Raises DeliveryError when the invitation is missing, another's, or not from the convenor."""
    file = folder / FILE
    damaged = DeliveryError("source.bad_invitation", file=FILE)
    try:
        if file.stat().st_size > _LARGEST:
            raise damaged
        told = json.loads(file.read_text(encoding="utf-8"))
        sealed = base64.b64decode(told["sealed"], validate=True)
        signature = base64.b64decode(told.pop("signature"), validate=True)
    except FileNotFoundError:
        raise DeliveryError("source.no_invitation", file=FILE, folder=folder) from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError, binascii.Error):
        raise damaged from None
    if told != _body(round_, participant, sealed):
        raise DeliveryError("source.other_invitation", file=FILE, participant=participant)
    keys = round_.participant(round_.convenor).keys
    if not identities.verify(keys, "invitation", _bytes(told), signature):
        raise DeliveryError("source.invitation_not_signed", file=FILE)
    secret = identity.open(_info(round_, participant), sealed)
    if len(secret) != SECRET_BYTES:
        raise damaged
    return secret
