"""The walk: create → again → list → delete → list → re-create → list → delete, once a key."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from collectors.canary.api import Api, ApiSilent, ApiUnreachable, Request
from collectors.canary.contract import (
    Color,
    Opinion,
    Reply,
    Ruling,
    Step,
    color_of,
    on_create,
    on_delete,
    on_duplicate,
    on_list,
    on_recreate,
    reads_as_list,
)
from collectors.canary.leftovers import Leftovers
from collectors.errors import SettingsError
from collectors.settings import CanarySettings, fold

_PRODUCTION = frozenset({"PROD", "PRODUCTION", "LIVE"})
_NOT_FOUND = (404, 410)
_GAVE_UP = (502, 504)
"""What stands before the API waited no longer: the request may still be carried out."""

_LOOKS = 4
_BETWEEN_LOOKS_S = 0.5
"""A list may lag behind a write for a moment; only one that stays wrong is wrong."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One key that a customer has: the first request's values, and those that repeat the key."""

    name: str
    first: dict[str, str]
    again: dict[str, str]


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk showed. `cleaned` counts what an earlier, broken-off walk had left."""

    environment: str
    started_at: datetime
    finished_at: datetime
    steps: tuple[Step, ...]
    cleaned: int
    left_behind: int

    @property
    def color(self) -> Color:
        """All in one word."""
        return color_of(self.steps)


class _Stop(Exception):
    """What comes next in a probe makes no sense any more."""


class _NotTakenUp(_Stop):
    """Nothing can have come of the last request."""


def walk(settings: CanarySettings, *, heard: Callable[[Step], None] = lambda _: None) -> Walk:
    """Walk through the API once; `heard` gets each step as it is made.

    Raises SettingsError where the API is not named, or is production's without leave, and Busy
    while another walk goes on. An API that does not answer is in the steps.
    """
    environment = _allowed(settings)
    began = datetime.now(UTC)
    with Leftovers.held(settings.leftovers) as leftovers, Api(settings) as api:
        walker = _Walker(api, leftovers, heard)
        cleaned = walker.clean_up()
        for probe in probes(settings):
            if not walker.walk(probe):
                break
        walker.clean_up()
        left = len(leftovers.emails())
    steps = tuple(walker.steps)
    return Walk(environment, began, datetime.now(UTC), steps, cleaned, left)


def probes(settings: CanarySettings) -> Iterator[Probe]:
    """A made-up customer for each key; no external ID where the body has none."""
    first = _address(settings)
    yield Probe("same e-mail", {"email": first}, {"email": first})
    if settings.letter_case:
        second = _address(settings)
        yield Probe("other letter case", {"email": second}, {"email": _other_case(second)})
    if "{external_id}" in str(settings.body):
        external_id = _made_up()
        third, fourth = _address(settings), _address(settings)
        yield Probe(
            "external ID",
            {"email": third, "external_id": external_id},
            {"email": fourth, "external_id": external_id},
        )


class _Walker:
    """Makes the steps of one walk, and keeps count of what it made."""

    def __init__(self, api: Api, leftovers: Leftovers, heard: Callable[[Step], None]) -> None:
        self._api = api
        self._leftovers = leftovers
        self._heard = heard
        self._probe = ""
        self._in_doubt: set[str] = set()
        self.steps: list[Step] = []

    def walk(self, probe: Probe) -> bool:
        """One probe to its end. False where the API is out of reach, so that no other is begun."""
        self._probe = probe.name
        with suppress(_Stop):
            self._walk(probe)
        return self.steps[-1].ruling is not Ruling.UNKNOWN

    def clean_up(self) -> int:
        """Delete whatever may be left; returns of how many addresses nothing is.

        An API that takes up no request is not asked once more for every address.
        """
        done = 0
        for email in self._leftovers.emails():
            try:
                done += self._clean(email)
            except ApiSilent:
                break
            except ApiUnreachable:
                continue
        return done

    def _walk(self, probe: Probe) -> None:
        first, again = probe.first["email"], probe.again["email"]
        live = self._create("create", probe.first, on_create)
        other = self._create("create again", probe.again, lambda r, i: on_duplicate(r, live, i))
        if other and other != live:
            raise _Stop
        self._list("list", first, live)
        self._delete("delete", first, live)
        self._list("list after the deletion", first, None)
        fresh = self._create("re-create", probe.again, lambda r, i: on_recreate(r, live, i))
        self._list("list after the re-creation", again, fresh)
        self._delete("delete again", again, fresh)

    def _create(
        self,
        name: str,
        values: dict[str, str],
        opinion: Callable[[Reply, str | None], Opinion],
    ) -> str:
        """Ask for a creation; the id of what came of it, "" where a refusal was right."""
        email = values["email"]
        is_first = email not in self._leftovers.emails()
        self._leftovers.expect(email)
        request = self._api.creation(values)
        self._in_doubt.add(email)
        try:
            reply = self._send(name, request)
        except _NotTakenUp:
            if is_first:
                self._leftovers.gone(email)
            raise
        if reply.status not in _GAVE_UP:
            self._in_doubt.discard(email)
        created = self._api.created_id(reply) if 200 <= reply.status < 300 else None
        if created is not None and created not in self._leftovers.ids(email):
            self._leftovers.met(email, created)
        said = opinion(reply, created)
        self._note(name, request, reply, said)
        if said.ruling is not Ruling.RIGHT and name != "create again":
            raise _Stop
        return created or ""

    def _delete(self, name: str, email: str, customer: str) -> None:
        request = self._api.deletion(customer)
        reply = self._send(name, request)
        said = on_delete(reply)
        self._note(name, request, reply, said)
        if said.ruling is not Ruling.RIGHT:
            raise _Stop
        self._leftovers.deleted(email, customer)

    def _list(self, name: str, email: str, live: str | None) -> None:
        request = self._api.listing(email)
        for look in range(_LOOKS):
            reply = self._send(name, request)
            others = self._api.lists_others(reply, email)
            said = on_list(reply, self._api.listed_ids(reply, email), live, others=others)
            if said.ruling is not Ruling.WRONG or look == _LOOKS - 1:
                break
            time.sleep(_BETWEEN_LOOKS_S)
        self._note(name, request, reply, said)

    def _send(self, name: str, request: Request) -> Reply:
        try:
            return self._api.send(request)
        except ApiUnreachable as error:
            self._note(name, request, None, Opinion(Ruling.UNKNOWN, str(error)))
            raise (_NotTakenUp if isinstance(error, ApiSilent) else _Stop) from None

    def _note(self, name: str, request: Request, reply: Reply | None, said: Opinion) -> None:
        step = Step(
            self._probe,
            name,
            request.method,
            request.path,
            reply.status if reply else None,
            reply.content_type if reply else None,
            reply.milliseconds if reply else None,
            said.ruling,
            said.said,
        )
        self.steps.append(step)
        self._heard(step)

    def _clean(self, email: str) -> bool:
        """Delete what we know and what is listed of one address; whether nothing is left.

        A deletion is believed once the row is not listed any more, or is not found when it is asked
        for again. A creation that got no clear answer may still come about: the next walk looks.
        """
        gone = set[str]()
        for look in range(_LOOKS):
            reply = self._api.send(self._api.listing(email))
            left = {*self._leftovers.ids(email), *self._api.listed_ids(reply, email)} - gone
            if not left or not self._delete_each(email, left, gone):
                break
            if look:
                time.sleep(_BETWEEN_LOOKS_S)
        if left or not reads_as_list(reply) or email in self._in_doubt:
            return False
        self._leftovers.gone(email)
        return True

    def _delete_each(self, email: str, left: set[str], gone: set[str]) -> bool:
        """Ask for the deletion of each; whether any was deleted. What is not found joins `gone`."""
        deleted = False
        for customer in sorted(left):
            reply = self._api.send(self._api.deletion(customer))
            if reply.status in _NOT_FOUND:
                gone.add(customer)
            if reply.status in _NOT_FOUND or 200 <= reply.status < 300:
                self._leftovers.deleted(email, customer)
                deleted = True
        return deleted


def _allowed(settings: CanarySettings) -> str:
    if settings.base_url is None or settings.environment is None:
        raise SettingsError(
            "TOMBSTONE_CANARY__BASE_URL and TOMBSTONE_CANARY__ENVIRONMENT must be set: "
            "the canary creates and deletes customers there."
        )
    parts: Sequence[str] = fold(settings.environment).split("_")
    if _PRODUCTION.intersection(parts) and not settings.allow_production:
        raise SettingsError(
            f"The canary does not walk in {settings.environment} "
            "unless TOMBSTONE_CANARY__ALLOW_PRODUCTION is true."
        )
    return settings.environment


def _made_up() -> str:
    return f"tombstone-canary-{secrets.token_hex(8)}"


def _address(settings: CanarySettings) -> str:
    return f"{_made_up()}@{settings.email_domain}"


def _other_case(email: str) -> str:
    """The same mailbox for every server that matters: only the local part's case is another."""
    local, _, domain = email.rpartition("@")
    return f"{local.upper()}@{domain}"
