"""Column values in a request body.

Sentry's `user` is never read: it is the merchant who called the API, not the customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email.parser import HeaderParser
from itertools import islice
from typing import Any, TypeGuard
from urllib.parse import parse_qsl

from collectors.linking.databag import CUT_AT, legible
from collectors.linking.entities import is_called_after, is_container
from collectors.linking.hidden import is_cut
from collectors.linking.leaves import DEEPEST, MOST_NODES, chosen, leaves
from collectors.linking.literals import UNKNOWN, read_at
from collectors.linking.statement import Fields
from collectors.model import Event

_PART = HeaderParser()
_LONGEST_BODY = 100_000
_FRAMEWORK_FIELDS = frozenset(
    {"utf8", "authenticity_token", "commit", "_method", "_token", "_csrf", "csrfmiddlewaretoken"}
)
_FORM = re.compile(r"[\w.\[\]%-]{1,100}=[^\s]*\Z")


def from_request(event: Event, wanted: Sequence[str], subject: str = "") -> Fields:
    """The request body's values, by the columns' names where those are known."""
    if event.request is None:
        return {}
    trimmed = event.platform == "python"
    body = _body(legible(event, event.request.body), subject, trimmed=trimmed)
    return chosen(leaves(body, subject=subject, trimmed=trimmed), wanted)


def _body(body: object, subject: str, *, trimmed: bool) -> object:
    """The fields of a body; where they all lie in one object, as `{"user": {…}}`, that object.

    Of a text or a form that was cut, or may have been, only what stands outside of any further one:
    what it says of the row itself may have stood behind.
    """
    decoded, in_part = _decoded(body) if isinstance(body, str) else (body, False)
    if _is_form(decoded):
        in_part = in_part or (trimmed and len(decoded) == CUT_AT)
        decoded = _unfolded(decoded.items())
    while isinstance(decoded, Mapping) and len(decoded) == 1:
        ((name, inner),) = decoded.items()
        is_own = not subject or is_container(str(name)) or is_called_after(str(name), subject)
        if not isinstance(inner, Mapping) or (in_part and not is_own):
            break
        decoded = inner
    return _plain_fields(decoded) if in_part else decoded


def body_in(text: str) -> object:
    """The fields of a body that is still a text; of one that was cut, those outside of others."""
    decoded, in_part = _decoded(text)
    return _plain_fields(decoded) if in_part else decoded


def _plain_fields(body: object) -> dict[object, object]:
    fields = body.items() if isinstance(body, Mapping) else ()
    return {name: value for name, value in fields if not isinstance(value, Mapping | list)}


def _decoded(text: str) -> tuple[object, bool]:
    """A body that is still a text: JSON that was cut at the SDK's limit, or a form; was it cut?"""
    text = text[:_LONGEST_BODY].strip()
    if text.startswith(("{", "[")):
        tree, end = read_at(text, 0)
        return tree, end is None
    if text.startswith("--") and "form-data" in text:
        return _unfolded(_form_parts(text)), not text.endswith("--")
    return (_unfolded(parse_qsl(text)), is_cut(text)) if _FORM.match(text) else (None, False)


def _form_parts(text: str) -> Iterator[tuple[str, object]]:
    """The fields of a multipart form but its files; of one that was cut not the last, which is.

    No part is parsed for parts of its own: a form has none, and a hostile one has thousands.
    """
    boundary = text.split("\n", 1)[0].strip()
    _, *parts = f"\n{text}".split(f"\n{boundary}", MOST_NODES)
    for part in parts[:-1]:
        read = _PART.parsestr(part.lstrip("\r\n"))
        name = read.get_param("name", header="content-disposition")
        value = read.get_payload()
        if isinstance(name, str) and isinstance(value, str) and read.get_filename() is None:
            yield name, value.removesuffix("\r")


def _is_form(body: object) -> TypeGuard[Mapping[str, object]]:
    """A decoded form whose names still hold their brackets."""
    return isinstance(body, Mapping) and any(
        isinstance(name, str) and name.endswith("]") and "[" in name
        for name in islice(body, MOST_NODES)
    )


def _unfolded(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """A form's fields as Rails and PHP nest them: `user[email]`, `members[][email]`.

    A name that is sent twice with different values has none, and what the framework itself sends
    is left out.
    """
    tree: dict[str, Any] = {}
    for place, (name, value) in enumerate(islice(pairs, MOST_NODES)):
        first, *inner = name.replace("]", "").split("[")[:DEEPEST]
        if first in _FRAMEWORK_FIELDS:
            continue
        *path, last = (part or str(place) for part in (first, *inner))
        node = tree
        for part in path:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                break
        else:
            node[last] = value if node.get(last, value) == value else UNKNOWN
    return tree
