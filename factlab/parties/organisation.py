"""A participant (*deelnemer*): prepares its own extract on its own machine and hands over one sealed file."""

from __future__ import annotations

import contextlib
import datetime
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from factlab import texts
from factlab.agreement import Agreement, Round, catalogue
from factlab.delivery import agreed, package, withdrawing
from factlab.delivery.identity import Identity
from factlab.delivery.manifest import Manifest
from factlab.engine import Engine
from factlab.errors import DeliveryError, ExtractError, UsageError
from factlab.files import new_file
from factlab.parties import receipt
from factlab.source import exclusions as excluding
from factlab.source import extract as extracts
from factlab.source import invitation, normalising, preparation, problems, pseudonyms, reported
from factlab.source import mapping as mappings
from factlab.source import preview as previews
from factlab.source import quality as qualities
from factlab.source import reference as references
from factlab.source.extract import Extract
from factlab.source.mapping import Mapping
from factlab.source.preview import Preview
from factlab.source.quality import Quality
from factlab.source.reference import Reference
from factlab.source.services import Unmapped


@dataclass(frozen=True)
class Outcome:
    """What was done with an extract. In a dry run nothing was written: `delivery`, `problems` and `manifest` are None."""

    participant: str
    round_title: str
    extract: str
    mapping: Mapping
    mapping_saved: Path | None  # where a guessed mapping was saved
    preview: Preview
    delivery: Path | None
    problems: Path | None  # None too when every row is used
    manifest: Manifest | None
    trust: str
    receipt: Path | None = None  # for the organisation's own files: there is one for each real delivery

    @property
    def rows_read(self) -> int:
        return self.preview.rows

    @property
    def rows_sent(self) -> int:
        """Rows of the extract that count; rows that say the same leave once."""
        return self.preview.used

    @property
    def rows_left_out(self) -> int:
        return self.preview.rows - self.preview.used


@dataclass(frozen=True)
class Summary:
    """How the addresses of an extract read: row counts; `reasons` of those that can't be used."""

    rows: int
    usable: int
    reasons: dict[str, int]
    columns: dict[str, str]
    quality: Quality


def _read(file: Path, mapping: Path | None) -> tuple[Extract, Mapping | None]:
    """The extract and its saved mapping: the one that is given, else the one beside it."""
    if mapping is None and file.exists():
        mapping = mappings.find(file)
    told = mappings.load(mapping) if mapping else None
    sheet, header_row = (told.sheet or None, told.header_row) if told else (None, None)
    return extracts.read(file, sheet=sheet, header_row=header_row), told


def addresses(
    extract: Path,
    out: Path,
    mapping: Path | None = None,
    profile: str = "",
    reference: Path | None = None,
    *,
    repair: bool = True,
    report: Path | None = None,
    lang: texts.Language = "nl",
) -> Summary:
    """Write how every address of an extract reads (CSV: row, canonical, reason, rules). Nothing is pseudonymised.

    With a reference list every address is checked against it, and `repair` takes the door that was meant where only one
    can be. `report` becomes a page with what was found, and a problem list is written beside it.
    `out` holds addresses: it is for the organisation's own eyes.
    """
    found, told = _read(extract, mapping)
    told = told or mappings.guess(found)
    mappings.check(told, found, None)
    mappings.check_ids(told, found, listed=reference is not None)
    listed = references.read(reference, profile) if reference else None
    with Engine() as engine:
        read = normalising.explain(engine, mappings.selected(told, found), profile, listed, repair=repair)
    quality = qualities.of(read, found.file, listed)
    with new_file(out) as beside:
        pyarrow.csv.write_csv(read.drop_columns(["tier", "possible_range"]), beside)
    if report:
        with new_file(report) as beside:
            beside.write_text(qualities.page(quality, lang), encoding="utf-8", newline="\n")
        problems.write(
            report.with_suffix(problems.SUFFIX), qualities.problems(read), told.columns, lang, found.files
        )
    reasons: dict[str, int] = {}
    for count in read.group_by("reason").aggregate([("row", "count")]).sort_by("reason").to_pylist():
        if count["reason"]:
            reasons[count["reason"]] = count["row_count"]
    return Summary(read.num_rows, read.num_rows - sum(reasons.values()), reasons, dict(told.columns), quality)


