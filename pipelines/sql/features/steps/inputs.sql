-- The questions with everything known of them on their day: what the timing models are given.
--
-- grain: row_id
-- units: models.timing.features says of each column what it is; null is not known
-- rule:  the document asked about is left out of what its customer has open and overdue
with known as (
    select
        asked.row_id,
        asked.document_id,
        asked.customer_code,
        documents.segment_code,
        documents.terms_code,
        asked.issued_on,
        asked.due_on,
        asked.asked_on,
        documents.amount,
        documents.due_basis,
        documents.batch_count,
        customers.is_collected,
        coalesce(own.settled_amount, 0) as settled_amount,
        coalesce(own.settled_ppm, 0) as settled_ppm,
        -- A document asked about as new is not in its customer's balance; another one is.
        case when asked.is_new then 0 else documents.amount - coalesce(own.settled_amount, 0) end
            as own_amount,
        case when asked.is_new then 0 else 1000000 - coalesce(own.settled_ppm, 0) end as own_ppm,
        not asked.is_new and asked.due_on < asked.asked_on - 1 as own_is_overdue,
        days.* except (customer_code, asked_on),
        ordered.last_delay,
        ordered.last_3_delay,
        ordered.last_10_delay,
        ordered.last_10_median,
        ordered.last_10_max,
        ordered.last_10_min,
        ordered.last_10_late_rate,
        ordered.last_paid_on,
        issues.first_on,
        issues.gap,
        oldest.since_on,
        case when standing.standing = 'disputed' then 1 else 0 end as is_disputed,
        case when standing.standing = 'promised' then 1 else 0 end as is_promised,
        calendar.weight,
        due_days.rest_days,
        -- What the other companies of the group did.
        groups.weighted - coalesce(days.weighted, 0) as group_weighted,
        groups.weighted_delay - coalesce(days.weighted_delay, 0) as group_weighted_delay,
        groups.open_ppm - days.open_ppm as group_open_ppm,
        groups.overdue_ppm - days.overdue_ppm as group_overdue_ppm,
        -- What the other customers of the country did.
        countries.weighted - coalesce(days.weighted, 0) as country_weighted,
        countries.weighted_delay - coalesce(days.weighted_delay, 0) as country_weighted_delay,
        firm.ppm_28,
        firm.ppm_late_28,
        firm.ppm_delay_28,
        case when firm.ppm > 0 then 2000000.0 * firm.ppm_late / firm.ppm end as firm_late,
        case when firm.ppm > 0 then 2000000.0 * firm.ppm_late_7 / firm.ppm end as firm_late_7,
        case when firm.ppm > 0 then 2000000.0 * firm.ppm_late_30 / firm.ppm end as firm_late_30
    from features.asked as asked
    join features.documents as documents on documents.document_id = asked.document_id
    join features.customers as customers on customers.customer_code = asked.customer_code
    join features.customer_days as days
        on days.customer_code = asked.customer_code and days.asked_on = asked.asked_on
    left join features.circle_days as groups
        on groups.circle = 'group'
        and groups.circle_code = customers.group_code
        and groups.asked_on = asked.asked_on
    left join features.circle_days as countries
        on countries.circle = 'country'
        and countries.circle_code = customers.country_code
        and countries.asked_on = asked.asked_on
    left join features.own as own on own.row_id = asked.row_id
    left join features.payments_in_order as ordered
        on ordered.customer_code = asked.customer_code and ordered.place = days.payments
    left join features.issues_in_order as issues
        on issues.customer_code = asked.customer_code and issues.place = days.issued
    left join features.oldest as oldest
        on oldest.customer_code = asked.customer_code and oldest.asked_on = asked.asked_on
    left join ledger.standing_spans as standing
        on standing.item_id = asked.document_id
        and standing.said_on < asked.asked_on
        and coalesce(standing.until_on, asked.asked_on) >= asked.asked_on
    left join features.calendar as calendar on calendar.day = asked.asked_on
    left join features.calendar as due_days on due_days.day = asked.due_on
    left join features.firm_days as firm on firm.day = asked.asked_on
),

others as (
    select
        *,
        greatest(0, cast(open_amount - own_amount as double)) as other_amount,
        greatest(0, open_ppm - own_ppm) as other_ppm,
        greatest(
            0, cast(overdue_amount - case when own_is_overdue then own_amount else 0 end as double)
        ) as other_overdue_amount,
        greatest(0, overdue_ppm - case when own_is_overdue then own_ppm else 0 end) as other_overdue_ppm,
        overdue_ppm_due - case
            when own_is_overdue then own_ppm * cast(due_on - date '2000-01-01' as int)
            else 0
        end as other_overdue_ppm_due
    from known
)

