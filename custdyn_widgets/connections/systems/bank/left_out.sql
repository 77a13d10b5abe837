SELECT 'statement' AS input, row_id, 'names no customer' AS reason
FROM statement
WHERE NOT regexp_matches(COALESCE(Verwendungszweck, ''), 'K-?\d{4,}')
