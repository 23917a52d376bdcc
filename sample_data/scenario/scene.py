"""What a story is given, and the few moves that most stories share."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sample_data.api.modes import EXTERNAL_ID_KEY
from sample_data.people import Person
from sample_data.scenario.merchant import Call, Merchant
from sample_data.scenario.record import Row
from sample_data.scenario.timeline import Span, Timeline, attempts, draw, pause


@dataclass(frozen=True, slots=True)
class Scene:
    """One telling of a story; `number` counts from 0 how often its environment has heard it."""

    kind: str
    number: int
    era: Span
    timeline: Timeline
    rng: random.Random
    people: Iterator[Person]
    merchant: Merchant

    @property
    def stubborn(self) -> bool:
        """Whether this person tries for days; most give up."""
        return self.number % 3 == 2

    def moment(self, *, after: datetime | None = None, before: datetime | None = None) -> datetime:
        """Some moment of the era."""
        return draw(self.rng, self.era.narrowed(after=after, before=before))

    def later(self, moment: datetime, shortest: timedelta, longest: timedelta) -> datetime:
        """Some time after that moment, still within the era."""
        return min(moment + pause(self.rng, shortest, longest), self.era.end)

    def before(self, moment: datetime) -> datetime:
        """A moment before that one, at which somebody became a customer."""
        earliest = self.timeline.start - timedelta(days=200)
        return draw(self.rng, Span(earliest, moment - timedelta(hours=1)))

    def tries(self, after: datetime, *, until: datetime | None = None) -> list[datetime]:
        """When somebody tries, the first time not long after that moment."""
        end = until or self.era.end
        first = min(self.later(after, timedelta(seconds=15), timedelta(days=4)), end)
        return attempts(self.rng, first, end, stubborn=self.stubborn)

    def halfway(self, moment: datetime) -> datetime:
        """Between that moment and the end of the era."""
        return moment + (self.era.end - moment) / 2

    async def customer(
        self, person: Person, before: datetime, external_id: str | None = None
    ) -> Row:
        """Somebody who became a customer before that moment."""
        at = self.before(before)
        return await self.merchant.create(person.email, external_id, at, name=person.name)

    async def tombstone(
        self, person: Person, *, external_id: str | None = None, anonymize: bool = False
    ) -> Row:
        """A customer who was deleted in this era, with time left to try again."""
        span = self.era.end - self.era.begin
        deleted_at = self.moment(before=self.era.end - span / 6)
        customer = await self.customer(person, deleted_at, external_id)
        await self.merchant.delete(customer, deleted_at, anonymize=anonymize)
        return customer

    async def blocked_by(
        self, holder: Row, constraint: str, call: Call, moments: Sequence[datetime]
    ) -> None:
        """The same call again and again, which fails because of the key of that row."""
        value = holder.external_id if constraint == EXTERNAL_ID_KEY else holder.email
        for moment in moments:
            await self.merchant.fail(
                self.kind, call, moment, constraint=constraint, holder=holder, value=value or ""
            )


Story = Callable[[Scene], Awaitable[None]]