select
    row_id,
    document_id,
    customer_code,
    segment_code,
    terms_code,
    issued_on,
    due_on,
    asked_on,
    cast(amount - settled_amount as decimal(18, 2)) as open_amount,
    ppm / 1000000.0 as closed_count,
    case when ppm > 0 then cast(ppm_delay as double) / ppm end as delay_mean_days,
    case
        when payments >= 2 and ppm > 0
            then sqrt(
                greatest(
                    0.0,
                    cast(ppm_delay_2 as double) / ppm
                    - (cast(ppm_delay as double) / ppm) * (cast(ppm_delay as double) / ppm)
                )
            )
    end as delay_sd_days,
    case when ppm > 0 then cast(ppm_days_to_pay as double) / ppm end as days_to_pay_mean_days,
    (ppm_late + firm_late) / (ppm + 2000000.0) as late_rate,
    (ppm_late_7 + firm_late_7) / (ppm + 2000000.0) as late_7_rate,
    (ppm_late_30 + firm_late_30) / (ppm + 2000000.0) as late_30_rate,
    case when paid_amount > 0 then cast(late_amount as double) / cast(paid_amount as double) end
        as late_amount_share,
    case when weighted > 0 then cast(weighted_delay as double) / cast(weighted as double) end
        as recent_delay_days,
    case when weighted > 0 then cast(weighted_late as double) / cast(weighted as double) end
        as recent_late_rate,
    case when weighted > 0 then cast(weighted_late_7 as double) / cast(weighted as double) end
        as recent_late_7_rate,
    case when weighted > 0 then cast(weighted_late_30 as double) / cast(weighted as double) end
        as recent_late_30_rate,
    coalesce(cast(weighted as double), 0.0) / (1000000.0 * cast(weight as double)) as recent_weight,
    last_delay as last_delay_days,
    last_3_delay as last_3_delay_days,
    last_10_delay as last_10_delay_days,
    last_10_median as last_10_median_days,
    last_10_max as last_10_max_days,
    last_10_min as last_10_min_days,
    last_10_late_rate,
    cast(asked_on - last_paid_on as int) as days_since_payment,
    returned as returned_count,
    other_ppm / 1000000.0 as open_count,
    ln(1.0 + other_amount) as open_amount_log,
    other_overdue_ppm / 1000000.0 as overdue_count,
    ln(1.0 + other_overdue_amount) as overdue_amount_log,
    case when other_amount > 0 then least(1.0, other_overdue_amount / other_amount) end
        as overdue_share,
    case
        when other_overdue_amount > 0 and other_overdue_ppm > 0
            then cast(asked_on - 1 - date '2000-01-01' as int)
            - cast(other_overdue_ppm_due as double) / other_overdue_ppm
    end as overdue_mean_age_days,
    cast(asked_on - since_on as int) as overdue_oldest_days,
    issued as issued_count,
    cast(asked_on - first_on as int) as tenure_days,
    gap as issue_gap_days,
    ln(1.0 + cast(amount as double)) as amount_log,
    case when issued > 0 then ln(cast(amount as double) * issued / cast(issued_amount as double)) end
        as amount_ratio_log,
    batch_count,
    case when due_basis in ('default', 'missing') then 1 else 0 end as due_assumed,
    is_collected as collected_by_us,
    rest_days as due_rest_days,
    case when ppm_28 > 0 then cast(ppm_late_28 as double) / ppm_28 end as firm_late_rate_28,
    case when ppm_28 > 0 then cast(ppm_delay_28 as double) / ppm_28 end as firm_delay_28_days,
    cast(settled_amount as double) / cast(amount as double) as paid_share,
    case
        when fell_due_amount > 0
            then least(
                1.0,
                greatest(
                    0.0,
                    cast(overdue_amount - over_90_amount as double)
                    / cast(fell_due_amount as double)
                )
            )
    end as unpaid_90_share,
    case
        when group_weighted > 0
            then cast(group_weighted_delay as double) / cast(group_weighted as double)
    end as group_delay_days,
    case
        when group_open_ppm > 0 then greatest(0.0, cast(group_overdue_ppm as double) / group_open_ppm)
    end as group_overdue_share,
    case
        when country_weighted > 0
            then cast(country_weighted_delay as double) / cast(country_weighted as double)
    end as country_delay_days,
    is_disputed as disputed,
    is_promised as promised,
    disputed as disputed_count,
    promises_broken as promises_broken_count
from others
