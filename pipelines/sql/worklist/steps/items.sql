-- The documents behind each line of the collection list: what is chased, and what is set apart.
--
-- grain: item_id
-- units: the document's currency
select
    items.item_id,
    items.entity_id,
    items.customer_id,
    items.currency,
    priorities.rank,
    items.open_amount,
    cast(items.chased_amount as decimal(18, 2)) as chased_amount,
    items.due_on,
    items.days_late,
    items.set_apart
from staging.chased_items as items
join worklist.priorities as priorities
    on priorities.entity_id = items.entity_id
    and priorities.customer_id = items.customer_id
    and priorities.currency = items.currency
where items.is_near or items.set_apart in ('disputed', 'promised', 'doubtful')
