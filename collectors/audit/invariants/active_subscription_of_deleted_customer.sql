-- title: A deleted customer still has an active subscription
-- reason: Deleting a customer must end what it pays for in the same transaction; else somebody who
--   is gone goes on being billed, and cannot be found to be helped.
-- severity: high
-- about: subscriptions
SELECT s.id, c.deleted_at AS since
FROM subscriptions s
JOIN customers c ON c.id = s.customer_id
WHERE c.deleted_at IS NOT NULL AND s.deleted_at IS NULL
  AND s.status IN ('trialing', 'active', 'past_due')
