"""Column values in what a library or the application attached to an Event: a worker's arguments.

A job has no request. Its integration tells what it was called with, under `extra` or in a context
of its own (Celery's `celery-job`, Oban's `args`, Sidekiq's `job`), as a GraphQL client does with
its variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from collectors.linking.bodies import body_in
from collectors.linking.databag import legible
from collectors.linking.entities import CREDENTIALS, is_actor
from collectors.linking.leaves import chosen, leaves
from collectors.linking.names import field_word
from collectors.linking.statement import Fields
from collectors.model import Event

_INPUTS = frozenset(
    {
        *("args", "kwargs", "arguments", "variables", "payload", "body", "requestbody"),
        *("input", "params", "data"),
    }
)
_OTHERS = re.compile(
    rf"trace|otel|state|\w*(?:user|response|session)|res(?:ult)?|reply|{CREDENTIALS}"
)
"""What Sentry's SDKs fill, what was answered and who called: none of it is input."""

_NUMBERED = re.compile(r"\A\d{1,3}_")
_DEEPEST = 3
_MOST_NODES = 200


def from_attached(event: Event, wanted: Sequence[str], subject: str = "") -> Fields:
    """The values of what was attached as input, by the columns' names where those are known."""
    extra = legible(event, event.extra)
    inputs = [*_inputs(extra), *_inputs(event.contexts), *_forms(extra)]
    trimmed = event.platform == "python"
    return chosen(leaves(inputs, subject=subject, trimmed=trimmed), wanted) if inputs else {}


def _inputs(attached: object) -> Iterator[object]:
    level = [attached] if isinstance(attached, Mapping) else []
    for _ in range(_DEEPEST):
        deeper: list[Mapping[str, object]] = []
        for node in level:
            for name, value in islice(node.items(), _MOST_NODES):
                word = field_word(name)
                if word in _INPUTS and isinstance(value, str):
                    yield body_in(value)  # as a function behind a gateway is called with it
                elif word in _INPUTS and isinstance(value, Mapping | list):
                    yield value
                elif isinstance(value, Mapping) and not _is_no_input(str(name), word):
                    deeper.append(value)
        level = deeper[:_MOST_NODES]


def _forms(extra: object) -> Iterator[object]:
    """A form whose fields are attached each by its own name, as Next's SDK does it.

    Next numbers the fields of a form that is one of several arguments: `1_email`.
    """
    forms: dict[str, dict[str, object]] = {}
    for name, value in islice(extra.items(), _MOST_NODES) if isinstance(extra, Mapping) else ():
        head, _, last = str(name).rpartition(".")
        if field_word(head).endswith("formdata"):
            forms.setdefault(head, {})[_NUMBERED.sub("", last)] = value
    yield from forms.values()


def _is_no_input(name: str, word: str) -> bool:
    return _OTHERS.fullmatch(word) is not None or is_actor(name)
