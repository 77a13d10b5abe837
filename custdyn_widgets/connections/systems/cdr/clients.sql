SELECT accountcode AS client_id, name, 'client' AS type, upper(currency) AS currency, created AS created_at
FROM accounts
