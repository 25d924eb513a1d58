-- Open items of a day, each in the bucket of its lateness.
--
-- grain: item_id
-- asks:  as_of; known_on=null; basis='due'; bounds=[30, 60, 90, 120]; credits='apart'; convention='encaisse'
-- units: the item's own currency; positive is owed to us
-- rule:  by due date, or by document date (basis 'document')
-- rule:  buckets as in bucket_spans, by the bounds that are asked, 30, 60, 90 and 120 without; the
--        settings' bounds are those of month_ends and daily_balances
-- rule:  credits that no invoice has used stand apart as `unapplied`, or, with credits 'net', lower
--        the bucket of their own date
-- rule:  a debit without a due date stands apart as `no_due_date`
-- rule:  convention 'erpnext', 'oca_aged' or 'oca_statement' ages by the boundaries of those
--        reports (models.ageing.Convention); what ERPNext shows in no bucket stays in `not_due`, so
--        that the buckets always add up
with aged as (
    select
        *,
        case
            when side = 'credit' and $credits = 'apart' then 1999999999
            else coalesce(
                case
                    when $basis = 'document' then days_since_document
                    when side = 'credit' and $convention in ('encaisse', 'oca_aged')
                        then coalesce(days_late, days_since_document)
                    when $convention in ('erpnext', 'oca_statement')
                        then coalesce(days_late, cast(as_of - booked_on as int))
                    else days_late
                end,
                case when $convention = 'oca_aged' then 0 else 1999999998 end
            )
        end as age
    from receivables.open_items($as_of, _known_on := $known_on)
)

select
    aged.* exclude (age),
    spans.bucket_rank,
    spans.bucket,
    spans.is_overdue
from aged
join receivables.bucket_spans(_bounds := $bounds, _convention := $convention) as spans
    on aged.age between spans.first_day and spans.last_day
