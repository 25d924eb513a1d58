-- The tie-out: balance of the receivable accounts in the ledger beside the open items and the
-- buckets, at the snapshot's day and at month ends back over two years.
--
-- grain: day, entity_id, customer_id, currency
-- units: the items' own currency; positive is owed to us
-- rule:  all three must be the same to the cent; a figure that does not tie is never published
with days as (
    select month_end as day
    from (select distinct month_end from receivables.month_ends)
    order by month_end desc
    limit 25
),

booked as (
    select
        entity_id,
        customer_id,
        currency,
        least(cast(last_day(booked_on) as date), (select as_of from staging.run)) as month_end,
        sum(amount) as amount
    from ledger.items
    where booked_on <= (select as_of from staging.run)
    group by all
),

ledger_balances as (
    select days.day, booked.entity_id, booked.customer_id, booked.currency, sum(booked.amount) as amount
    from days
    join booked on booked.month_end <= days.day
    group by all
),

moved as (
    select
        entity_id,
        customer_id,
        currency,
        least(cast(last_day(event_on) as date), (select as_of from staging.run)) as month_end,
        sum(amount) as amount
    from receivables.movements
    where event_on <= (select as_of from staging.run)
    group by all
),

open_balances as (
    select days.day, moved.entity_id, moved.customer_id, moved.currency, sum(moved.amount) as amount
    from days
    join moved on moved.month_end <= days.day
    group by all
),

bucket_balances as (
    select month_end as day, entity_id, customer_id, currency, sum(amount) as amount
    from receivables.month_ends
    where month_end in (select day from days)
    group by all
)

select
    ledger_balances.day,
    ledger_balances.entity_id,
    ledger_balances.customer_id,
    ledger_balances.currency,
    cast(ledger_balances.amount as decimal(18, 2)) as ledger_amount,
    cast(coalesce(open_balances.amount, 0) as decimal(18, 2)) as open_amount,
    cast(coalesce(bucket_balances.amount, 0) as decimal(18, 2)) as bucket_amount
from ledger_balances
left join open_balances
    on open_balances.day = ledger_balances.day
    and open_balances.entity_id = ledger_balances.entity_id
    and open_balances.customer_id = ledger_balances.customer_id
    and open_balances.currency = ledger_balances.currency
left join bucket_balances
    on bucket_balances.day = ledger_balances.day
    and bucket_balances.entity_id = ledger_balances.entity_id
    and bucket_balances.customer_id = ledger_balances.customer_id
    and bucket_balances.currency = ledger_balances.currency
