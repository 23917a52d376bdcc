"""The read side's settings, read once and checked at start.

Where a value comes from, the first that has it: `TOMBSTONE_NAME`, the file that
`TOMBSTONE_NAME_FILE` points to, `tombstone.toml` (`TOMBSTONE_CONFIG`, else the working folder). Two
underscores step into a table: `TOMBSTONE_SENTRY__TOKEN` is `token` under `[sentry]`. Secrets are
masked in every repr. The merging is ours, over pydantic: a library's own reading of variables
passes over names it does not know, and here a misspelt one must be an error.

The write side's own names (`WRITE_SIDE`) may stand in the same places. They are left out here
before anything is validated, so no value of them is ever held by a collector.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from inspect import isclass
from typing import Any, TypeVar, get_args

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
    fold,
)
from collectors.settings.reading import (
    PREFIX,
    WRITE_SIDE,
    exposed_file,
    read_raw,
    without_write_side,
)
from collectors.settings.values import Names

__all__ = [
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
        raise SettingsError(f"Setting {where or PREFIX}: {_said(first, model)}.") from None


def _said(error: Any, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        near = get_close_matches(error["loc"][-1], _known_beside(error["loc"], model), n=1)
        return "no such setting" + (f"; the nearest is {near[0]}" if near else "")
    if error["type"] == "missing":
        return "is needed and not set"
    if error["type"] in ("model_type", "dict_type"):
        return "must be a table, not one value"
    if error["type"] == "tuple_type":
        return "must be a list"
    if error["type"] == "path_type":
        return "must be the path of a file or folder"
    if error["type"].startswith("url_"):
        return "must be an address such as https://sentry.example.com"
    return str(error["msg"]).removeprefix("Value error, ")


def _known_beside(place: Sequence[Any], model: type[BaseModel]) -> Iterator[str]:
    """The names that a setting may have where `place` has an unknown one, of either side."""
    here = model
    for step in place[:-1]:
        if step in here.model_fields:  # else it is a name that its owner chose, as a Target's
            here = next(_models_in(here.model_fields[step].annotation), here)
    yield from here.model_fields
    yield from WRITE_SIDE.get(str(place[0]) if len(place) > 1 else "", ())


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
