"""The read side's settings, read once and checked at start.

Where a value comes from, the first that has it: `TOMBSTONE_NAME`, the file that
`TOMBSTONE_NAME_FILE` points to, `tombstone.toml` (`TOMBSTONE_CONFIG`, else the working folder). Two
underscores step into a table: `TOMBSTONE_SENTRY__TOKEN` is `token` under `[sentry]`. Secrets are
masked in every repr. The merging is ours, over pydantic: a library's own reading of variables
passes over names it does not know, and here a misspelt one must be an error.

The write side's own names (`WRITE_SIDE`) may stand in the same places. They are left out here
before anything is validated, so no value of them is ever held by a collector.
"""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from collectors.errors import SettingsError
from collectors.settings.models import (
    AuditSettings,
    CanarySettings,
    MarkerSettings,
    SentrySettings,
    Settings,
    SurveySettings,
    TableSettings,
    TargetSettings,
    TelemetrySettings,
    fold,
)
from collectors.settings.reading import (
    PREFIX,
    WRITE_SIDE,
    exposed_file,
    read_raw,
    without_write_side,
)
from collectors.settings.values import MINIMUM_SECRET, SECRET_COMMAND, Names

__all__ = [
    "MINIMUM_SECRET",
    "PREFIX",
    "SECRET_COMMAND",
    "WRITE_SIDE",
    "AuditSettings",
    "CanarySettings",
    "MarkerSettings",
    "Names",
    "SentrySettings",
    "Settings",
    "SurveySettings",
    "TableSettings",
    "TargetSettings",
    "TelemetrySettings",
    "exposed_file",
    "fold",
    "load_settings",
    "read_raw",
    "validated",
    "without_write_side",
]

Model = TypeVar("Model", bound=BaseModel)


def load_settings() -> Settings:
    """Read and check everything. Raises SettingsError with one line that names the setting."""
    return validated(Settings, without_write_side(read_raw()))


def validated(model: type[Model], raw: dict[str, Any]) -> Model:
    """`model` from raw values; what is wrong is one SettingsError that never shows a value."""
    try:
        return model(**raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) if first["loc"] else "targets"
        raise SettingsError(f"Setting {where or PREFIX}: {_said(first)}.") from None


def _said(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "no such setting"
    if error["type"] == "missing":
        return "is needed and not set"
    if error["type"] in ("model_type", "dict_type"):
        return "must be a table, not one value"
    if error["type"] == "tuple_type":
        return "must be a list"
    if error["type"].startswith("url_"):
        return "must be an address such as https://sentry.example.com"
    return str(error["msg"]).removeprefix("Value error, ")
