-- title: Members were deleted at another time than their customer
-- reason: One transaction gives both the same time. A member that went more than a minute later was
--   deleted by another path: a retry, a job, or somebody with a database console.
-- severity: low
-- about: members
SELECT m.id, c.deleted_at AS since
FROM members m
JOIN customers c ON c.id = m.customer_id
WHERE m.deleted_at > c.deleted_at + interval '1 minute'
