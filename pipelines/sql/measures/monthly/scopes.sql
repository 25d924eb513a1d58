-- The inputs of each entity, each segment and each customer, with the days they look back on.
--
-- grain: scope, entity_id, currency, segment, customer_id, month_end
-- units: the items' own currency, gross of VAT; `_days` are currency x calendar days
-- rule:  a customer of whom no file says the segment is in none
with scopes as (
    select unnest(['entity', 'segment', 'customer']) as scope
),

added_up as (
    select
        scopes.scope,
        inputs.entity_id,
        inputs.currency,
        case when scopes.scope = 'segment' then customers.segment end as segment,
        case when scopes.scope = 'customer' then inputs.customer_id end as customer_id,
        inputs.month_end,
        sum(inputs.sales) as sales,
        sum(inputs.sales_three_months) as sales_three_months,
        sum(inputs.sales_year) as sales_year,
        sum(inputs.receivable) as receivable,
        sum(inputs.opening_three_months) as opening_three_months,
        sum(inputs.opening_year) as opening_year,
        sum(inputs.open_debits) as open_debits,
        sum(inputs.overdue) as overdue,
        sum(inputs.overdue_days) as overdue_days,
        sum(inputs.paid) as paid,
        sum(inputs.paid_days_to_pay) as paid_days_to_pay,
        sum(inputs.paid_due) as paid_due,
        sum(inputs.paid_days_late) as paid_days_late,
        sum(coalesce(lawful.judged, 0)) as judged,
        sum(coalesce(lawful.above, 0)) as above,
        sum(coalesce(lawful.not_judged, 0)) as not_judged,
        max(lawful.warning) as warning
    from measures.inputs as inputs
    cross join scopes
    left join ledger.customers as customers
        on customers.entity_id = inputs.entity_id and customers.customer_id = inputs.customer_id
    left join measuring.lawful as lawful
        on lawful.entity_id = inputs.entity_id
        and lawful.currency = inputs.currency
        and lawful.customer_id = inputs.customer_id
        and lawful.month_end = inputs.month_end
    where scopes.scope <> 'segment' or customers.segment is not null
    group by all
)

select
    added_up.*,
    periods.month_on,
    periods.begun_on,
    periods.three_months_from,
    periods.three_months_days,
    periods.year_from
from added_up
join measures.periods as periods
    on periods.entity_id = added_up.entity_id and periods.month_end = added_up.month_end
order by
    added_up.scope, added_up.entity_id, added_up.currency, added_up.segment, added_up.customer_id,
    added_up.month_end
