-- Open items: what is still open of each item at the close of a day, as known on another.
--
-- grain: item_id
-- asks:  as_of; known_on=null
-- units: the item's own currency; positive is owed to us, negative is owed by us
-- rule:  only what was booked on or before the day counts, so every past day can be asked again
-- rule:  with known_on, only what was known at the close of that day, and each item as it was told
--        then; without, what is known now
-- rule:  due today is not late: days_late is 0; it is null where there is no due date
with open_balances as (
    -- By entity, customer and currency too, so that a question of one reads its movements alone.
    select entity_id, customer_id, currency, item_id, cast(sum(amount) as decimal(18, 2)) as open_amount
    from receivables.movements_known($known_on)
    -- What closed by the day, and was known to by the other, adds up to nothing: it need not be read.
    where
        event_on <= $as_of
        and at_rest_on > least(cast($as_of as date), cast(coalesce($known_on, $as_of) as date))
        and (open_until > $as_of or $known_on is not null and closed_known_on > $known_on)
    group by entity_id, customer_id, currency, item_id
    having sum(amount) <> 0
),

-- Items of which a newer extract took something back: as they were told then. Several extracts may
-- have told parts of one item, each from a line of its own: the last one speaks for it.
versions as (
    select
        item_id, entity_id, customer_id, currency, account, kind, document_ref, booked_on,
        document_on, due_on, due_basis, item_amount as amount, label, source_sha256, source_line,
        row_number() over (
            partition by item_id, entity_id, customer_id, currency
            order by known_on desc, source desc, source_sha256, source_line, event_on
        ) as turn
    from receivables.retracted_movements
    where known_on <= $known_on and retracted_on > $known_on
),

told as (
    select
        item_id, entity_id, customer_id, currency, account, kind, document_ref, booked_on,
        document_on, due_on, due_basis, amount, label, source_sha256, source_line
    from versions
    where turn = 1
),

items as (
    select
        item_id, entity_id, customer_id, currency, account, kind, document_ref, booked_on,
        document_on, due_on, due_basis, amount, label, source_sha256, source_line
    from ledger.items
    where $known_on is null or item_id not in (select item_id from told)
    union all
    select * from told
)

select
    cast($as_of as date) as as_of,
    cast($known_on as date) as known_on,
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
join items
    on items.item_id = open_balances.item_id
    and items.entity_id = open_balances.entity_id
    and items.customer_id = open_balances.customer_id
    and items.currency = open_balances.currency
left join ledger.customers as customers
    on customers.entity_id = open_balances.entity_id
    and customers.customer_id = open_balances.customer_id
