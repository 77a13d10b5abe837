-- A call of an agent's client costs the client agent_bill and the agent sessionbill. Everything else
-- is a row of pkg_refill, told apart by its text, as MagnusBilling writes it in its languages.
WITH call AS (
    SELECT
        *,
        -- its id changes in the archive
        concat(uniqueid, ':', id_user, ':', starttime) AS name
    FROM calls
    WHERE sessionbill > 0 AND starttime IS NOT NULL
),
refill AS (
    SELECT
        *,
        regexp_extract(description, '(?i)^(?:Monthly payment Plan|Pago mensual de Plan|Miesięczna opłata za Plan|Monatliche Zahlungs-Plan|Pagamento mensal do Plano) (.*)$', 1) AS plan,
        regexp_extract(description, '(?i)^(?:Monthly payment Service|Pago mensual de Servicio|Miesięczna opłata za Usługę) (.*)$', 1) AS service_month,
        regexp_extract(description, '(?i)^(?:activation Service|activación Servicio) (.*)$', 1) AS service_start
    FROM pkg_refill
    -- left out, as left_out.sql says: rows that wait for a gateway, and an agent's rows for a DID
    WHERE date IS NOT NULL
        AND NOT (payment = 0 AND regexp_matches(description, '(?i)Aguardando|pendente|PENDING:|Não foi pago'))
        AND NOT (credit > 0 AND regexp_matches(description, '(?i)^(Monthly payment DID|Paga mensual del DID) '))
)
SELECT
    'calls' AS input, row_id,
    'call:' || name AS entry_id, true AS repeats,
    id_user AS client_id, starttime AS occurred_at, 'payg' AS kind,
    -CASE WHEN agent_bill > 0 THEN agent_bill ELSE sessionbill END AS amount,
    NULL AS package_id,
    CASE sipiax WHEN 6 THEN 'sms' ELSE 'voice' END AS service,
    calledstation AS destination, sessiontime AS quantity, NULL AS description
FROM call
UNION ALL
SELECT
    'calls', call.row_id, 'agent:' || name, true, u.id_user, starttime, 'payg', -sessionbill,
    NULL, 'wholesale', calledstation, sessiontime, NULL
FROM call JOIN pkg_user u ON u.id = call.id_user
WHERE agent_bill > 0
UNION ALL
SELECT
    'pkg_refill', row_id, 'refill:' || id, false, id_user, date,
    CASE
        WHEN plan <> '' OR service_month <> '' THEN 'package_renewal'
        WHEN service_start <> '' THEN 'package_activation'
        WHEN regexp_matches(description, '(?i)^(Monthly payment DID|Activation DID|Paga mensual del DID|Activación de DID|Aktywacja DID) ') THEN 'did_fee'
        WHEN regexp_matches(description, '(?i)^(Return credit after cancellation|Devolucion de crédito después de la baja)') THEN 'refund'
        WHEN credit > 0 THEN 'refill'
        ELSE 'correction'
    END,
    credit,
    CASE
        WHEN plan <> '' THEN 'plan:' || plan
        WHEN service_month <> '' THEN 'service:' || service_month
        WHEN service_start <> '' THEN 'service:' || service_start
    END,
    NULL, NULL, NULL, description
FROM refill
UNION ALL
-- a plan is assigned without a charge; every charge is a renewal
SELECT
    NULL, NULL, 'plan_use:' || u.id, false, u.id_user, u.reservationdate, 'package_activation', 0,
    'plan:' || COALESCE(o.label, u.id_offer::VARCHAR), NULL, NULL, NULL, NULL
FROM pkg_offer_use u LEFT JOIN pkg_offer o ON o.id = u.id_offer
WHERE u.reservationdate IS NOT NULL