def _reference(kit: Path, round_: Round) -> Reference | None:
    """The list of addresses that was agreed, if there is one. Raises DeliveryError when the kit holds another."""
    if not round_.reference_file:
        return None
    file = kit / round_.reference_file
    if not file.is_file() or catalogue.checksum(file) != round_.reference_sha256:
        raise DeliveryError("organisation.other_reference", file=round_.reference_file)
    return references.read(file, round_.profile)


def told_quality(quality: Quality, lang: texts.Language) -> str:
    """What was found, for the terminal."""
    return qualities.told(quality, lang)


def _opened(kit: Path, participant: str, identity: Identity) -> tuple[Agreement, bytes, agreed.Checks]:
    """The signed agreement in a kit, the round secret and its checks. Raises DeliveryError when anything differs.

    Who delivers counts has no addresses to pseudonymise and was given no secret: it is empty then.
    """
    agreement = agreed.open_round(kit)
    round_ = agreement.round
    if round_.participant(participant).keys != identity.keys:
        raise DeliveryError("organisation.not_your_key", participant=participant)
    signed = agreed.read_checks(kit, round_)
    if round_.participant(participant).content == "aggregate":
        return agreement, b"", signed
    secret = invitation.read(kit, round_, participant, identity)
    checks = pseudonyms.checks(secret, round_)
    if (checks.normaliser, checks.norm_check) != (signed.normaliser, signed.norm_check):
        raise DeliveryError("organisation.other_normaliser", ours=checks.normaliser, theirs=signed.normaliser)
    if checks != signed:
        raise DeliveryError("organisation.other_secret")
    return agreement, secret, checks


def pseudonymise(
    extract: Path,
    *,
    kit: Path,
    participant: str,
    identity: Identity,
    out: Path,
    day: datetime.date,
    mapping: Path | None = None,
    exclusions: Path | None = None,
    dry_run: bool = False,
    rehearse: bool = False,
    leave_out_unknown: bool = False,
    sequence: int = 1,
    repair: bool = True,
    lang: texts.Language = "nl",
) -> Outcome:
    """Preview, list the problems and make the delivery. In a dry run nothing is pseudonymised or written.

    A rehearsal does all of it with a secret that is thrown away: the delivery is made, verified and removed; the
    mapping and the problem list are kept to work on.

    A service without a catalogue code stops it unless `leave_out_unknown`, and so does any mistake in a table of counts.
    Raises FactlabError, and then nothing is written either, but for a new mapping with suggestions for such services,
    and the problem list of a table of counts.
    """
    agreement, secret, checks = _opened(kit, participant, identity)
    round_ = agreement.round
    if rehearse:
        secret = invitation.new_secret()
        checks = pseudonyms.checks(secret, round_)
    who = round_.participant(participant)
    excluding.require_extract(extract, exclusions)
    found, told = _read(extract, mapping)
    guessed = told is None
    counts = who.content == "aggregate"
    told = told or (reported.guess if counts else mappings.guess)(found, agreement, who)
    mappings.check(told, found, who)
    if counts and exclusions:
        raise UsageError("organisation.no_addresses", participant=participant)
    if counts:
        prepared = reported.prepare(found, told, agreement, who)
    else:
        listed_addresses = _reference(kit, round_)
        mappings.check_ids(told, found, listed=listed_addresses is not None)
        excluded = excluding.read(exclusions, round_.profile, listed_addresses) if exclusions else None
        if exclusions and not dry_run:
            excluding.remember(exclusions)
        prepared = preparation.prepare(found, told, agreement, who, excluded, listed_addresses, repair=repair)
    preview = previews.show(prepared, found, told, agreement)

    delivery = out / f"{round_.id}_{participant}_{sequence}.factlab"
    listed = out / f"{extract.name}{problems.SUFFIX}"
    saved = mappings.path_for(extract) if guessed and mapping is None else None
    if dry_run:
        return Outcome(
            participant, round_.title, found.file, told, None, preview, None, None, None, round_.trust
        )
    if prepared.unmapped.values and not leave_out_unknown:
        if saved:
            mappings.save(told, saved, prepared.unmapped, lang)
        raise _unmapped(prepared.unmapped, found, told, mapping or mappings.find(extract))
    if counts:
        rows = prepared.leaving
    else:
        key = pseudonyms.linkage_key(secret, round_.round_id, round_.profile)
        rows = preparation.pseudonymised(prepared, key)
    contents = package.Contents(prepared.content, rows, prepared.totals)
    if prepared.judged.num_rows:
        problems.write(listed, prepared.judged, told.columns, lang, found.files)
    elif listed.exists():
        listed.unlink()  # of an earlier attempt: it would tell of problems that are gone
    if saved:
        mappings.save(told, saved, prepared.unmapped, lang)
    if counts:
        reported.require_sound(prepared, found.file, listed.name)
    with tempfile.TemporaryDirectory() if rehearse else contextlib.nullcontext(out) as place:
        manifest = package.write(
            Path(place) / delivery.name,
            round_=round_,
            participant=participant,
            identity=identity,
            recipient=round_.analyst_keys,
            contents=contents,
            checks=checks,
            day=day,
            sequence=sequence,
        )
        package.inspect(Path(place) / delivery.name, round_)
    filed = None
    if not rehearse:
        filed = receipt.write(
            delivery, round_=round_, manifest=manifest, preview=preview, extract=found.file, lang=lang
        )
    return Outcome(
        participant,
        round_.title,
        found.file,
        told,
        saved,
        preview,
        None if rehearse else delivery,
        listed if prepared.judged.num_rows else None,
        manifest,
        round_.trust,
        filed,
    )


