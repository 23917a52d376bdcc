"""What the Regression page needs besides Failures: counted, audited, deployed and walked."""

from __future__ import annotations

from datetime import datetime, time

from collectors.evidence import schema
from collectors.evidence.audited import save_audit
from collectors.evidence.database import Store
from collectors.evidence.followed import save_releases
from collectors.evidence.runs import finish_run, start_run
from collectors.evidence.surveyed import save_counts
from collectors.evidence.walked import save_walk
from collectors.evidence.writing import next_generation
from collectors.model import (
    Counting,
    DayCount,
    Deploy,
    ExposureCount,
    KeyFinding,
    Release,
    Severity,
    TableCounts,
    Topic,
)
from tests.factories import EMAIL_KEY
from tests.views import story

RELEASE = "shop@2026.10.0"
SETTINGS = {
    f"TOMBSTONE_TARGETS__{environment}__READ_DSN": "postgresql://nobody@127.0.0.1:1/none"
    for environment in ("PRODUCTION", "SANDBOX")
}


def tell(store: Store) -> None:
    """The story's shop as its Target counts it, in a Run that reached everything."""
    story.tell(store)
    finish_run(store, start_run(store), read=0, stored=0, unreachable=[], notes=[])
    counted(store, Topic.CREATES, dict.fromkeys(range(1, 12), 40))
    counted(store, Topic.RECREATIONS, dict.fromkeys(range(1, 12), 3))
    exposed(store, 5)
    audited(store)
    deployed(store)
    walked(store, "red", hours_ago=2)


def counted(store: Store, topic: Topic, by_days_ago: dict[int, int]) -> None:
    now = story.now()
    days = [
        DayCount((now - back * story.DAY).date(), None, many, name)
        for back, many in by_days_ago.items()
        for name in ((None,) if topic is Topic.CREATES else (None, EMAIL_KEY.name))
    ]
    first = datetime.combine((now - 12 * story.DAY).date(), time(), now.tzinfo)
    how = Counting(now, covers_from=first)
    save_counts(
        store, TableCounts("production", "public", "customers", topic, how, days=tuple(days))
    )


def exposed(store: Store, tombstones: int) -> None:
    counts = tuple(ExposureCount(name, None, tombstones) for name in (None, EMAIL_KEY.name))
    how = Counting(story.now())
    save_counts(
        store,
        TableCounts("production", "public", "customers", Topic.EXPOSURE, how, exposures=counts),
    )


def audited(store: Store, *, mended: bool = False) -> None:
    finding = KeyFinding(
        "customers", EMAIL_KEY.name, "ignores_deletion", Severity.HIGH, "Rows still hold this key."
    )
    save_audit(store, "production", story.now(), [] if mended else [finding], {})


def deployed(store: Store) -> None:
    at = story.now() - 9 * story.DAY
    release = Release(RELEASE, ("shop",), created_at=at, first_event=at, deploys=1)
    save_releases(store, [release], {RELEASE: [Deploy(RELEASE, "production", at)]})


def walked(store: Store, color: str, *, hours_ago: int) -> None:
    at = story.now() - hours_ago * story.HOUR
    wrong = {"probe": "same e-mail", "name": "re-create", "path": "/v1/customers/",
             "status": 409, "ruling": "wrong" if color == "red" else "right"}  # fmt: skip
    save_walk(store, "production", at, at, color, [wrong])


def walked_often(store: Store, times: int) -> None:
    """A walk every minute, written at once."""
    now = story.now()
    minutes = (now - number * story.HOUR / 60 for number in range(times))
    same = {"environment": "production", "color": "green", "steps": []}
    lines = [same | {"started_at": at, "finished_at": at} for at in minutes]
    with store.write() as connection:
        connection.execute(schema.walks.insert(), lines)
        next_generation(connection)
