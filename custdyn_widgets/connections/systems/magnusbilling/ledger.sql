-- A call of an agent's client costs the client agent_bill and the agent sessionbill. Everything else
-- is a row of pkg_refill, known by its text, in the languages that MagnusBilling writes.
WITH call AS (
    SELECT
        *,
        -- its id changes in the archive
        concat(uniqueid, ':', id_user, ':', starttime) AS name
    FROM calls
    WHERE sessionbill > 0 AND starttime IS NOT NULL AND id_user IS NOT NULL
),
known (text, kind, package) AS (
    VALUES
        ('monthly payment plan ', 'package_renewal', 'plan:'),
        ('pago mensual de plan ', 'package_renewal', 'plan:'),
        ('miesięczna opłata za plan ', 'package_renewal', 'plan:'),
        ('monatliche zahlungs-plan ', 'package_renewal', 'plan:'),
        ('pagamento mensal do plano ', 'package_renewal', 'plan:'),
        ('monthly payment service ', 'package_renewal', 'service:'),
        ('pago mensual de servicio ', 'package_renewal', 'service:'),
        ('miesięczna opłata za usługę ', 'package_renewal', 'service:'),
        ('pagamento mensal do serviço ', 'package_renewal', 'service:'),
        ('activation service ', 'package_activation', 'service:'),
        ('activación servicio ', 'package_activation', 'service:'),
        ('activation servicio ', 'package_activation', 'service:'),
        ('activation usługa ', 'package_activation', 'service:'),
        ('activation serviço ', 'package_activation', 'service:'),
        ('ativação do serviço ', 'package_activation', 'service:'),
        ('monthly payment did', 'did_fee', NULL),
        ('paga mensual del did', 'did_fee', NULL),
        ('pagamento mensal do did', 'did_fee', NULL),
        ('activation did', 'did_fee', NULL),
        ('activación de did', 'did_fee', NULL),
        ('aktywacja did', 'did_fee', NULL),
        ('ativação do did', 'did_fee', NULL),
        ('return credit after cancellation', 'refund', NULL),
        ('devolucion de crédito después de la baja', 'refund', NULL),
        ('devolução de crédito ápos cancelamento', 'refund', NULL),
        ('devolução de crédito após cancelamento', 'refund', NULL)
),
refill AS (
    SELECT
        r.*,
        CASE WHEN known.kind IS NOT NULL THEN known.kind WHEN credit > 0 THEN 'refill' ELSE 'correction' END
            AS kind,
        package || NULLIF(substr(description, length(text) + 1), '') AS package_id
    FROM pkg_refill r LEFT JOIN known ON starts_with(lower(description), text)
    -- the others are left out, as left_out.sql says
    WHERE date IS NOT NULL AND id_user IS NOT NULL
        AND NOT (
            COALESCE(payment, 1) = 0
            AND regexp_matches(COALESCE(description, ''), '(?i)Aguardando|pendente|PENDING:|Não foi pago')
        )
        AND NOT (
            credit > 0 AND regexp_matches(
                COALESCE(description, ''), '(?i)^(Monthly payment|Paga mensual del|Pagamento mensal do) DID'
            )
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
    'pkg_refill', row_id, 'refill:' || id, false, id_user, date, kind, credit, package_id,
    NULL, NULL, NULL, description
FROM refill
UNION ALL
-- a plan is assigned without a charge; every charge is a renewal
SELECT
    NULL, NULL, 'plan_use:' || u.id, false, u.id_user, u.reservationdate, 'package_activation', 0,
    'plan:' || COALESCE(o.label, u.id_offer::VARCHAR), NULL, NULL, NULL, NULL
FROM pkg_offer_use u LEFT JOIN pkg_offer o ON o.id = u.id_offer
WHERE u.reservationdate IS NOT NULL AND u.id_user IS NOT NULL AND u.id_offer IS NOT NULL
