-- Each customer in each week to explain: what was said of it and what came of it in all.
--
-- grain: week_id, customer_id
-- units: whole hundredths of the currency's unit
-- rule:  customer_id is null for what was said of nobody in particular
with said as (
    select
        weeks.week_id,
        kept.customer_id,
        sum(case when kept.source = 'new_invoices' then 0 else kept.amount end) as open_book,
        sum(case when kept.source = 'new_invoices' then kept.amount else 0 end) as new_invoices
    from staging.archived_expected_receipts as kept
    join staging.weeks_to_explain as weeks
        on weeks.forecast_on = kept.forecast_on
        and weeks.version = kept.version
        and weeks.entity_id = kept.entity_id
        and weeks.currency = kept.currency
        and weeks.first_on = kept.first_on
    group by all
),

received as (
    select weeks.week_id, receipts.customer_id, sum(receipts.amount) as amount
    from staging.weeks_to_explain as weeks
    join receivables.receipts as receipts
        on receipts.entity_id = weeks.entity_id
        and receipts.currency = weeks.currency
        and receipts.received_on between weeks.first_on and weeks.last_on
    group by all
),

together as (
    select week_id, customer_id, open_book, new_invoices, 0 as received from said
    union all
    select week_id, customer_id, 0, 0, amount from received
)

select
    week_id,
    customer_id,
    cast(cast(sum(received) as decimal(28, 2)) * 100 as bigint) as received,
    cast(cast(sum(open_book) as decimal(28, 2)) * 100 as bigint) as said_open_book,
    cast(cast(sum(new_invoices) as decimal(28, 2)) * 100 as bigint) as said_new
from together
group by week_id, customer_id
order by week_id, customer_id
