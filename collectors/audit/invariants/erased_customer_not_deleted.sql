-- title: An erased customer was never marked deleted
-- reason: Erasing went another path than deleting: the row is anonymized and still counts as live.
-- severity: medium
-- about: customers
SELECT c.id, c.modified_at AS since
FROM customers c
WHERE c.deleted_at IS NULL AND c.email LIKE '%@anonymized.invalid'
