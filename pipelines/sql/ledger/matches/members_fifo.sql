-- Unsettled items of each customer: credits settle the oldest debits first.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
select
    item_id,
    concat_ws('|', entity_id, customer_id, coalesce(account, '')) as group_key,
    currency,
    amount,
    booked_on,
    known_on,
    cast(null as date) as noted_on
from matching.unsettled
