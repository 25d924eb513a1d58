-- Aged balance of every day of the history, of each entity and currency.
--
-- grain: day, entity_id, currency, bucket
-- asks too: as_of; known_on=null
-- units: the items' own currency; positive is owed to us
-- rule:  every day from the first movement of the currency up to the snapshot's day, and every
--        bucket of the settings, zero where nothing is in it
-- rule:  the same as aged_balances of each day, asked once: a movement is at least k days late from
--        the later of its own day and of the day on which it turns k days late; what is between two
--        such thresholds is the difference of two running sums
-- All that ageing needs of a ledger: on which day, due on which day, how much. However many items
-- there are, these are few rows.
with cells as (
    select
        entity_id,
        currency,
        side = 'credit' as is_credit,
        event_on,
        case when side = 'debit' then due_on end as due_on,
        sum(amount) as amount
    from receivables.movements
    where event_on <= (select as_of from staging.run)
    group by all
),

shares as (
    select
        cells.entity_id,
        cells.currency,
        buckets.bucket_rank,
        greatest(
            cells.event_on, coalesce(cells.due_on + buckets.first_day_late, cells.event_on)
        ) as day,
        sum(cells.amount) as amount
    from cells
    join receivables.buckets as buckets
        on case
            when cells.is_credit then buckets.bucket_rank = 91
            when cells.due_on is null then buckets.bucket_rank = 90
            else buckets.bucket_rank < 90
        end
    group by all
),

-- What enters a bucket leaves the one before it.
changes as (
    select entity_id, currency, bucket_rank, day, sum(amount) as amount
    from (
        select entity_id, currency, bucket_rank, day, amount
        from shares
        union all
        select entity_id, currency, bucket_rank - 1, day, -amount
        from shares
        where bucket_rank between 1 and 89
    )
    group by all
),

spans as (
    select
        entity_id,
        currency,
        unnest(
            generate_series(min(event_on), (select as_of from staging.run), interval 1 day)
        ) as day
    from cells
    group by entity_id, currency
),

days as (
    select
        cast(spans.day as date) as day,
        spans.entity_id,
        spans.currency,
        buckets.bucket,
        buckets.bucket_rank,
        buckets.is_overdue
    from spans
    cross join receivables.buckets as buckets
)

select
    days.day,
    days.entity_id,
    days.currency,
    days.bucket,
    days.bucket_rank,
    days.is_overdue,
    cast(sum(coalesce(changes.amount, 0)) over balance as decimal(18, 2)) as amount
from days
left join changes
    on changes.entity_id = days.entity_id
    and changes.currency = days.currency
    and changes.bucket_rank = days.bucket_rank
    and changes.day = days.day
window balance as (
    partition by days.entity_id, days.currency, days.bucket_rank
    order by days.day
    rows between unbounded preceding and current row
)
