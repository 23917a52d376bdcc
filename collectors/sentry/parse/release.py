"""Releases and deploys as Sentry's Web API lists them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

from collectors.model import Deploy, Release
from collectors.sentry.parse.moments import moment
from collectors.sentry.parse.text import UNREADABLE, as_word


class ReleaseShape(Struct):
    """A release."""

    version: Any = None
    created: Any = field(name="dateCreated", default=None)
    released: Any = field(name="dateReleased", default=None)
    first_event: Any = field(name="firstEvent", default=None)
    last_event: Any = field(name="lastEvent", default=None)
    deploys: Any = field(name="deployCount", default=None)
    projects: Any = None


class DeployShape(Struct):
    """A deploy."""

    environment: Any = None
    started: Any = field(name="dateStarted", default=None)
    finished: Any = field(name="dateFinished", default=None)


_RELEASES = msgspec.json.Decoder(list[ReleaseShape])
_DEPLOYS = msgspec.json.Decoder(list[DeployShape])


def parse_releases(raw: bytes) -> tuple[Release, ...]:
    """The releases of a page that have a version; none if it is no list of them."""
    try:
        shapes = _RELEASES.decode(raw)
    except UNREADABLE:
        return ()
    return tuple(release for release in map(_release, shapes) if release.version)


def parse_deploys(raw: bytes, version: str) -> tuple[Deploy, ...]:
    """The deploys of a release that tell where and when."""
    try:
        shapes = _DEPLOYS.decode(raw)
    except UNREADABLE:
        return ()
    read = ((as_word(s.environment), moment(s.finished) or moment(s.started)) for s in shapes)
    return tuple(Deploy(version, where, when) for where, when in read if where and when)


def _release(shape: ReleaseShape) -> Release:
    projects = shape.projects if isinstance(shape.projects, list) else []
    slugs = (as_word(one.get("slug")) for one in projects if isinstance(one, dict))
    return Release(
        version=as_word(shape.version) or "",
        projects=tuple(slug for slug in slugs if slug),
        created_at=moment(shape.created),
        released_at=moment(shape.released),
        first_event=moment(shape.first_event),
        last_event=moment(shape.last_event),
        deploys=shape.deploys if type(shape.deploys) is int and 0 < shape.deploys < 2**31 else 0,
    )
