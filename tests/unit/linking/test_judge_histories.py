"""Any history of one key, told by the database as it stands: the Verdict never contradicts it.

A small model plays the application and the database: customers are created, deleted, restored,
renamed, released and purged, the key is mended, and we look now and then. Some creates fail, and
the model knows why. What it shows the judge is only what a real Target would show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.linking.judge import Case, judge
from collectors.linking.resolve import resolve
from collectors.model import (
    Catalog,
    Earlier,
    Failure,
    Holder,
    Judgement,
    KeyLookup,
    KeyValues,
    LookupAnswer,
    RowRef,
    UniqueKey,
    Verdict,
)
from tests.unit.linking.cases import (
    EMAIL_KEY,
    MENDED_KEY,
    ORGANIZATION,
    PARTIAL_KEY,
    VALUES,
    at,
    catalog,
    failure,
    violated,
)

ELSEWHERE: KeyValues = (ORGANIZATION, "someone-else@example.com")


@dataclass
class Customer:
    """A row of the model, as it stands."""

    name: str
    created: datetime
    deleted: datetime | None = None
    values: KeyValues = VALUES

    def shown(self) -> Holder:
        row = RowRef("customers", self.name, self.deleted)
        return Holder(row, self.deleted is not None, self.values, self.created)


@dataclass(frozen=True)
class Truth:
    """What a failed create really met, kept by the model and never shown to the judge."""

    failure: Failure
    holder: str
    was_deleted: bool
    key: UniqueKey
    changes: int
    """How often anything had happened to the Holder by then."""


@dataclass
class World:
    """One key of one organization through time."""

    now: float = 0.0
    key: UniqueKey = EMAIL_KEY
    customers: list[Customer] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)

    def in_index(self, customer: Customer) -> bool:
        return customer.values == VALUES and (self.key.counts_deleted or not customer.deleted)

    def holder(self) -> Customer | None:
        return next(filter(self.in_index, self.customers), None)

    def free(self) -> bool:
        return self.holder() is None

    def untouched_since(self, truth: Truth) -> bool:
        return self.changes.get(truth.holder, 0) == truth.changes

    def touch(self, customer: Customer) -> None:
        self.changes[customer.name] = self.changes.get(customer.name, 0) + 1

    def create(self) -> None:
        holder = self.holder()
        if holder is None:
            self.customers.append(Customer(f"c{self.now}", at(self.now)))
            return
        printed = (*VALUES, None) if self.key is MENDED_KEY else VALUES
        told = failure(
            violated(columns=self.key.columns, splits=(printed,)), occurred_at=at(self.now)
        )
        changes = self.changes.get(holder.name, 0)
        truth = Truth(told, holder.name, holder.deleted is not None, self.key, changes)
        self.truths.append(truth)

    def stranger(self) -> None:
        """Somebody else, who may be given the key's values later."""
        self.customers.append(Customer(f"s{self.now}", at(self.now), values=ELSEWHERE))

    def delete(self) -> None:
        for customer in self.live(VALUES)[:1]:
            customer.deleted = at(self.now)
            self.touch(customer)

    def restore(self) -> None:
        deleted = [c for c in self.customers if c.deleted and c.values == VALUES]
        for customer in deleted[-1:]:
            if self.holder() in (None, customer):
                customer.deleted = None
                self.touch(customer)

    def rename_away(self) -> None:
        for customer in self.live(VALUES)[:1]:
            customer.values = ELSEWHERE
            self.touch(customer)

    def rename_onto(self) -> None:
        for customer in self.live(ELSEWHERE)[:1]:
            if self.free():
                customer.values = VALUES
                self.touch(customer)

    def release(self) -> None:
        """Only a Tombstone is ever released, and nothing but an undo would put its value back."""
        for customer in [c for c in self.customers if c.deleted and c.values == VALUES][:1]:
            customer.values = (ORGANIZATION, "released")
            self.touch(customer)

    def purge(self) -> None:
        for customer in [c for c in self.customers if c.values == VALUES][:1]:
            self.customers.remove(customer)
            self.touch(customer)

    def mend(self) -> None:
        self.rebuild(MENDED_KEY)

    def make_partial(self) -> None:
        self.rebuild(PARTIAL_KEY)

    def rebuild(self, key: UniqueKey) -> None:
        if self.key is EMAIL_KEY:
            self.key = key

    def live(self, values: KeyValues) -> list[Customer]:
        return [c for c in self.customers if c.deleted is None and c.values == values]

    # What a Target shows

    def catalog(self) -> Catalog:
        return catalog(self.key)

    def answer(self, lookup: KeyLookup) -> LookupAnswer:
        hidden = lookup.key.predicate is not None
        rows = [c for c in self.customers if c.values == lookup.values[:2]]
        return LookupAnswer(tuple(c.shown() for c in rows if not (hidden and c.deleted)))

    def look(self, truth: Truth, earlier: Earlier | None = None) -> Judgement:
        question = resolve(truth.failure, self.catalog())
        blocker = earlier.blocker if earlier else None
        found = (c.shown() for c in self.customers if blocker and c.name == blocker.id)
        return judge(
            Case(
                question,
                tuple(map(self.answer, question.lookups)),
                as_of=at(self.now),
                earlier=earlier,
                known_row=next(found, None),
                known_row_asked=blocker is not None,
            )
        )


