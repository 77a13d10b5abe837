SELECT
    'balance_transactions' AS input, row_id,
    CASE WHEN Customer IS NULL THEN 'of no customer: ' || Type ELSE 'no money of a client: ' || Type END
        AS reason
FROM balance_transactions
WHERE Customer IS NULL
    OR Type NOT IN ('charge', 'payment', 'refund', 'payment_refund', 'adjustment')
