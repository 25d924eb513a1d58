-- Aged balance of every customer at every month end of the history, and at the snapshot's day.
--
-- grain: entity_id, customer_id, currency, month_end, bucket
-- units: the items' own currency; positive is owed to us
-- rule:  a balance is at least k days late from the later of the movement and of the day on which
--        it turns k days late; what is between two thresholds is the difference of two running sums
-- rule:  buckets of the settings' bounds, credits apart; the same as aged_balances of each day
with bounds as (
    select bucket, bucket_rank, first_day_late
    from staging.buckets
),

-- Threshold 0 carries the whole open balance of the items that have a due date.
shares as (
    select
        movements.entity_id,
        movements.customer_id,
        movements.currency,
        bounds.bucket_rank,
        case
            when movements.due_on is null or movements.side = 'credit' then movements.event_on
            else greatest(movements.event_on, coalesce(movements.due_on + bounds.first_day_late, movements.event_on))
        end as since,
        movements.amount
    from receivables.movements as movements
    join bounds
        on case
            when movements.side = 'credit' then bounds.bucket_rank = 91
            when movements.due_on is null then bounds.bucket_rank = 90
            else bounds.bucket_rank < 90
        end
),

months as (
    select
        entity_id,
        customer_id,
        currency,
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

customers as (
    select entity_id, customer_id, currency, bucket_rank, min(month_end) as first_month_end
    from months
    group by all
),

running as (
    select
        customers.entity_id,
        customers.customer_id,
        customers.currency,
        customers.bucket_rank,
        calendar.month_end,
        sum(coalesce(months.amount, 0)) over (
            partition by customers.entity_id, customers.customer_id, customers.currency, customers.bucket_rank
            order by calendar.month_end
            rows between unbounded preceding and current row
        ) as at_least
    from customers
    join calendar on calendar.month_end >= customers.first_month_end
    left join months
        on months.entity_id = customers.entity_id
        and months.customer_id = customers.customer_id
        and months.currency = customers.currency
        and months.bucket_rank = customers.bucket_rank
        and months.month_end = calendar.month_end
),

balances as (
    select
        running.entity_id,
        running.customer_id,
        running.currency,
        running.month_end,
        running.bucket_rank,
        cast(running.at_least - coalesce(later.at_least, 0) as decimal(18, 2)) as amount
    from running
    left join running as later
        on running.bucket_rank < 90
        and later.bucket_rank = running.bucket_rank + 1
        and later.entity_id = running.entity_id
        and later.customer_id = running.customer_id
        and later.currency = running.currency
        and later.month_end = running.month_end
)

select
    balances.entity_id,
    balances.customer_id,
    balances.currency,
    balances.month_end,
    bounds.bucket,
    bounds.bucket_rank,
    bounds.bucket_rank between 1 and 89 as is_overdue,
    balances.amount
from balances
join bounds on bounds.bucket_rank = balances.bucket_rank
where balances.amount <> 0
