-- title: A customer has members and no owner
-- reason: A customer and its owner are created in one transaction. Where the owner is missing, the
--   creation was cut in two, or a deletion took the owner alone. Organizations that have no owners
--   at all do not use them and are left out.
-- severity: medium
-- about: customers
SELECT c.id, c.created_at AS since
FROM customers c
WHERE c.deleted_at IS NULL
  AND EXISTS (
    SELECT FROM members m WHERE m.customer_id = c.id AND m.deleted_at IS NULL
  )
  AND NOT EXISTS (
    SELECT FROM members m
    WHERE m.customer_id = c.id AND m.deleted_at IS NULL AND m.role = 'owner'
  )
  AND EXISTS (
    SELECT FROM members m WHERE m.organization_id = c.organization_id AND m.role = 'owner'
  )
