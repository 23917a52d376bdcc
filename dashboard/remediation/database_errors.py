"""What PostgreSQL's refusal of a plan means, in a sentence without values.

Its own messages and DETAIL quote the row, so only the SQLSTATE and the constraint's name are used:
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import psycopg

from dashboard.remediation import guard
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan

UNIQUE_VIOLATION = "23505"
INSUFFICIENT_PRIVILEGE = "42501"

_BY_STATE = {
    "55P03": (RefusalCode.LOCKED, "Another session has locked what this change needs."),
    "40P01": (RefusalCode.LOCKED, "The change and another session blocked each other."),
    "40001": (RefusalCode.LOCKED, "Another session changed the row in the same moment."),
    "57014": (RefusalCode.TIMED_OUT, "The database took longer than its time limit."),
    "25P04": (
        RefusalCode.TIMED_OUT,
        "It took longer than the transaction_timeout that the writer's role or database has.",
    ),
    "25P03": (RefusalCode.TIMED_OUT, "Our own store took too long while the row was locked."),
    "25006": (
        RefusalCode.UNREACHABLE,
        "The writer's database takes no writes now: it is a standby, or "
        "default_transaction_read_only is set there.",
    ),
    INSUFFICIENT_PRIVILEGE: (
        RefusalCode.WRITER_MAY_NOT,
        "The writer's role lacks a grant on this table or one that refers to it, or row-level "
        "security binds it there; `tombstone doctor` prints what it has to be granted.",
    ),
}

_NOT_FOUND = frozenset({"3F000", "42P01", "42703", "42704", "42883"})
"""A schema, table, column, type or function that the reader's catalog names."""

_NO_FAULT_OF_A_ROW = ("53", "58")
"""Classes of errors: insufficient resources (a full disk, memory), and of the system's own."""

_BY_RULE = {
    "23514": "A rule of the table's own does not allow the row as it would be",
    "23503": "A foreign key does not allow the change",
    "23502": "A column that may not be empty would be left empty",
    "P0001": "A trigger or a function of the database's own refused the change",
    "22021": "The row holds a text that is not UTF-8",
    "23P01": "Another row excludes this one",
    "22001": "The column has no room for the new value",
    "22P02": "A value that is known of it is none of its column's type any more, or one that would "
    "be written is none that a key or a rule over the column can read",
    "0A000": "The table is not written as a plain one is (has it a rule?)",
    "55000": "The table takes no change as it stands (is it published without a replica identity?)",
    "42P10": "The table takes no change as it stands (do the columns or the rows that it is "
    "published with agree with its replica identity?)",
}
"""Errors of the data itself, or of the table, in words."""


def refusal_of(error: psycopg.Error, plan: RemediationPlan | None = None) -> Refusal:
    """The Refusal for an error before COMMIT: the transaction is rolled back."""
    state = error.sqlstate
    if plan is not None and state == UNIQUE_VIOLATION and (key := _key_of(error, plan)):
        return guard.met_live(plan, key)
    if plan is not None and plan.goal.gone and state == INSUFFICIENT_PRIVILEGE:
        return _may_not_purge(plan)
    if state in _BY_STATE:
        return Refusal(*_BY_STATE[state])
    if state is None or state.startswith(("08", "57P")):
        return Refusal(
            RefusalCode.UNREACHABLE, "The connection was lost before anything was committed."
        )
    if state.startswith(_NO_FAULT_OF_A_ROW):
        return Refusal(
            RefusalCode.UNREACHABLE,
            "The database has no room or no means for a change just now "
            f"({type(error).__name__}, {state}).",
        )
    if state in _NOT_FOUND:
        return Refusal(
            RefusalCode.DATABASE_REFUSED,
            f"The writer does not find what the reader sees ({type(error).__name__}, {state}): do "
            "both DSNs lead to the same database, and have both roles the same search_path?",
        )
    constraint = error.diag.constraint_name
    on = f" on {constraint}" if constraint else ""
    said = _BY_RULE.get(state, "The database refused the change")
    return Refusal(RefusalCode.DATABASE_REFUSED, f"{said}: {type(error).__name__}{on} ({state}).")


def is_about_rows(error: psycopg.Error) -> bool:
    """Whether single rows of a statement are at fault: data, constraints, a trigger's own error."""
    return error.sqlstate is not None and error.sqlstate.startswith(("22", "23", "44", "P0"))


def is_final(error: psycopg.Error) -> bool:
    """Whether an error at COMMIT says for certain that it was rolled back."""
    return error.sqlstate is not None and not error.sqlstate.startswith(("08", "57P"))


def _may_not_purge(plan: RemediationPlan) -> Refusal:
    return Refusal(
        RefusalCode.WRITER_MAY_NOT,
        f"A purge needs DELETE on {plan.table.label}, and SELECT without row-level security on "
        "every table that refers to it: the writer's role lacks one of these.",
    )


def _key_of(error: psycopg.Error, plan: RemediationPlan) -> str | None:
    """The plan's own unique key that was violated; None of one that a trigger met elsewhere.

    A partition's index has a name of its own.
    """
    met = error.diag.constraint_name
    named = (key.name for key in plan.table.keys if met in (key.name, *key.aliases))
    ours = error.diag.table_name == plan.table.name.strip('"').replace('""', '"')
    return next(named, met if ours else None)
