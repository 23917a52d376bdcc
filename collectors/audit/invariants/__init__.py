"""Invariants: what must hold of every deletion and creation if each is whole. One SQL file each.

A file begins with its title, reason, severity and the table whose rows it lists, as comments; then
comes one SELECT of the rows that break it, as `id` and `since` (when it began, NULL if not known).
Those that ship are in the shape of the billing platform that the incident came from.
"""

from collectors.audit.invariants.reading import read_invariant

__all__ = ["read_invariant"]
