-- Items of a FEC that are in dispute by their label: it has no column that could say so.
--
-- grain: item_id
-- rule:  the label says it from the day of its entry, for good
with speaking as (
    select item_id, booked_on, label
    from ledger.items
    where account is not null
        and amount > 0
        and (contains(lower(label), 'litig') or contains(lower(label), 'disput'))
)

select item_id, booked_on as said_on, label
from speaking
where regexp_matches(lower(strip_accents(label)), '(^|[^a-z])(litige|litigieu|disputed?)')
