-- Which invoices a returned payment opens again, and by how much.
--
-- grain: returned_item_id, reopened_item_id
-- units: the item's own currency; positive
-- rule:  a payment that comes back opens again what it had settled, with the due date it had
-- rule:  where the payment is not known, the invoice is that of the same reference, if there is one
-- rule:  what rises or comes back on a list of open items opens its own document again
-- rule:  where the payment that came back had itself paid for one that came back, the invoice is
--        that of the first
with recursive settled as (
    select
        returns.returned_item_id,
        matches.debit_item_id as reopened_item_id,
        matches.amount
    from ledger.returns as returns
    join ledger.matches as matches
        on matches.credit_item_id = returns.payment_item_id
        and matches.debit_item_id <> returns.returned_item_id
),

named as (
    select
        returned.item_id as returned_item_id,
        min(invoices.item_id) as reopened_item_id,
        min(returned.amount) as amount
    from ledger.items as returned
    join ledger.items as invoices
        on invoices.kind in ('invoice', 'opening')
        and invoices.amount >= returned.amount
        and invoices.entity_id = returned.entity_id
        and invoices.customer_id = returned.customer_id
        and invoices.account is not distinct from returned.account
        and invoices.currency = returned.currency
        and invoices.document_ref = returned.document_ref
        and invoices.booked_on <= returned.booked_on
    where
        returned.kind = 'returned_payment'
        and returned.item_id not in (select returned_item_id from ledger.returns)
    group by all
    having count(*) = 1
),

reopened as (
    select returned_item_id, reopened_item_id, amount
    from settled
    union all
    select returned_item_id, reopened_item_id, amount
    from named
),

single as (
    select returned_item_id, min(reopened_item_id) as reopened_item_id
    from reopened
    group by all
    having count(*) = 1
),

climbed as (
    select returned_item_id, reopened_item_id as first_reopened_id, reopened_item_id, amount, 0 as height
    from reopened
    union all
    select
        climbed.returned_item_id,
        climbed.first_reopened_id,
        single.reopened_item_id,
        climbed.amount,
        climbed.height + 1
    from climbed
    join single on single.returned_item_id = climbed.reopened_item_id
    where climbed.height < 10
),

tops as (
    select
        returned_item_id,
        first_reopened_id,
        max_by(reopened_item_id, height) as reopened_item_id,
        max(amount) as amount
    from climbed
    group by all
)

select returned_item_id, reopened_item_id, cast(sum(amount) as decimal(18, 2)) as amount
from tops
group by all
union all
select item_id, listed_item_id, cast(abs(amount) as decimal(18, 2))
from staging.table_items
where kind = 'reopening'
