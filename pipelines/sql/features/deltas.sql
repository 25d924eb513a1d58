-- What changes in a customer's record from one day to the next: additive, a row for a day.
--
-- grain: customer_code, day
-- units: amounts in the customer's currency; counts of documents in millionths; weights as in the
--        calendar, which doubles them every 90 days
-- rule:  all are whole numbers or exact decimals: in whatever order they are added, the sum is the
--        same to the last digit
with payments as (
    select
        customer_code, known_on as day, known_on, 1 as payments, cast(1 as bigint) as sign, ppm,
        delay, days_to_pay, amount
    from features.parts
    where is_paid
    union all
    select customer_code, undone_on, known_on, 0, -1, ppm, delay, days_to_pay, amount
    from features.parts
    where is_paid and undone_on is not null
),

paid as (
    select
        payments.customer_code,
        payments.day,
        sum(payments.payments) as payments,
        sum(sign * ppm) as ppm,
        sum(sign * ppm * delay) as ppm_delay,
        sum(sign * ppm * delay * delay) as ppm_delay_2,
        sum(sign * ppm * days_to_pay) as ppm_days_to_pay,
        sum(case when delay > 0 then sign * ppm else 0 end) as ppm_late,
        sum(case when delay > 7 then sign * ppm else 0 end) as ppm_late_7,
        sum(case when delay > 30 then sign * ppm else 0 end) as ppm_late_30,
        -- By the weight of the day it became known, on which a return takes it away again.
        sum(weight * (sign * ppm)) as weighted,
        sum(weight * (sign * ppm * delay)) as weighted_delay,
        sum(case when delay > 0 then weight * (sign * ppm) else 0 end) as weighted_late,
        sum(case when delay > 7 then weight * (sign * ppm) else 0 end) as weighted_late_7,
        sum(case when delay > 30 then weight * (sign * ppm) else 0 end) as weighted_late_30,
        sum(sign * amount) as paid_amount,
        sum(case when delay > 0 then sign * amount else 0 end) as late_amount,
        sum(case when sign < 0 then 1 else 0 end) as returned
    from payments
    join features.calendar as calendar on calendar.day = payments.known_on
    group by payments.customer_code, payments.day
),

effects as (
    select customer_code, day, 'open' as what, amount, ppm, 0 as ppm_due
    from features.moves
    union all
    -- Overdue is what is open on the day after the due day.
    select
        customer_code, greatest(day, due_on + 1), 'overdue', amount, ppm,
        ppm * cast(due_on - date '2000-01-01' as int)
    from features.moves
    union all
    select customer_code, greatest(day, due_on + 91), 'over_90', amount, ppm, 0
    from features.moves
    union all
    select customer_code, greatest(booked_on, due_on + 1), 'fell_due', amount, 0, 0
    from features.documents
    where kind <> 'adjustment'
    union all
    select customer_code, greatest(booked_on, due_on + 91), 'fell_due', -amount, 0, 0
    from features.documents
    where kind <> 'adjustment'
    union all
    select customer_code, booked_on, 'issued', amount, 1, 0
    from features.documents
    where is_asked_new
    union all
    select customer_code, day, 'returned', 0, returned, 0
    from paid
    where returned > 0
    union all
    -- A return is remembered for a year.
    select customer_code, day + 365, 'returned', 0, -returned, 0
    from paid
    where returned > 0
    union all
    select customer_code, day, incident, 0, 1, 0
    from features.incidents
    union all
    -- So are disputes and broken promises.
    select customer_code, day + 365, incident, 0, -1, 0
    from features.incidents
),

balances as (
    select
        customer_code,
        day,
        sum(case when what = 'returned' then ppm end) as returned,
        sum(case when what = 'disputed' then ppm end) as disputed,
        sum(case when what = 'promise_broken' then ppm end) as promises_broken,
        sum(case when what = 'issued' then ppm end) as issued,
        sum(case when what = 'issued' then amount end) as issued_amount,
        sum(case when what = 'open' then amount end) as open_amount,
        sum(case when what = 'open' then ppm end) as open_ppm,
        sum(case when what = 'overdue' then amount end) as overdue_amount,
        sum(case when what = 'overdue' then ppm end) as overdue_ppm,
        sum(case when what = 'overdue' then ppm_due end) as overdue_ppm_due,
        sum(case when what = 'over_90' then amount end) as over_90_amount,
        sum(case when what = 'fell_due' then amount end) as fell_due_amount
    from effects
    group by customer_code, day
)

-- Every payment moves a balance too, so the balances have all the days.
select
    balances.customer_code,
    balances.day,
    cast(paid.payments as bigint) as payments,
    cast(paid.ppm as bigint) as ppm,
    cast(paid.ppm_delay as bigint) as ppm_delay,
    cast(paid.ppm_delay_2 as bigint) as ppm_delay_2,
    cast(paid.ppm_days_to_pay as bigint) as ppm_days_to_pay,
    cast(paid.ppm_late as bigint) as ppm_late,
    cast(paid.ppm_late_7 as bigint) as ppm_late_7,
    cast(paid.ppm_late_30 as bigint) as ppm_late_30,
    cast(paid.weighted as decimal(38, 0)) as weighted,
    cast(paid.weighted_delay as decimal(38, 0)) as weighted_delay,
    cast(paid.weighted_late as decimal(38, 0)) as weighted_late,
    cast(paid.weighted_late_7 as decimal(38, 0)) as weighted_late_7,
    cast(paid.weighted_late_30 as decimal(38, 0)) as weighted_late_30,
    cast(paid.paid_amount as decimal(18, 2)) as paid_amount,
    cast(paid.late_amount as decimal(18, 2)) as late_amount,
    cast(balances.returned as bigint) as returned,
    cast(balances.disputed as bigint) as disputed,
    cast(balances.promises_broken as bigint) as promises_broken,
    cast(balances.issued as bigint) as issued,
    cast(balances.issued_amount as decimal(18, 2)) as issued_amount,
    cast(balances.open_amount as decimal(18, 2)) as open_amount,
    cast(balances.open_ppm as bigint) as open_ppm,
    cast(balances.overdue_amount as decimal(18, 2)) as overdue_amount,
    cast(balances.overdue_ppm as bigint) as overdue_ppm,
    cast(balances.overdue_ppm_due as bigint) as overdue_ppm_due,
    cast(balances.over_90_amount as decimal(18, 2)) as over_90_amount,
    cast(balances.fell_due_amount as decimal(18, 2)) as fell_due_amount
from balances
left join paid on paid.customer_code = balances.customer_code and paid.day = balances.day
