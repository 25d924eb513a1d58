-- Aged balance of every customer at every month end of the history, and at the snapshot's day.
--
-- grain: entity_id, customer_id, currency, month_end, bucket
-- in ranges of: receivables.series; receivables.movements
-- units: the items' own currency; positive is owed to us
-- rule:  a balance is at least k days late from the later of the movement and of the day on which
--        it turns k days late; what is between two thresholds is the difference of two running sums
-- rule:  buckets of the settings' bounds, credits apart; the same as aged_balances of each day,
--        asked by those bounds
with moved as (
    -- Rank 0 takes the whole of what has a due date; what turns late is moved on from there, below.
    select
        movements.series,
        case
            when movements.side = 'credit' then 91
            when movements.due_on is null then 90
            else 0
        end as bucket_rank,
        movements.event_on,
        movements.due_on,
        movements.open_until = date '9999-12-31' as never_closed,
        movements.amount
    from receivables.movements as movements
),

-- The movements of a closed item add up to nothing. So what was open of it on the day on which it
-- turned k days late is what moved later, with the other sign; most items move no more by then.
turned as (
    select
        moved.series,
        buckets.bucket_rank,
        moved.event_on,
        moved.due_on + buckets.first_day_late as turned_on,
        moved.never_closed,
        moved.amount
    from moved
    join receivables.buckets as buckets on buckets.is_overdue
    where
        moved.bucket_rank = 0
        and (moved.never_closed or moved.event_on > moved.due_on)
        and (moved.never_closed or moved.event_on > moved.due_on + buckets.first_day_late)
),

-- What turned late and was settled within one month is not late at its end: nothing to write.
turned_and_closed as (
    select series, bucket_rank, event_on, turned_on, amount
    from turned
    where
        not never_closed
        and (
            last_day(event_on) <> last_day(turned_on) or event_on > (select as_of from staging.run)
        )
),

-- What enters a bucket leaves the one before it.
late as (
    select series, bucket_rank, greatest(event_on, turned_on) as since, amount
    from turned
    where never_closed
    union all
    select series, bucket_rank, event_on, amount
    from turned_and_closed
    union all
    select series, bucket_rank, turned_on, -amount
    from turned_and_closed
),

shares as (
    select series, bucket_rank, event_on as since, amount
    from moved
    union all
    select series, bucket_rank, since, amount
    from late
    union all
    select series, bucket_rank - 1, since, -amount
    from late
),

changes as (
    select
        series,
        bucket_rank,
        cast(12 * year(since) + month(since) as int) as month_number,
        cast(sum(amount) as decimal(18, 2)) as amount
    from shares
    where since <= (select as_of from staging.run)
    group by all
    having sum(amount) <> 0
),

calendar as (
    select distinct
        cast(12 * year(day) + month(day) as int) as month_number,
        least(cast(last_day(day) as date), (select as_of from staging.run)) as month_end
    from (
        select unnest(generate_series(min(event_on), (select as_of from staging.run), interval 1 day)) as day
        from receivables.movements
        where event_on <= (select as_of from staging.run)
    )
),

running as (
    select
        series,
        bucket_rank,
        month_number,
        lead(month_number) over balance as next_month_number,
        cast(sum(amount) over balance as decimal(18, 2)) as amount
    from changes
    window balance as (partition by series, bucket_rank order by month_number)
),

-- A balance stands until the month of the next change.
balances as (
    select
        series,
        bucket_rank,
        unnest(
            generate_series(
                month_number,
                coalesce(next_month_number - 1, (select max(month_number) from calendar))
            )
        ) as month_number,
        amount
    from running
    where amount <> 0
)

select
    series.entity_id,
    series.customer_id,
    series.currency,
    calendar.month_end,
    buckets.bucket,
    buckets.bucket_rank,
    buckets.is_overdue,
    balances.amount
from balances
join calendar on calendar.month_number = balances.month_number
join receivables.buckets as buckets on buckets.bucket_rank = balances.bucket_rank
join receivables.series as series on series.series = balances.series
