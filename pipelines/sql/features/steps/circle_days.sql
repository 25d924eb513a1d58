-- The record of each circle of customers on each day one of them is asked about, as customer_days.
--
-- grain: circle, circle_code, asked_on
-- units: millionths of documents, whatever their currency; weights as in the calendar
with days as (
    select circles.circle, circles.circle_code, asked.asked_on as day
    from features.asked as asked
    join features.circles as circles on circles.customer_code = asked.customer_code
    group by circles.circle, circles.circle_code, asked.asked_on
),

deltas as (
    select
        circles.circle,
        circles.circle_code,
        deltas.day,
        sum(deltas.weighted) as weighted,
        sum(deltas.weighted_delay) as weighted_delay,
        sum(deltas.open_ppm) as open_ppm,
        sum(deltas.overdue_ppm) as overdue_ppm
    from features.deltas as deltas
    join features.circles as circles on circles.customer_code = deltas.customer_code
    group by circles.circle, circles.circle_code, deltas.day
),

marked as (
    select circle, circle_code, day, false as is_asked
    from deltas
    union all
    select circle, circle_code, day, true
    from days
),

moved as (
    select
        circle,
        circle_code,
        day,
        is_asked,
        min(case when is_asked then day end) over (
            partition by circle, circle_code order by day, is_asked desc
            rows between 1 following and unbounded following
        ) as asked_on
    from marked
),

added as (
    select
        deltas.circle,
        deltas.circle_code,
        moved.asked_on,
        sum(deltas.weighted) as weighted,
        sum(deltas.weighted_delay) as weighted_delay,
        sum(deltas.open_ppm) as open_ppm,
        sum(deltas.overdue_ppm) as overdue_ppm
    from moved
    join deltas
        on deltas.circle = moved.circle
        and deltas.circle_code = moved.circle_code
        and deltas.day = moved.day
    where moved.asked_on is not null and not moved.is_asked
    group by deltas.circle, deltas.circle_code, moved.asked_on
)

select
    days.circle,
    days.circle_code,
    days.day as asked_on,
    sum(added.weighted) over upto as weighted,
    sum(added.weighted_delay) over upto as weighted_delay,
    cast(sum(added.open_ppm) over upto as bigint) as open_ppm,
    cast(sum(added.overdue_ppm) over upto as bigint) as overdue_ppm
from days
left join added
    on added.circle = days.circle
    and added.circle_code = days.circle_code
    and added.asked_on = days.day
window upto as (
    partition by days.circle, days.circle_code order by days.day
    rows between unbounded preceding and current row
)
