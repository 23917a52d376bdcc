"""The stories of the play, and how often each is told where. A new one is entered here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sample_data.scenario.scene import Story
from sample_data.scenario.stories import (
    by_hand,
    live,
    members,
    recreation,
    unrelated,
    welcome_back,
)
from sample_data.scenario.timeline import PRODUCTION, SANDBOX


@dataclass(frozen=True, slots=True)
class Part:
    """A story, told `times` times in one environment while one mode ran."""

    story: Story
    environment: str
    mode: str
    times: int

    @property
    def kind(self) -> str:
        """The story's name in the record."""
        return self.story.__name__


_COUNTS: dict[tuple[str, str], dict[Story, int]] = {
    (PRODUCTION, "hard-delete"): {
        live.race: 2,
        live.taken_by_update: 3,
        live.holder_removed: 2,
        unrelated.missing_reference: 2,
        unrelated.missing_value: 2,
        unrelated.provider_error: 2,
        unrelated.order_in_the_way: 3,
        welcome_back.recreated: 6,
    },
    (PRODUCTION, "broken"): {
        recreation.same_email: 25,
        recreation.other_case: 7,
        recreation.external_id: 8,
        recreation.both: 4,
        recreation.anonymized: 5,
        recreation.at_checkout: 7,
        recreation.by_update: 4,
        recreation.in_one_breath: 3,
        members.member: 6,
        members.leftover: 3,
        live.race: 10,
        live.race_then_deleted: 2,
        live.taken_by_update: 6,
        live.deleted_after: 4,
        by_hand.restored: 4,
        by_hand.purged: 4,
        by_hand.external_id_released: 4,
        by_hand.email_released: 3,
        by_hand.second_key: 2,
        unrelated.missing_reference: 6,
        unrelated.missing_value: 4,
        unrelated.provider_error: 6,
        unrelated.provider_silent: 5,
        unrelated.idempotency_key_reused: 5,
    },
    (SANDBOX, "hard-delete"): {
        live.taken_by_update: 1,
        unrelated.missing_reference: 1,
        welcome_back.recreated: 3,
    },
    (SANDBOX, "broken"): {
        recreation.same_email: 6,
        recreation.other_case: 2,
        recreation.external_id: 4,
        recreation.anonymized: 2,
        members.member: 2,
        members.leftover: 1,
        live.race: 3,
        live.taken_by_update: 2,
        welcome_back.recreated_after_the_mend: 4,
        unrelated.provider_error: 2,
        unrelated.provider_silent: 1,
    },
    (SANDBOX, "email-fixed"): {
        recreation.external_id: 3,
        recreation.both_where_the_email_is_mended: 2,
        members.member: 1,
        live.race_beside_a_tombstone: 3,
        live.taken_by_update: 2,
        welcome_back.recreated: 10,
        unrelated.missing_value: 2,
    },
}

CAST = tuple(
    Part(story, environment, mode, times)
    for (environment, mode), counts in _COUNTS.items()
    for story, times in counts.items()
)


def shortened(cast: tuple[Part, ...], most: int) -> tuple[Part, ...]:
    """The same stories, each told at most so often: a quick play for a test."""
    return tuple(replace(part, times=min(part.times, most)) for part in cast)
