"""Is the row still the one that was approved, and did it become what was promised?

Everything here compares; `writer` asks it under the row's lock, before and after it writes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from html import unescape
from typing import Any
from urllib.parse import unquote

from collectors.evidence.privacy import mask
from collectors.model import ForeignKey, Table, label_of
from dashboard.remediation.facts import RemedyName, Row
from dashboard.remediation.names import singular
from dashboard.remediation.outcomes import Difference, Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.references import following
from dashboard.remediation.statements import marks

LONGEST_REASON = 500

_ACTIONS = {
    "CASCADE": "CASCADE would delete them too",
    "SET NULL": "SET NULL would cut them off",
    "SET DEFAULT": "SET DEFAULT would cut them off",
}
"""What deleting the row would do to the rows that refer to it; all else stops the deletion."""

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_AT = re.compile(r"\s*(?:@|[(\[{<]\s*at\s*[)\]}>])\s*")
"""The sign with the spaces around it, or the word in brackets."""
_SPREAD_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
"""With a dot in its host: "see @mike" is none."""


def differences(table: Table, seen: Row, found: Row) -> tuple[Difference, ...]:
    """The columns that are not as they were seen, masked."""
    names = [column.name for column in table.columns]
    return tuple(
        Difference(name, shown(table, name, was), shown(table, name, now))
        for name in names
        if (was := seen.columns.get(name)) != (now := found.columns.get(name))
    )


def shown(table: Table, column: str, text: str | None) -> str:
    """A column's text for the eye: the marker and the time of creation as they are, else a mask."""
    if text is None:
        return "NULL"
    harmless = {table.created_at, *marks(table)}
    return text if column in harmless else mask(text)


def changed_since(plan: RemediationPlan, found: Row | None) -> Refusal | None:
    """Why the row under the lock is not the row that was approved."""
    if found is None:
        return Refusal(RefusalCode.ROW_GONE, "The row is no longer there.")
    difference = differences(plan.table, plan.before, found)
    if not difference and _stands_as(plan, found):
        return None
    return Refusal(_kind_of_change(plan, found), _sentence_of_change(plan, found), difference)


def missed(plan: RemediationPlan, after: Row | None) -> Refusal | None:
    """Why the row, as the statement left it, is not what the plan promised."""
    wrong = _overwritten(plan, after) if after else []
    if after and wrong:
        return Refusal(
            RefusalCode.DATABASE_REFUSED,
            f"Something in the database (a trigger?) overwrote {', '.join(wrong)}: rolled back.",
            differences(plan.table, plan.before, after),
        )
    if not reached(plan, after):
        return Refusal(
            RefusalCode.DATABASE_REFUSED,
            "The change would not have brought about what it is for: rolled back.",
        )
    return None


def _overwritten(plan: RemediationPlan, after: Row) -> list[str]:
    before = plan.before.columns
    return [
        change.column
        for change in plan.changes
        if not change.is_seen_in(before[change.column], after.columns[change.column])
    ]


def reached(plan: RemediationPlan, row: Row | None) -> bool:
    """Whether the row is what the plan is for; None: it is not there."""
    goal = plan.goal
    if row is None or goal.gone:
        return row is None and goal.gone
    return row.deleted == goal.deleted and (goal.holds is None or row.holds == goal.holds)


def met(
    plan: RemediationPlan, answers: Sequence[bool], keys: Sequence[str] | None = None
) -> Refusal | None:
    """Why the plan's new values cannot stand; two `answers` a key: live, deleted.

    `keys` are those that were asked about, by default all that the plan checks.
    """
    asked = plan.checked if keys is None else keys
    pairs = zip(asked, answers[::2], answers[1::2], strict=True)
    for name, live, deleted in pairs:
        if live:
            return met_live(plan, name)
        if deleted and plan.remedy is not RemedyName.RESTORE_ROW:
            return Refusal(
                RefusalCode.VALUE_TAKEN,
                f"Another deleted row holds that value under {name} already.",
            )
    return None


def met_live(plan: RemediationPlan, key: str | None) -> Refusal:
    """A live row stands where this plan would put its own; the key is named, never the value."""
    one = singular(plan.table.label)
    under = f" ({key})" if key else ""
    if plan.undoes:
        return Refusal(
            RefusalCode.RECREATED,
            f"A live {one} holds the key now{under}: putting the old value back would lock it out "
            "or double it.",
        )
    if plan.remedy is RemedyName.RESTORE_ROW:
        return Refusal(
            RefusalCode.COLLIDES,
            f"A live {one} holds one of its unique keys{under}: both cannot be live.",
        )
    return Refusal(RefusalCode.VALUE_TAKEN, f"Another row holds the new value already{under}.")


def referred_to(plan: RemediationPlan, answers: Sequence[Any]) -> Refusal | None:
    """Why what refers to the row forbids the plan.

    A purge: anything does. `answers` are a number a foreign key, then the keys that were not
    counted. The undo of a restore: something newer does; a boolean a foreign key, then whether all
    that refers to it was counted, because nothing tells what is newer.
    """
    if plan.goal.gone:
        return _still_referred_to(plan, answers[:-1], answers[-1])
    tables = sorted(
        {fk.table for fk, newer in zip(plan.place.referring, answers[:-1], strict=True) if newer}
    )
    if not tables:
        return None
    named = ", ".join(tables)
    text = f"Rows were written since the restore that refer to it: {named}."
    if answers[-1]:
        text = (
            f"Rows refer to it ({named}), and nothing tells any more which of them are newer than "
            "the restore: the row, or the whole database, was written anew since."
        )
    return Refusal(RefusalCode.REFERENCED, text)


