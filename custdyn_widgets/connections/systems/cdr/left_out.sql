SELECT
    'cdr' AS input, row_id,
    CASE
        WHEN price = 0 OR price IS NULL THEN 'nothing to pay' WHEN accountcode IS NULL THEN 'of no account'
        WHEN uniqueid IS NULL THEN 'has no uniqueid' ELSE 'has no date'
    END AS reason
FROM cdr
WHERE price = 0 OR price IS NULL OR accountcode IS NULL OR uniqueid IS NULL OR "start" IS NULL
UNION ALL
SELECT 'payments', row_id, CASE WHEN accountcode IS NULL THEN 'of no account' ELSE 'has no date' END
FROM payments
WHERE accountcode IS NULL OR paid IS NULL
