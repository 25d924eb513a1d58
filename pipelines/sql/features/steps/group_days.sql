-- The record of each group of customers on each day one of them is asked about, as customer_days.
--
-- grain: group_code, asked_on
-- units: millionths of documents, whatever their currency; weights as in the calendar
with days as (
    select customers.group_code, asked.asked_on as day
    from features.asked as asked
    join features.customers as customers on customers.customer_code = asked.customer_code
    where customers.group_code is not null
    group by customers.group_code, asked.asked_on
),

deltas as (
    select
        customers.group_code,
        deltas.day,
        sum(deltas.weighted) as weighted,
        sum(deltas.weighted_delay) as weighted_delay,
        sum(deltas.open_ppm) as open_ppm,
        sum(deltas.overdue_ppm) as overdue_ppm
    from features.deltas as deltas
    join features.customers as customers on customers.customer_code = deltas.customer_code
    where customers.group_code is not null
    group by customers.group_code, deltas.day
),

marked as (
    select group_code, day, false as is_asked
    from deltas
    union all
    select group_code, day, true
    from days
),

moved as (
    select
        group_code,
        day,
        is_asked,
        min(case when is_asked then day end) over (
            partition by group_code order by day, is_asked desc
            rows between 1 following and unbounded following
        ) as asked_on
    from marked
),

added as (
    select
        deltas.group_code,
        moved.asked_on,
        sum(deltas.weighted) as weighted,
        sum(deltas.weighted_delay) as weighted_delay,
        sum(deltas.open_ppm) as open_ppm,
        sum(deltas.overdue_ppm) as overdue_ppm
    from moved
    join deltas on deltas.group_code = moved.group_code and deltas.day = moved.day
    where moved.asked_on is not null and not moved.is_asked
    group by deltas.group_code, moved.asked_on
)

select
    days.group_code,
    days.day as asked_on,
    sum(added.weighted) over upto as weighted,
    sum(added.weighted_delay) over upto as weighted_delay,
    cast(sum(added.open_ppm) over upto as bigint) as open_ppm,
    cast(sum(added.overdue_ppm) over upto as bigint) as overdue_ppm
from days
left join added on added.group_code = days.group_code and added.asked_on = days.day
window upto as (
    partition by days.group_code order by days.day rows between unbounded preceding and current row
)
