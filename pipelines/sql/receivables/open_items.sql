-- Open items: what is still open of each item at the close of a day.
--
-- grain: item_id
-- asks:  as_of
-- units: the item's own currency; positive is owed to us, negative is owed by us
-- rule:  only what was booked on or before the day counts, so every past day can be asked again
-- rule:  due today is not late: days_late is 0; it is null where there is no due date
with open_balances as (
    -- By entity, customer and currency too, so that a question of one reads its movements alone.
    select entity_id, customer_id, currency, item_id, cast(sum(amount) as decimal(18, 2)) as open_amount
    from receivables.movements
    where event_on <= $as_of and (closed_on is null or closed_on > $as_of)
    group by entity_id, customer_id, currency, item_id
    having sum(amount) <> 0
)

select
    cast($as_of as date) as as_of,
    items.item_id,
    open_balances.entity_id,
    open_balances.customer_id,
    coalesce(customers.name, open_balances.customer_id) as customer_name,
    coalesce(customers.group_id, open_balances.customer_id) as group_id,
    customers.segment,
    items.account,
    items.kind,
    items.document_ref,
    items.booked_on,
    items.document_on,
    items.due_on,
    items.due_basis,
    open_balances.currency,
    items.amount,
    open_balances.open_amount,
    cast(cast($as_of as date) - items.due_on as int) as days_late,
    cast(cast($as_of as date) - items.document_on as int) as days_since_document,
    case when items.amount > 0 then 'debit' else 'credit' end as side,
    items.label,
    items.source_sha256,
    items.source_line
from open_balances
join ledger.items as items
    on items.item_id = open_balances.item_id
    and items.entity_id = open_balances.entity_id
    and items.customer_id = open_balances.customer_id
    and items.currency = open_balances.currency
left join ledger.customers as customers
    on customers.entity_id = open_balances.entity_id
    and customers.customer_id = open_balances.customer_id
