-- What a list of open items showed settled, and a later list opens again, amount for amount.
--
-- grain: reopening_item_id
-- rule:  a reopening takes back the last settlement of that amount of the document that still stands,
--        each its own, as brackets close
-- rule:  one of an amount that no settlement had takes none back
with told as (
    select
        item_id,
        listed_item_id,
        abs(amount) as amount,
        booked_on,
        kind = 'reopening' as is_reopening,
        case when kind = 'settlement' then 1 else -1 end as step
    from staging.table_items
    where kind in ('settlement', 'reopening')
),

standing as (
    select *, sum(step) over line as standing
    from told
    window line as (
        partition by listed_item_id, amount order by booked_on, item_id
        rows between unbounded preceding and current row
    )
),

-- A reopening without a settlement lowers the ground from which all that follow are counted.
grounded as (
    select
        *,
        least(
            min(standing) over (
                partition by listed_item_id, amount order by booked_on, item_id
                rows between unbounded preceding and current row
            ),
            0
        ) as ground
    from standing
),

-- The bracket that a settlement opens has the height that it makes; a reopening closes the one of
-- the height that it leaves.
brackets as (
    select *, standing - ground + case when is_reopening then 1 else 0 end as height
    from grounded
),

pairs as (
    select
        item_id as reopening_item_id,
        is_reopening,
        lag(item_id) over line as settlement_item_id,
        lag(is_reopening) over line as follows_reopening
    from brackets
    window line as (partition by listed_item_id, amount, height order by booked_on, item_id)
)

select reopening_item_id, settlement_item_id
from pairs
where is_reopening and not follows_reopening
