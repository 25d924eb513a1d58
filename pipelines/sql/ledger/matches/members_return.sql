-- Returned payments whose payment was never lettered, or no longer is: the two cancel out.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
select
    unsettled.item_id,
    returns.returned_item_id as group_key,
    unsettled.currency,
    unsettled.amount,
    unsettled.booked_on,
    unsettled.known_on,
    cast(null as date) as noted_on
from ledger.returns as returns
join matching.unsettled as returned
    on returned.item_id = returns.returned_item_id and returned.amount = returned.item_amount
join matching.unsettled as paid
    on paid.item_id = returns.payment_item_id and paid.amount = paid.item_amount
join matching.unsettled as unsettled
    on unsettled.item_id = returns.returned_item_id or unsettled.item_id = returns.payment_item_id
