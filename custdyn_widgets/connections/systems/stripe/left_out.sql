WITH own AS (
    SELECT Customer, CASE WHEN count(DISTINCT upper(Currency)) = 1 THEN min(upper(Currency)) END AS code
    FROM balance_transactions
    GROUP BY Customer
)
SELECT
    'balance_transactions' AS input, b.row_id,
    CASE
        WHEN b.Customer IS NULL THEN 'of no customer: ' || Type
        WHEN Type NOT IN ('charge', 'payment', 'refund', 'payment_refund', 'adjustment')
            THEN 'no money of a client: ' || Type
        ELSE 'not in the customer''s currency: ' || upper(b.Currency)
    END AS reason
FROM balance_transactions b LEFT JOIN own USING (Customer) LEFT JOIN customers c ON c.id = b.Customer
WHERE b.Customer IS NULL
    OR Type NOT IN ('charge', 'payment', 'refund', 'payment_refund', 'adjustment')
    OR (own.code IS NULL AND upper(b.Currency) IS DISTINCT FROM upper(c.Currency))
