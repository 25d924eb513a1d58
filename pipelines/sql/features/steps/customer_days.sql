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
    where customer_code in (select customer_code from days)
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
        case
            when is_asked then day
            else min(case when is_asked then day end) over (
                partition by customer_code order by day, is_asked desc
                rows between 1 following and unbounded following
            )
        end as asked_on
    from marked
),

-- A question is a row too, which adds nothing: else one before which nothing changed would be lost.
pushed as (
    select moved.customer_code, moved.asked_on, deltas.* except (customer_code, day)
    from moved
    left join features.deltas as deltas
        on deltas.customer_code = moved.customer_code
        and deltas.day = moved.day
        and not moved.is_asked
    where moved.asked_on is not null
),

added as (
    select
        customer_code,
        asked_on,
        cast(sum(payments) as bigint) as payments,
        cast(sum(ppm) as bigint) as ppm,
        cast(sum(ppm_delay) as bigint) as ppm_delay,
        cast(sum(ppm_delay_2) as bigint) as ppm_delay_2,
        cast(sum(ppm_days_to_pay) as bigint) as ppm_days_to_pay,
        cast(sum(ppm_late) as bigint) as ppm_late,
        cast(sum(ppm_late_7) as bigint) as ppm_late_7,
        cast(sum(ppm_late_30) as bigint) as ppm_late_30,
        sum(weighted) as weighted,
        sum(weighted_delay) as weighted_delay,
        sum(weighted_late) as weighted_late,
        sum(weighted_late_7) as weighted_late_7,
        sum(weighted_late_30) as weighted_late_30,
        cast(sum(paid_amount) as decimal(18, 2)) as paid_amount,
        cast(sum(late_amount) as decimal(18, 2)) as late_amount,
        cast(sum(returned) as bigint) as returned,
        cast(sum(disputed) as bigint) as disputed,
        cast(sum(promises_broken) as bigint) as promises_broken,
        cast(sum(issued) as bigint) as issued,
        cast(sum(issued_amount) as decimal(18, 2)) as issued_amount,
        cast(sum(open_amount) as decimal(18, 2)) as open_amount,
        cast(sum(open_ppm) as bigint) as open_ppm,
        cast(sum(overdue_amount) as decimal(18, 2)) as overdue_amount,
        cast(sum(overdue_ppm) as bigint) as overdue_ppm,
        cast(sum(overdue_ppm_due) as bigint) as overdue_ppm_due,
        cast(sum(over_90_amount) as decimal(18, 2)) as over_90_amount,
        cast(sum(fell_due_amount) as decimal(18, 2)) as fell_due_amount
    from pushed
    group by customer_code, asked_on
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
    coalesce(cast(sum(disputed) over upto as bigint), 0) as disputed,
    coalesce(cast(sum(promises_broken) over upto as bigint), 0) as promises_broken,
    coalesce(cast(sum(issued) over upto as bigint), 0) as issued,
    sum(issued_amount) over upto as issued_amount,
    coalesce(sum(open_amount) over upto, 0) as open_amount,
    coalesce(cast(sum(open_ppm) over upto as bigint), 0) as open_ppm,
    coalesce(sum(overdue_amount) over upto, 0) as overdue_amount,
    coalesce(cast(sum(overdue_ppm) over upto as bigint), 0) as overdue_ppm,
    coalesce(cast(sum(overdue_ppm_due) over upto as bigint), 0) as overdue_ppm_due,
    coalesce(sum(over_90_amount) over upto, 0) as over_90_amount,
    coalesce(sum(fell_due_amount) over upto, 0) as fell_due_amount
from added
window upto as (
    partition by customer_code order by asked_on rows between unbounded preceding and current row
)
