"""What Impact's words mean: said on the page and in the report alike."""

from collectors.model.counted import counted
from collectors.model.customers import SILENCE, Outcome

DAYS = SILENCE.days

OUTCOMES = (
    ("Got through", Outcome.GOT_THROUGH, "Freed while trying, or soon after."),
    ("Gave up", Outcome.GAVE_UP, f"Silent for {DAYS} days when freed, or until now."),
    ("Too early to tell", Outcome.TOO_EARLY, f"Blocked, and tried within {DAYS} days."),
    ("Outcome not known", Outcome.NOT_KNOWN, "Already free when we looked first."),
)

ONLY_TESTS = "These are integration tests: nobody's customers, but developers' time."

TRENDS = (
    ("First kept out", "Customers whose first failed attempt it was."),
    ("Their organizations", "Organizations of those."),
    ("Failed attempts", "Failures that a deleted row, or a leftover of one, caused."),
    ("Freed", "Customers whose key was freed, by a remedy or by themselves."),
)


def undecided_words(failures: int) -> str:
    """What zeros mean while there are such.

    >>> undecided_words(1200)
    '1,200 failures cannot be judged yet and are in none of these numbers, which are “at least”.'
    """
    what = counted(failures, "failure cannot", "failures cannot")
    verb = "is" if failures == 1 else "are"
    return f"{what} be judged yet and {verb} in none of these numbers, which are “at least”."


def counted_for(known: int, hit: int) -> str:
    """Of how many customers payments were counted.

    >>> counted_for(3, 1200), counted_for(1, 1)
    ('Counted for 3 of 1,200 customers; of the others it is not known.', 'Counted for all of them.')
    >>> counted_for(0, 1)
    'Counted for none of them.'
    """
    if not hit:
        return "No customer was hit."
    if known >= hit:
        return "Counted for all of them."
    if not known:
        return "Counted for none of them."
    return f"Counted for {known:,} of {hit:,} customers; of the others it is not known."


DEFINITIONS = (
    (
        "Customer",
        "an organization's key (an e-mail address, an external ID, …) that a soft-deleted row, or "
        "a leftover of one, holds or held. Not Sentry's user: that is the organization's own "
        "developer.",
    ),
    ("Blocked now", "the key is still held, as of our newest look at the database."),
    ("Hit", "with a failed attempt in the period; all their attempts count, earlier ones too."),
    (
        "Got through",
        f"the key was freed while they were trying, or less than {DAYS} days after their last "
        "attempt.",
    ),
    (
        "Gave up",
        f"they had not tried for {DAYS} days when it was freed, or have not until we last "
        "listened. Before that nobody can tell: “too early”.",
    ),
    (
        "Outcome not known",
        "the key was free when we looked first: nobody knows since when. By day they count as "
        "freed on that of their last attempt, for until then it was held.",
    ),
    (
        "Time to unblock",
        "from the first failed attempt until the key was free: as our journal has it, else when a "
        "look found it free. Those still blocked count for as long as we saw it (Kaplan and "
        "Meier); those that were free when we looked first are left out.",
    ),
    (
        "Freed by a remedy, or by themselves",
        "by Tombstone; or re-created, restored, purged or mended otherwise. Both are shares of all "
        "(Aalen and Johansen).",
    ),
    (
        "Paid",
        "what the application's database has as paid by these customers in the 90 days before "
        "their deletion, by currency: the mapping's money where its paid_when holds; of Polar's "
        "orders the subtotal, before discounts, tax and refunds. Nobody says that it is lost. "
        "Where payments could not be counted, or the row was purged, it is not known.",
    ),
    (
        "Better or worse",
        "the whole days of the period against as many before; today is in neither. Nothing is "
        "drawn against days that were not read.",
    ),
    (
        "Integration tests",
        "environments that are not production. Production are those that the setting "
        "dashboard.production names; without it, those whose names begin with production, prod or "
        "live.",
    ),
)
