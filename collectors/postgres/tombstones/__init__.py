"""What a Target's Tombstones keep others from, counted by the database itself.

exposure.py     Tombstones that hold a key a create could ask for; estimates from the statistics
recreations.py  creates a day, and those whose key a Tombstone has or had
dependents.py   what depends on a Tombstone: rows of other tables, and money
conditions.py   the SQL that all of them are made of

One statement a table, each a plain read: nothing here takes a lock stronger than ACCESS SHARE.
"""
