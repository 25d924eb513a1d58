-- The record of each customer on each day it is asked about: everything dated before that day.
--
-- grain: customer_code, asked_on
-- units: as features.deltas; the weights that halve every 90 days as the calendar's whole numbers
-- rule:  what changed on a day first matters on the next day asked about, never on the day itself;
--        each change is moved there once, and added up there: the cost grows with the rows
with days as (
    select customer_code, asked_on as day, true as is_asked
    from features.asked
    group by customer_code, asked_on
),

marked as (
    select customer_code, day, false as is_asked
    from features.deltas
    union all
    select customer_code, day, is_asked
    from days
),

-- Of a day's own rows the question comes first: what happens on that day is not yet known.
moved as (
    select
        customer_code,
        day,
        is_asked,
        min(case when is_asked then day end) over (
            partition by customer_code order by day, is_asked desc
            rows between 1 following and unbounded following
        ) as asked_on
    from marked
),

pushed as (
    select deltas.*, moved.asked_on
    from moved
    join features.deltas as deltas
        on deltas.customer_code = moved.customer_code and deltas.day = moved.day
    where moved.asked_on is not null and not moved.is_asked
),

added as (
    select
        customer_code,
        asked_on,
        sum(payments) as payments,
        sum(ppm) as ppm,
        sum(ppm_delay) as ppm_delay,
        sum(ppm_delay_2) as ppm_delay_2,
        sum(ppm_days_to_pay) as ppm_days_to_pay,
        sum(ppm_late) as ppm_late,
        sum(ppm_late_7) as ppm_late_7,
        sum(ppm_late_30) as ppm_late_30,
        sum(weighted) as weighted,
        sum(weighted_delay) as weighted_delay,
        sum(weighted_late) as weighted_late,
        sum(weighted_late_7) as weighted_late_7,
        sum(weighted_late_30) as weighted_late_30,
        sum(paid_amount) as paid_amount,
        sum(late_amount) as late_amount,
        sum(returned) as returned,
        sum(issued) as issued,
        sum(issued_amount) as issued_amount,
        sum(open_amount) as open_amount,
        sum(open_ppm) as open_ppm,
        sum(overdue_amount) as overdue_amount,
        sum(overdue_ppm) as overdue_ppm,
        sum(overdue_ppm_due) as overdue_ppm_due,
        sum(over_90_amount) as over_90_amount,
        sum(fell_due_amount) as fell_due_amount
    from pushed
    group by customer_code, asked_on
),

filled as (
    select days.customer_code, days.day as asked_on, added.* except (customer_code, asked_on)
    from days
    left join added on added.customer_code = days.customer_code and added.asked_on = days.day
)

select
    customer_code,
    asked_on,
    coalesce(cast(sum(payments) over upto as bigint), 0) as payments,
    coalesce(cast(sum(ppm) over upto as bigint), 0) as ppm,
    cast(sum(ppm_delay) over upto as bigint) as ppm_delay,
    cast(sum(ppm_delay_2) over upto as bigint) as ppm_delay_2,
    cast(sum(ppm_days_to_pay) over upto as bigint) as ppm_days_to_pay,
    coalesce(cast(sum(ppm_late) over upto as bigint), 0) as ppm_late,
    coalesce(cast(sum(ppm_late_7) over upto as bigint), 0) as ppm_late_7,
    coalesce(cast(sum(ppm_late_30) over upto as bigint), 0) as ppm_late_30,
    sum(weighted) over upto as weighted,
    sum(weighted_delay) over upto as weighted_delay,
    sum(weighted_late) over upto as weighted_late,
    sum(weighted_late_7) over upto as weighted_late_7,
    sum(weighted_late_30) over upto as weighted_late_30,
    sum(paid_amount) over upto as paid_amount,
    sum(late_amount) over upto as late_amount,
    coalesce(cast(sum(returned) over upto as bigint), 0) as returned,
    coalesce(cast(sum(issued) over upto as bigint), 0) as issued,
    sum(issued_amount) over upto as issued_amount,
    coalesce(sum(open_amount) over upto, 0) as open_amount,
    coalesce(cast(sum(open_ppm) over upto as bigint), 0) as open_ppm,
    coalesce(sum(overdue_amount) over upto, 0) as overdue_amount,
    coalesce(cast(sum(overdue_ppm) over upto as bigint), 0) as overdue_ppm,
    coalesce(cast(sum(overdue_ppm_due) over upto as bigint), 0) as overdue_ppm_due,
    coalesce(sum(over_90_amount) over upto, 0) as over_90_amount,
    coalesce(sum(fell_due_amount) over upto, 0) as fell_due_amount
from filled
window upto as (
    partition by customer_code order by asked_on rows between unbounded preceding and current row
)
