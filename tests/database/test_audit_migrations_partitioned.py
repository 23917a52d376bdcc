"""Migrations of partitioned tables, and of keys with a status in them."""

from __future__ import annotations

import psycopg
import pytest

from sample_data.postgres import Database
from tests.database.auditing_world import draft_of, findings_of, run, statements_of

PARTITIONED = """
CREATE TABLE t (id int NOT NULL, region text NOT NULL, email text NOT NULL, deleted_at timestamptz)
PARTITION BY LIST (region);
CREATE TABLE t_eu PARTITION OF t FOR VALUES IN ('eu') PARTITION BY RANGE (region);
CREATE TABLE "T eu 1" PARTITION OF t_eu FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
CREATE TABLE t_us PARTITION OF t FOR VALUES IN ('us');
INSERT INTO t VALUES (1, 'eu', 'a', now()), (2, 'us', 'a', NULL);
"""


@pytest.mark.parametrize(
    "key",
    [
        "CREATE UNIQUE INDEX k ON t (region, email)",
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (region, email)",
        "CREATE UNIQUE INDEX k ON t (region, email, deleted_at)",
    ],
)
def test_a_partitioned_table_is_mended_partition_by_partition(key: str, database: Database) -> None:
    database.execute(PARTITIONED + key)
    statements = statements_of(draft_of(database, "k"))
    for _ in range(2):
        run(database, statements)
    assert findings_of(database) == []
    database.execute("INSERT INTO t VALUES (3, 'eu', 'a')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("INSERT INTO t VALUES (4, 'eu', 'a')")


@pytest.mark.parametrize("above", ["", "region, "], ids=["the table", "a part of it"])
def test_no_migration_takes_a_partition_s_own_column_out_of_the_key(
    above: str, database: Database
) -> None:
    """PostgreSQL refuses such a key: a file that cannot be run is worse than a sentence."""
    columns = "id int NOT NULL, region text NOT NULL, email text NOT NULL, is_deleted boolean"
    made = f"CREATE TABLE t ({columns}) PARTITION BY LIST (is_deleted);"
    if above:
        made = (
            f"CREATE TABLE t ({columns}) PARTITION BY LIST (region);"
            "CREATE TABLE t_eu PARTITION OF t FOR VALUES IN ('eu') PARTITION BY LIST (is_deleted);"
        )
    whole = "t_eu" if above else "t"
    database.execute(
        f"{made} CREATE TABLE live PARTITION OF {whole} FOR VALUES IN (false);"
        f"CREATE TABLE gone PARTITION OF {whole} FOR VALUES IN (true);"
    )
    database.execute(f"CREATE UNIQUE INDEX k ON t ({above}email, is_deleted)")
    (finding,) = findings_of(database)
    assert (finding.rule, finding.migration) == ("boolean_in_key", None)
    assert "The table is partitioned by is_deleted, which a unique key" in finding.reason


@pytest.mark.parametrize("partitioned", [False, True])
def test_a_status_stays_in_the_key_of_the_live_rows(partitioned: bool, database: Database) -> None:
    """One order may be active and paused at once; a stricter key would refuse what works today."""
    database.execute(
        "CREATE TABLE t (order_id int NOT NULL, status text NOT NULL"
        " CHECK (status IN ('active', 'paused', 'deleted')))"
        + (
            " PARTITION BY LIST (status);"
            "CREATE TABLE gone PARTITION OF t FOR VALUES IN ('deleted');"
            "CREATE TABLE here PARTITION OF t FOR VALUES IN ('active', 'paused');"
            if partitioned
            else ";"
        )
        + "CREATE UNIQUE INDEX k ON t (order_id, status);"
        "INSERT INTO t VALUES (1, 'active'), (1, 'paused'), (1, 'deleted')"
    )
    run(database, statements_of(draft_of(database, "k")))

    assert findings_of(database) == []
    database.execute("INSERT INTO t VALUES (1, 'deleted'), (2, 'active'), (2, 'paused')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("INSERT INTO t VALUES (2, 'paused')")


def test_a_partition_made_meanwhile_stops_the_migration_before_the_drop(database: Database) -> None:
    database.execute(PARTITIONED + "CREATE UNIQUE INDEX k ON t (region, email)")
    statements = statements_of(draft_of(database, "k"))
    database.execute("CREATE TABLE t_as PARTITION OF t FOR VALUES IN ('as')")
    with pytest.raises(psycopg.errors.RaiseException, match="not valid"):
        run(database, statements)
    run(database, statements_of(draft_of(database, "k")))
    assert findings_of(database) == []
