"""The command `factlab`: one short function a verb; it opens, calls one method of a party and prints."""

from __future__ import annotations

import io
import json
import sys
import traceback
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from factlab import __version__, texts
from factlab.errors import FactlabError, KeyFileError, UsageError

if TYPE_CHECKING:
    from factlab.delivery.identity import Identity

app = typer.Typer(
    name="factlab",
    help="How social services stack up per household and neighbourhood, without anyone seeing anyone's clients.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
round_app = typer.Typer(
    help="The agreement between the parties.", no_args_is_help=True, rich_markup_mode=None
)
identity_app = typer.Typer(help="A party's key pair.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(round_app, name="round")
app.add_typer(identity_app, name="identity")

_lang: texts.Language = "en"

Folder = Annotated[Path, typer.Argument(metavar="ROUND", help="The round's folder.")]
Key = Annotated[Path, typer.Option("--identity", metavar="FILE", help="Your key file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def say(key: str, **fields: object) -> str:
    return texts.say(key, _lang, **fields)


def tell(key: str, **fields: object) -> None:
    """Print a sentence of `texts/cli.toml` (or of another room, when the key names one)."""
    typer.echo(say(key if "." in key else f"cli.{key}", **fields))


def progress(step: str) -> None:
    """Say on standard error what is being done now."""
    typer.echo("  " + say(f"cli.doing_{step}"), err=True)


def told(error: FactlabError) -> str:
    """An error and its details as sentences."""
    lines = [say(error.key, **error.fields)]
    for detail in dict.fromkeys(map(told, error.details)):  # with one wrong key all deliveries say the same
        lines += ["  " + line for line in detail.splitlines()]
    return "\n".join(lines)


def confirm(question: str, **fields: object) -> None:
    """Go on only after a yes, in either language; anything else stops."""
    answer: str = typer.prompt(
        say(question, **fields) + say("cli.yes_or_no"), default="", show_default=False, err=True
    )
    if answer.strip().lower() not in ("y", "yes", "j", "ja"):
        raise typer.Abort


def open_identity(file: Path) -> Identity:
    """Load a key file; ask for its passphrase when it has one."""
    from factlab.delivery import identity

    try:
        return identity.load(file)
    except KeyFileError as error:
        if error.key != "delivery.passphrase_needed" or not sys.stdin.isatty():
            raise
        return identity.load(file, asked("cli.passphrase", file=file.name))


def asked(question: str, **fields: object) -> bytes:
    """A passphrase, typed unseen. A letter with an accent is the same whatever computer it is typed on (NFC)."""
    phrase: str = typer.prompt(say(question, **fields), hide_input=True, err=True)
    return unicodedata.normalize("NFC", phrase).encode(errors="surrogateescape")


def new_passphrase() -> bytes:
    """A passphrase that was typed twice."""
    while (phrase := asked("cli.new_passphrase")) != asked("cli.same_passphrase"):
        typer.echo(say("cli.passphrases_differ"), err=True)
    return phrase


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"factlab {__version__}")
        raise typer.Exit


@app.callback()
def options(
    lang: Annotated[str, typer.Option(help="nl or en; else the locale's.", metavar="LANG")] = "",
    _shown: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    global _lang  # noqa: PLW0603 - one command, one language
    if lang not in ("", *texts.LANGUAGES):
        raise UsageError("cli.unknown_language")
    _lang = texts.language(lang)


@app.command(epilog="Example: factlab demo --out build/demo")
def demo(
    data: Annotated[
        Path | None, typer.Option(help="A folder of `factlab sample`; else the sample municipality.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the results go.")] = Path("factlab-demo"),
) -> None:
    """The whole Factlab, all parties, in one go."""
    from factlab.parties import demo as play

    play.play(data, out, lang=_lang, say=tell)


@app.command(epilog="Example: factlab sample build/town --households 5000 --seed 7")
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    households: Annotated[int, typer.Option(min=500, max=5_000_000)] = 24_000,
    seed: Annotated[int, typer.Option(min=0)] = 2025,
) -> None:
    """A synthetic municipality of any size, with the messy extracts of its organisations and the truth."""
    from factlab.sample import make

    make(folder, households=households, seed=seed)
    tell("sample_made", folder=folder, households=households)


@round_app.command(
    "new", epilog="Example: factlab round new draft --keys keys --identity convenor.key --out round"
)
def round_new(
    draft: Annotated[Path, typer.Argument(help="A folder with the draft round.toml and what it names.")],
    keys: Annotated[
        Path, typer.Option(help="A folder with <participant id>.pub of each, analyst.pub and custodian.pub.")
    ],
    identity: Key,
    out: Annotated[Path, typer.Option(help="The round's new folder.")],
) -> None:
    """Put everyone's public keys in the round, and sign it (convenor)."""
    from factlab.delivery.identity import grouped
    from factlab.parties import convenor

    made = convenor.new_round(draft, keys, open_identity(identity), out)
    tell("round_made", folder=out, id=made.round.id, fingerprint=grouped(made.round.fingerprint))


@round_app.command("check", epilog="Example: factlab round check draft")
def round_check(folder: Folder) -> None:
    """Check a round or a draft whole, and name every mistake with its line."""
    from factlab import agreement

    found = agreement.read(folder)
    tell(
        "round_sound",
        id=found.round.id,
        participants=len(found.round.participants),
        services=len(found.services),
        areas=len(found.areas),
    )


@round_app.command("show", epilog="Example: factlab round show round")
def round_show(folder: Folder, as_json: Json = False) -> None:
    """Who takes part and what was promised, with the fingerprint to read to each other."""
    from factlab.delivery import agreed, closing, identity

    found = agreed.open_round(folder).round
    shown: dict[str, Any] = {
        "id": found.id,
        "title": found.title,
        "fingerprint": identity.grouped(found.fingerprint),
        "trust": found.trust,
        "period": f"{found.start} – {found.end}",
        "reference_date": str(found.reference_date),
        "threshold": found.least_threshold,
        "analyst": identity.fingerprint(found.analyst_keys),
        **({"custodian": identity.fingerprint(found.custodian.keys)} if found.custodian else {}),
        "closed": ", ".join(statement.who for statement in closing.read(folder, found)) or "-",
        "amendments": [
            {
                "number": number,
                "day": str(amendment.day),
                "added": list(amendment.added),
                "replaced": {old.party: old.up_to for old in found.superseded if old.amendment == number},
            }
            for number, amendment in enumerate(found.amendments, start=1)
        ],
        "participants": {p.id: identity.fingerprint(p.keys) for p in found.participants},
    }
    if as_json:
        print_json(shown)
        return
    people, amendments = shown.pop("participants"), shown.pop("amendments")
    for name, value in shown.items():
        typer.echo(f"{name:16} {value}")
    for participant, fingerprint in people.items():
        typer.echo(f"  {participant:32} {fingerprint}")
    for amendment in amendments:
        replaced = [f"{party} (≤ {up_to})" for party, up_to in amendment.pop("replaced").items()]
        added = ", ".join(amendment.pop("added"))
        tell("amendment", **amendment, added=added or "-", replaced=", ".join(replaced) or "-")
    tell(f"trust_{found.trust}")


@round_app.command(
    "amend",
    epilog="Example: factlab round amend round --identity convenor.key --keys new --renewed wijkzorg=2",
)
def round_amend(
    folder: Folder,
    identity: Key,
    edited: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A copy of round.toml with what is to change.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="A folder with <id>.pub of who is new or has a new key.")
    ] = None,
    renewed: Annotated[
        list[str] | None,
        typer.Option(metavar="ID=NUMBER", help="Under the old key, deliveries up to this number hold."),
    ] = None,
    revoked: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="The old key is lost or stolen: nothing under it holds."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask whether you are sure.")] = False,
) -> None:
    """Let participants in and replace keys; no delivery that holds is invalidated (convenor)."""
    import datetime

    from factlab.delivery.identity import grouped
    from factlab.parties import convenor

    numbers: dict[str, int] = {}
    for word in renewed or []:
        name, _, number = word.partition("=")
        if not number.isdecimal():
            raise UsageError("cli.renewed", word=word)
        numbers[name] = int(number)
    key = open_identity(identity)
    today = datetime.datetime.now(tz=datetime.UTC).date()
    made, changes = convenor.amendment(
        folder, edited, keys, renewed=numbers, revoked=revoked or [], day=today
    )
    for change in changes:
        typer.echo("  " + say(f"agreement.{change.key}", **change.fields))
    if not yes:
        confirm("cli.amending", number=len(made.amendments))
    convenor.amend(folder, made, key)
    tell("amended", number=len(made.amendments), folder=folder, fingerprint=grouped(made.fingerprint))


@identity_app.command("new", epilog="Example: factlab identity new keys/wijkzorg.key --name wijkzorg")
def identity_new(
    file: Annotated[
        Path, typer.Argument(help="The key file to make; its public half is put beside it (.pub).")
    ],
    name: Annotated[str, typer.Option(help="Your participant id, or analyst, or custodian.")],
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Ask for a passphrase.")] = False,
) -> None:
    """Make your key pair: one file to keep, one to hand out."""
    from factlab.delivery import identity

    if file.exists():
        raise UsageError("cli.key_exists", file=file)
    made = identity.new()
    identity.save(made, file, name=name, passphrase=new_passphrase() if passphrase else None)
    tell(
        "identity_made",
        file=file,
        public=file.with_suffix(".pub"),
        fingerprint=identity.fingerprint(made.keys),
    )


@identity_app.command("show", epilog="Example: factlab identity show keys/wijkzorg.pub")
def identity_show(file: Annotated[Path, typer.Argument(help="A .pub file.")]) -> None:
    """The fingerprint of a public key, to compare over the telephone."""
    from factlab.delivery import identity

    name, keys = identity.read_public(file)
    typer.echo(f"{name}  {identity.fingerprint(keys)}")


@app.command(epilog="Example: factlab invite round --identity convenor.key")
def invite(
    folder: Folder,
    identity: Key,
    kit: Annotated[
        Path | None, typer.Option(help="After an amendment: your own kit, if it isn't in ROUND/kits.")
    ] = None,
) -> None:
    """Make the round secret, seal it to every participant and write the round kits (convenor).

    After an amendment only who came in or has a new key gets a kit, with the same secret.
    """
    from factlab.parties import convenor

    made = convenor.invite(folder, open_identity(identity), kit)
    tell("invited", folder=folder / "kits", names=", ".join(made))


@app.command(epilog="Example: factlab addresses extract.csv --out read.csv")
def addresses(
    extract: Annotated[Path, typer.Argument(help="Any extract; nothing is pseudonymised.")],
    out: Annotated[Path, typer.Option(help="Where row, canonical, reason and rules go (CSV).")],
    mapping: Annotated[Path | None, typer.Option(help="A saved mapping.")] = None,
    profile: Annotated[str, typer.Option(help="The round's profile: amsterdam, haarlem or utrecht.")] = "",
    reference: Annotated[
        Path | None, typer.Option(help="A list of addresses to check against: BAG, the register's, or CBS.")
    ] = None,
    no_repair: Annotated[
        bool, typer.Option("--no-repair", help="Only check against the list, repair nothing.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Where a report goes (HTML), with a problem list beside it.")
    ] = None,
) -> None:
    """How every address of an extract reads (organisation)."""
    from factlab.agreement.round import PROFILES
    from factlab.parties import organisation

    if profile and profile not in PROFILES:
        raise UsageError("cli.unknown_profile", profiles=", ".join(PROFILES))
    summary = organisation.addresses(
        extract,
        out,
        mapping=mapping,
        profile=profile,
        reference=reference,
        repair=not no_repair,
        report=report,
        lang=_lang,
    )
    if reference or report:
        typer.echo(organisation.told_quality(summary.quality, _lang))
    tell("addresses_read", rows=summary.rows, usable=summary.usable, out=out)


@app.command(
    epilog="Example: factlab pseudonymise clients.csv --kit kit --participant wijkzorg --identity wijkzorg.key"
)
def pseudonymise(
    extract: Annotated[
        Path,
        typer.Argument(
            help="What you have: CSV, .xlsx, .ods, .sav, Parquet, or a folder of iWmo and iJw messages."
        ),
    ],
    kit: Annotated[Path, typer.Option(help="The round kit that the convenor sent you.")],
    participant: Annotated[str, typer.Option(help="Your participant id.")],
    identity: Key,
    out: Annotated[Path, typer.Option(help="A folder for the delivery and the problem list.")] = Path(),
    mapping: Annotated[
        Path | None, typer.Option(help="A saved mapping; else the one beside the extract.")
    ] = None,
    exclusions: Annotated[Path | None, typer.Option(help="Your list of secret addresses.")] = None,
    leave_out_unknown: Annotated[
        bool, typer.Option("--leave-out-unknown", help="Go on without services that have no catalogue code.")
    ] = False,
    sequence: Annotated[int, typer.Option(min=1, help="Higher for a corrected delivery.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show everything, write nothing.")] = False,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Go through everything with a secret that is thrown away.")
    ] = False,
    withdraw: Annotated[
        bool,
        typer.Option("--withdraw", help="Take a delivery back: give its .factlab file as the extract."),
    ] = False,
    no_repair: Annotated[
        bool,
        typer.Option("--no-repair", help="Leave addresses as they read, whatever the round's list says."),
    ] = False,
) -> None:
    """Preview what will leave, list the problems, and make the delivery (organisation)."""
    import datetime

    from factlab.parties import organisation

    today = datetime.datetime.now(tz=datetime.UTC).date()
    if withdraw:
        key = open_identity(identity)
        made, told = organisation.withdraw(
            extract, kit=kit, participant=participant, identity=key, out=out, day=today
        )
        tell("withdrawn", file=made, sequence=told.supersedes, next=told.sequence + 1)
        return
    outcome = organisation.pseudonymise(
        extract,
        kit=kit,
        participant=participant,
        identity=open_identity(identity),
        out=out,
        mapping=mapping,
        exclusions=exclusions,
        day=today,
        dry_run=dry_run,
        rehearse=rehearse,
        leave_out_unknown=leave_out_unknown,
        repair=not no_repair,
        sequence=sequence,
        lang=_lang,
    )
    typer.echo(organisation.shown(outcome, _lang))


