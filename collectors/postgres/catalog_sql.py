"""The catalog's questions, each asked once for a whole schema.

Names come out as `quote_ident` spells them, except where noted "raw". `pg_catalog` is written out
because a role's own search_path may put another schema before it. $1 is always the schemas' raw
names.
"""

from __future__ import annotations

_TABLES = """ARRAY(
    SELECT c.oid
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p')
      AND (NOT c.relispartition OR EXISTS (
          SELECT FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND i.indisunique AND NOT x.relispartition
      ))
)"""
"""A partition is a table of its own only where it has a unique index of its own."""

TABLES = f"""
SELECT c.oid, quote_ident(n.nspname), quote_ident(c.relname), c.relname,
       c.relkind = 'r' AND c.relhassubclass, c.relkind = 'p', CASE WHEN c.relkind = 'p' THEN ARRAY(
           SELECT DISTINCT quote_ident(a.attname) FROM pg_partition_tree(c.oid) t
           JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
           JOIN pg_catalog.pg_attribute a
               ON a.attrelid = t.relid AND a.attnum = ANY (p.partattrs::int2[])
           ORDER BY 1
       ) ELSE '{{}}' END,
       EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisexclusion),
       EXISTS (SELECT FROM pg_catalog.pg_subscription_rel s WHERE s.srrelid = c.oid
                  OR s.srrelid IN (SELECT t.relid FROM pg_partition_tree(c.oid) t))
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY ({_TABLES})
ORDER BY 2, 3
"""  # noqa: S608  (made of constants)
"""The fifth column is raw. The last three: what the table, or any part of it, is partitioned by,
whether an EXCLUDE constraint stands on it, and whether a subscription fills it."""

PARTITIONS = f"""
SELECT root.oid, quote_ident(n.nspname), quote_ident(c.relname),
       quote_ident(pn.nspname), quote_ident(p.relname), c.relkind = 'p'
FROM unnest({_TABLES}) ours (oid)
JOIN pg_catalog.pg_class root ON root.oid = ours.oid AND root.relkind = 'p'
CROSS JOIN LATERAL pg_partition_tree(root.oid) t
JOIN pg_catalog.pg_class c ON c.oid = t.relid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = t.parentrelid
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE t.level > 0
ORDER BY root.oid, t.level, 2, 3
"""  # noqa: S608  (made of constants)
"""Of each partitioned table; parents come before their partitions."""

_BASE_TYPES = """
WITH RECURSIVE base (oid, base, filled) AS (
    SELECT t.oid, t.oid, false FROM pg_catalog.pg_type t WHERE t.typtype <> 'd'
    UNION ALL
    SELECT t.oid, b.base, b.filled OR t.typnotnull
    FROM pg_catalog.pg_type t JOIN base b ON t.typbasetype = b.oid
    WHERE t.typtype = 'd'
)
"""

