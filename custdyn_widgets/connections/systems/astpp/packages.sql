-- Category 3 is a product that refills.
SELECT id AS package_id, COALESCE(name, id::VARCHAR) AS name, NULLIF(trim(description), '') AS description
FROM products
WHERE product_category <> 3