@app.command(
    epilog="Example: factlab droplist secret.csv --kit kit --participant wijkzorg --identity wijkzorg.key"
)
def droplist(
    addresses: Annotated[Path, typer.Argument(help="A list of addresses: secret ones, or of who objects.")],
    kit: Annotated[Path, typer.Option(help="The round kit that the convenor sent you.")],
    participant: Annotated[str, typer.Option(help="Your participant id.")],
    identity: Key,
    out: Annotated[Path, typer.Option(help="A folder for the drop list.")] = Path(),
    sequence: Annotated[int, typer.Option(min=1, help="Higher for a further list.")] = 1,
) -> None:
    """Have addresses left out of every participant's delivery, without telling them (organisation)."""
    import datetime

    from factlab.parties import organisation

    today = datetime.datetime.now(tz=datetime.UTC).date()
    made = organisation.droplist(
        addresses,
        kit=kit,
        participant=participant,
        identity=open_identity(identity),
        out=out,
        day=today,
        sequence=sequence,
    )
    tell("droplist_made", file=made)


@app.command(epilog="Example: factlab inspect round_wijkzorg_1.factlab --round round")
def inspect(
    delivery: Annotated[Path, typer.Argument(help="A .factlab file.")],
    round_folder: Annotated[
        Path | None,
        typer.Option("--round", help="The round or its kit, to verify signature and fingerprints."),
    ] = None,
    as_json: Json = False,
) -> None:
    """What a delivery is, without a key."""
    from dataclasses import asdict

    from factlab.delivery import agreed, package

    found = package.inspect(delivery, agreed.open_round(round_folder).round if round_folder else None)
    if as_json:
        print_json(asdict(found))
        return
    for name, value in asdict(found).items():
        whole = value.items() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
        for one in whole:
            shown = "  ".join(one) if isinstance(one, tuple) else one or "-"
            typer.echo(f"{name:14} {shown}")
    tell("verified" if round_folder else "not_verified")


