-- Aged balance of every day of the history, of each entity and currency.
--
-- grain: day, entity_id, currency, bucket
-- asks too: as_of; known_on=null
-- units: the items' own currency; positive is owed to us
-- rule:  every day from the first movement of the books up to the snapshot's day, and every
--        bucket of the settings, zero where nothing is in it
-- rule:  the same as aged_balances of each day by the settings' bounds, asked once: a movement is at
--        least k days late from the later of its own day and of the day on which it turns k days
--        late; what is between two such thresholds is the difference of two running sums
with books as (
    -- Entities and currencies by number: numbers group faster than texts.
    select entity_id, currency, min(series) as book
    from receivables.series
    group by entity_id, currency
),

numbers as (
    select series.series, books.book
    from receivables.series as series
    join books on books.entity_id = series.entity_id and books.currency = series.currency
),

-- All that ageing needs of a ledger: on which day, due on which day, how much. However many items
-- there are, these are few rows. A due date before all others stands for none, one before that for
-- a credit, which is never late.
cells as (
    select
        numbers.book,
        movements.event_on,
        case
            when movements.side = 'credit' then date '0001-01-01'
            else coalesce(movements.due_on, date '0001-01-02')
        end as due_on,
        cast(sum(movements.amount) as decimal(18, 2)) as amount
    from receivables.movements as movements
    join numbers on numbers.series = movements.series
    where movements.event_on <= (select as_of from staging.run)
    group by all
),

shares as (
    select
        cells.book,
        buckets.bucket_rank,
        greatest(
            cells.event_on, coalesce(cells.due_on + buckets.first_day_late, cells.event_on)
        ) as day,
        cast(sum(cells.amount) as decimal(18, 2)) as amount
    from cells
    join receivables.buckets as buckets
        on case
            when cells.due_on = date '0001-01-01' then buckets.bucket_rank = 91
            when cells.due_on = date '0001-01-02' then buckets.bucket_rank = 90
            else buckets.bucket_rank < 90
        end
    group by all
),

-- What enters a bucket leaves the one before it.
changes as (
    select book, bucket_rank, day, cast(sum(amount) as decimal(18, 2)) as amount
    from (
        select book, bucket_rank, day, amount
        from shares
        union all
        select book, bucket_rank - 1, day, -amount
        from shares
        where bucket_rank between 1 and 89
    )
    group by all
),

spans as (
    select
        book,
        unnest(
            generate_series(min(event_on), (select as_of from staging.run), interval 1 day)
        ) as day
    from cells
    group by book
),

days as (
    select
        cast(spans.day as date) as day,
        spans.book,
        books.entity_id,
        books.currency,
        buckets.bucket,
        buckets.bucket_rank,
        buckets.is_overdue
    from spans
    join books on books.book = spans.book
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
    on changes.book = days.book
    and changes.bucket_rank = days.bucket_rank
    and changes.day = days.day
window balance as (
    partition by days.book, days.bucket_rank
    order by days.day
    rows between unbounded preceding and current row
)
