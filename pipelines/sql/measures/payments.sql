-- What each payment settled of each document, how late, and how long after the document.
--
-- grain: match_id, item_id
-- kind:  view
-- units: amount in the item's own currency, positive; days are calendar days, early is negative
-- rule:  a payment that came back has paid nothing; else as in measures.payments_made
select
    match_id,
    item_id,
    payment_item_id,
    entity_id,
    customer_id,
    currency,
    settled_on,
    known_on,
    paid_on,
    amount,
    days_to_pay,
    days_late
from measures.payments_made
where undone_known_on is null
