SELECT DISTINCT Plan AS package_id, Plan AS name, 1 AS period_months
FROM customers
WHERE Plan IS NOT NULL
