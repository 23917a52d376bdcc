"""The one door to the write side: whoever wants a row changed asks `Remediation`.

door.py        what may be asked, and who may ask it
gather.py      what a plan is made from, read through `collectors.postgres` and our store
rights.py      role and settings: may this person use this remedy here?
run.py         an approved plan, step by step
settlement.py  what became of the plans whose end nobody saw
planning.py    from a wish to a plan that may run, or the first Refusal
values.py      Approval, Offer, Preview
"""

from __future__ import annotations

from dashboard.remediation.journal import ChainReport, verify
from dashboard.remediation.service.door import Remediation
from dashboard.remediation.service.values import Approval, Offer, Preview, ShownChange

__all__ = [
    "Approval",
    "ChainReport",
    "Offer",
    "Preview",
    "Remediation",
    "ShownChange",
    "verify",
]
