"""The Target, read only: its catalog, and the rows that hold a key now.

engine.py      the handle on one database; `snapshot.py` is one look, a read-only transaction, and
               `outage.py` says what stopped it; `lineage.py` tells a restored server from the last
catalog.py     every unique key, marker and foreign key; made of `catalog_sql.py`,
               `table_columns.py`, `keys.py`, `markers.py` (whose times `instants.py` tells),
               `deletion.py` (what a deleted row still blocks: by what `asked_meanings.py` hears
               from the server, see `meaning.py`, also of the table's CHECKs, see `checked.py`,
               else by the `spellings.py` of it), and of `mapping.py` (what people know), as far as
               `borne_out.py` finds it true
holders.py     who holds these values, in batches; `shapes.py` asks once a key shape, with the SQL
               of `statements.py`, where `serving.py` finds an index for it; `rows.py` says what a
               row is called by, and `parents.py` whose deletion leaves it behind; `casting.py` and
               `dated.py` keep a value that does not fit, or is several, from spoiling its batch,
               `printing.py` says how one is printed
folding.py     how the Target itself folds a value
key_facts.py   what the audit asks besides the catalog
reader.py      what our own role may and may not do here
tombstones/    what Tombstones keep others from, counted

Identifiers and expressions in a statement come from the catalog, values are always bound. No
statement takes a lock stronger than ACCESS SHARE.
"""
