SELECT
    id AS client_id, COALESCE(Name, Description, Email) AS name, 'client' AS type,
    upper(Currency) AS currency, "Created (UTC)" AS created_at
FROM customers
