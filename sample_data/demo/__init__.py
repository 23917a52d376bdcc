"""`tombstone demo`: a shop that has the bug, what watches it, and Tombstone over both."""
