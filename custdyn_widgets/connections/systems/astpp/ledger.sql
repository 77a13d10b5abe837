-- Calls of customers and of their resellers, and what invoice_details charges or pays. An invoice run
-- adds the calls once more, as totals: these are left out, as left_out.sql says.
WITH item AS (
    SELECT order_id, min(product_id) AS product_id FROM order_items WHERE product_category <> 3
    GROUP BY order_id
),
call AS (
    SELECT 'cdrs' AS input, 'call' AS what, * FROM cdrs WHERE debit > 0 AND calltype <> 'FREE'
    UNION ALL
    SELECT 'reseller_cdrs', 'resale', * FROM reseller_cdrs WHERE debit > 0 AND calltype <> 'FREE'
),
detail AS (
    SELECT
        d.*, CASE WHEN d.is_tax = 0 THEN item.product_id END AS product,
        CASE
            WHEN is_tax = 1 THEN 'tax'
            WHEN charge_type IN ('REFILL', 'Voucher', 'INVPAY') THEN 'refill'
            WHEN item.product_id IS NULL OR debit <= 0 THEN 'correction'
            WHEN description LIKE '%has been renewed%' THEN 'package_renewal'
            ELSE 'package_activation'
        END AS kind
    FROM invoice_details d LEFT JOIN item ON item.order_id = d.order_item_id
)
SELECT
    input, row_id,
    concat_ws(':', what, uniqueid, accountid, call_direction) AS entry_id,
    true AS repeats,
    accountid AS client_id, callstart AS occurred_at, 'payg' AS kind, -debit AS amount,
    NULL AS package_id, calltype AS service, callednum AS destination, billseconds AS quantity,
    NULL AS description
FROM call
UNION ALL
SELECT
    'invoice_details', row_id, concat('detail:', id, ':debit'), false, accountid, created_date, kind,
    -debit, product, charge_type, NULL, NULL, description
FROM detail
WHERE debit > 0 AND NOT (
    order_item_id = 0
    AND charge_type IN ('STANDARD', 'DID', 'FREE', 'CALLINGCARD', 'FAX', 'LOCAL', 'BROADCAST')
)
UNION ALL
SELECT
    'invoice_details', row_id, concat('detail:', id, ':credit'), false, accountid, created_date,
    CASE WHEN kind IN ('refill', 'tax') THEN kind ELSE 'correction' END,
    credit, NULL, charge_type, NULL, NULL, description
FROM detail
WHERE credit > 0