def written_along(plan: RemediationPlan, answers: Sequence[Any]) -> Refusal | None:
    """The database would write other rows as well, which no image is kept of."""
    known = following(plan.place, [change.column for change in plan.changes])
    found = [
        f"{count:,} in {label_of(fk.schema, fk.table)} ({fk.name}, ON UPDATE {fk.on_update})"
        for fk, count in zip(known, answers, strict=True)
        if count
    ]
    if not found:
        return None
    return Refusal(
        RefusalCode.REFERENCED,
        "The database would write the rows that refer to it along with it, and no undo would put "
        f"those back: {'; '.join(found)}.",
    )


def _still_referred_to(
    plan: RemediationPlan, counts: Sequence[int], uncounted: Sequence[str]
) -> Refusal | None:
    found = [
        _counted(fk, count) for fk, count in zip(plan.place.referring, counts, strict=True) if count
    ]
    sentences = []
    if found:
        sentences.append(f"Rows refer to it, so it is not purged: {'; '.join(found)}.")
    if uncounted:
        names = ", ".join(uncounted)
        sentences.append(f"What refers to it by these foreign keys cannot be counted: {names}.")
    return Refusal(RefusalCode.REFERENCED, " ".join(sentences)) if sentences else None


def _counted(fk: ForeignKey, count: int) -> str:
    table = label_of(fk.schema, fk.table)
    return f"{count:,} in {table} ({fk.name}, {_ACTIONS.get(fk.on_delete, fk.on_delete)})"


def unfit_reason(reason: str, ticket: str | None, values: Iterable[str | None]) -> Refusal | None:
    """Why a reason cannot be kept: it is missing, or says whom it is about.

    Compared as it would be read: after NFKC, without case, and with what an address bar, a web page
    or a cautious writer makes of an address undone (`%40`, `&#64;`, ` (at) `). A value counts only
    as a whole word: "42" is not found in "420".
    """
    if not reason.strip():
        return Refusal(RefusalCode.REASON_MISSING, "Say in a few words why this is done.")
    if len(reason) > LONGEST_REASON or len(ticket or "") > LONGEST_REASON:
        return Refusal(
            RefusalCode.REASON_MISSING, f"Say it in at most {LONGEST_REASON} characters."
        )
    said = _folded(f"{reason}\n{ticket or ''}")
    joined = _AT.sub("@", said)
    folded = (_folded(value) for value in values if value)
    is_told = any(_is_said(value, text) for value in folded for text in (said, joined))
    if is_told or _EMAIL.search(said) or _SPREAD_EMAIL.search(joined):
        return Refusal(
            RefusalCode.PERSONAL_DATA,
            "An e-mail address or the key's own value stands in the reason or in the ticket's "
            "reference: leave it out.",
        )
    return None


class Settlement(StrEnum):
    """What became of a plan whose end nobody saw."""

    APPLIED = "applied"
    NOTHING_DONE = "nothing done"
    UNCLEAR = "unclear"
    GOES_ON = "goes on"


def settled(status: str | None, *, as_before: bool, as_after: bool) -> Settlement:
    """Judge a crash by `pg_xact_status` (None: too old, or unknown to this server) and the row.

    The row has a say even where the status is known: a server restored from a backup, or promoted
    without the last commits, counts its transactions anew.
    """
    if status == "in progress":
        return Settlement.GOES_ON
    if status == "committed":
        return Settlement.UNCLEAR if as_before else Settlement.APPLIED
    if status == "aborted":
        return Settlement.UNCLEAR if as_after else Settlement.NOTHING_DONE
    if as_after:
        return Settlement.APPLIED
    return Settlement.NOTHING_DONE if as_before else Settlement.UNCLEAR


def _stands_as(plan: RemediationPlan, found: Row) -> bool:
    """Equal columns, read by the same definitions of deleted, erased and held."""
    seen = plan.before
    if found.deleted != seen.deleted or not _is_known_as(found.erased, seen.erased):
        return False
    return found.holds == seen.holds or plan.place.key is None


def _is_known_as(found: bool | None, seen: bool | None) -> bool:
    """That a row was not erased may have become known since: then nothing has changed."""
    return found == seen or (seen is None and not found)


def _kind_of_change(plan: RemediationPlan, found: Row) -> RefusalCode:
    if plan.before.deleted and not found.deleted:
        return RefusalCode.NOT_A_TOMBSTONE
    if found.erased and not plan.before.erased:
        return RefusalCode.ERASED
    if plan.before.holds and not found.holds:
        return RefusalCode.KEY_NOT_HELD
    return RefusalCode.CHANGED_SINCE_PREVIEW


def _sentence_of_change(plan: RemediationPlan, found: Row) -> str:
    since = "the remedy was applied" if plan.undoes else "the preview"
    kind = _kind_of_change(plan, found)
    if kind is RefusalCode.NOT_A_TOMBSTONE:
        return f"The row is not deleted any more: it was restored since {since}."
    if kind is RefusalCode.ERASED:
        return f"The row was erased since {since}."
    if kind is RefusalCode.KEY_NOT_HELD:
        return f"The row has let go of the key since {since}."
    return f"The row has changed since {since}."


def _is_said(value: str, said: str) -> bool:
    return value in said and bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", said))


def _folded(text: str) -> str:
    """Decoded, without what nobody sees (zero-width characters) and without case."""
    decoded = unquote(unescape(text))
    if decoded.isascii():  # there is nothing to normalize, and a bulk has thousands of values
        return decoded.casefold()
    plain = unicodedata.normalize("NFKC", decoded)
    return "".join(one for one in plain if unicodedata.category(one) != "Cf").casefold()
