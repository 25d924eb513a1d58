-- The inputs of each customer, each segment, each entity and the firm.
--
-- grain: series, month_end
-- units: cents of the items' own currency, gross of VAT; `_days` are cents x calendar days
-- rule:  the books of the firm in a currency begin with those of its first entity, and are whole from
--        the day on which those of each of its entities have begun; an entity is one of them from its
--        first item in the currency on, whether or not anything is owed
with begun as (
    select distinct entity_id, begun_on
    from measures.periods
),

dealing as (
    select series.entity_id, series.currency, min(movements.event_on) as first_on
    from receivables.movements as movements
    join receivables.series as series on series.series = movements.series
    group by series.entity_id, series.currency
),

firm_begun as (
    select
        dealing.currency,
        periods.month_end,
        min(begun.begun_on) as begun_on,
        max(begun.begun_on) as whole_from
    from (select distinct month_end from measures.periods) as periods
    join dealing on dealing.first_on <= periods.month_end
    join begun on begun.entity_id = dealing.entity_id
    group by dealing.currency, periods.month_end
),

-- Every input has its series: a plain join would have the engine expect few of them. Most `_days` fit
-- in 64 bits, which multiply several times as fast.
customers as (
    select
        series.series,
        series.entity_id,
        series.currency,
        series.of_segment,
        inputs.month_end,
        cents(inputs.sales) as sales,
        cents(inputs.sales_three_months) as sales_three_months,
        cents(inputs.sales_year) as sales_year,
        cents(inputs.receivable) as receivable,
        cents(inputs.opening_three_months) as opening_three_months,
        cents(inputs.opening_year) as opening_year,
        cents(inputs.open_debits) as open_debits,
        cents(inputs.overdue) as overdue,
        case
            when abs(inputs.overdue_days) < 1000000000000 then cents(cast(inputs.overdue_days as decimal(18, 2)))
            else cast(100 * inputs.overdue_days as hugeint)
        end as overdue_days,
        cents(inputs.paid) as paid,
        case
            when abs(inputs.paid_days_to_pay) < 1000000000000 then cents(cast(inputs.paid_days_to_pay as decimal(18, 2)))
            else cast(100 * inputs.paid_days_to_pay as hugeint)
        end as paid_days_to_pay,
        cents(inputs.paid_due) as paid_due,
        case
            when abs(inputs.paid_days_late) < 1000000000000 then cents(cast(inputs.paid_days_late as decimal(18, 2)))
            else cast(100 * inputs.paid_days_late as hugeint)
        end as paid_days_late,
        cents(coalesce(lawful.judged, 0)) as judged,
        cents(coalesce(lawful.above, 0)) as above,
        cents(coalesce(lawful.not_judged, 0)) as not_judged,
        lawful.warning
    from measures.inputs as inputs
    left join measures.series as series
        on series.scope = 'customer'
        and series.entity_id = inputs.entity_id
        and series.currency = inputs.currency
        and series.customer_id = inputs.customer_id
    left join measuring.lawful as lawful
        on lawful.series = series.series and lawful.month_end = inputs.month_end
),

segments as (
    select
        customers.entity_id,
        customers.currency,
        customers.of_segment,
        customers.month_end,
        cast(sum(customers.sales) as bigint) as sales,
        cast(sum(customers.sales_three_months) as bigint) as sales_three_months,
        cast(sum(customers.sales_year) as bigint) as sales_year,
        cast(sum(customers.receivable) as bigint) as receivable,
        cast(sum(customers.opening_three_months) as bigint) as opening_three_months,
        cast(sum(customers.opening_year) as bigint) as opening_year,
        cast(sum(customers.open_debits) as bigint) as open_debits,
        cast(sum(customers.overdue) as bigint) as overdue,
        cast(sum(customers.overdue_days) as hugeint) as overdue_days,
        cast(sum(customers.paid) as bigint) as paid,
        cast(sum(customers.paid_days_to_pay) as hugeint) as paid_days_to_pay,
        cast(sum(customers.paid_due) as bigint) as paid_due,
        cast(sum(customers.paid_days_late) as hugeint) as paid_days_late,
        cast(sum(customers.judged) as bigint) as judged,
        cast(sum(customers.above) as bigint) as above,
        cast(sum(customers.not_judged) as bigint) as not_judged,
        max(customers.warning) as warning
    from customers
    group by customers.entity_id, customers.currency, customers.of_segment, customers.month_end
),

