SELECT id AS client_id, 'plan:' || Plan AS tag FROM customers WHERE Plan IS NOT NULL
