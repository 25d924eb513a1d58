-- Standings: what an extract says of an item beside its amounts: in dispute, promised, doubtful.
--
-- grain: item_id
-- rule:  the words of the newest extract that shows the item (staging.standing_words). An entity that
--        gives a FEC is lent them, as due dates are, by document
-- rule:  of a FEC only a label that speaks of a dispute says one (staging.labelled_disputes)
-- rule:  of several, the gravest: doubtful, disputed, promised
-- rule:  it counts from said_on: the day the row was last updated, else the last day of its file; of
--        lists of open items the first list with these words. What a past day knew is in
--        ledger.standing_spans, whose said_on is the day of the extract
with judged as (
    select
        items.item_id,
        items.entity_id,
        items.customer_id,
        items.document_ref,
        items.only_lends_due_dates,
        items.said_on,
        words.said,
        words.gravity
    from staging.table_items as items
    join staging.standing_words as words
        on words.status is not distinct from items.status
        and words.dispute is not distinct from items.dispute
    where items.amount > 0
),

said_of_items as (
    select item_id, said_on, said, gravity
    from judged
    where not only_lends_due_dates
    union all
    select items.item_id, judged.said_on, judged.said, judged.gravity
    from judged
    join ledger.items as items
        on judged.only_lends_due_dates
        and items.entity_id = judged.entity_id
        and items.customer_id = judged.customer_id
        and items.document_ref = judged.document_ref
        and items.kind in ('invoice', 'opening')
    union all
    select item_id, said_on, label, 2
    from staging.labelled_disputes
)

select
    item_id,
    case min(gravity) when 1 then 'doubtful' when 2 then 'disputed' else 'promised' end as standing,
    min_by(said, (gravity, coalesce(said_on, date '9999-12-31'), said)) as said,
    min_by(said_on, (gravity, said_on, said)) filter (where said_on is not null) as said_on
from said_of_items
group by item_id
