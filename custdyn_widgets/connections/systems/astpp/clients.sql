-- Types 0, 1 and 5; administrators, providers and others hold no balance of a client.
SELECT
    'accounts' AS input, row_id,
    id AS client_id,
    COALESCE(
        NULLIF(trim(company_name), ''), NULLIF(trim(concat(first_name, ' ', last_name)), ''), number
    ) AS name,
    CASE type WHEN 1 THEN 'reseller' WHEN 5 THEN 'call_shop' ELSE 'client' END AS type,
    NULLIF(reseller_id, 0) AS owner_id,
    (
        SELECT CASE WHEN count(DISTINCT upper(trim(value))) = 1 THEN min(upper(trim(value))) END
        FROM "system"
    ) AS currency,
    NULLIF(creation, TIMESTAMP '1000-01-01') AS created_at,
    CASE WHEN deleted = 1 THEN NULLIF(deleted_date, TIMESTAMP '1000-01-01') END AS closed_at
FROM accounts
WHERE type IN (0, 1, 5)