def _unmapped(unmapped: Unmapped, found: Extract, told: Mapping, mapping: Path | None) -> ExtractError:
    if unmapped.strange:
        return ExtractError(
            "source.not_services",
            file=found.file,
            column=told.columns["service"],
            values=unmapped.values,
            rows=unmapped.rows,
            mapping=mapping.name if mapping else mappings.SUFFIX,
        )
    details = [
        ExtractError("source.unmapped_service", said=said, rows=rows, near=near or "-")
        for said, rows, near in unmapped.shown
    ]
    return ExtractError(
        "source.unmapped_services",
        file=found.file,
        column=told.columns["service"],
        values=unmapped.values,
        rows=unmapped.rows,
        shown=len(details),
        mapping=mapping.name if mapping else mappings.SUFFIX,
        details=details,
    )


def droplist(
    listed: Path,
    *,
    kit: Path,
    participant: str,
    identity: Identity,
    out: Path,
    day: datetime.date,
    sequence: int = 1,
) -> Path:
    """Make a drop list of a list of addresses: pseudonyms that are taken out of every participant's delivery.

    Raises FactlabError when an address can't be read: whoever lives there would not be left out.
    """
    agreement, secret, checks = _opened(kit, participant, identity)
    round_ = agreement.round
    if not secret:
        raise UsageError("organisation.no_addresses", participant=participant)
    known = _reference(kit, round_)
    canonical = excluding.read(listed, round_.profile, known).column("canonical").to_pylist()
    excluding.remember(listed)
    key = pseudonyms.linkage_key(secret, round_.round_id, round_.profile)
    rows = pa.table({"pseudonym": pseudonyms.pseudonyms(key, canonical)})
    made = out / f"{round_.id}_{participant}_droplist_{sequence}.factlab"
    package.write(
        made,
        round_=round_,
        participant=participant,
        identity=identity,
        recipient=round_.analyst_keys,
        contents=package.Contents("droplist", rows, {}),
        checks=checks,
        day=day,
        sequence=sequence,
    )
    return made


def withdraw(
    delivery: Path, *, kit: Path, participant: str, identity: Identity, out: Path, day: datetime.date
) -> tuple[Path, Manifest]:
    """Take back `delivery`, the last one that was sent: a signed file that goes the way of the delivery.

    Raises DeliveryError when it isn't this participant's delivery for this round.
    """
    round_ = agreed.open_round(kit).round
    taken = package.inspect(delivery, round_)
    made = out / withdrawing.name(round_, participant, taken.sequence + 1)
    told = withdrawing.write(
        made, round_=round_, participant=participant, identity=identity, delivery=delivery, day=day
    )
    return made, told


