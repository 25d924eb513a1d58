-- Customers whose oldest overdue bucket is not what it was in the previous snapshot.
--
-- grain: entity_id, currency, customer_id
-- units: overdue in the items' own currency
-- rule:  a customer with nothing overdue stands in `not_due`
with before_it as (
    select
        entity_id,
        customer_id,
        currency,
        coalesce(max_by(bucket, bucket_rank) filter (where is_overdue), 'not_due') as worst,
        coalesce(max(bucket_rank) filter (where is_overdue), 0) as worst_rank,
        coalesce(sum(amount) filter (where is_overdue), 0) as overdue
    from staging.previous_month_ends
    group by all
),

now_in as (
    select
        entity_id,
        customer_id,
        currency,
        coalesce(max_by(bucket, bucket_rank) filter (where is_overdue), 'not_due') as worst,
        coalesce(max(bucket_rank) filter (where is_overdue), 0) as worst_rank,
        coalesce(sum(amount) filter (where is_overdue), 0) as overdue
    from receivables.month_ends
    where month_end = (select as_of from staging.run)
    group by all
)

select
    coalesce(now_in.entity_id, before_it.entity_id) as entity_id,
    coalesce(now_in.currency, before_it.currency) as currency,
    coalesce(now_in.customer_id, before_it.customer_id) as customer_id,
    coalesce(before_it.worst, 'not_due') as worst_before,
    coalesce(now_in.worst, 'not_due') as worst_now,
    coalesce(now_in.worst_rank, 0) > coalesce(before_it.worst_rank, 0) as is_worse,
    cast(coalesce(before_it.overdue, 0) as decimal(18, 2)) as overdue_before,
    cast(coalesce(now_in.overdue, 0) as decimal(18, 2)) as overdue_now
from now_in
full join before_it
    on before_it.entity_id = now_in.entity_id
    and before_it.customer_id = now_in.customer_id
    and before_it.currency = now_in.currency
where
    exists (select 1 from before_it)
    and coalesce(now_in.worst_rank, 0) <> coalesce(before_it.worst_rank, 0)
