-- What is no money of a client, and why.
WITH call AS (
    SELECT 'cdrs' AS input, row_id, accountid, callstart, debit, calltype FROM cdrs
    UNION ALL
    SELECT 'reseller_cdrs', row_id, accountid, callstart, debit, calltype FROM reseller_cdrs
)
SELECT
    input, row_id,
    CASE
        WHEN upper(calltype) = 'FREE' THEN 'free minutes of a package'
        WHEN callstart IS NULL THEN 'has no date'
        WHEN accountid IS NULL THEN 'of no account'
        ELSE 'nothing to pay'
    END AS reason
FROM call
WHERE COALESCE(debit, 0) = 0 OR upper(calltype) = 'FREE' OR callstart IS NULL OR accountid IS NULL
UNION ALL
SELECT
    'invoice_details', row_id,
    CASE
        WHEN COALESCE(debit, 0) = 0 AND COALESCE(credit, 0) = 0 THEN 'moves nothing'
        WHEN created_date IS NULL THEN 'has no date'
        WHEN accountid IS NULL THEN 'of no account'
        ELSE 'an invoice''s total of calls that are counted one by one'
    END
FROM invoice_details
WHERE (COALESCE(debit, 0) = 0 AND COALESCE(credit, 0) = 0)
    OR created_date IS NULL OR accountid IS NULL
    OR (
        COALESCE(order_item_id, 0) = 0 AND COALESCE(upper(trim(charge_type)), '') IN
        ('STANDARD', 'DID', 'FREE', 'CALLINGCARD', 'FAX', 'LOCAL', 'BROADCAST')
    )
UNION ALL
SELECT 'accounts', row_id, 'an administrator, a provider or another account without a balance of its own'
FROM accounts WHERE type NOT IN (0, 1, 5) OR type IS NULL
