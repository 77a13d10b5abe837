-- Calls of customers and of their resellers, and what invoice_details charges or pays. An invoice run
-- adds the calls once more, as totals: these are left out, as left_out.sql says.
WITH item AS (
    SELECT order_id, min(product_id) AS product_id FROM order_items WHERE product_category <> 3
    GROUP BY order_id
),
call AS (
    SELECT 'cdrs' AS input, 'call' AS what, * FROM cdrs
    UNION ALL
    SELECT 'reseller_cdrs', 'resale', * FROM reseller_cdrs
),
detail AS (
    SELECT
        d.*, CASE WHEN is_tax IS DISTINCT FROM 1 THEN item.product_id END AS product,
        CASE
            WHEN is_tax = 1 THEN 'tax'
            WHEN upper(trim(charge_type)) IN ('REFILL', 'VOUCHER', 'INVPAY') THEN 'refill'
            WHEN item.product_id IS NOT NULL AND description ILIKE '%has been renewed%'
                THEN 'package_renewal'
            WHEN item.product_id IS NOT NULL AND debit > 0 THEN 'package_activation'
            ELSE 'correction'
        END AS kind
    FROM invoice_details d LEFT JOIN item ON item.order_id = d.order_item_id
    WHERE created_date IS NOT NULL AND accountid IS NOT NULL
        AND NOT (
            COALESCE(order_item_id, 0) = 0 AND COALESCE(upper(trim(charge_type)), '') IN
            ('STANDARD', 'DID', 'FREE', 'CALLINGCARD', 'FAX', 'LOCAL', 'BROADCAST')
        )
)
SELECT
    input, row_id,
    concat_ws(':', what, uniqueid, accountid, call_direction) AS entry_id, true AS repeats,
    accountid AS client_id, callstart AS occurred_at, 'payg' AS kind, -debit AS amount,
    NULL AS package_id, calltype AS service, callednum AS destination, billseconds AS quantity,
    NULL AS description
FROM call
WHERE debit > 0 AND COALESCE(upper(calltype), '') <> 'FREE'
    AND callstart IS NOT NULL AND accountid IS NOT NULL
UNION ALL
SELECT
    'invoice_details', row_id, concat('detail:', id, ':debit'), false, accountid, created_date, kind,
    -debit, product, charge_type, NULL, NULL, description
FROM detail
WHERE debit <> 0
UNION ALL
SELECT
    'invoice_details', row_id, concat('detail:', id, ':credit'), false, accountid, created_date, kind,
    credit, product, charge_type, NULL, NULL, description
FROM detail
WHERE credit <> 0
