-- What each payment settled of each document, how late, and how long after the document; those that
-- came back too.
--
-- grain: match_id, item_id
-- units: amount in the item's own currency, positive; days are calendar days, early is negative
-- rule:  only payments: credit notes, discounts and losses settle an invoice and pay nothing
-- rule:  what lists of open items show settled counts as paid, on the later of its two days, unless
--        the same amount of the document is back on a later list
-- rule:  a payment that came back has undone_known_on, the day from which on that was known; one that
--        makes it good has paid the invoices that it opened again, in the order in which
--        `receivables.movements` settles them
-- rule:  a bill that comes back on the account of its invoice has paid nothing either: the only
--        payment of its amount on another account, within 70 days
-- rule:  it counts from the day on which both sides are booked; its days run to the payment itself
-- rule:  known_on is the day on which the match was known: that which the extract states, else that
--        of the first extract that shows it, as receivables.movements has it
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

-- Payments that came back, and the day from which on that was known.
back as (
    select returns.payment_item_id, coalesce(told.known_on, returned.known_on) as known_on
    from ledger.returns as returns
    join ledger.items as returned on returned.item_id = returns.returned_item_id
    left join ledger.reopenings as reopenings
        on reopenings.returned_item_id = returns.returned_item_id
    left join staging.changes_known as told
        on told.item_id = coalesce(reopenings.reopened_item_id, returned.item_id)
        and told.event_on = returned.booked_on
        and told.source = case when reopenings.reopened_item_id is null then 'booked' else 'returned' end
        and told.amount <> 0
    union all
    select undone.settlement_item_id, reopened.known_on
    from ledger.undone_settlements as undone
    join ledger.items as reopened on reopened.item_id = undone.reopening_item_id
    union all
    -- A bill is paid on its own account and comes back on that of its invoice: the only payment of
    -- the amount on another account.
    select min(payments.item_id), min(returned.known_on)
    from ledger.items as returned
    join ledger.items as payments
        on payments.kind = 'payment'
        and payments.entity_id = returned.entity_id
        and payments.customer_id = returned.customer_id
        and payments.currency = returned.currency
        and payments.amount = -returned.amount
        and payments.account <> returned.account
        and payments.booked_on between returned.booked_on - 70 and returned.booked_on
    where
        returned.kind = 'returned_payment'
        and returned.item_id not in (select returned_item_id from ledger.returns)
        and payments.item_id not in (select payment_item_id from ledger.returns)
    group by returned.item_id
    having count(*) = 1
),

undone as (
    select payment_item_id, min(known_on) as known_on
    from back
    group by payment_item_id
),

-- When both sides were known to change, where the newest extract tells another day.
dated_otherwise as (
    select settled.match_id, settled.item_id, max(debits.known_on) as known_on
    from settled
    join staging.changes_known as debits
        on debits.source = 'matched'
        and debits.item_id = settled.item_id
        and debits.event_on = settled.matched_on
    join staging.changes_known as credits
        on credits.source = 'matched'
        and credits.item_id = settled.credit_item_id
        and credits.event_on = settled.matched_on
        and credits.known_on = debits.known_on
    where debits.amount <> 0 and credits.amount <> 0
    group by settled.match_id, settled.item_id
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
        coalesce(dated_otherwise.known_on, settled.known_on) as known_on,
        payments.booked_on as paid_on,
        settled.amount,
        case
            when
                documents.kind = 'invoice'
                or (documents.kind = 'opening' and documents.document_on < documents.booked_on)
                then cast(payments.booked_on - documents.document_on as int)
        end as days_to_pay,
        cast(payments.booked_on - documents.due_on as int) as days_late,
        undone.known_on as undone_known_on
    from settled
    join ledger.items as documents on documents.item_id = settled.item_id
    join ledger.items as payments
        on payments.item_id = settled.credit_item_id and payments.kind in ('payment', 'settlement')
    left join undone on undone.payment_item_id = settled.credit_item_id
    left join dated_otherwise
        on dated_otherwise.match_id = settled.match_id and dated_otherwise.item_id = settled.item_id
)

select *
from dated
where days_to_pay is not null or days_late is not null
