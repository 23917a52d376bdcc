-- title: A key was released by hand and not recorded
-- reason: Somebody wrote a made-up address over a deleted customer's own. What it was stands nowhere,
--   so it can neither be restored nor explained. The remedy `release-key` keeps a sealed image.
-- severity: low
-- about: customers
SELECT c.id, c.deleted_at AS since
FROM customers c
WHERE c.deleted_at IS NOT NULL
  AND c.email LIKE 'released%'
  AND c.email NOT LIKE 'released+%@tombstone.invalid'
  AND NOT coalesce(c.user_metadata ? '__email', false)
