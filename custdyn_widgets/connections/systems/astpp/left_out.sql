SELECT 'invoice_details' AS input, row_id, 'an invoice''s total of calls that are counted one by one' AS reason
FROM invoice_details
WHERE order_item_id = 0 AND debit > 0
    AND charge_type IN ('STANDARD', 'DID', 'FREE', 'CALLINGCARD', 'FAX', 'LOCAL', 'BROADCAST')
UNION ALL
SELECT 'invoice_details', row_id, 'moves nothing' FROM invoice_details WHERE debit = 0 AND credit = 0
UNION ALL
SELECT 'cdrs', row_id, CASE calltype WHEN 'FREE' THEN 'free minutes of a package' ELSE 'nothing to pay' END
FROM cdrs WHERE debit = 0 OR debit IS NULL OR calltype = 'FREE'
UNION ALL
SELECT 'reseller_cdrs', row_id, CASE calltype WHEN 'FREE' THEN 'free minutes of a package' ELSE 'nothing to pay' END
FROM reseller_cdrs WHERE debit = 0 OR debit IS NULL OR calltype = 'FREE'
UNION ALL
SELECT 'accounts', row_id, 'an administrator, a provider or another account without a balance of its own'
FROM accounts WHERE type NOT IN (0, 1, 5)
