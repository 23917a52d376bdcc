"""`tombstone demo`: a shop that has the bug, what watches it, and Tombstone over both."""

from sample_data.demo.run import run

__all__ = ["run"]
