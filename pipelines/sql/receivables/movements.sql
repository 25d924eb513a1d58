-- Every change of an item's open balance: its booking, its matches, its reopening.
--
-- grain: item_id, event_on, known_on, source
-- units: the item's own currency; the sum up to a day is what is open on that day
-- rule:  open_until is the day from which on nothing of the item is open, so that a question of a
--        day need only look at what is open on it; closed_known_on is the day from which on all of
--        that was known; at_rest_on is the later of the two; all are 9999-12-31 while something is
--        open
-- rule:  rows lie by the year of at_rest_on, the last first, and by customer: a question of a day does
--        not read the years of which all was settled and known by then
-- rule:  what happens to a returned payment happens to the invoices it opens again, so that they
--        stand open with their own document and due date
-- rule:  known_on is the day that the extract states, else that of the first extract that told it
with dated as (
    select distinct item_id, event_on, source
    from staging.changes_known
),

changes as (
    select told.item_id, told.event_on, told.known_on, told.source, told.amount
    from staging.item_changes as told
    anti join dated
        on dated.item_id = told.item_id
        and dated.event_on = told.event_on
        and dated.source = told.source
    union all
    select item_id, event_on, known_on, source, amount
    from staging.changes_known
    where amount <> 0
),

-- From its last change on, an item whose changes add up to nothing is open no more; and from the day
-- on which the last of them was known, that is known.
closed as (
    select item_id, max(event_on) as open_until, max(known_on) as closed_known_on
    from changes
    group by item_id
    having sum(amount) = 0
)

select
    series.series,
    changes.item_id,
    items.entity_id,
    items.customer_id,
    items.account,
    items.currency,
    items.kind,
    case when items.amount > 0 then 'debit' else 'credit' end as side,
    changes.event_on,
    items.booked_on,
    items.document_on,
    items.due_on,
    changes.amount,
    changes.known_on,
    changes.source,
    coalesce(closed.open_until, date '9999-12-31') as open_until,
    coalesce(closed.closed_known_on, date '9999-12-31') as closed_known_on,
    coalesce(greatest(closed.open_until, closed.closed_known_on), date '9999-12-31') as at_rest_on
from changes
join ledger.items as items on items.item_id = changes.item_id
left join closed on closed.item_id = changes.item_id
join receivables.series as series
    on series.entity_id = items.entity_id
    and series.customer_id = items.customer_id
    and series.currency = items.currency
order by
    year(coalesce(greatest(closed.open_until, closed.closed_known_on), date '9999-12-31')) desc,
    series.series,
    changes.item_id
