-- title: A deleted customer still holds a benefit
-- reason: Benefits are revoked by a job of their own. Where that job failed or was never queued, the
--   deletion was not whole.
-- severity: medium
-- about: benefit_grants
SELECT g.id, c.deleted_at AS since
FROM benefit_grants g
JOIN customers c ON c.id = g.customer_id
WHERE c.deleted_at IS NOT NULL AND g.deleted_at IS NULL
  AND g.granted_at IS NOT NULL AND g.revoked_at IS NULL
