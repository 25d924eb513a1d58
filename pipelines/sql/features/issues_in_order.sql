-- The documents of each customer in the order of their booking, each with how often they come.
--
-- grain: customer_code, place
-- units: days
with ordered as (
    select
        customer_code,
        booked_on,
        row_number() over (partition by customer_code order by booked_on) as place
    from features.documents
    where is_asked_new
)

select
    customer_code,
    cast(place as bigint) as place,
    min(booked_on) over (partition by customer_code) as first_on,
    case
        when place > 1
            then cast(
                booked_on - min(booked_on) over (
                    partition by customer_code order by place
                    rows between 9 preceding and current row
                ) as int
            ) / cast(least(place, 10) - 1 as double)
    end as gap
from ordered
