"""What the local Sentry keeps, in SQLite: one file, or memory. For one thread at a time."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sample_data.sentry.filters import EventFilter, IssueFilter
from sample_data.sentry.grouping import Group
from sample_data.sentry.wire import Wire

SCHEMA = Path(__file__).with_name("schema.sql")
READ_SCOPES = "event:read org:read project:read"
WRITE_SCOPES = "event:read event:write project:releases"

Row = sqlite3.Row


def body_of(row: Row) -> bytes:
    """An event's body, as it came."""
    return Wire(row["wire"], row["encoding"], row["start"], row["length"]).body()


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to keep; times are seconds since 1970."""

    event_id: str
    happened: float
    received: float
    group: Group
    wire: Wire
    environment: str | None = None
    release: str | None = None
    transaction: str | None = None
    level: str = "error"
    platform: str = "other"
    row: str = "{}"


class Store:
    """Projects, tokens, issues, events and comments."""

    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(SCHEMA.read_text(encoding="utf-8"))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def setting(self, name: str, default: str) -> str:
        """What was kept under that name; the first time, `default`, which is kept."""
        self._db.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (name, default))
        return str(self._one("SELECT value FROM settings WHERE name = ?", name)["value"])

    def set_setting(self, name: str, value: str) -> None:
        """Keep a value under that name."""
        self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    # --- projects and tokens ---------------------------------------------------------------------

    def add_project(self, slug: str) -> Row:
        """The project of that name, made with a public key of its own if it is new."""
        self._db.execute(
            "INSERT OR IGNORE INTO projects (slug, public_key) VALUES (?, ?)",
            (slug, secrets.token_hex(16)),
        )
        return self._one("SELECT * FROM projects WHERE slug = ?", slug)

    def projects(self) -> list[Row]:
        """All projects."""
        return self._all("SELECT * FROM projects ORDER BY id")

    def project(self, id_or_slug: str) -> Row | None:
        """One project, by either name."""
        return self._maybe("SELECT * FROM projects WHERE slug = ?1 OR id = ?1", id_or_slug)

    def add_token(self, scopes: str) -> str:
        """The token of exactly these scopes, made if there is none."""
        known = self._maybe("SELECT token FROM tokens WHERE scopes = ?", scopes)
        if known:
            return str(known["token"])
        token = f"local_{secrets.token_hex(24)}"
        self._db.execute("INSERT INTO tokens VALUES (?, ?)", (token, scopes))
        return token

    def scopes_of(self, token: str) -> frozenset[str] | None:
        """What a token may do; None for one that is not known."""
        known = self._maybe("SELECT scopes FROM tokens WHERE token = ?", token)
        return frozenset(known["scopes"].split()) if known else None

    # --- writing ---------------------------------------------------------------------------------

    def add_event(self, project_id: int, event: NewEvent) -> None:
        """Keep an event and count it for its issue; one whose id is known changes nothing."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            issue_id = self._issue_of(project_id, event)
            added = self._db.execute(
                "INSERT OR IGNORE INTO events (event_id, project_id, issue_id, happened, received,"
                " environment, release, transaction_name, level, title, wire, encoding, start,"
                " length) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(event.event_id, project_id, issue_id, event.happened, event.received),
                    *(event.environment, event.release, event.transaction, event.level),
                    *(event.group.title, event.wire.data, event.wire.encoding),
                    *(event.wire.start, event.wire.length),
                ),
            )
            if added.rowcount:
                light = (added.lastrowid, event.row)
                self._db.execute("INSERT OR REPLACE INTO light_rows VALUES (?, ?)", light)
                self._count(issue_id, event.happened)

    def _issue_of(self, project_id: int, event: NewEvent) -> int:
        group = event.group
        key = (project_id, group.fingerprint)
        self._db.execute(
            "INSERT OR IGNORE INTO issues (project_id, fingerprint, title, culprit, type, value,"
            " level, platform, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *key,
                *(group.title, group.culprit, group.type, group.value, event.level),
                *(event.platform, event.happened, event.happened),
            ),
        )
        query = "SELECT id FROM issues WHERE project_id = ? AND fingerprint = ?"
        return int(self._one(query, *key)["id"])

    def _count(self, issue_id: int, happened: float) -> None:
        """One more; a resolved issue comes back as a regression, as Sentry has it."""
        self._db.execute(
            "UPDATE issues SET times_seen = times_seen + 1,"
            " first_seen = min(first_seen, ?2), last_seen = max(last_seen, ?2),"
            " substatus = CASE WHEN status = 'resolved' THEN 'regressed' ELSE substatus END,"
            " status = CASE WHEN status = 'resolved' THEN 'unresolved' ELSE status END"
            " WHERE id = ?1",
            (issue_id, happened),
        )

    def set_status(self, issue_id: int, status: str, substatus: str | None) -> None:
        """Resolve, ignore or reopen an issue."""
        self._db.execute(
            "UPDATE issues SET status = ?, substatus = ? WHERE id = ?",
            (status, substatus, issue_id),
        )

    def delete_issue(self, issue_id: int) -> None:
        """Forget an issue with all that belongs to it."""
        with self._db:
            self._db.execute("DELETE FROM comments WHERE issue_id = ?", (issue_id,))
            self._db.execute("DELETE FROM events WHERE issue_id = ?", (issue_id,))
            self._db.execute("DELETE FROM issues WHERE id = ?", (issue_id,))

    def merge_issue(self, issue_id: int, into_id: int) -> None:
        """Move an issue's events to another, which answers for it from then on."""
        with self._db:
            self._db.execute(
                "UPDATE events SET issue_id = ?2 WHERE issue_id = ?1", (issue_id, into_id)
            )
            self._db.execute(
                "UPDATE issues SET times_seen = (SELECT count(*) FROM events WHERE issue_id = ?1),"
                " first_seen = (SELECT min(happened) FROM events WHERE issue_id = ?1),"
                " last_seen = (SELECT max(happened) FROM events WHERE issue_id = ?1) WHERE id = ?1",
                (into_id,),
            )
            self._db.execute("DELETE FROM issues WHERE id = ?", (issue_id,))
            self._db.execute("INSERT INTO merged_issues VALUES (?, ?)", (issue_id, into_id))

    def add_deploy(self, version: str, environment: str, finished: float) -> None:
        """Note that a release went live there."""
        self._db.execute(
            "INSERT INTO deploys (version, environment, finished) VALUES (?, ?, ?)",
            (version, environment, finished),
        )

    def add_comment(self, issue_id: int, text: str, created: float) -> Row:
        """Keep a comment."""
        added = self._db.execute(
            "INSERT INTO comments (issue_id, text, created) VALUES (?, ?, ?)",
            (issue_id, text, created),
        )
        return self._one("SELECT * FROM comments WHERE id = ?", added.lastrowid)

    # --- reading ---------------------------------------------------------------------------------

    def issues(self, wanted: IssueFilter, limit: int, offset: int) -> list[Row]:
        """Issues with at least one event that fits; count and times are of the fitting events."""
        events, event_values = wanted.events.where()
        issues, issue_values = wanted.where()
        return self._all(
            "SELECT i.*, p.slug, w.n, w.first, w.last FROM issues i JOIN projects p"
            " ON p.id = i.project_id JOIN (SELECT issue_id, count(*) n, min(happened) first,"
            f" max(happened) last FROM events WHERE {events} GROUP BY issue_id) w"
            f" ON w.issue_id = i.id WHERE {issues}"
            f" ORDER BY {wanted.order}, i.id DESC LIMIT ? OFFSET ?",
            *event_values,
            *issue_values,
            limit,
            offset,
        )

    def issue(self, issue_id: int) -> Row | None:
        """One issue with its project's slug."""
        return self._maybe(
            "SELECT i.*, p.slug, i.times_seen n, i.first_seen first, i.last_seen last"
            " FROM issues i JOIN projects p ON p.id = i.project_id WHERE i.id ="
            " coalesce((SELECT into_id FROM merged_issues WHERE id = ?1), ?1)",
            issue_id,
        )

    def events(self, wanted: EventFilter, limit: int, offset: int) -> list[Row]:
        """Events that fit, newest first."""
        where, values = wanted.where()
        return self._all(
            f"SELECT * FROM events WHERE {where} ORDER BY happened DESC, id DESC LIMIT ? OFFSET ?",
            *values,
            limit,
            offset,
        )

    def light_rows(self, wanted: EventFilter, issues: str, limit: int, offset: int) -> list[Row]:
        """Events with their light rows, newest first; of these issues (a JSON list) if any."""
        where, values = wanted.where()
        return self._all(
            "SELECT e.*, p.slug, r.row FROM events e JOIN projects p ON p.id = e.project_id"
            f" LEFT JOIN light_rows r ON r.event = e.id WHERE e.id IN (SELECT id FROM events WHERE"
            f" {where}) AND (? = '[]' OR e.issue_id IN (SELECT value FROM json_each(?)))"
            " ORDER BY e.happened DESC, e.id DESC LIMIT ? OFFSET ?",
            *values,
            issues,
            issues,
            limit,
            offset,
        )

    def releases(self, limit: int, offset: int) -> list[Row]:
        """Releases as the events name them, the newest first, with the projects they are of."""
        return self._all(
            "SELECT e.release version, min(e.happened) created, min(e.happened) first,"
            " max(e.happened) last, group_concat(DISTINCT p.slug) projects,"
            " (SELECT count(*) FROM deploys d WHERE d.version = e.release) deploys"
            " FROM events e JOIN projects p ON p.id = e.project_id WHERE e.release IS NOT NULL"
            " GROUP BY e.release ORDER BY created DESC LIMIT ? OFFSET ?",
            limit,
            offset,
        )

    def deploys(self, version: str) -> list[Row]:
        """When a release went live where, the latest first."""
        query = "SELECT * FROM deploys WHERE version = ? ORDER BY finished DESC, id DESC"
        return self._all(query, version)

    def event(self, project_id: int, event_id: str) -> Row | None:
        """One event."""
        query = "SELECT * FROM events WHERE project_id = ? AND event_id = ?"
        return self._maybe(query, project_id, event_id)

    def comments(self, issue_id: int) -> list[Row]:
        """An issue's comments, oldest first."""
        return self._all("SELECT * FROM comments WHERE issue_id = ? ORDER BY id", issue_id)

    def rows(self, query: str, *values: Any) -> list[Row]:
        """What another kind of server asks of the same events."""
        return self._all(query, *values)

    def _all(self, query: str, *values: Any) -> list[Row]:
        return self._db.execute(query, values).fetchall()

    def _maybe(self, query: str, *values: Any) -> Row | None:
        row: Row | None = self._db.execute(query, values).fetchone()
        return row

    def _one(self, query: str, *values: Any) -> Row:
        row = self._maybe(query, *values)
        assert row is not None
        return row
