-- A statement has no numbers: two alike of a day are numbered.
WITH paid AS (
    SELECT *, regexp_extract(Verwendungszweck, 'K-?(\d{4,})', 1) AS number FROM statement
)
SELECT
    'statement' AS input, paid.row_id,
    concat_ws(':', number, strftime(Buchungstag, '%Y-%m-%d'), Betrag) AS entry_id, true AS repeats,
    number AS client_id, Buchungstag AS occurred_at,
    CASE WHEN Betrag > 0 THEN 'refill' ELSE 'correction' END AS kind,
    Betrag AS amount, Verwendungszweck AS description
FROM paid LEFT JOIN customers USING (number)
-- the others are left out, as left_out.sql says
WHERE number <> '' AND COALESCE(upper("Währung") = upper(currency), true)
