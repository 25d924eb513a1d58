-- Movements as they were known at the close of a day: what was known by then, and not yet retracted.
--
-- grain: item_id, event_on, known_on, source
-- asks:  known_on=null
-- units: the item's own currency; the sum up to a day is what is open on that day, as known then
-- rule:  without a day, what is known now
-- rule:  a row that a newer extract took back counts from the day it was known until that extract's
select
    series,
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
    open_until,
    closed_known_on,
    at_rest_on
from receivables.movements
where $known_on is null or known_on <= $known_on
union all
select
    series.series,
    retracted.item_id,
    retracted.entity_id,
    retracted.customer_id,
    retracted.account,
    retracted.currency,
    retracted.kind,
    retracted.side,
    retracted.event_on,
    retracted.booked_on,
    retracted.document_on,
    retracted.due_on,
    retracted.amount,
    retracted.known_on,
    retracted.source,
    date '9999-12-31' as open_until,
    date '9999-12-31' as closed_known_on,
    date '9999-12-31' as at_rest_on
from receivables.retracted_movements as retracted
join receivables.series as series
    on series.entity_id = retracted.entity_id
    and series.customer_id = retracted.customer_id
    and series.currency = retracted.currency
where retracted.known_on <= $known_on and retracted.retracted_on > $known_on
