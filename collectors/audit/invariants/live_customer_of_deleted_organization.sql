-- title: A deleted organization still has customers
-- reason: Nobody can see or delete these customers any more, and nothing about them is whole.
-- severity: high
-- about: customers
SELECT c.id, o.deleted_at AS since
FROM customers c
JOIN organizations o ON o.id = c.organization_id
WHERE o.deleted_at IS NOT NULL AND c.deleted_at IS NULL
