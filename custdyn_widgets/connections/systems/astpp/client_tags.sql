SELECT a.id AS client_id, p.name AS tag
FROM accounts a JOIN pricelists p ON p.id = a.pricelist_id
WHERE a.type IN (0, 1, 5) AND p.name IS NOT NULL
