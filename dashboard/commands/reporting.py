"""`report`: the Impact page as a document, to a file or to stdout."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from collectors.errors import UsageError
from collectors.evidence.reads.organizations import organizations_meant
from collectors.evidence.reads.surveys import SurveyFilter
from dashboard.commands.listing import say_unknown
from dashboard.commands.opening import our_settings, our_store
from dashboard.metrics.fix import FixVerdict
from dashboard.output import say, working, write
from dashboard.report.answers import LISTED, Impact, Wanted, impact_in
from dashboard.report.document import document
from dashboard.report.organizations import frame
from dashboard.text import csv


def report(
    environment: str | None,
    since: datetime | None,
    organization: str | None,
    shape: str,
    output: Path | None,
) -> None:
    """The whole document, or the table of organizations.

    UsageError: the file cannot be written, or several organizations are called so.
    """
    say_unknown(environment)
    wanted = Wanted(
        environments=(environment,) if environment else (),
        organization=_meant(organization) if organization else None,
        since=since,
        window=f"since {since:%Y-%m-%d %H:%M} UTC" if since else "at any time",
    )
    with working("Counting and drawing…"):
        found = impact_in(our_store(), wanted)
        made = csv(frame(found)) if shape == "csv" else document(found, _fix(found)).encode()
    if shape == "csv" and len(found.hurt.listed) == LISTED:
        say(f"The {LISTED} most hurt organizations; there may be more.")
    if output is None:
        write(made.decode())
        return
    try:
        _put(made, output)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.") from error
    told = f"customers blocked now {found.blocked:,}, hit {found.hurt.hit:,}"
    say(f"Wrote {output}: {'no data, for nothing was read yet' if found.unread else told}.")


def _put(made: bytes, output: Path) -> None:
    """All of it or nothing: on a full disk yesterday's report stays. Raises OSError.

    A device or a pipe, and a file in a folder of somebody else's, is written as it is.
    """
    file = output.resolve()
    if (file.exists() and not file.is_file()) or not os.access(file.parent, os.W_OK):
        file.write_bytes(made)
        return
    part = file.with_name(f"{file.name}.part")
    try:
        part.write_bytes(made)
        if file.exists():
            shutil.copymode(file, part)
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _meant(organization: str) -> str:
    """Its id, told by that or by its name."""
    meant = organizations_meant(our_store(), [organization]).get(organization, set())
    if len(meant) > 1:
        raise UsageError(f"{organization} means several: {', '.join(sorted(meant))}.")
    if not meant:
        say(f"No organization of the id or name {organization} is known.")
    return meant.pop() if meant else organization


def _fix(found: Impact) -> FixVerdict:
    """What Regression says of the same environments."""
    from streamlit import logger

    logger.set_log_level("ERROR")  # there is no server here, which it would warn of
    from dashboard.data.regression import ask_regression

    asked, settings = found.wanted, our_settings()
    environments = found.places.counted
    targets = tuple((one, settings.target_of(one)) for one in environments)
    counted = SurveyFilter(
        targets=tuple({target for _, target in targets if target is not None}),
        organization_id=asked.organization,
        since=asked.since,
    )
    failed = replace(asked.failures(environments), verdicts=())
    return ask_regression(our_store(), failed, counted, targets).whole
