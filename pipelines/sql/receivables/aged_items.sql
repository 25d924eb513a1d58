-- Open items of a day, each in the bucket of its lateness.
--
-- grain: item_id
-- asks:  as_of; basis='due'; bounds=[30, 60, 90, 120]; credits='apart'
-- units: the item's own currency; positive is owed to us
-- rule:  by due date, or by document date (basis 'document')
-- rule:  a bucket holds its first and its last day; what is beyond the last bound is never lost
-- rule:  credits that no invoice has used stand apart as `unapplied`, or, with credits 'net', lower
--        the bucket of their own date
-- rule:  a debit without a due date stands apart as `no_due_date`
with dated as (
    select
        *,
        case
            when $basis = 'document' then days_since_document
            when side = 'credit' then coalesce(days_late, days_since_document)
            else days_late
        end as days
    from receivables.open_items($as_of)
),

ranked as (
    select
        *,
        case
            when side = 'credit' and $credits = 'apart' then 91
            when days is null then 90
            when days <= 0 then 0
            else 1 + len(list_filter($bounds, lambda bound: bound < days))
        end as bucket_rank
    from dated
)

select
    * exclude (days),
    case
        when bucket_rank = 91 then 'unapplied'
        when bucket_rank = 90 then 'no_due_date'
        when bucket_rank = 0 then 'not_due'
        when bucket_rank > len($bounds) then 'over_' || $bounds[len($bounds)]
        when bucket_rank = 1 then '1-' || $bounds[1]
        else ($bounds[bucket_rank - 1] + 1) || '-' || $bounds[bucket_rank]
    end as bucket,
    bucket_rank between 1 and 89 as is_overdue
from ranked
