"""Whose request it was: a hint for finding candidates, never a proof."""

from __future__ import annotations

import re
from typing import TypeGuard

from collectors.linking.bodies import from_request
from collectors.linking.frames import from_frames
from collectors.linking.leaves import chosen
from collectors.linking.names import bare
from collectors.model import Event, ViolatedKey

_NAME = "organization_id"
_TAGS = ("organization_id", "organization.id", "org_id", "org.id", "organization", "organizationId")
_ID = re.compile(r"[\w-]{1,64}")


def organization_of(event: Event, key: ViolatedKey | None) -> str | None:
    """The organization's id as the key, the tags, the body or a frame's arguments give it."""
    found = [*_of_key(key), *(event.tags.get(tag) for tag in _TAGS)]
    first = next(filter(_is_id, found), None)
    if first is not None:
        return first
    for read in (from_request, from_frames):
        value = read(event, (_NAME,)).get(_NAME)
        if _is_id(value):
            return value
    return None


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _of_key(key: ViolatedKey | None) -> list[str | None]:
    if key is None:
        return []
    told = key.complete and key.columns
    printed = zip(map(bare, key.columns), key.splits[0], strict=True) if told else ()
    return [dict(printed).get(_NAME), chosen(dict(key.fields), (_NAME,)).get(_NAME)]
