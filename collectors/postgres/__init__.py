"""The Target, read only: its catalog, and the rows that hold a key now.

engine.py      the handle on one database; `snapshot.py` is one look, a read-only transaction, and
               `outage.py` says what stopped it
catalog.py     every unique key, marker and foreign key; made of `table_columns.py`, `keys.py`,
               `markers.py`, `deletion.py` (what a deleted row still blocks), and of `mapping.py`
               (what people know), as far as `borne_out.py` finds it true
holders.py     who holds these values, in batches; `statements.py` writes the SQL, `casting.py`
               keeps a value that does not fit from spoiling its batch, `printing.py` says how one
               is printed
reader.py      what our own role may and may not do here

Identifiers and expressions in a statement come from the catalog, values are always bound. No
statement takes a lock stronger than ACCESS SHARE.
"""
