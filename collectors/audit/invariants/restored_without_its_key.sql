-- title: A restored customer did not get its key back
-- reason: Its e-mail address is a made-up one, or its external ID still lies where a release put it
--   aside. Whoever looks for this customer by the real value finds nobody, and may create a second.
-- severity: high
-- about: customers
SELECT c.id, c.modified_at AS since
FROM customers c
WHERE c.deleted_at IS NULL
  AND (
    c.email LIKE 'released+%@tombstone.invalid'
    OR (c.external_id IS NULL AND coalesce(c.user_metadata ? '__external_id', false))
  )
