SELECT 'cdr' AS input, row_id, 'nothing to pay' AS reason FROM cdr WHERE price = 0 OR price IS NULL
