-- Each open document: whether it can be chased, and how much of it is left once credits are taken off.
--
-- grain: item_id
-- units: the document's currency
-- rule:  what is in dispute, promised or doubtful is set apart and never chased
-- rule:  credits that no invoice has used cover the document due first, then the next, whatever they
--        will be matched with (models.worklist.left_to_chase says the same, slowly)
-- rule:  what is not due within ten days is left in peace, and what has no due date cannot be late
with credits as (
    select entity_id, customer_id, currency, cast(-sum(open_amount) as decimal(18, 2)) as unapplied
    from receivables.open_items($as_of)
    where open_amount < 0
    group by entity_id, customer_id, currency
),

in_line as (
    select
        outlooks.*,
        coalesce(credits.unapplied, 0) as unapplied,
        case
            when standing is null and open_amount > 0
                then cast(sum(case when standing is null and open_amount > 0 then open_amount else 0 end)
                    over line as decimal(18, 2))
        end as to_amount
    from staging.outlooks as outlooks
    left join credits
        on credits.entity_id = outlooks.entity_id
        and credits.customer_id = outlooks.customer_id
        and credits.currency = outlooks.currency
    window line as (
        partition by outlooks.entity_id, outlooks.customer_id, outlooks.currency
        order by due_on nulls last, item_id
        rows between unbounded preceding and current row
    )
),

left_over as (
    select
        *,
        coalesce(days_late, -999999) >= -$remind_within as is_near,
        cast(case when to_amount is null then 0 else greatest(0, least(open_amount, to_amount - unapplied)) end as decimal(18, 2))
            as left_amount
    from in_line
)

select
    item_id,
    entity_id,
    customer_id,
    currency,
    open_amount,
    due_on,
    days_late,
    unapplied,
    case
        when standing is not null then standing
        when left_amount = 0 and open_amount > 0 then 'credited'
    end as set_apart,
    is_near,
    case when to_amount is not null and is_near then open_amount else 0 end as chaseable_amount,
    case when is_near then left_amount else 0 end as chased_amount,
    moved_milli,
    undecided_share
from left_over
