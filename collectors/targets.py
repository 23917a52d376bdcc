"""The Targets as the settings describe them: a handle on each, and what is told of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from collectors.model import Catalog, MarkerKind
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.mapping import POLAR, MarkerMapping, TableMapping
from collectors.postgres.snapshot import Snapshot
from collectors.settings import MarkerSettings, Settings, TableSettings, TargetSettings


def read_targets(settings: Settings) -> dict[str, ReadTarget]:
    """A handle on every configured Target; none is connected to yet."""
    return {
        name: ReadTarget(name, target.read_dsn.get_secret_value())
        for name, target in settings.targets.items()
    }


def target_catalog(snapshot: Snapshot, settings: TargetSettings) -> Catalog:
    """A Target's catalog, with what its settings say of its tables."""
    return read_catalog(snapshot, schemas=settings.schemas, mapping=mappings(settings))


def mappings(settings: TargetSettings) -> Mapping[str, TableMapping]:
    """What is told of each table: Polar's as shipped, then the settings' own."""
    return {**POLAR, **{name: _mapping(table) for name, table in settings.tables.items()}}


def _mapping(table: TableSettings) -> TableMapping:
    told = asdict(TableMapping()) | table.model_dump(exclude={"marker"})
    return TableMapping(**told | {"marker": table.marker and _marker(table.marker)})


def _marker(told: MarkerSettings) -> MarkerMapping:
    return MarkerMapping(told.column, MarkerKind(told.kind), told.deleted_value)
