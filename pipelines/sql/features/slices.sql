-- What settled each document, part by part: paid in cash or credited, when, and since when we know.
--
-- grain: match_id, document_id
-- units: amount in the document's own currency, positive
-- rule:  a payment is paid on its bank date; it is known from the later of its effect in the ledger
--        and the day it was noted (lettered, allocated), where the extract states that day
-- rule:  credit notes, discounts, losses and set-offs settle a document and pay nothing
-- rule:  a payment that comes back is undone on the day of its return, never before; what later
--        settles the return settles the documents that it opened again
-- rule:  what only moves a document to another account settles nothing
with carried as (
    select
        returned_item_id,
        reopened_item_id,
        cast(sum(amount) over stretch - amount as decimal(18, 2)) as since,
        cast(sum(amount) over stretch as decimal(18, 2)) as until
    from ledger.reopenings
    window stretch as (
        partition by returned_item_id order by reopened_item_id
        rows between unbounded preceding and current row
    )
),

-- What a return opens again, stretch by stretch; the rest of it stands for itself.
reopened as (
    select returned_item_id, reopened_item_id, since, until
    from carried
    union all
    select items.item_id, items.item_id, max(carried.until), items.amount
    from ledger.items as items
    join carried on carried.returned_item_id = items.item_id
    group by items.item_id, items.amount
    having max(carried.until) < items.amount
),

own as (
    select matches.*
    from ledger.matches as matches
    left join features.transfers as transfers
        on transfers.credit_item_id = matches.credit_item_id
    where transfers.credit_item_id is null
),

on_returned as (
    select
        own.*,
        cast(sum(own.amount) over stretch - own.amount as decimal(18, 2)) as since,
        cast(sum(own.amount) over stretch as decimal(18, 2)) as until
    from own
    where own.debit_item_id in (select returned_item_id from reopened)
    window stretch as (
        partition by own.debit_item_id order by own.matched_on, own.match_id
        rows between unbounded preceding and current row
    )
),

settled as (
    select match_id, debit_item_id as item_id, credit_item_id, matched_on, noted_on, amount
    from own
    where debit_item_id not in (select returned_item_id from reopened)
    union all
    select
        on_returned.match_id,
        reopened.reopened_item_id,
        on_returned.credit_item_id,
        on_returned.matched_on,
        on_returned.noted_on,
        cast(
            least(on_returned.until, reopened.until) - greatest(on_returned.since, reopened.since)
            as decimal(18, 2)
        )
    from on_returned
    join reopened
        on reopened.returned_item_id = on_returned.debit_item_id
        and reopened.since < on_returned.until
        and on_returned.since < reopened.until
),

-- By the document that each debit goes back to.
of_documents as (
    select
        settled.match_id,
        origins.document_id,
        settled.credit_item_id,
        settled.matched_on,
        settled.noted_on,
        cast(sum(settled.amount) as decimal(18, 2)) as amount
    from settled
    join features.origins as origins on origins.item_id = settled.item_id
    group by
        settled.match_id, origins.document_id, settled.credit_item_id, settled.matched_on,
        settled.noted_on
),

-- A return of which the payment is not known undoes the last payment of that amount.
guessed as (
    select
        origins.document_id,
        returned.booked_on as returned_on,
        max_by(
            of_documents.match_id, row(of_documents.matched_on, of_documents.match_id)
        ) as match_id
    from ledger.reopenings as reopenings
    join ledger.items as returned on returned.item_id = reopenings.returned_item_id
    join features.origins as origins on origins.item_id = reopenings.reopened_item_id
    join of_documents
        on of_documents.document_id = origins.document_id
        and of_documents.amount = reopenings.amount
        and of_documents.matched_on <= returned.booked_on
    where reopenings.returned_item_id not in (select returned_item_id from ledger.returns)
    group by reopenings.returned_item_id, origins.document_id, returned.booked_on
),

undone as (
    select of_documents.match_id, of_documents.document_id, returned.booked_on as returned_on
    from of_documents
    join ledger.returns as returns on returns.payment_item_id = of_documents.credit_item_id
    join ledger.items as returned on returned.item_id = returns.returned_item_id
    where of_documents.document_id <> returns.returned_item_id
    union all
    select match_id, document_id, returned_on
    from guessed
),

returned as (
    select match_id, document_id, min(returned_on) as returned_on
    from undone
    group by match_id, document_id
)

select
    of_documents.match_id,
    of_documents.document_id,
    documents.customer_code,
    case when credits.kind = 'payment' and returns.payment_item_id is null then 'paid' else 'credited' end
        as exit,
    case
        when credits.kind = 'payment' and returns.payment_item_id is null then credits.booked_on
        else of_documents.matched_on
    end as exit_on,
    of_documents.matched_on as settled_on,
    greatest(
        of_documents.matched_on, coalesce(of_documents.noted_on, of_documents.matched_on)
    ) as known_on,
    returned.returned_on,
    of_documents.amount
from of_documents
join features.documents as documents on documents.document_id = of_documents.document_id
join ledger.items as credits on credits.item_id = of_documents.credit_item_id
left join returned
    on returned.match_id = of_documents.match_id
    and returned.document_id = of_documents.document_id
-- A return that meets its own payment is cancelled by it: no cash comes.
left join ledger.returns as returns
    on returns.payment_item_id = of_documents.credit_item_id
    and returns.returned_item_id = of_documents.document_id
