-- What the matches made so far leave of each item.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
with sides as (
    select debit_item_id as item_id, -amount as amount
    from ledger.matches
    union all
    select credit_item_id, amount
    from ledger.matches
),

settled as (
    select item_id, sum(amount) as amount
    from sides
    group by item_id
)

select
    items.item_id,
    items.entity_id,
    items.customer_id,
    items.account,
    items.kind,
    items.currency,
    items.booked_on,
    items.document_ref,
    items.label,
    items.known_on,
    items.amount as item_amount,
    cast(items.amount + coalesce(settled.amount, 0) as decimal(18, 2)) as amount
from ledger.items as items
left join settled on settled.item_id = items.item_id
where items.amount + coalesce(settled.amount, 0) <> 0
