-- Aged balance of every customer at every month end of the history, and at the snapshot's day.
--
-- grain: entity_id, customer_id, currency, month_end, bucket
-- units: the items' own currency; positive is owed to us
-- rule:  a balance is at least k days late from the later of the movement and of the day on which
--        it turns k days late; what is between two thresholds is the difference of two running sums
-- rule:  buckets of the settings' bounds, credits apart; the same as aged_balances of each day
with bounds as (
    select bucket, bucket_rank, first_day_late
    from receivables.buckets
),

-- A number for each customer and currency: numbers group and join several times as fast as texts.
series as (
    select
        entity_id,
        customer_id,
        currency,
        row_number() over (order by entity_id, customer_id, currency) as series
    from (select distinct entity_id, customer_id, currency from receivables.movements)
),

-- Threshold 0 carries the whole open balance of the items that have a due date.
shares as (
    select
        series.series,
        bounds.bucket_rank,
        case
            when movements.due_on is null or movements.side = 'credit' then movements.event_on
            else greatest(movements.event_on, coalesce(movements.due_on + bounds.first_day_late, movements.event_on))
        end as since,
        movements.amount
    from receivables.movements as movements
    join series
        on series.entity_id = movements.entity_id
        and series.customer_id = movements.customer_id
        and series.currency = movements.currency
    join bounds
        on case
            when movements.side = 'credit' then bounds.bucket_rank = 91
            when movements.due_on is null then bounds.bucket_rank = 90
            else bounds.bucket_rank < 90
        end
),

months as (
    select
        series,
        bucket_rank,
        least(cast(last_day(since) as date), (select as_of from staging.run)) as month_end,
        sum(amount) as amount
    from shares
    where since <= (select as_of from staging.run)
    group by all
),

calendar as (
    select distinct least(cast(last_day(day) as date), (select as_of from staging.run)) as month_end
    from (
        select unnest(generate_series(min(event_on), (select as_of from staging.run), interval 1 day)) as day
        from receivables.movements
        where event_on <= (select as_of from staging.run)
    )
),

-- What enters and leaves each bucket: what is at least k days late, less what is later still.
changes as (
    select series, bucket_rank, month_end, sum(amount) as amount
    from (
        select series, bucket_rank, month_end, amount
        from months
        union all
        select series, bucket_rank - 1, month_end, -amount
        from months
        where bucket_rank between 1 and 89
    )
    group by all
    having sum(amount) <> 0
),

running as (
    select
        series,
        bucket_rank,
        month_end as from_month_end,
        lead(month_end) over balance as next_month_end,
        cast(sum(amount) over balance as decimal(18, 2)) as amount
    from changes
    window balance as (partition by series, bucket_rank order by month_end)
),

balances as (
    select running.series, running.bucket_rank, calendar.month_end, running.amount
    from running
    join calendar
        on calendar.month_end >= running.from_month_end
        and (running.next_month_end is null or calendar.month_end < running.next_month_end)
    where running.amount <> 0
)

select
    series.entity_id,
    series.customer_id,
    series.currency,
    balances.month_end,
    bounds.bucket,
    bounds.bucket_rank,
    bounds.bucket_rank between 1 and 89 as is_overdue,
    balances.amount
from balances
join bounds on bounds.bucket_rank = balances.bucket_rank
join series on series.series = balances.series