@app.command(
    epilog="Example: factlab rekey submitted/*.factlab --round round --identity custodian.key --out deliveries"
)
def rekey(
    deliveries: Annotated[list[Path], typer.Argument(metavar="DELIVERY…", help="All that came in.")],
    round_folder: Annotated[Path, typer.Option("--round", help="The round's folder; the log is kept there.")],
    identity: Key,
    out: Annotated[
        Path,
        typer.Option(
            help="A folder for what goes to the analyst. What an earlier re-keying made there is replaced; other files stay."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Give the pseudonyms in deliveries another key, without knowing what they mean (custodian)."""
    import datetime

    from factlab.parties import custodian

    today = datetime.datetime.now(tz=datetime.UTC).date()
    outcome = custodian.rekey(round_folder, deliveries, open_identity(identity), out, day=today)
    refused = [{"file": refusal.file, "why": told(refusal.error)} for refusal in outcome.refusals]
    if as_json:
        made = [file.name for file in outcome.rekeyed]
        print_json(
            {
                "rekeyed": made,
                "superseded": list(outcome.superseded),
                "droplists": list(outcome.droplists),
                "withdrawn": list(outcome.withdrawn),
                "destroyed": list(outcome.destroyed),
                "refused": refused,
            }
        )
    else:
        if outcome.rekeyed:
            tell("rekeyed", number=len(outcome.rekeyed), droplists=len(outcome.droplists), folder=out)
        else:
            tell("rekeyed_nothing")
        tell_taken_back(outcome.withdrawn, outcome.destroyed)
        for refusal in refused:
            typer.echo(refusal["why"], err=True)
    if refused:
        raise typer.Exit(1)


def tell_taken_back(participants: Sequence[str], destroyed: Sequence[str]) -> None:
    """Who took a delivery back, and what was destroyed of it."""
    if participants or destroyed:
        tell(
            "withdrawals",
            participants=", ".join(participants) or "-",
            number=len(destroyed),
            files=", ".join(destroyed) or "-",
        )


@app.command(epilog="Example: factlab status round --identity analyst.key")
def status(
    folder: Folder,
    identity: Key,
    deliveries: Annotated[Path | None, typer.Option(help="A folder; else ROUND/deliveries.")] = None,
    as_json: Json = False,
) -> None:
    """Who delivered, who did not, and what was refused (analyst)."""
    from factlab.parties import analyst

    files = analyst.delivery_files(deliveries or folder / "deliveries")
    agreed_on, received = analyst.receive(folder, files, open_identity(identity))
    refused = [{"file": refusal.file, "why": told(refusal.error)} for refusal in received.refusals]
    if as_json:
        print_json(
            {
                "delivered": sorted(received.participants),
                "missing": list(received.missing),
                "withdrawn": list(received.withdrawn),
                "refused": refused,
                "superseded": list(received.superseded),
            }
        )
        return
    for participant in agreed_on.round.participants:
        state = "delivered" if participant.id in received.participants else "awaited"
        state = "taken_back" if participant.id in received.withdrawn else state
        typer.echo(f"{say(f'cli.{state}'):16} {participant.name}")
    for refusal in refused:
        typer.echo(f"{refusal['file']}: {refusal['why']}", err=True)


@app.command(epilog="Example: factlab run round --identity analyst.key --out publication")
def run(
    folder: Folder,
    identity: Key,
    out: Annotated[Path, typer.Option(help="The publication's folder.")],
    deliveries: Annotated[Path | None, typer.Option(help="A folder; else ROUND/deliveries.")] = None,
    releases: Annotated[
        Path | None,
        typer.Option(help="The ledger of what was released before; else `releases` beside ROUND."),
    ] = None,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="Go on without deliveries that are refused.")
    ] = False,
    draft: Annotated[
        bool,
        typer.Option(
            "--draft",
            help="Not to be spread: the report says so on its first line, and it enters no ledger of releases.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Open, link, drop the key, count, protect, publish, attack, render (analyst)."""
    from factlab.parties import analyst

    files = analyst.delivery_files(deliveries or folder / "deliveries")
    outcome = analyst.run(
        folder,
        files,
        open_identity(identity),
        out,
        releases=releases,
        lang=_lang,
        skip_refused=skip_refused,
        draft=draft,
        progress=progress,
    )
    for refusal in outcome.refusals:
        typer.echo(f"{refusal.file}: {told(refusal.error)}", err=True)
    if as_json:
        print_json(
            {
                "publication": str(out),
                "delivered": list(outcome.received),
                "missing": list(outcome.missing),
                "withdrawn": list(outcome.withdrawn),
                "destroyed": list(outcome.destroyed),
                "refused": [refusal.file for refusal in outcome.refusals],
                "published": outcome.published,
                "suppressed": outcome.suppressed,
                "unavailable": outcome.unavailable,
                "earlier": outcome.earlier,
                "held_back": outcome.held_back,
                "holds": outcome.verdict.holds,
            }
        )
        return
    tell_taken_back(outcome.withdrawn, outcome.destroyed)
    tell(
        "run_done",
        delivered=len(outcome.received),
        missing=", ".join(outcome.missing) or "-",
        published=outcome.published,
        suppressed=outcome.suppressed,
        report=out / "index.html",
    )
    if outcome.earlier:
        tell("run_beside", number=outcome.earlier, held_back=outcome.held_back)


@app.command(epilog="Example: factlab explain")
def explain() -> None:
    """The SQL steps of the custodian and of a run, as a privacy officer can read them."""
    from factlab.parties import analyst, custodian

    for step in [*custodian.explain(), *analyst.explain()]:
        typer.echo(f"\n===== {step.name}  sha256 {step.sha256}\n{step.sql.rstrip()}")


@app.command(
    epilog="Example: factlab explain-cell round domain BU99990101 wmo --identity analyst.key --publication publication"
)
def explain_cell(
    folder: Folder,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="As in cells.csv: table.")],
    area: Annotated[str, typer.Argument(metavar="AREA", help="As in cells.csv: area_code.")],
    category: Annotated[str, typer.Argument(metavar="CATEGORY", help="As in cells.csv: category.")],
    identity: Key,
    publication: Annotated[Path, typer.Option(help="The publication's folder.")],
    releases: Annotated[
        Path | None,
        typer.Option(help="The ledger of what was released before; else `releases` beside ROUND."),
    ] = None,
    deliveries: Annotated[Path | None, typer.Option(help="A folder; else ROUND/deliveries.")] = None,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="Go on without deliveries that are refused.")
    ] = False,
) -> None:
    """Why a cell is hidden, and what publishing it would tell, counted again from the deliveries (analyst).

    It shows exact counts: for your eyes only. It writes nothing.
    """
    from factlab.parties import analyst, explanation

    found = explanation.explain(
        folder,
        analyst.delivery_files(deliveries or folder / "deliveries"),
        open_identity(identity),
        publication,
        (table, area, category),
        releases=releases,
        skip_refused=skip_refused,
        progress=progress,
    )
    typer.echo(explanation.shown(found, _lang))


