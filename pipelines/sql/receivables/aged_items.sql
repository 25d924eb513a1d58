-- Open items of a day, each in the bucket of its lateness.
--
-- grain: item_id
-- asks:  as_of; basis='due'; bounds=[30, 60, 90, 120]; credits='apart'; convention='encaisse'
-- units: the item's own currency; positive is owed to us
-- rule:  by due date, or by document date (basis 'document')
-- rule:  a bucket holds its first and its last day; what is beyond the last bound is never lost
-- rule:  credits that no invoice has used stand apart as `unapplied`, or, with credits 'net', lower
--        the bucket of their own date
-- rule:  a debit without a due date stands apart as `no_due_date`
-- rule:  convention 'erpnext', 'oca_aged' or 'oca_statement' ages by the boundaries of those
--        reports (models.ageing.Convention); what ERPNext shows in no bucket stays in `not_due`, so
--        that the buckets always add up
with dated as (
    select
        *,
        case
            when $basis = 'document' then days_since_document
            when side = 'credit' and $convention in ('encaisse', 'oca_aged')
                then coalesce(days_late, days_since_document)
            when $convention in ('erpnext', 'oca_statement')
                then coalesce(days_late, cast(as_of - booked_on as int))
            else days_late
        end as days
    from receivables.open_items($as_of)
),

ranked as (
    select
        *,
        case
            when side = 'credit' and $credits = 'apart' then 91
            when days is null then case when $convention = 'oca_aged' then 0 else 90 end
            when days < 0 or days = 0 and $convention <> 'erpnext' then 0
            when $convention = 'oca_statement'
                then 1 + len(list_filter($bounds, lambda bound: bound <= days))
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
        when bucket_rank = 1 then case when $convention = 'erpnext' then '0-' else '1-' end || $bounds[1]
        else ($bounds[bucket_rank - 1] + 1) || '-' || $bounds[bucket_rank]
    end as bucket,
    bucket_rank between 1 and 89 as is_overdue
from ranked
