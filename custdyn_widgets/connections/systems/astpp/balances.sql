-- Of post-paid accounts balance is what is owed.
SELECT id AS client_id, CASE WHEN posttoexternal = 1 THEN -balance ELSE balance END AS balance
FROM accounts
WHERE type IN (0, 1, 5)
