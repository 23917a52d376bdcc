"""What a Target's Tombstones keep others from, counted by the database itself.

exposure.py     Tombstones that hold a key a create could ask for; estimates from the statistics
recreations.py  creates a day, and those whose key a Tombstone has or had
dependents.py   what depends on a Tombstone: rows of other tables, and money
leftovers.py    what deletions left behind, place by place; `leftover_sql.py` says where to look
names.py        what organizations are called
conditions.py   the SQL that all of them are made of

Each statement is a plain read: nothing here takes a lock stronger than ACCESS SHARE.
"""
