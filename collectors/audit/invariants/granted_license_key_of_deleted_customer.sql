-- title: A deleted customer's license key is still granted
-- reason: What was bought must be revoked when its owner is deleted, in the same transaction.
-- severity: medium
-- about: license_keys
SELECT k.id, c.deleted_at AS since
FROM license_keys k
JOIN customers c ON c.id = k.customer_id
WHERE c.deleted_at IS NOT NULL AND k.deleted_at IS NULL AND k.status = 'granted'
