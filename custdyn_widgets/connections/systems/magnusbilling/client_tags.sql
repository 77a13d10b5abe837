-- The group, the plan, and whether a client is switched off.
SELECT u.id AS client_id, g.name AS tag
FROM pkg_user u JOIN pkg_group_user g ON g.id = u.id_group
WHERE g.id_user_type IN (2, 3) AND g.name IS NOT NULL
UNION ALL
SELECT u.id, 'plan:' || p.name
FROM pkg_user u JOIN pkg_group_user g ON g.id = u.id_group JOIN pkg_plan p ON p.id = u.id_plan
WHERE g.id_user_type IN (2, 3) AND p.name IS NOT NULL
UNION ALL
SELECT u.id, 'inactive'
FROM pkg_user u JOIN pkg_group_user g ON g.id = u.id_group
WHERE u.active = 0 AND g.id_user_type IN (2, 3)
