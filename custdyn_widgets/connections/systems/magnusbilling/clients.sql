-- Agents and clients; administrators (id_user_type 1) are none. A calling card is a user whose PIN
-- is a voucher that was used.
SELECT
    'pkg_user' AS input, u.row_id,
    u.id AS client_id,
    COALESCE(NULLIF(trim(concat(u.firstname, ' ', u.lastname)), ''), u.username) AS name,
    CASE
        WHEN g.id_user_type = 2 THEN 'reseller'
        WHEN u.callshop = '1' THEN 'call_shop'
        WHEN EXISTS (
            SELECT 1 FROM pkg_voucher v
            WHERE v.id_user = u.id AND v.voucher = u.callingcard_pin AND v.used = 1
        ) THEN 'calling_card'
        ELSE 'client'
    END AS type,
    NULLIF(u.id_user, 1) AS owner_id,
    (
        SELECT CASE WHEN count(DISTINCT upper(trim(config_value))) = 1 THEN min(upper(trim(config_value))) END
        FROM pkg_configuration
    ) AS currency,
    u.creationdate AS created_at
FROM pkg_user u
JOIN pkg_group_user g ON g.id = u.id_group
WHERE g.id_user_type IN (2, 3)
