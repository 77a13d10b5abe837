-- Plans and services, by label: rows of pkg_refill know only that, so two of one label are one.
SELECT DISTINCT 'plan:' || label AS package_id, label AS name, 1 AS period_months FROM pkg_offer
WHERE label IS NOT NULL
UNION
SELECT DISTINCT 'service:' || name, name, 1 FROM pkg_services WHERE name IS NOT NULL
