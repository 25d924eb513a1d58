-- The tie-out: what the items of the ledger add up to beside what is open of them and the buckets, at
-- the snapshot's day and at month ends back over two years.
--
-- grain: day, entity_id, customer_id, currency
-- units: the items' own currency; positive is owed to us
-- rule:  all three must be the same to the cent; a figure that does not tie is never published
-- rule:  that the items add up to the accounts of the files is checked against staging.book_balances,
--        account by account, in the book currency
with days as (
    select month_end as day
    from (select distinct month_end from receivables.month_ends)
    order by month_end desc
    limit 25
),

-- By month; what is older than the first of the days counts from that day on.
booked as (
    select
        entity_id,
        customer_id,
        currency,
        greatest(
            least(cast(last_day(booked_on) as date), (select as_of from staging.run)),
            (select min(day) from days)
        ) as since,
        sum(amount) as amount
    from ledger.items
    where booked_on <= (select as_of from staging.run)
    group by all
),

moved as (
    select
        series,
        greatest(
            least(cast(last_day(event_on) as date), (select as_of from staging.run)),
            (select min(day) from days)
        ) as since,
        sum(amount) as amount
    from receivables.movements
    where event_on <= (select as_of from staging.run)
    group by all
),

changes as (
    select
        entity_id,
        customer_id,
        currency,
        since,
        1 as is_booked,
        amount as booked_amount,
        0 as moved_amount
    from booked
    union all
    select series.entity_id, series.customer_id, series.currency, moved.since, 0, 0, moved.amount
    from moved
    join receivables.series as series on series.series = moved.series
),

running as (
    select
        entity_id,
        customer_id,
        currency,
        since,
        lead(since) over balance as until,
        max(max(is_booked)) over balance as is_booked,
        cast(sum(sum(booked_amount)) over balance as decimal(18, 2)) as ledger_amount,
        cast(sum(sum(moved_amount)) over balance as decimal(18, 2)) as open_amount
    from changes
    group by entity_id, customer_id, currency, since
    window balance as (partition by entity_id, customer_id, currency order by since)
),

bucket_balances as (
    select month_end as day, entity_id, customer_id, currency, sum(amount) as amount
    from receivables.month_ends
    where month_end >= (select min(day) from days)
    group by all
)

select
    days.day,
    running.entity_id,
    running.customer_id,
    running.currency,
    running.ledger_amount,
    running.open_amount,
    cast(coalesce(bucket_balances.amount, 0) as decimal(18, 2)) as bucket_amount
from running
join days on days.day >= running.since and (running.until is null or days.day < running.until)
left join bucket_balances
    on bucket_balances.day = days.day
    and bucket_balances.entity_id = running.entity_id
    and bucket_balances.customer_id = running.customer_id
    and bucket_balances.currency = running.currency
where running.is_booked = 1
