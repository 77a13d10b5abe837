-- A charge is money that came in for a sale: two entries, what was sold and what was paid, so that
-- balances stay 0 and each has its row. A top-up is only paid.
SELECT
    'balance_transactions' AS input, t.row_id,
    t.id || ':sold' AS entry_id, t.Customer AS client_id, t."Created (UTC)" AS occurred_at,
    CASE
        WHEN t.Description = 'Subscription creation' THEN 'package_activation'
        WHEN t.Description LIKE 'Subscription %' THEN 'package_renewal'
        ELSE 'payg'
    END AS kind,
    -t.Amount AS amount,
    CASE WHEN t.Description LIKE 'Subscription %' THEN c.Plan END AS package_id,
    t.Description AS description
FROM balance_transactions t LEFT JOIN customers c ON c.id = t.Customer
WHERE t.Type IN ('charge', 'payment') AND t.Description IS DISTINCT FROM 'Top-up'
    AND t.Customer IS NOT NULL
UNION ALL
SELECT
    'balance_transactions', row_id, id || ':paid', Customer, "Created (UTC)",
    CASE WHEN Type IN ('charge', 'payment') THEN 'refill' ELSE Type END,
    Amount, NULL, Description
FROM balance_transactions
WHERE Type IN ('charge', 'payment', 'refund', 'payment_refund', 'adjustment')
    AND Customer IS NOT NULL
