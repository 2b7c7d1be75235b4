"""A drop list takes its addresses out of every delivery, in either way of trust, and tells nobody which they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from factlab import agreement
from factlab.delivery import agreed, package
from factlab.engine import Engine
from factlab.errors import DeliveryError, ExtractError, LinkageError
from factlab.linkage import link
from factlab.parties import analyst, custodian, organisation

from tests.parties.little import DAY, LittleRound
from tests.parties.test_who_learns_what import addresses_of

pytestmark = pytest.mark.xdist_group("split")
WHO = "welzijn-wiermonde"
NUMBER = 25


def listed(little: LittleRound) -> Path:
    """A list of addresses that `WHO` delivers, as it would keep them itself."""
    file = little.root / "secret.csv"
    lines = ["Postcode;Huisnummer;Toevoeging"]
    lines += [address.replace("|", ";") for address in addresses_of(little, WHO)[:NUMBER]]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def make(little: LittleRound, file: Path, *, sequence: int = 1) -> Path:
    return organisation.droplist(
        file, kit=little.root / "parties" / WHO / "kit", participant=WHO, identity=little.identities[WHO],
        out=little.root / "lists", day=DAY, sequence=sequence,
    )  # fmt: skip


def households(little: LittleRound) -> tuple[int, int, int]:
    """Households; those that use something; addresses without a household."""
    files = analyst.delivery_files(little.deliveries)
    agreed_on, received = analyst.receive(little.round, files, little.analyst)
    assert received.refusals == ()
    with Engine() as engine:
        link(engine, received, agreed_on)
        asked = (
            "select count(*) from household",
            "select count(distinct household) from household_use",
            "select cast(sum(addresses) as bigint) from unmatched",
        )
        found = [int(engine.rows(sql)[0][0]) for sql in asked]
    return found[0], found[1], found[2]


def lost(before: tuple[int, int, int], after: tuple[int, int, int]) -> int:
    """How many households are gone, most of which used something (some rows of the extract are out of the period)."""
    matched = before[0] - after[0]
    assert matched // 2 < before[1] - after[1] <= matched <= NUMBER
    return matched


def test_with_a_custodian(split: LittleRound) -> None:
    before = households(split)
    made = make(split, listed(split))
    outcome = split.rekey([*split.submitted.iterdir(), made])
    assert (outcome.refusals, outcome.droplists) == ((), (WHO,))
    assert lost(before, households(split)) >= NUMBER - 5
    with pytest.raises(DeliveryError, match="droplist_missing"):
        split.rekey()
    round_ = agreement.read(split.round).round
    checks = agreed.read_checks(split.round, round_)
    with pytest.raises(DeliveryError, match="not_for_us"):
        package.open_package(made, round_=round_, checks=checks, recipient=split.analyst)


def test_in_direct_trust(little: LittleRound) -> None:
    before = households(little)
    made = make(little, listed(little))
    made.rename(little.deliveries / made.name)
    assert lost(before, households(little)) >= NUMBER - 5


def test_both_ways_leave_the_same_households(split: LittleRound, little: LittleRound) -> None:
    made = make(little, listed(little))
    made.rename(little.deliveries / made.name)
    split.rekey([*split.submitted.iterdir(), make(split, listed(split))])
    assert households(split) == households(little)


def test_two_lists_add_up(split: LittleRound) -> None:
    whole = listed(split)
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    lists = []
    for number, part in enumerate((lines[1:10], lines[10:]), start=1):
        whole.write_text(lines[0] + "".join(part), encoding="utf-8")
        lists.append(make(split, whole, sequence=number))
    before = households(split)
    assert split.rekey([*split.submitted.iterdir(), *lists]).refusals == ()
    assert lost(before, households(split)) >= NUMBER - 5


def test_an_address_that_can_t_be_read_is_not_passed_over(split: LittleRound) -> None:
    file = listed(split)
    file.write_text(file.read_text(encoding="utf-8") + "1506;;\n", encoding="utf-8")
    with pytest.raises(ExtractError):
        make(split, file)
    assert not (split.root / "lists").exists()


def test_the_manifest_tells_no_number(split: LittleRound) -> None:
    found = package.inspect(make(split, listed(split)), agreement.read(split.round).round)
    assert (found.content, found.row_bucket) == ("droplist", 64)
    assert custodian.LOG not in str(found)


def damage(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("name", ["", "renamed.factlab"])
def test_nothing_is_counted_without_a_drop_list_that_was_refused(little: LittleRound, name: str) -> None:
    """`--skip-refused` is for deliveries: without a drop list its addresses would be counted after all."""
    made = make(little, listed(little))
    there = little.deliveries / (name or made.name)
    made.rename(there)
    damage(there)
    files = analyst.delivery_files(little.deliveries)
    with pytest.raises(LinkageError, match="droplist_refused"):
        analyst.run(little.round, files, little.analyst, little.root / "publication", skip_refused=True)
    assert not (little.root / "publication").exists()


def test_nothing_is_re_keyed_without_a_drop_list_that_was_refused(split: LittleRound) -> None:
    made = make(split, listed(split))
    damage(made)
    with pytest.raises(DeliveryError, match="droplist_refused"):
        split.rekey([*split.submitted.iterdir(), made])
