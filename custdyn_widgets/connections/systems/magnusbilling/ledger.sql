-- A call of an agent's client costs the client agent_bill and the agent sessionbill. Everything else
-- is a row of pkg_refill, told apart by its text, as MagnusBilling writes it in its languages.
WITH call AS (
    SELECT
        *,
        -- its id changes in the archive
        concat(uniqueid, ':', id_user, ':', starttime) AS name
    FROM calls
    WHERE sessionbill > 0 AND starttime IS NOT NULL AND id_user IS NOT NULL
),
text AS (
    SELECT
        *,
        COALESCE(description, '') AS said,
        '(?is)^(Monthly payment Plan|Pago mensual de Plan|Miesięczna opłata za Plan|Monatliche Zahlungs-Plan|Pagamento mensal do Plano) ' AS plan,
        '(?is)^(Monthly payment Service|Pago mensual de Servicio|Miesięczna opłata za Usługę|Pagamento mensal do serviço) ' AS service_month,
        '(?is)^(activation Service|activación Servicio|activation Servicio|activation Usługa|activation Serviço|Ativação do serviço) ' AS service_start
    FROM pkg_refill
),
refill AS (
    SELECT
        *,
        CASE
            WHEN regexp_matches(said, plan) THEN 'plan:' || regexp_replace(said, plan, '')
            WHEN regexp_matches(said, service_month)
                THEN 'service:' || regexp_replace(said, service_month, '')
            WHEN regexp_matches(said, service_start)
                THEN 'service:' || regexp_replace(said, service_start, '')
        END AS package
    FROM text
    WHERE date IS NOT NULL AND id_user IS NOT NULL
        -- as left_out.sql says: rows that wait for a gateway, and an agent's rows for a DID
        AND NOT (
            COALESCE(payment, 1) = 0
            AND regexp_matches(said, '(?i)Aguardando|pendente|PENDING:|Não foi pago')
        )
        AND NOT (
            credit > 0
            AND regexp_matches(said, '(?i)^(Monthly payment|Paga mensual del|Pagamento mensal do) DID')
        )
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
WHERE agent_bill > 0 AND u.id_user IS NOT NULL
UNION ALL
SELECT
    'pkg_refill', row_id, 'refill:' || id, false, id_user, date,
    CASE
        WHEN regexp_matches(said, plan) OR regexp_matches(said, service_month) THEN 'package_renewal'
        WHEN regexp_matches(said, service_start) THEN 'package_activation'
        WHEN regexp_matches(said, '(?i)^(Monthly payment|Paga mensual del|Pagamento mensal do|Activation|Activación de|Aktywacja|Ativação do) DID') THEN 'did_fee'
        WHEN regexp_matches(said, '(?i)^(Return credit after cancellation|Devolucion de crédito después de la baja|Devolução de crédito (ápos|após) cancelamento)') THEN 'refund'
        WHEN credit > 0 THEN 'refill'
        ELSE 'correction'
    END,
    credit, NULLIF(NULLIF(package, 'plan:'), 'service:'), NULL, NULL, NULL, description
FROM refill
UNION ALL
-- a plan is assigned without a charge; every charge is a renewal
SELECT
    NULL, NULL, 'plan_use:' || u.id, false, u.id_user, u.reservationdate, 'package_activation', 0,
    'plan:' || COALESCE(o.label, u.id_offer::VARCHAR), NULL, NULL, NULL, NULL
FROM pkg_offer_use u LEFT JOIN pkg_offer o ON o.id = u.id_offer
WHERE u.reservationdate IS NOT NULL AND u.id_user IS NOT NULL AND u.id_offer IS NOT NULL
