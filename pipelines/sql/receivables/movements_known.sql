-- Movements as they were known at the close of a day: what was known by then, and not yet retracted.
--
-- grain: item_id, event_on, known_on, source
-- asks:  known_on=null
-- units: the item's own currency; the sum up to a day is what is open on that day, as known then
-- rule:  without a day, what is known now
-- rule:  a row that a newer extract took back counts from the day it was known until that extract's
select
    item_id,
    entity_id,
    customer_id,
    account,
    currency,
    kind,
    side,
    event_on,
    booked_on,
    document_on,
    due_on,
    amount,
    known_on,
    source,
    closed_on,
    closed_known_on
from receivables.movements
where $known_on is null or known_on <= $known_on
union all
select
    item_id,
    entity_id,
    customer_id,
    account,
    currency,
    kind,
    side,
    event_on,
    booked_on,
    document_on,
    due_on,
    amount,
    known_on,
    source,
    cast(null as date) as closed_on,
    cast(null as date) as closed_known_on
from receivables.retracted_movements
where known_on <= $known_on and retracted_on > $known_on
