"""The `tombstone` command: arguments and exit codes, nothing else.

0 done · 1 a Finding or Refusal · 2 wrong usage or settings · 3 something could not be reached, the
rest was done · 4 a fault of our own · 130 interrupted. Everything heavy is imported by the command
that needs it, so that `--help` and `explain` start at once.
"""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from collectors.errors import UsageError
from collectors.model import Severity, Verdict
from dashboard.commands.ending import DONE, FOUND, UNREACHABLE, run
from dashboard.commands.streams import let_go, steady_streams
from dashboard.commands.times import duration, moment, whole_days


class Shape(StrEnum):
    """How `audit` tells what it found."""

    TABLE = "table"
    JSON = "json"
    SQL = "sql"
    ALEMBIC = "alembic"
    BACKFILL_SQL = "backfill-sql"
    BACKFILL_ALEMBIC = "backfill-alembic"
    SARIF = "sarif"


class Document(StrEnum):
    """What `report` makes."""

    HTML = "html"
    CSV = "csv"


app = typer.Typer(
    help="Why “create customer” answered 500, which soft-deleted row caused it, and the cure.",
    epilog="Exit codes: 0 done, 1 a Finding or Refusal, 2 wrong usage or settings, 3 something "
    "could not be reached, 4 a fault of our own (--debug anywhere shows its traceback), "
    "130 interrupted.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
store_app = typer.Typer(help="Look after Tombstone's own store.")
app.add_typer(store_app, name="store")

Json = Annotated[bool, typer.Option("--json", help="Results as JSON on stdout.")]
Environment = Annotated[str | None, typer.Option(help="Only this Sentry environment.")]
Since = Annotated[str | None, typer.Option(help="How far back: 14d, 12h, 30m, or a date.")]
OnlyVerdict = Annotated[
    Verdict | None,
    typer.Option(metavar="VERDICT", help=f"Only this Verdict: {', '.join(Verdict)}."),
]
Events = Annotated[
    list[str] | None,
    typer.Option("--events", help="Read these files or folders instead of Sentry; - is stdin."),
]


LASTING = frozenset({"dashboard", "demo", "follow"})
"""The commands that run until they are stopped."""


def main() -> None:
    """Run the command, and exit with the code of the way it ended."""
    # A script's `command &` leaves SIGINT ignored, but it is how we are told to stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    steady_streams()
    if not LASTING.intersection(arguments[:1]):
        look_for_cycles_rarely()
    code = run(app, arguments or ["--help"], debug=debug)
    let_go()
    sys.exit(code)


def look_for_cycles_rarely() -> None:
    """Most of what a command makes lives until its end, but for those that go on for days.

    Going through it again and again for cycles to free is an eighth of a large audit's time.
    """
    gc.set_threshold(100_000, 50, 50)


@app.command()
def collect(
    environment: Environment = None,
    events: Events = None,
    since: Since = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    fail_on: Annotated[
        str | None, typer.Option(help="`new`: exit 1 when a new blocked Conflict was found.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Read new Events from Sentry, or from files, and judge them against the Targets."""
    from dashboard.commands import collecting

    if fail_on not in (None, "new"):
        raise UsageError("--fail-on knows only `new`.")
    summary = collecting.collect_once(environment, events or [], moment(since), full=full)
    collecting.show(summary, as_json=as_json)
    if summary.unreachable:
        return UNREACHABLE
    return FOUND if fail_on and summary.newly_blocked else DONE


@app.command()
def follow(
    every: Annotated[str, typer.Option(help="How long to wait between Runs.")] = "5m",
    environment: Environment = None,
) -> int:
    """Collect again and again, in the foreground, until interrupted."""
    from dashboard.commands import collecting

    return collecting.follow(environment, duration(every))


@app.command()
def conflicts(
    verdict: OnlyVerdict = None,
    environment: Environment = None,
    as_json: Json = False,
) -> None:
    """List the Conflicts: one key with its values, and everyone it kept out."""
    from dashboard.commands import listing

    listing.show_conflicts(verdict, environment, as_json=as_json)


@app.command()
def failures(
    environment: Environment = None,
    since: Since = None,
    verdict: OnlyVerdict = None,
    conflict: Annotated[str | None, typer.Option(help="Only this Conflict's.")] = None,
    as_json: Json = False,
) -> None:
    """List the Failures, newest first, each with its Verdict and reasons."""
    from dashboard.commands import listing

    listing.show_failures(environment, moment(since), verdict, conflict, as_json=as_json)


@app.command()
def explain(
    file: Annotated[str, typer.Argument(help="A file, or - for standard input.")] = "-",
    environment: Environment = None,
    jsonl: Annotated[
        str | None, typer.Option("--jsonl", help='A file of many: a line each {"id", "text"}.')
    ] = None,
    as_json: Json = False,
) -> int:
    """Say what an error text, an event's JSON or a pasted ticket is about."""
    from dashboard.commands import explaining

    if jsonl is not None and file != "-":
        raise UsageError("Give one text, or many with --jsonl.")
    if jsonl is not None:
        reached = explaining.show_many(jsonl, environment)
    else:
        reached = explaining.show_one(file, environment, as_json=as_json)
    return DONE if reached else UNREACHABLE


@app.command()
def remediate(
    remedy: Annotated[str, typer.Option(help="release-key, restore-row or purge-row.")],
    conflict: Annotated[list[str] | None, typer.Argument(help="Conflict ids.")] = None,
    bulk: Annotated[
        bool, typer.Option("--bulk", help="All as one; without ids, every CERTAIN one that blocks.")
    ] = False,
    constraint: Annotated[str | None, typer.Option(help="With --bulk: only this key's.")] = None,
    organization: Annotated[
        str | None, typer.Option(help="With --bulk: only this organization's.")
    ] = None,
    environment: Environment = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, a Preview.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; needed to apply.")] = None,
    digest: Annotated[str | None, typer.Option(help="Only the plan with this digest.")] = None,
    along: Annotated[
        list[str] | None,
        typer.Option("--with", help="Restore along what was deleted with it in this table."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Preview a Remedy, or apply it by the same rules as the dashboard."""
    ids, tables = tuple(conflict or ()), tuple(along or ())
    if apply and not reason:
        raise UsageError("--apply needs --reason TEXT.")
    _agree(ids, tables, bulk=bulk, chosen=bool(constraint or organization or environment))
    if bulk:
        from dashboard.commands import bulk as many
        from dashboard.remediation.service.bulk import Chosen

        chosen = Chosen(ids, environment, constraint, organization)
        return many.show(
            many.remediate(chosen, remedy, apply=apply, reason=reason, digest=digest), as_json
        )
    from dashboard.commands import remedying

    ended = remedying.remediate(
        ids, remedy, apply=apply, reason=reason, digest=digest, along=tables
    )
    return remedying.show(ended, as_json)


def _agree(ids: Sequence[str], along: Sequence[str], *, bulk: bool, chosen: bool) -> None:
    """Which Conflicts are meant is said in one way. Raises UsageError."""
    if bulk and along:
        raise UsageError("--with is for one restore at a time, not for --bulk.")
    if bulk and ids and chosen:
        raise UsageError("Name the Conflicts, or choose them by key, organization, environment.")
    if chosen and not bulk:
        raise UsageError("--constraint, --organization and --environment are for --bulk.")
    if not ids and not bulk:
        raise UsageError("Name the Conflicts, or choose them with --bulk.")


@app.command()
def undo(
    remediation: Annotated[str, typer.Argument(help="The remediation's or the bulk's id.")],
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, a Preview.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; kept with what was done.")] = None,
    as_json: Json = False,
) -> int:
    """Put back what a Remedy changed, or hear why that cannot be."""
    from dashboard.commands import bulk, remedying

    if bulk.is_bulk(remediation):
        return bulk.show(bulk.undo(remediation, apply=apply, reason=reason), as_json)
    return remedying.show([remedying.undo(remediation, apply=apply, reason=reason)], as_json)


@app.command()
def reopen(
    remediation: Annotated[str, typer.Argument(help="The remediation's id.")],
    reason: Annotated[str, typer.Option(help="What was seen; kept with what was done.")],
    as_json: Json = False,
) -> int:
    """Say that somebody has looked at a remediation that ended unclear: its row is open again."""
    from dashboard.commands import forgetting

    return forgetting.reopen(remediation, reason, as_json=as_json)


@app.command()
def forget(
    value: Annotated[str, typer.Argument(help="An e-mail address or ID; - is standard input.")],
    only_list: Annotated[bool, typer.Option("--list", help="Only list it; erase nothing.")] = False,
    as_json: Json = False,
) -> int:
    """Erase what we hold of a person, and name the rows where a Remedy hid or moved the value."""
    from dashboard.commands import forgetting

    return forgetting.forget(value, erase=not only_list, as_json=as_json)


@app.command()
def audit(
    environment: Environment = None,
    fail_on: Annotated[
        Severity | None, typer.Option(help="Exit 1 on a Finding as bad as this, or worse.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="A list of `audit --json`: only what is new fails.")
    ] = None,
    shape: Annotated[
        Shape, typer.Option("--format", metavar="FORMAT", help=f"One of {', '.join(Shape)}.")
    ] = Shape.TABLE,
    as_json: Json = False,
) -> int:
    """Find every unique key that ignores deletion, and hand over the migration that mends it."""
    from dashboard.commands import auditing

    if as_json and shape not in (Shape.TABLE, Shape.JSON):
        raise UsageError(f"--json and --format {shape} ask for two different things.")
    chosen = Shape.JSON if as_json else shape
    summary = auditing.run(environment, baseline, fail_on, chosen)
    if summary.unreachable:
        return UNREACHABLE
    return FOUND if summary.failing else DONE


@app.command()
def canary(as_json: Json = False) -> int:
    """Create, delete and re-create a made-up customer through the API that the settings name."""
    from dashboard.commands import probing

    return probing.canary(as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> int:
    """Check settings, store, Sentry, Targets and writer, one line each, and how to mend them."""
    from dashboard.commands import checking

    return checking.doctor(as_json=as_json)


@app.command()
def report(
    environment: Environment = None,
    since: Annotated[
        str | None, typer.Option(help="How far back: 90d (whole days), 12h, or a date.")
    ] = "90d",
    organization: Annotated[
        str | None, typer.Option(help="Only this one's, by its id or name.")
    ] = None,
    shape: Annotated[
        Document, typer.Option("--format", help="html, or csv: the organizations alone.")
    ] = Document.HTML,
    output: Annotated[Path | None, typer.Option(help="A file; without, stdout.")] = None,
) -> None:
    """Make the Impact page as one file that opens without a network, or its table as CSV."""
    from dashboard.commands import reporting

    reporting.report(environment, whole_days(since), organization, shape, output)


@app.command()
def dashboard(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes a free one.")
    ] = 8501,
    host: Annotated[
        str, typer.Option(help="Where to listen; beyond loopback only with a login.")
    ] = "127.0.0.1",
) -> None:
    """Serve the dashboard."""
    from dashboard.server import run

    run(host, port)


@app.command()
def demo(
    data: Annotated[Path, typer.Option(help="Where it keeps its data.")] = Path("demo-data"),
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
    exit_after_ready: Annotated[
        bool, typer.Option("--exit-after-ready", help="Stop everything once it stands.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Start a shop that has the bug, a local Sentry, a PostgreSQL and the dashboard over them."""
    try:
        from sample_data.demo.run import run
    except ModuleNotFoundError as lack:  # the extra `demo` is not for servers
        need = "The demo needs more: in a clone of Tombstone's repository, pip install '.[demo]'."
        raise UsageError(need) from lack

    return run(data, headless=headless, exit_after_ready=exit_after_ready, as_json=as_json)


@store_app.command("upgrade")
def store_upgrade() -> None:
    """Bring the store to this version; a SQLite file is copied first."""
    from dashboard.commands import checking

    checking.upgrade_store()


if __name__ == "__main__":
    main()