entities as (
    select
        segments.entity_id,
        segments.currency,
        segments.month_end,
        cast(sum(segments.sales) as bigint) as sales,
        cast(sum(segments.sales_three_months) as bigint) as sales_three_months,
        cast(sum(segments.sales_year) as bigint) as sales_year,
        cast(sum(segments.receivable) as bigint) as receivable,
        cast(sum(segments.opening_three_months) as bigint) as opening_three_months,
        cast(sum(segments.opening_year) as bigint) as opening_year,
        cast(sum(segments.open_debits) as bigint) as open_debits,
        cast(sum(segments.overdue) as bigint) as overdue,
        cast(sum(segments.overdue_days) as hugeint) as overdue_days,
        cast(sum(segments.paid) as bigint) as paid,
        cast(sum(segments.paid_days_to_pay) as hugeint) as paid_days_to_pay,
        cast(sum(segments.paid_due) as bigint) as paid_due,
        cast(sum(segments.paid_days_late) as hugeint) as paid_days_late,
        cast(sum(segments.judged) as bigint) as judged,
        cast(sum(segments.above) as bigint) as above,
        cast(sum(segments.not_judged) as bigint) as not_judged,
        max(segments.warning) as warning
    from segments
    group by segments.entity_id, segments.currency, segments.month_end
),

firm as (
    select
        entities.currency,
        entities.month_end,
        cast(sum(entities.sales) as bigint) as sales,
        cast(sum(entities.sales_three_months) as bigint) as sales_three_months,
        cast(sum(entities.sales_year) as bigint) as sales_year,
        cast(sum(entities.receivable) as bigint) as receivable,
        cast(sum(entities.opening_three_months) as bigint) as opening_three_months,
        cast(sum(entities.opening_year) as bigint) as opening_year,
        cast(sum(entities.open_debits) as bigint) as open_debits,
        cast(sum(entities.overdue) as bigint) as overdue,
        cast(sum(entities.overdue_days) as hugeint) as overdue_days,
        cast(sum(entities.paid) as bigint) as paid,
        cast(sum(entities.paid_days_to_pay) as hugeint) as paid_days_to_pay,
        cast(sum(entities.paid_due) as bigint) as paid_due,
        cast(sum(entities.paid_days_late) as hugeint) as paid_days_late,
        cast(sum(entities.judged) as bigint) as judged,
        cast(sum(entities.above) as bigint) as above,
        cast(sum(entities.not_judged) as bigint) as not_judged,
        max(entities.warning) as warning
    from entities
    group by entities.currency, entities.month_end
)

select
    customers.series,
    customers.month_end,
    begun.begun_on,
    begun.begun_on as whole_from,
    customers.sales,
    customers.sales_three_months,
    customers.sales_year,
    customers.receivable,
    customers.opening_three_months,
    customers.opening_year,
    customers.open_debits,
    customers.overdue,
    customers.overdue_days,
    customers.paid,
    customers.paid_days_to_pay,
    customers.paid_due,
    customers.paid_days_late,
    customers.judged,
    customers.above,
    customers.not_judged,
    customers.warning
from customers
join begun on begun.entity_id = customers.entity_id
union all
select
    series.series,
    segments.month_end,
    begun.begun_on,
    begun.begun_on,
    segments.sales,
    segments.sales_three_months,
    segments.sales_year,
    segments.receivable,
    segments.opening_three_months,
    segments.opening_year,
    segments.open_debits,
    segments.overdue,
    segments.overdue_days,
    segments.paid,
    segments.paid_days_to_pay,
    segments.paid_due,
    segments.paid_days_late,
    segments.judged,
    segments.above,
    segments.not_judged,
    segments.warning
from segments
join begun on begun.entity_id = segments.entity_id
join measures.series as series
    on series.scope = 'segment'
    and series.entity_id = segments.entity_id
    and series.currency = segments.currency
    and series.segment = segments.of_segment
union all
select
    series.series,
    entities.month_end,
    begun.begun_on,
    begun.begun_on,
    entities.sales,
    entities.sales_three_months,
    entities.sales_year,
    entities.receivable,
    entities.opening_three_months,
    entities.opening_year,
    entities.open_debits,
    entities.overdue,
    entities.overdue_days,
    entities.paid,
    entities.paid_days_to_pay,
    entities.paid_due,
    entities.paid_days_late,
    entities.judged,
    entities.above,
    entities.not_judged,
    entities.warning
from entities
join begun on begun.entity_id = entities.entity_id
join measures.series as series
    on series.scope = 'entity'
    and series.entity_id = entities.entity_id
    and series.currency = entities.currency
union all
select
    series.series,
    firm.month_end,
    firm_begun.begun_on,
    firm_begun.whole_from,
    firm.sales,
    firm.sales_three_months,
    firm.sales_year,
    firm.receivable,
    firm.opening_three_months,
    firm.opening_year,
    firm.open_debits,
    firm.overdue,
    firm.overdue_days,
    firm.paid,
    firm.paid_days_to_pay,
    firm.paid_due,
    firm.paid_days_late,
    firm.judged,
    firm.above,
    firm.not_judged,
    firm.warning
from firm
join firm_begun on firm_begun.currency = firm.currency and firm_begun.month_end = firm.month_end
join measures.series as series on series.scope = 'firm' and series.currency = firm.currency
