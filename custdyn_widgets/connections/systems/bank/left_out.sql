SELECT
    'statement' AS input, paid.row_id,
    CASE
        WHEN number = '' OR number IS NULL THEN 'names no customer'
        ELSE 'not in the customer''s currency: ' || "Währung"
    END AS reason
FROM (
    SELECT *, regexp_extract(Verwendungszweck, 'K-?(\d{4,})', 1) AS number FROM statement
) AS paid LEFT JOIN customers USING (number)
WHERE number = '' OR number IS NULL OR upper("Währung") <> upper(currency)
