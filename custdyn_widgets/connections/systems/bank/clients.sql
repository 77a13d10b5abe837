SELECT number AS client_id, name, 'client' AS type, currency, since AS created_at FROM customers
