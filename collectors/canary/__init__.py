"""Does the API keep its contract? One made-up customer is created, deleted and created again.

The only collector that writes, and only to the API that the settings tell it to probe. It needs no
store, Sentry or Target. `contract` knows right from wrong and touches nothing, `api` speaks HTTP,
`leftovers` remembers on disk what must be cleaned up should the process die, `walk` joins them.
"""

from collectors.canary.contract import Color, Ruling, Step
from collectors.canary.walk import Walk, walk

__all__ = ["Color", "Ruling", "Step", "Walk", "walk"]
