SELECT accountcode AS client_id, balance FROM accounts WHERE balance IS NOT NULL
