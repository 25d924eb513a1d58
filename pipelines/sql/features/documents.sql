-- Every debit: what payment timing is learnt from and asked about.
--
-- grain: document_id
-- units: amount in the document's own currency, positive
-- rule:  `booked_on` is the day on which the ledger counts it, whenever it was validated; it is asked
--        about as new on that day, from events before it
-- rule:  an invoice counts as issued on the day it is booked: before, nobody could ask about it
-- rule:  where no due date is known the document's own date stands in for it
-- rule:  learnt from are invoices, and opening lines that carry a date of their own; of these
--        nobody knows who had already paid, so they are never asked about as new
-- rule:  so it is with what an entity's first list of open items shows: what had been paid before is
--        not on it
-- rule:  a returned payment opens documents again; it stands for itself only where it opens none
-- rule:  not learnt from: accruals (418), advances (419), what a return or an adjustment books; what
--        was moved from an invoice to a bill is learnt from as that invoice
with reopened as (
    select returned_item_id, sum(amount) as amount
    from ledger.reopenings
    group by returned_item_id
),

debits as (
    select
        items.* except (amount),
        cast(items.amount - coalesce(reopened.amount, 0) as decimal(18, 2)) as amount
    from ledger.items as items
    left join reopened on reopened.returned_item_id = items.item_id
    where items.amount > coalesce(reopened.amount, 0)
),

lists as (
    select lists.entity_id, min(lists.listed_on) as first_listed_on
    from intake.open_lists as lists
    left join (
        select distinct entity_id from intake.extract_days where not is_table
    ) as ledgers on ledgers.entity_id = lists.entity_id
    where ledgers.entity_id is null
    group by lists.entity_id
)

select
    debits.item_id as document_id,
    customers.customer_code,
    customers.segment_code,
    cast(
        dense_rank() over (
            order by coalesce(
                customers.payment_terms,
                cast(cast(debits.due_on - debits.document_on as int) as string),
                ''
            )
        ) as int
    ) as terms_code,
    debits.entity_id,
    debits.customer_id,
    debits.currency,
    debits.kind,
    debits.booked_on,
    case
        when debits.kind = 'invoice' then debits.booked_on
        else coalesce(debits.document_on, debits.booked_on)
    end as issued_on,
    coalesce(debits.due_on, debits.document_on, debits.booked_on) as due_on,
    debits.due_basis,
    debits.amount,
    debits.kind = 'invoice' and coalesce(debits.account, '') not like '418%'
    and coalesce(debits.account, '') not like '419%'
    and (lists.first_listed_on is null or debits.booked_on >= lists.first_listed_on) as is_asked_new,
    (
        debits.kind = 'invoice'
        or debits.kind = 'opening' and debits.document_on < debits.booked_on
    )
    and coalesce(debits.account, '') not like '418%'
    and coalesce(debits.account, '') not like '419%' as is_learnt,
    cast(count(*) over (
        partition by customers.customer_code, debits.booked_on, debits.kind
    ) as int) as batch_count
from debits
join features.customers as customers
    on customers.entity_id = debits.entity_id
    and customers.customer_id = debits.customer_id
    and customers.currency = debits.currency
left join lists on lists.entity_id = debits.entity_id
