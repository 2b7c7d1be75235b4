"""What an organisation files about a delivery: exact numbers, so it stays with the organisation."""

from __future__ import annotations

import hashlib
from pathlib import Path

from factlab import texts
from factlab.agreement import Round
from factlab.delivery import identity as identities
from factlab.delivery.manifest import Manifest
from factlab.files import new_file
from factlab.source import problems
from factlab.source.preview import Preview

SUFFIX = ".receipt.txt"


def write(
    delivery: Path, *, round_: Round, manifest: Manifest, preview: Preview, extract: str, lang: texts.Language
) -> Path:
    """Write the receipt beside `delivery`, readable by its owner only."""
    made = delivery.with_name(delivery.name + SUFFIX)
    with delivery.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    with new_file(made, private=True) as beside:
        beside.write_text(
            _text(delivery.name, digest, round_, manifest, preview, extract, lang), encoding="utf-8"
        )
    return made


def _text(
    name: str,
    digest: str,
    round_: Round,
    manifest: Manifest,
    preview: Preview,
    extract: str,
    lang: texts.Language,
) -> str:
    def say(key: str, **fields: object) -> str:
        return texts.say(f"organisation.{key}", lang, **fields)

    who = round_.participant(manifest.participant)
    counts = who.content == "aggregate"  # no addresses, and a withdrawal is of those
    parties = {identities.fingerprint(round_.analyst_keys): ("analyst", round_.analyst)}
    if round_.custodian:
        parties[identities.fingerprint(round_.custodian.keys)] = ("custodian", round_.custodian.name)
    facts = [
        ("round", f"{round_.title} ({round_.id})"),
        ("round_fingerprint", identities.grouped(round_.fingerprint)),
        ("amendments", str(len(round_.amendments))),
        ("participant", f"{who.name} ({who.id})"),
        ("own_key", identities.fingerprint(who.keys)),
        ("content", say(f"content_{manifest.content}")),
        ("number", str(manifest.sequence)),
        ("day", manifest.day.isoformat()),
        ("file", name),
        ("sha256", digest),
        *(
            (f"for_{kind}", f"{title}: {key}")
            for key in manifest.recipients
            for kind, title in [parties[key]]
        ),
        ("extract", extract),
        ("rows_read", str(preview.rows)),
        ("rows_used", str(preview.used)),
        ("rows_left_out", str(preview.rows - preview.used)),
        *((f"{number:8}", problems.name(reason, lang)) for reason, number in preview.left_out.items()),
        ("rows_sent", str(preview.leaving)),
        *(() if counts else (("addresses_sent", str(preview.addresses)),)),
    ]
    lines = [say("receipt_title"), say("receipt_own"), ""]
    lines += [
        f"{key}  {value}" if key[0] == " " else f"{say('receipt_' + key)}: {value}" for key, value in facts
    ]
    lines += ["", say("trust_counts" if counts else f"trust_{round_.trust}")]
    if not counts:
        lines.append(say("receipt_withdraw", file=name))
    return "\n".join(lines) + "\n"