COLUMNS = f"""
{_BASE_TYPES}
SELECT a.attrelid, a.attnum, quote_ident(a.attname), a.attname,
       format_type(a.atttypid, a.atttypmod), NOT a.attnotnull OR v.oid IS NOT NULL,
       a.attgenerated <> '' OR a.attidentity <> '', t.typcategory::text,
       format_type(b.base, -1),
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid, true) END,
       a.attgenerated = '' AND d.adbin IS NOT NULL
           AND d.adbin::text !~ '{{(SQLVALUEFUNCTION|NEXTVALUEEXPR) ' AND NOT EXISTS (
               SELECT FROM regexp_matches(d.adbin::text, ':(?:op)?funcid ([0-9]+)', 'g') f (ids)
               JOIN pg_catalog.pg_proc p ON p.oid = f.ids[1]::oid WHERE p.provolatile <> 'i'
           ),
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid, true) END,
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = b.base
             ORDER BY e.enumsortorder), b.filled OR v.oid IS NOT NULL, a.attgenerated = 'v'
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN base b ON b.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
LEFT JOIN pg_catalog.pg_constraint v
    ON (v.conrelid, v.contype, v.convalidated) = (a.attrelid, 'n', false) AND v.conkey[1] = a.attnum
WHERE a.attrelid = ANY ({_TABLES}) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""  # noqa: S608  (made of constants)
"""The fourth column is raw. After a default, whether all of its functions are immutable: so
says PostgreSQL's own dump of it (nodes/outfuncs.c), and nothing else does. At the end, whether its
domain takes no NULL, or a NOT NULL that is not valid: older rows may have one; and whether it is
computed whenever it is read (since PostgreSQL 18)."""

KEY_PARTS = f"""
{_BASE_TYPES}
SELECT i.indrelid, i.indexrelid, x.relname, i.indisprimary,
       i.indisvalid AND i.indisready AND i.indislive, NOT i.indnullsnotdistinct,
       pg_get_expr(i.indpred, i.indrelid, true),
       CASE WHEN x.relkind = 'I' THEN ARRAY(
           SELECT p.relname::text FROM pg_partition_tree(i.indexrelid) t
           JOIN pg_catalog.pg_class p ON p.oid = t.relid WHERE t.level > 0 ORDER BY 1
       ) ELSE '{{}}' END,
       pg_get_indexdef(i.indexrelid, part.n, true), i.indkey[part.n - 1], i.indexprs::text,
       CASE WHEN a.atttypid = 'cstring'::regtype THEN 'name' ELSE format_type(b.base, -1) END,
       CASE WHEN l.oid <> 'pg_catalog."default"'::regcollation
              OR l.oid <> coalesce(nullif(col.attcollation, 0), l.oid)
            THEN quote_ident(ln.nspname) || '.' || quote_ident(l.collname) END,
       CASE WHEN opn.nspname = 'pg_catalog' AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_operator o
           WHERE (o.oprname, o.oprleft, o.oprright) = (op.oprname, b.base, b.base)
             AND o.oprnamespace <> op.oprnamespace
       ) THEN op.oprname::text ELSE format('OPERATOR(%I.%s)', opn.nspname, op.oprname) END,
       CASE WHEN part.n = 1 THEN pg_get_indexdef(i.indexrelid) END, k.oid IS NOT NULL,
       concat_ws(' ', CASE WHEN k.condeferrable THEN 'DEFERRABLE' END,
                 CASE WHEN k.condeferred THEN 'INITIALLY DEFERRED' END),
       i.indisreplident, quote_ident(ts.spcname)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = x.relam AND am.amname = 'btree'
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = x.reltablespace
CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) part (n)
JOIN pg_catalog.pg_attribute a ON (a.attrelid, a.attnum) = (i.indexrelid, part.n)
JOIN base b ON b.oid = a.atttypid
JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[part.n - 1]
JOIN pg_catalog.pg_amop ao ON ao.amopfamily = oc.opcfamily AND ao.amopstrategy = 3
    AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
JOIN pg_catalog.pg_operator op ON op.oid = ao.amopopr
JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace
LEFT JOIN pg_catalog.pg_collation l ON l.oid = i.indcollation[part.n - 1]
LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
LEFT JOIN pg_catalog.pg_attribute col
    ON (col.attrelid, col.attnum) = (i.indrelid, i.indkey[part.n - 1])
WHERE i.indrelid = ANY ({_TABLES}) AND i.indisunique AND NOT i.indisexclusion
  AND NOT x.relispartition
ORDER BY i.indrelid, x.relname, part.n
"""  # noqa: S608  (made of constants)
"""One row a key part. Index names are raw, as the server's messages print them. Strategy
3 of a btree operator family is equality, and an index on a `name` stores a cstring. Its operator is
qualified where another is made for just that type (there is none for varchar): that would be taken
before it."""

FOREIGN_KEYS = f"""
WITH ours (oids) AS (SELECT {_TABLES})
SELECT quote_ident(f.conname), quote_ident(n.nspname), quote_ident(c.relname),
       ARRAY(SELECT quote_ident(a.attname) FROM unnest(f.conkey) WITH ORDINALITY k (num, position)
             JOIN pg_catalog.pg_attribute a ON (a.attrelid, a.attnum) = (f.conrelid, k.num)
             ORDER BY k.position),
       quote_ident(tn.nspname), quote_ident(tc.relname),
       ARRAY(SELECT quote_ident(a.attname) FROM unnest(f.confkey) WITH ORDINALITY k (num, position)
             JOIN pg_catalog.pg_attribute a ON (a.attrelid, a.attnum) = (f.confrelid, k.num)
             ORDER BY k.position),
       f.confdeltype::text, coalesce(x.relname::text, ''), f.confupdtype::text
FROM pg_catalog.pg_constraint f
JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT f.confrelid AS oid
    UNION SELECT a.relid FROM pg_partition_ancestors(f.confrelid) a
    WHERE a.relid = ANY ((SELECT oids FROM ours)::oid[])
) other
JOIN pg_catalog.pg_class tc ON tc.oid = other.oid
JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
LEFT JOIN pg_catalog.pg_class x ON x.oid = f.conindid
WHERE f.contype = 'f' AND f.conparentid = 0
  AND (f.conrelid = ANY ((SELECT oids FROM ours)::oid[])
       OR other.oid = ANY ((SELECT oids FROM ours)::oid[]))
