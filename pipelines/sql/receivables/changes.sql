-- What changed since the previous snapshot, and why: new items, those withdrawn, those told otherwise.
--
-- grain: entity_id, currency, customer_id, reason
-- units: the items' own currency; positive means more is owed to us
-- rule:  the amounts of a customer add up to the change of its receivable, to the cent
-- rule:  the first snapshot has nothing to be held against
with before_it as (
    select item_id, entity_id, customer_id, currency, kind, amount
    from staging.previous_items
),

now_in as (
    select item_id, entity_id, customer_id, currency, kind, amount
    from ledger.items
    where booked_on <= (select as_of from staging.run)
),

-- Told otherwise: the same item, of another amount or in another currency.
corrected as (
    select now_in.item_id
    from now_in
    join before_it
        on before_it.item_id = now_in.item_id
        and (before_it.amount <> now_in.amount or before_it.currency <> now_in.currency)
),

differences as (
    select
        now_in.item_id,
        now_in.entity_id,
        now_in.customer_id,
        now_in.currency,
        case now_in.kind
            when 'invoice' then 'new_invoices'
            when 'payment' then 'receipts'
            when 'credit_note' then 'credit_notes'
            when 'settlement' then 'settlements'
            else 'other'
        end as reason,
        now_in.amount
    from now_in
    anti join before_it on before_it.item_id = now_in.item_id
    union all
    select item_id, entity_id, customer_id, currency, 'withdrawn', -amount
    from before_it
    where item_id not in (select item_id from now_in)
    union all
    select item_id, entity_id, customer_id, currency, 'other', amount
    from now_in
    where item_id in (select item_id from corrected)
    union all
    select item_id, entity_id, customer_id, currency, 'other', -amount
    from before_it
    where item_id in (select item_id from corrected)
)

select
    entity_id,
    currency,
    customer_id,
    reason,
    cast(sum(amount) as decimal(18, 2)) as amount,
    cast(count(distinct item_id) as int) as item_count
from differences
where exists (select 1 from before_it)
group by all
