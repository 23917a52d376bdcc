"""The one door to the write side: whoever wants a row changed asks `Remediation`.

bulk/          many releases under one Approval
checks.py      `doctor`'s part: the journal, what each writer may; `grants.py` what it still lacks
children.py    what was deleted in the same moment, offered to be restored along
door.py        what may be asked, and who may ask it; `opening.py` sets it up by the settings
earlier.py     what we did to the same row before, or since
forgetting.py  what we hold of a person: found, erased, and named where a Remedy hid it
gather.py      what a plan is made from, read through `collectors.postgres` and our store
one_database.py  do reader and writer lead to the same one?
revealing.py   a key's values in clear: journalled first, then read
rights.py      role and settings: may this person use this remedy here?
run.py         an approved plan, step by step
settlement.py  what became of the plans whose end nobody saw
planning.py    from a wish to a plan that may run, or the first Refusal
telling.py     telling Sentry's Issues of an Outcome
triaging.py    short of a remedy: live look-ups, journalled first; tickets' references
values.py      Approval, Offer, Preview
"""

from __future__ import annotations

from dashboard.remediation.journal import ChainReport, verify
from dashboard.remediation.service.door import Remediation
from dashboard.remediation.service.values import Approval, Offer, Preview
from dashboard.remediation.showing import ShownChange

__all__ = [
    "Approval",
    "ChainReport",
    "Offer",
    "Preview",
    "Remediation",
    "ShownChange",
    "verify",
]
