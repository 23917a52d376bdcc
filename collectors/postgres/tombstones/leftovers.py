"""Counting what the deletions of one table left behind, each place by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from collectors.model import (
    Catalog,
    Counting,
    Leftover,
    LeftoverKind,
    LeftoverSample,
    Table,
    TableLeftovers,
    row_id,
)
from collectors.postgres.engine import ReadTarget
from collectors.postgres.outage import Halted, StatementFailed
from collectors.postgres.printing import utc
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.tombstones.conditions import first_day, share_of, smaller
from collectors.postgres.tombstones.exposure import row_estimate
from collectors.postgres.tombstones.leftover_sql import Place, counting, places, sampling, untold

DAYS = 30
"""How far back growth is told by day."""


def count_leftovers(
    target: ReadTarget,
    catalog: Catalog,
    table: Table,
    *,
    never_asked: Collection[str] = (),
    sample_above: int | None = None,
) -> TableLeftovers:
    """Every place where a Tombstone of this table can have left something.

    A table of more than `sample_above` rows is sampled. Each place is asked in a short transaction
    of its own; what one cannot answer is said of it. Raises TargetUnreachable.
    """
    answers = [
        _counted(target, place, sample_above) for place in places(catalog, table, never_asked)
    ]
    found = tuple(one for _, one in answers)
    times = [as_of for as_of, _ in answers if as_of is not None]
    shares = [one.sampled for one in found if one.sampled is not None]
    how = Counting(
        min(times, default=catalog.read_at),
        sampled=min(shares, default=None),
        notes=tuple(_notes(catalog, table)),
    )
    return TableLeftovers(target.name, table.schema, table.name, how, found)


def _notes(catalog: Catalog, table: Table) -> Iterator[str]:
    if silent := untold(catalog, table):
        yield (
            f"Which rows of {', '.join(silent)} are live, neither a mark of deletion nor the "
            f"mapping's live_when says: what deleted {table.label} left there is not known."
        )


def _counted(
    target: ReadTarget, place: Place, sample_above: int | None
) -> tuple[datetime | None, Leftover]:
    """Ask; where that takes too long, read less; and where that does too, say so."""
    why = ""
    for less in (False, True):
        try:
            return target.ask(lambda snapshot: _of(snapshot, place, sample_above, less))  # noqa: B023
        except Halted as halted:
            why = str(halted)
        except StatementFailed as failure:
            why = "The reader may not read it." if failure.denied else f"{failure}."
            break
    return None, Leftover(place.kind, place.rows.label, place.name, said=why)


def _of(
    snapshot: Snapshot, place: Place, sample_above: int | None, less: bool
) -> tuple[datetime, Leftover]:
    share = share_of(row_estimate(snapshot, place.rows), sample_above)
    return snapshot.as_of, _asked(snapshot, place, smaller(share) if less else share)


def _asked(snapshot: Snapshot, place: Place, share: float | None) -> Leftover:
    first = first_day(snapshot.as_of, DAYS)
    lines = snapshot.rows(counting(place, share), first, first + timedelta(days=DAYS))
    rows = sum(count for _, count, _ in lines)
    times = [oldest for _, _, oldest in lines if oldest is not None]
    growth = sorted((day, _scaled(count, share)) for day, count, _ in lines if day is not None)
    return Leftover(
        kind=place.kind,
        table=place.rows.label,
        name=place.name,
        rows=_scaled(rows, share),
        oldest=utc(min(times, default=None)),
        growth=tuple(growth),
        samples=tuple(_samples(snapshot, place, share)) if rows else (),
        sampled=share,
    )


def _samples(snapshot: Snapshot, place: Place, share: float | None) -> list[LeftoverSample]:
    """Of an erased row only its id: nothing of it is shown or kept."""
    width = place.width
    return [
        LeftoverSample(
            row_id(texts[:width]),
            utc(since),
            () if place.kind is LeftoverKind.ERASED else tuple(texts[width:]),
        )
        for since, *texts in snapshot.rows(sampling(place, share))
    ]


def _scaled(rows: int, share: float | None) -> int:
    return rows if share is None else round(rows / share)