@app.command(epilog="Example: factlab audit publication-2026 --earlier publication-2025")
def audit(
    folder: Annotated[Path, typer.Argument(metavar="PUBLICATION", help="A publication's folder.")],
    earlier: Annotated[
        list[Path] | None,
        typer.Option(help="An earlier publication that readers have, to lay beside it; oldest first."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Attack a publication again, from its files alone."""
    from factlab import attack, publication
    from factlab.parties import analyst

    published = publication.read(folder)
    verdict = attack.audit(published, earlier=analyst.released(earlier or (), published.certificate))
    misprints = attack.check_folder(published, folder)
    broken = bool(verdict.findings or misprints)
    if as_json:
        print_json(
            {
                "holds": not broken,
                "attack": verdict.certificate(),
                "misprints": [{"kind": fault.kind, "place": fault.place} for fault in misprints],
            }
        )
    else:
        for finding in verdict.findings[:50]:
            cells = "; ".join("/".join(part for part in key if part) for key in finding.cells)
            typer.echo(f"{finding.kind}: {cells}", err=True)
        for fault in misprints[:50]:
            typer.echo(say(f"attack.{fault.kind}", place=fault.place), err=True)
        tell("audit_broken" if broken else "audit_holds", cells=verdict.cells, hidden=verdict.hidden)
    if broken:
        raise typer.Exit(1)


@app.command(epilog="Example: factlab --lang en report publication --out report-en")
def report(
    folder: Annotated[Path, typer.Argument(metavar="PUBLICATION", help="A publication's folder.")],
    out: Annotated[Path, typer.Option(help="A new folder for the page and the PDF.")],
) -> None:
    """Render a publication's report again, in another language, into a new folder."""
    from factlab import publication
    from factlab.files import new_folder
    from factlab.parties import analyst

    published = publication.read(folder)
    with new_folder(out) as staged:
        analyst.render(published, staged, _lang)
    tell("rendered", report=out / "index.html")


@app.command(epilog="Example: factlab close round --identity analyst.key --deliveries round/deliveries")
def close(
    folder: Folder,
    identity: Key,
    deliveries: Annotated[
        list[Path] | None, typer.Option(help="A folder with deliveries to destroy; may be repeated.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask whether you are sure.")] = False,
) -> None:
    """Destroy your key and the deliveries you hold, and sign a statement that says so."""
    import datetime

    from factlab.delivery import agreed, closing

    round_ = agreed.open_round(folder).round
    key = open_identity(identity)
    folders = deliveries or [folder / "deliveries"]
    if missing := [str(place) for place in folders if deliveries and not place.is_dir()]:
        raise UsageError("cli.no_folder", folders=", ".join(missing))
    found = [file for place in folders for file in sorted(place.glob("*.factlab"))]
    if not yes:
        confirm("cli.closing", number=len(found), file=identity)
    today = datetime.datetime.now(tz=datetime.UTC).date()
    made = closing.close(folder, round_, key_file=identity, identity=key, deliveries=found, day=today)
    tell("closed", number=len(made.files), file=closing.statement_file(folder, made.who))


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, default=str))  # in ASCII, whatever the terminal's encoding


def stop(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise SystemExit(code)


def main() -> None:
    """The one boundary at which an error becomes a sentence and an exit code; never a traceback."""
    global _lang  # noqa: PLW0603 - the locale's, until an option says otherwise
    _lang = texts.language()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # what the screen or file can't hold (Windows) is no reason to stop
            stream.reconfigure(errors="replace")
    try:
        code = typer.main.get_command(app).main(standalone_mode=False)
    except FactlabError as error:
        stop(told(error), error.exit_code)
    except typer.TyperException as error:
        show = getattr(error, "show", None)  # usage errors know the command that they are about
        if show is None:
            stop(error.format_message(), 2)
        show()
        raise SystemExit(2) from None
    except (typer.Abort, KeyboardInterrupt):
        stop(say("cli.stopped"), 1)
    except FileExistsError as error:
        stop(say("cli.exists", path=error.filename), 1)
    except OSError as error:
        stop(
            say("cli.file_system", path=error.filename or "-", why=error.strerror or type(error).__name__), 1
        )
    except MemoryError:
        stop(say("cli.out_of_memory"), 1)
    except Exception as error:
        # What the error says may hold a value from an extract, so only its kind and place are told.
        place = traceback.extract_tb(error.__traceback__)[-1]
        stop(
            say("cli.bug", kind=type(error).__name__, place=f"{Path(place.filename).name}:{place.lineno}"), 1
        )
    raise SystemExit(code or 0)
