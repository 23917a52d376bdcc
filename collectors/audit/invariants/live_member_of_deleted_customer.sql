-- title: A deleted customer still has members
-- reason: Deleting a customer must delete its members in the same transaction. A member left behind
--   keeps its e-mail address and external ID from being used again, although nobody can see it.
-- severity: high
-- about: members
SELECT m.id, c.deleted_at AS since
FROM members m
JOIN customers c ON c.id = m.customer_id
WHERE c.deleted_at IS NOT NULL AND m.deleted_at IS NULL
