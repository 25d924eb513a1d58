-- What each payment settled of each document, how late, and how long after the document.
--
-- grain: match_id, item_id
-- units: amount in the item's own currency, positive; days are calendar days, early is negative
-- rule:  only payments: credit notes, discounts and losses settle an invoice and pay nothing
-- rule:  what lists of open items show settled counts as paid, on the later of its two days, unless
--        the same amount of the document is back on a later list
-- rule:  a payment that came back has paid nothing; one that makes it good has paid the invoices
--        that it opened again, in the order in which `receivables.movements` settles them
-- rule:  it counts from the day on which both sides are booked; its days run to the payment itself
-- rule:  known_on is the day on which the match could first be known
-- rule:  days to pay are of documents with a date of their own, days late of what has a due date
with reopened as (
    select
        returned_item_id,
        reopened_item_id,
        cast((sum(amount) over stretch) - amount as decimal(18, 2)) as from_amount,
        cast(sum(amount) over stretch as decimal(18, 2)) as to_amount
    from ledger.reopenings
    window stretch as (
        partition by returned_item_id order by reopened_item_id
        rows between unbounded preceding and current row
    )
),

on_returned as (
    select
        *,
        cast((sum(amount) over stretch) - amount as decimal(18, 2)) as from_amount,
        cast(sum(amount) over stretch as decimal(18, 2)) as to_amount
    from ledger.matches
    where debit_item_id in (select returned_item_id from reopened)
    window stretch as (
        partition by debit_item_id order by matched_on, match_id
        rows between unbounded preceding and current row
    )
),

settled as (
    select match_id, debit_item_id as item_id, credit_item_id, matched_on, known_on, amount
    from ledger.matches
    where debit_item_id not in (select returned_item_id from reopened)
    union all
    select
        on_returned.match_id,
        reopened.reopened_item_id,
        on_returned.credit_item_id,
        on_returned.matched_on,
        on_returned.known_on,
        cast(
            least(on_returned.to_amount, reopened.to_amount) - greatest(on_returned.from_amount, reopened.from_amount)
            as decimal(18, 2)
        )
    from on_returned
    join reopened
        on reopened.returned_item_id = on_returned.debit_item_id
        and reopened.from_amount < on_returned.to_amount
        and on_returned.from_amount < reopened.to_amount
),

undone as (
    select payment_item_id
    from ledger.returns
    union all
    select max_by(matches.credit_item_id, (matches.matched_on, matches.match_id))
    from ledger.reopenings as reopenings
    join ledger.items as back
        on back.item_id = reopenings.returned_item_id and back.kind = 'reopening'
    join ledger.matches as matches
        on matches.debit_item_id = reopenings.reopened_item_id
        and matches.amount = reopenings.amount
        and matches.matched_on < back.booked_on
    group by reopenings.returned_item_id
),

dated as (
    select
        settled.match_id,
        settled.item_id,
        settled.credit_item_id as payment_item_id,
        documents.entity_id,
        documents.customer_id,
        documents.currency,
        settled.matched_on as settled_on,
        settled.known_on,
        payments.booked_on as paid_on,
        settled.amount,
        case
            when
                documents.kind = 'invoice'
                or (documents.kind = 'opening' and documents.document_on < documents.booked_on)
                then cast(payments.booked_on - documents.document_on as int)
        end as days_to_pay,
        cast(payments.booked_on - documents.due_on as int) as days_late
    from settled
    join ledger.items as documents on documents.item_id = settled.item_id
    join ledger.items as payments
        on payments.item_id = settled.credit_item_id and payments.kind in ('payment', 'settlement')
    where settled.credit_item_id not in (select payment_item_id from undone)
)

select *
from dated
where days_to_pay is not null or days_late is not null
