-- What is no money of a client, and why.
SELECT 'pkg_refill' AS input, row_id, 'waits for a payment gateway' AS reason
FROM pkg_refill
WHERE payment = 0 AND regexp_matches(description, '(?i)Aguardando|pendente|PENDING:|Não foi pago')
UNION ALL
SELECT 'pkg_refill', row_id, 'an agent''s row for a DID of a client, never booked'
FROM pkg_refill
WHERE credit > 0
    AND regexp_matches(description, '(?i)^(Monthly payment|Paga mensual del|Pagamento mensal do) DID')
UNION ALL
SELECT 'pkg_refill', row_id, CASE WHEN date IS NULL THEN 'has no date' ELSE 'of no client' END
FROM pkg_refill WHERE date IS NULL OR id_user IS NULL
UNION ALL
SELECT
    'calls', row_id,
    CASE
        WHEN starttime IS NULL THEN 'has no date' WHEN id_user IS NULL THEN 'of no client'
        ELSE 'nothing to pay'
    END
FROM calls
WHERE starttime IS NULL OR id_user IS NULL
    OR (COALESCE(sessionbill, 0) = 0 AND COALESCE(agent_bill, 0) = 0)
UNION ALL
SELECT
    'pkg_user', u.row_id,
    CASE WHEN g.id IS NULL THEN 'in no group' ELSE 'an administrator' END
FROM pkg_user u LEFT JOIN pkg_group_user g ON g.id = u.id_group
WHERE g.id IS NULL OR g.id_user_type NOT IN (2, 3)