def shown(outcome: Outcome, lang: texts.Language) -> str:
    """The outcome as its organisation reads it: the columns that were used, what leaves and what stays, the problems."""

    def say(key: str, **fields: object) -> str:
        return texts.say(f"organisation.{key}", lang, **fields)

    preview, lines = outcome.preview, []
    counts = "count" in preview.columns
    lines += [say("columns", file=outcome.extract)]
    lines += [f"  {say('field_' + name):20} {header}" for name, header in outcome.mapping.columns.items()]
    for name, taken, others in preview.doubts:
        lines.append("  ! " + say("doubt", field=say("field_" + name), taken=taken, others=", ".join(others)))
    if preview.no_start:
        lines.append("  ! " + say("no_start"))
    lines += [
        "",
        say(
            "leaves_counts" if counts else "leaves" if outcome.trust == "direct" else "leaves_custodian",
            rows=preview.leaving,
            addresses=preview.addresses,
            columns=", ".join(preview.columns),
        ),
    ]
    lines += ["  " + "  ".join(preview.columns), *("  " + "  ".join(row) for row in preview.examples)]
    if preview.examples and not counts:
        lines.append("  " + say("made_up"))
    lines.append("  " + say("trust_counts" if counts else f"trust_{outcome.trust}"))
    if preview.counts:
        lines += ["", say("per_service_counts" if counts else "per_service")]
        lines += [
            f"  {number:8}  {code:16} {nl if lang == 'nl' else en}" for code, nl, en, number in preview.counts
        ]
    if preview.staying:
        lines += ["", say("stays")]
    for header, warning in preview.staying:
        lines.append(f"  {header}" + (f"   ! {say('looks_' + warning)}" if warning else ""))
    lines.append("")
    if not counts:
        lines.append(say("quality", rows=preview.rows, fast=preview.fast, by_rules=preview.by_rules))
    left_out = preview.rows - preview.used
    lines.append(say("used" if left_out else "used_all", used=preview.used, left_out=left_out))
    for reason, number in preview.left_out.items():
        lines.append(f"  {number:8}  {problems.name(reason, lang)}")
        if reason == problems.UNUSABLE:
            lines += [
                f"  {count:12}  {problems.name(name, lang)}" for name, count in preview.rejected.items()
            ]
    if preview.unmapped.values:
        kind = "not_services" if preview.unmapped.strange else "unknown_services"
        lines.append("  ! " + say(kind, number=preview.unmapped.values))
        for said, rows, near in preview.unmapped.shown:
            lines.append(
                "    " + texts.say("source.unmapped_service", lang, said=said, rows=rows, near=near or "-")
            )
    if preview.tiers:
        lines.append(say("list"))
        lines += [f"  {number:8}  {qualities.tier(tier, lang)}" for tier, number in preview.tiers.items()]
    if preview.ranges:
        lines.append("  ! " + say("ranges", number=preview.ranges))
    if preview.without_group:
        lines.append("  ! " + say("without_group", number=preview.without_group))
    if wrong := sum(preview.left_out.get(reason, 0) for reason in problems.STOPPING) if counts else 0:
        lines.append("  ! " + say("stops", rows=wrong))
    if preview.ignored:
        lines.append("  ! " + say("ignored", rows=", ".join(map(str, preview.ignored[:20]))))
    lines.append("")
    if outcome.mapping_saved:
        lines.append(say("mapping_saved", file=outcome.mapping_saved))
    if outcome.problems:
        lines.append(say("problems", file=outcome.problems))
    if outcome.delivery and outcome.manifest:
        lines.append(
            say(
                "delivery",
                file=outcome.delivery,
                round=outcome.round_title,
                sequence=outcome.manifest.sequence,
            )
        )
        lines.append(say("receipt", file=outcome.receipt))
    else:
        lines.append(say("rehearsed" if outcome.manifest else "dry_run"))
    return "\n".join(lines)