STEPS = {
    "create": World.create,
    "create again": World.create,
    "create once more": World.create,
    "delete": World.delete,
    "restore": World.restore,
    "stranger": World.stranger,
    "rename away": World.rename_away,
    "rename onto": World.rename_onto,
    "release": World.release,
    "purge": World.purge,
    "mend": World.mend,
    "make partial": World.make_partial,
}

pauses = st.sampled_from([60.0, 3_600.0, 86_400.0])
histories = st.lists(st.tuples(st.sampled_from([*STEPS, "look"]), pauses), max_size=24)


def remembered(world: World, said: Judgement, before: Earlier | None) -> Earlier:
    """What the store keeps of a look."""
    held = at(world.now) if said.verdict.is_blocked else before.held_at if before else None
    return Earlier(said.verdict, said.blocker, held)


def determined(world: World, truth: Truth) -> tuple[Verdict, str | None, str | None] | None:
    """Verdict, blocker and Holder where the row as it stands leaves only one history."""
    if not world.untouched_since(truth):
        return None
    if not truth.was_deleted:
        return Verdict.LIVE_DUPLICATE, None, truth.holder
    if world.key is truth.key:
        return Verdict.BLOCKED_BY_TOMBSTONE, truth.holder, truth.holder
    if world.key is MENDED_KEY:
        current = world.holder()
        return Verdict.UNBLOCKED, truth.holder, current.name if current else None
    return None


def contradictions(world: World, truth: Truth, said: Judgement, *, looked: bool) -> list[str]:
    """What a Verdict may not say, and what it must."""
    wrong: list[str] = []
    blamed = said.blocker.id if said.blocker else None
    if blamed is not None and (blamed != truth.holder or not truth.was_deleted):
        wrong.append(f"blames {blamed}, which was not in the way as a deleted row")
    if said.verdict is Verdict.BLOCKED_BY_TOMBSTONE and (blamed is None or world.free()):
        wrong.append("blocked by nobody")
    wanted = determined(world, truth)
    if wanted not in (None, (said.verdict, blamed, said.holder and said.holder.row.id)):
        wrong.append(f"the rows say {wanted}")
    if looked and blamed != truth.holder:
        wrong.append("an earlier look saw who was in the way")
    if said.confidence == "CERTAIN" and truth.was_deleted is (blamed is None):
        wrong.append("certain of what was not so")
    return wrong


@settings(max_examples=250, deadline=None)
@given(histories)
def test_no_verdict_contradicts_the_history(history: list[tuple[str, float]]) -> None:
    world, memory = World(), dict[int, Earlier]()
    for step, pause in history:
        world.now += pause
        if step == "look":
            for number, truth in enumerate(world.truths):
                said = world.look(truth, memory.get(number))
                memory[number] = remembered(world, said, memory.get(number))
        else:
            STEPS[step](world)
    world.now += 60
    for number, truth in enumerate(world.truths):
        earlier = memory.get(number)
        looked = earlier is not None and None not in (earlier.blocker, earlier.held_at)
        said = world.look(truth, earlier)
        assert contradictions(world, truth, said, looked=looked) == [], said.reasons


@settings(max_examples=250, deadline=None)
@given(histories)
def test_a_newer_failure_of_the_same_key_is_not_misled_by_what_an_older_one_met(
    history: list[tuple[str, float]],
) -> None:
    world, memory = World(), None
    for step, pause in history:
        world.now += pause
        if step == "look" and world.truths:
            memory = remembered(world, world.look(world.truths[-1], memory), memory)
        elif step != "look":
            STEPS[step](world)
    world.now += 60
    for truth in world.truths:
        said = world.look(truth, memory)
        if said.verdict is Verdict.UNBLOCKED and said.blocker is None:
            # Seen in the way before, perhaps free by then: said so, and nobody blamed.
            assert (said.confidence, len(said.candidates)) == ("LIKELY", 1)
            continue
        assert contradictions(world, truth, said, looked=False) == [], said.reasons


def test_the_model_knows_each_outcome() -> None:
    """The histories above are worth something only if they reach every end."""
    ends: dict[Verdict, tuple[str, ...]] = {
        Verdict.BLOCKED_BY_TOMBSTONE: ("create", "delete", "create"),
        Verdict.LIVE_DUPLICATE: ("create", "create"),
        Verdict.UNBLOCKED: ("create", "delete", "create", "mend"),
        Verdict.HOLDER_GONE: ("create", "delete", "create", "purge"),
    }
    for verdict, steps in ends.items():
        world = World()
        for step in steps:
            world.now += 3_600
            STEPS[step](world)
        assert world.look(world.truths[0]).verdict is verdict


def test_a_mended_key_tells_what_the_holder_was() -> None:
    world = World()
    for step in ("create", "delete", "mend", "create", "create"):
        world.now += 3_600
        STEPS[step](world)
    said = world.look(world.truths[0])
    assert (said.verdict, said.confidence) == (Verdict.LIVE_DUPLICATE, "CERTAIN")
    assert said.holder is not None
    assert said.holder.row.id == world.truths[0].holder
    assert said.values == (*VALUES, None)
