-- The open debits of a day, as published: each with the document it goes back to.
--
-- grain: item_id
-- units: amount in the item's own currency, positive
select
    items.item_id,
    case when origins.known_on <= $as_of then origins.document_id else items.item_id end as document_id,
    customers.customer_code,
    items.open_amount
from receivables.open_items($as_of) as items
join features.origins as origins on origins.item_id = items.item_id
join features.customers as customers
    on customers.entity_id = items.entity_id
    and customers.customer_id = items.customer_id
    and customers.currency = items.currency
where items.side = 'debit'
