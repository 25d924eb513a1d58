-- The inputs of each entity, each segment and each customer, with the days they look back on.
--
-- grain: series, month_end
-- units: cents of the items' own currency, gross of VAT; `_days` are cents x calendar days
-- rule:  a series is an entity, a segment or a customer, in one currency
-- rule:  a customer of whom no file says the segment is in none
with customers as (
    select
        'customer' as scope,
        inputs.entity_id,
        inputs.currency,
        cast(null as string) as segment,
        inputs.customer_id,
        inputs.month_end,
        cast(100 * cast(inputs.sales as decimal(28, 2)) as hugeint) as sales,
        cast(100 * cast(inputs.sales_three_months as decimal(28, 2)) as hugeint) as sales_three_months,
        cast(100 * cast(inputs.sales_year as decimal(28, 2)) as hugeint) as sales_year,
        cast(100 * cast(inputs.receivable as decimal(28, 2)) as hugeint) as receivable,
        cast(100 * cast(inputs.opening_three_months as decimal(28, 2)) as hugeint) as opening_three_months,
        cast(100 * cast(inputs.opening_year as decimal(28, 2)) as hugeint) as opening_year,
        cast(100 * cast(inputs.open_debits as decimal(28, 2)) as hugeint) as open_debits,
        cast(100 * cast(inputs.overdue as decimal(28, 2)) as hugeint) as overdue,
        cast(100 * inputs.overdue_days as hugeint) as overdue_days,
        cast(100 * cast(inputs.paid as decimal(28, 2)) as hugeint) as paid,
        cast(100 * inputs.paid_days_to_pay as hugeint) as paid_days_to_pay,
        cast(100 * cast(inputs.paid_due as decimal(28, 2)) as hugeint) as paid_due,
        cast(100 * inputs.paid_days_late as hugeint) as paid_days_late,
        cast(100 * coalesce(lawful.judged, 0) as hugeint) as judged,
        cast(100 * coalesce(lawful.above, 0) as hugeint) as above,
        cast(100 * coalesce(lawful.not_judged, 0) as hugeint) as not_judged,
        lawful.warning
    from measures.inputs as inputs
    left join measuring.lawful as lawful
        on lawful.entity_id = inputs.entity_id
        and lawful.currency = inputs.currency
        and lawful.customer_id = inputs.customer_id
        and lawful.month_end = inputs.month_end
),

added_up as (
    select
        case when grouping(known.segment) = 0 then 'segment' else 'entity' end as scope,
        customers.entity_id,
        customers.currency,
        known.segment,
        cast(null as string) as customer_id,
        customers.month_end,
        sum(customers.sales) as sales,
        sum(customers.sales_three_months) as sales_three_months,
        sum(customers.sales_year) as sales_year,
        sum(customers.receivable) as receivable,
        sum(customers.opening_three_months) as opening_three_months,
        sum(customers.opening_year) as opening_year,
        sum(customers.open_debits) as open_debits,
        sum(customers.overdue) as overdue,
        sum(customers.overdue_days) as overdue_days,
        sum(customers.paid) as paid,
        sum(customers.paid_days_to_pay) as paid_days_to_pay,
        sum(customers.paid_due) as paid_due,
        sum(customers.paid_days_late) as paid_days_late,
        sum(customers.judged) as judged,
        sum(customers.above) as above,
        sum(customers.not_judged) as not_judged,
        max(customers.warning) as warning
    from customers
    left join ledger.customers as known
        on known.entity_id = customers.entity_id and known.customer_id = customers.customer_id
    group by grouping sets (
        (customers.entity_id, customers.currency, customers.month_end),
        (customers.entity_id, customers.currency, known.segment, customers.month_end)
    )
    having grouping(known.segment) = 1 or known.segment is not null
),

scopes as (
    select * from customers
    union all
    select * from added_up
),

series as (
    select
        *,
        row_number() over (order by scope, entity_id, currency, segment, customer_id) as series
    from (select distinct scope, entity_id, currency, segment, customer_id from scopes)
)

select
    series.series,
    scopes.*,
    periods.month_on,
    periods.begun_on,
    periods.three_months_from,
    periods.three_months_days,
    periods.year_from
from scopes
join series
    on series.scope = scopes.scope
    and series.entity_id = scopes.entity_id
    and series.currency = scopes.currency
    and series.segment is not distinct from scopes.segment
    and series.customer_id is not distinct from scopes.customer_id
join measures.periods as periods
    on periods.entity_id = scopes.entity_id and periods.month_end = scopes.month_end
order by series.series, scopes.month_end
