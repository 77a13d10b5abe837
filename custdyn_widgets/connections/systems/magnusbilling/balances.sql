SELECT u.id AS client_id, u.credit AS balance
FROM pkg_user u JOIN pkg_group_user g ON g.id = u.id_group
WHERE g.id_user_type IN (2, 3)