ORDER BY 2, 3, 1, 5, 6
"""  # noqa: S608  (made of constants)
"""With our tables at either end. What partitions inherit (`conparentid`) is left out; what refers
to one partition alone refers to its whole table too. The last column but one is raw: the index at
the other end that the foreign key rests on."""

TRIGGERS = f"""
WITH ours (oid) AS (SELECT unnest({_TABLES}))
SELECT DISTINCT part.root, quote_ident(t.tgname)
FROM (
    SELECT oid AS root, oid FROM ours
    UNION SELECT oid, t.relid FROM ours CROSS JOIN pg_partition_tree(oid) t
) part
JOIN pg_catalog.pg_trigger t ON t.tgrelid = part.oid
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & (8 | 16) <> 0
UNION
SELECT r.ev_class, format('rule %I', r.rulename)
FROM pg_catalog.pg_rewrite r
WHERE r.ev_class IN (SELECT oid FROM ours)
  AND r.ev_enabled IN ('O', 'A') AND r.ev_type IN ('2', '4')
ORDER BY 1, 2
"""  # noqa: S608  (made of constants)
"""8 is DELETE and 16 UPDATE in `tgtype` (catalog/pg_trigger.h), 2 and 4 in `ev_type`. A
partition's own trigger is its table's too: a statement on the one fires the other. So is a rule."""

ZONES = """
SELECT DISTINCT
       extract(epoch FROM at AT TIME ZONE current_setting('TimeZone') - at AT TIME ZONE 'UTC')::int
FROM generate_series(now() - interval '1 year', now(), interval '1 month') at
"""
"""How many seconds the database's own clock is ahead of UTC, in summer and in winter.

No interval is ever fetched: how one is printed is the role's or the database's to say.
"""

CHECKS = f"""
SELECT k.conrelid, k.conkey, pg_get_expr(k.conbin, k.conrelid, true), k.convalidated
FROM pg_catalog.pg_constraint k
WHERE k.contype = 'c' AND k.conrelid = ANY ({_TABLES})
UNION ALL
SELECT a.attrelid, ARRAY[a.attnum], pg_get_expr(k.conbin, 0, true), NULL
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_attribute a ON a.atttypid = k.contypid
WHERE k.contype = 'c' AND k.contypid <> 0 AND a.attrelid = ANY ({_TABLES})
  AND a.attnum > 0 AND NOT a.attisdropped
"""  # noqa: S608  (made of constants)
"""The tables' CHECKs and whether they hold for older rows too; then those of a column's domain."""

SEEN_STATES = r"""
SELECT s.schemaname, s.tablename, s.attname, v.label
FROM pg_catalog.pg_stats s
CROSS JOIN LATERAL unnest(s.most_common_vals::text::text[]) v (label)
WHERE s.schemaname = ANY ($1::text[]) AND s.attname ~* '(status|state)$'
  AND lower(v.label) = ANY ($2::text[])
UNION ALL
SELECT s.schemaname, s.tablename, s.attname, NULL
FROM pg_catalog.pg_stats s
WHERE s.schemaname = ANY ($1::text[]) AND s.attname ~* '(del|remov|discard|trash)'
  AND s.null_frac > 0
  AND NOT coalesce(s.most_common_vals::text::text[], '{}') && ARRAY['0', '0.0', '0.00']
UNION ALL
SELECT s.schemaname, s.tablename, s.attname, '@'
FROM pg_catalog.pg_stats s
JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
JOIN pg_catalog.pg_class c ON (c.relnamespace, c.relname) = (n.oid, s.tablename)
JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
JOIN pg_catalog.pg_attribute a
    ON (a.attrelid, a.attname) = (c.oid, s.attname) AND a.attnum = ANY (i.indkey::int2[])
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typcategory = 'S'
WHERE s.schemaname = ANY ($1::text[])
  AND concat(s.histogram_bounds::text, s.most_common_vals::text) LIKE '%@%'
  AND concat(s.histogram_bounds::text, s.most_common_vals::text)
      ~ '[^@\s,{"]@[^@\s,}"]+\.[[:alpha:]]'
"""
"""$2 the labels that mean deletion; names are raw. A text status tells its values nowhere else,
and a number whether a live row has NULL or 0 in it: NULL, where some are NULL and 0 is not common.
An `@` is told of a primary key that has e-mail addresses in it. Nothing but these labels leaves the
statistics."""
