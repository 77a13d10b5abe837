-- A charge is money that came in for a sale: two entries, what was sold and what was paid, so that
-- balances stay 0 and each has its row. A top-up is only paid. What is in another currency than the
-- client is left out: see clients.sql.
WITH own AS (
    SELECT Customer, CASE WHEN count(DISTINCT upper(Currency)) = 1 THEN min(upper(Currency)) END AS code
    FROM balance_transactions
    GROUP BY Customer
),
t AS (
    SELECT b.*, c.Plan
    FROM balance_transactions b LEFT JOIN own USING (Customer) LEFT JOIN customers c ON c.id = b.Customer
    WHERE b.Customer IS NOT NULL AND (own.code IS NOT NULL OR upper(b.Currency) = upper(c.Currency))
)
SELECT
    'balance_transactions' AS input, t.row_id,
    t.id || ':sold' AS entry_id, t.Customer AS client_id, t."Created (UTC)" AS occurred_at,
    CASE
        WHEN t.Description = 'Subscription creation' THEN 'package_activation'
        WHEN t.Description LIKE 'Subscription %' THEN 'package_renewal'
        ELSE 'payg'
    END AS kind,
    -t.Amount AS amount,
    CASE WHEN t.Description LIKE 'Subscription %' THEN t.Plan END AS package_id,
    t.Description AS description
FROM t
WHERE t.Type IN ('charge', 'payment') AND t.Description IS DISTINCT FROM 'Top-up'
UNION ALL
SELECT
    'balance_transactions', row_id, id || ':paid', Customer, "Created (UTC)",
    CASE WHEN Type IN ('charge', 'payment') THEN 'refill' ELSE Type END,
    Amount, NULL, Description
FROM t
WHERE Type IN ('charge', 'payment', 'refund', 'payment_refund', 'adjustment')
