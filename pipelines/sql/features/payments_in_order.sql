-- The payments of each customer in the order in which they became known, each with the last ones.
--
-- grain: customer_code, place
-- units: days; early is negative
-- rule:  payments that cannot be told apart by their days stand in any order: the figures are the
--        same
with ordered as (
    select
        customer_code,
        exit_on,
        delay,
        row_number() over place as place
    from features.parts
    where is_paid
    window place as (partition by customer_code order by known_on, exit_on, delay)
),

-- A median of the last ten is taken of their list: not every engine knows a median that moves.
last_ones as (
    select
        customer_code,
        cast(place as bigint) as place,
        delay as last_delay,
        avg(delay) over (
            partition by customer_code order by place rows between 2 preceding and current row
        ) as last_3_delay,
        avg(delay) over last_10 as last_10_delay,
        array_agg(delay) over last_10 as last_10_delays,
        max(delay) over last_10 as last_10_max,
        min(delay) over last_10 as last_10_min,
        avg(case when delay > 0 then 1 else 0 end) over last_10 as last_10_late_rate,
        max(exit_on) over (
            partition by customer_code order by place
            rows between unbounded preceding and current row
        ) as last_paid_on
    from ordered
    window last_10 as (
        partition by customer_code order by place rows between 9 preceding and current row
    )
)

select
    customer_code,
    place,
    last_delay,
    last_3_delay,
    last_10_delay,
    median_of(last_10_delays) as last_10_median,
    last_10_max,
    last_10_min,
    last_10_late_rate,
    last_paid_on
from last_ones
