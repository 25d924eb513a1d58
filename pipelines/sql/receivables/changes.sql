-- What changed since the previous snapshot, and why: the new items, and those withdrawn.
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

differences as (
    select
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
    select before_it.entity_id, before_it.customer_id, before_it.currency, 'withdrawn', -before_it.amount
    from before_it
    anti join now_in on now_in.item_id = before_it.item_id
    union all
    select
        now_in.entity_id,
        now_in.customer_id,
        now_in.currency,
        'other',
        now_in.amount - before_it.amount
    from now_in
    join before_it on before_it.item_id = now_in.item_id and before_it.amount <> now_in.amount
)

select
    entity_id,
    currency,
    customer_id,
    reason,
    cast(sum(amount) as decimal(18, 2)) as amount,
    cast(count(*) as int) as item_count
from differences
where exists (select 1 from before_it)
group by all
