"""The receipt: what an organisation can file about a delivery, and hold against what others say they got."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import pytest
from factlab.delivery import agreed, identity, package
from factlab.parties import demo, organisation

from tests.parties.little import DAY, LittleRound

pytestmark = pytest.mark.xdist_group("split")
WHO = "thuiszorg-wilgenhof"


def made(little: LittleRound, who: str = WHO, **options: Any) -> organisation.Outcome:
    home = little.root / "parties" / who
    return organisation.pseudonymise(
        demo.extract_in(home / "extract"),
        **{
            "kit": home / "kit",
            "participant": who,
            "identity": little.identities[who],
            "out": little.root / "out",
            "leave_out_unknown": True,
            "day": DAY,
            **options,
        },
    )


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("who", [WHO, "burgerzaken-wiermonde"])
def test_it_tells_what_left(split: LittleRound, who: str, lang: Any) -> None:
    outcome = made(split, who, lang=lang, sequence=2)
    assert outcome.receipt
    assert outcome.delivery
    assert outcome.receipt == outcome.delivery.with_name(outcome.delivery.name + ".receipt.txt")
    text = outcome.receipt.read_text(encoding="utf-8")
    round_ = agreed.open_round(split.round).round
    sent = package.inspect(outcome.delivery, round_)
    for said in (
        hashlib.sha256(outcome.delivery.read_bytes()).hexdigest(),
        identity.grouped(round_.fingerprint),
        *sent.recipients,
        identity.fingerprint(split.identities[who].keys),
        round_.title,
        who,
        outcome.extract,
        ": 2\n",
        "2026-01-15",
        f": {outcome.rows_read}\n",
        f": {outcome.rows_sent}\n",
        f": {outcome.rows_left_out}\n",
        f": {outcome.preview.addresses}\n",
        {"nl": "Alleen voor de eigen organisatie", "en": "For your own organisation only"}[lang],
        {"nl": "sleutelbeheerder", "en": "custodian"}[lang],
    ):
        assert said in text, said
    left_out = [line.split()[0] for line in text.splitlines() if line.startswith("  ")]
    assert left_out == [str(number) for number in outcome.preview.left_out.values()]
    assert str(outcome.receipt) in organisation.shown(outcome, lang)
    assert "None" not in text


@pytest.mark.skipif(os.name == "nt", reason="there are no such rights there")
def test_only_its_owner_reads_it_and_it_goes_nowhere(little: LittleRound) -> None:
    """It holds exact numbers: it isn't taken for a delivery, and destroying deliveries leaves it alone."""
    outcome = made(little)
    assert outcome.receipt
    assert outcome.receipt.stat().st_mode & 0o077 == 0
    assert not list(outcome.receipt.parent.glob("*.receipt.txt.factlab"))
    assert [file.name for file in outcome.receipt.parent.glob("*.factlab")] == [outcome.delivery.name]  # type: ignore[union-attr]


@pytest.mark.parametrize("option", ["dry_run", "rehearse"])
def test_what_isn_t_sent_has_none(little: LittleRound, option: str) -> None:
    outcome = made(little, **{option: True})
    assert outcome.receipt is None
    out = little.root / "out"
    assert not out.exists() or not list(out.glob("*receipt*"))
    assert "receipt" not in organisation.shown(outcome, "en")


def test_a_receipt_of_an_earlier_attempt_is_replaced_with_its_delivery(
    little: LittleRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(little).receipt
    assert first
    before = first.read_text(encoding="utf-8")
    again = made(little)
    after = first.read_text(encoding="utf-8")
    assert again.delivery
    assert before != after  # sealed anew, so another SHA-256
    assert hashlib.sha256(again.delivery.read_bytes()).hexdigest() in after
