-- Since when each customer has had something overdue, on each day it is asked about.
--
-- grain: customer_code, asked_on
-- rule:  that is the earliest day on which something was overdue that still is on the day before
--        `asked_on`; null where nothing is
-- rule:  take the stretches for which a document stood overdue in the order of their beginning; those
--        that outlast all before them are stairs, and each day asked about stands on one
with balances as (
    select
        document_id,
        customer_code,
        due_on,
        day,
        sum(amount) over upto as balance,
        coalesce((sum(amount) over upto) - amount, 0) as balance_before
    from features.moves
    where customer_code in (select customer_code from features.asked)
    window upto as (
        partition by document_id order by day rows between unbounded preceding and current row
    )
),

turns as (
    select
        *,
        lead(day) over (partition by document_id order by day) as next_on
    from balances
    where (balance > 0) <> (balance_before > 0)
),

stretches as (
    select
        customer_code,
        greatest(day, due_on + 1) as since_on,
        coalesce(next_on, date '9999-12-31') as until_on
    from turns
    where balance > 0 and coalesce(next_on, date '9999-12-31') > greatest(day, due_on + 1)
),

climbing as (
    select
        customer_code,
        since_on,
        until_on,
        max(until_on) over (
            partition by customer_code order by since_on, until_on desc
            rows between unbounded preceding and 1 preceding
        ) as highest_before
    from stretches
),

stairs as (
    select customer_code, since_on, until_on
    from climbing
    where highest_before is null or until_on > highest_before
),

marked as (
    select customer_code, until_on as day, 1 as is_stair
    from stairs
    union all
    select customer_code, asked_on, 0
    from features.asked
    group by customer_code, asked_on
),

-- A stretch that ends on a day was still overdue on the day before: it stands for that day too.
standing as (
    select
        customer_code,
        day as asked_on,
        is_stair,
        min(case when is_stair = 1 then day end) over (
            partition by customer_code order by day, is_stair
            rows between current row and unbounded following
        ) as until_on
    from marked
)

select
    standing.customer_code,
    standing.asked_on,
    case when stairs.since_on < standing.asked_on then stairs.since_on end as since_on
from standing
join stairs
    on stairs.customer_code = standing.customer_code and stairs.until_on = standing.until_on
where standing.is_stair = 0
