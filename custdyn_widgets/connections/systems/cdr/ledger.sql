-- Legs of a call that was transferred share a uniqueid: such entries are numbered.
SELECT
    'cdr' AS input, row_id, 'call:' || uniqueid AS entry_id, true AS repeats,
    accountcode AS client_id, "start" AS occurred_at, 'payg' AS kind, -price AS amount,
    dst AS destination, billsec AS quantity
FROM cdr
WHERE price <> 0 AND accountcode IS NOT NULL AND uniqueid IS NOT NULL AND "start" IS NOT NULL
UNION ALL
SELECT
    'payments', row_id, 'payment:' || id, false, accountcode, paid,
    CASE WHEN amount > 0 THEN 'refill' ELSE 'correction' END, amount, NULL, NULL
FROM payments
WHERE accountcode IS NOT NULL AND paid IS NOT NULL
