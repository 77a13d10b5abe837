-- A client's currency is that of its transactions, where they have one.
WITH own AS (
    SELECT Customer, CASE WHEN count(DISTINCT upper(Currency)) = 1 THEN min(upper(Currency)) END AS code
    FROM balance_transactions
    GROUP BY Customer
)
SELECT
    'customers' AS input, c.row_id,
    id AS client_id, COALESCE(Name, Description, Email) AS name, 'client' AS type,
    COALESCE(
        own.code, upper(c.Currency),
        (SELECT CASE WHEN count(DISTINCT upper(Currency)) = 1 THEN min(upper(Currency)) END
         FROM balance_transactions)
    ) AS currency,
    "Created (UTC)" AS created_at
FROM customers c LEFT JOIN own ON own.Customer = c.id
