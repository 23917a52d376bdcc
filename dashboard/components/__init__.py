"""Pieces that views are made of; each has a `show(...)` that draws it where it is called."""
