-- What settled each document, part by part: paid in cash or credited, when, and since when we know.
--
-- grain: match_id, document_id
-- units: amount in the document's own currency, positive
-- rule:  a payment is paid on its bank date; it is known from the later of its effect in the ledger
--        and the day it was noted (lettered, allocated), where the extract states that day
-- rule:  credit notes, discounts, losses and set-offs settle a document and pay nothing
-- rule:  a payment that comes back is undone on the day of its return, never before; what later
--        settles the return settles the documents that it opened again
-- rule:  what only moves a debit to another account settles nothing of the document: `moved`
with guessed as (
    -- A return of which the payment is not known undoes the last payment of that amount: that of the
    -- document, or of the bill it was moved to, once that is known.
    select
        reopenings.returned_item_id,
        reopenings.reopened_item_id,
        returned.booked_on as returned_on,
        max_by(matches.match_id, (matches.matched_on, matches.match_id)) as match_id,
        max_by(matches.debit_item_id, (matches.matched_on, matches.match_id)) as document_id,
        max_by(
            coalesce(origins.known_on, returned.booked_on), (matches.matched_on, matches.match_id)
        ) as known_on
    from ledger.reopenings as reopenings
    join ledger.items as returned on returned.item_id = reopenings.returned_item_id
    join features.origins as origins on origins.document_id = reopenings.reopened_item_id
    join ledger.matches as matches
        on matches.debit_item_id = origins.item_id
        and matches.amount = reopenings.amount
        and matches.matched_on <= returned.booked_on
    join ledger.items as credits
        on credits.item_id = matches.credit_item_id and credits.kind in ('payment', 'settlement')
    where
        returned.kind = 'returned_payment'
        and reopenings.returned_item_id not in (select returned_item_id from ledger.returns)
    group by reopenings.returned_item_id, reopenings.reopened_item_id, returned.booked_on
),

reopenings as (
    select
        reopenings.returned_item_id,
        coalesce(guessed.document_id, reopenings.reopened_item_id) as reopened_item_id,
        cast(sum(reopenings.amount) as decimal(18, 2)) as amount
    from ledger.reopenings as reopenings
    left join guessed
        on guessed.returned_item_id = reopenings.returned_item_id
        and guessed.reopened_item_id = reopenings.reopened_item_id
    group by reopenings.returned_item_id, coalesce(guessed.document_id, reopenings.reopened_item_id)
),

carried as (
    select
        returned_item_id,
        reopened_item_id,
        cast((sum(amount) over stretch) - amount as decimal(18, 2)) as from_amount,
        cast(sum(amount) over stretch as decimal(18, 2)) as to_amount
    from reopenings
    window stretch as (
        partition by returned_item_id order by reopened_item_id
        rows between unbounded preceding and current row
    )
),

-- What a return opens again, stretch by stretch; the rest of it stands for itself.
reopened as (
    select returned_item_id, reopened_item_id, from_amount, to_amount
    from carried
    union all
    select items.item_id, items.item_id, max(carried.to_amount), items.amount
    from ledger.items as items
    join carried on carried.returned_item_id = items.item_id
    group by items.item_id, items.amount
    having max(carried.to_amount) < items.amount
),

on_returned as (
    select
        matches.*,
        cast((sum(matches.amount) over stretch) - matches.amount as decimal(18, 2)) as from_amount,
        cast(sum(matches.amount) over stretch as decimal(18, 2)) as to_amount
    from ledger.matches as matches
    where matches.debit_item_id in (select returned_item_id from reopened)
    window stretch as (
        partition by matches.debit_item_id order by matches.matched_on, matches.match_id
        rows between unbounded preceding and current row
    )
),

settled as (
    select match_id, debit_item_id as document_id, credit_item_id, matched_on, noted_on, amount
    from ledger.matches
    where debit_item_id not in (select returned_item_id from reopened)
    union all
    select
        on_returned.match_id,
        reopened.reopened_item_id,
        on_returned.credit_item_id,
        on_returned.matched_on,
        on_returned.noted_on,
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
    select settled.match_id, settled.document_id, returned.booked_on as returned_on
    from settled
    join ledger.returns as returns on returns.payment_item_id = settled.credit_item_id
    join ledger.items as returned on returned.item_id = returns.returned_item_id
    where settled.document_id <> returns.returned_item_id
    union all
    select settled.match_id, settled.document_id, reopened.booked_on
    from settled
    join ledger.undone_settlements as undone_settlements
        on undone_settlements.settlement_item_id = settled.credit_item_id
    join ledger.items as reopened on reopened.item_id = undone_settlements.reopening_item_id
    union all
    select match_id, document_id, greatest(returned_on, known_on)
    from guessed
),

returned as (
    select match_id, document_id, min(returned_on) as returned_on
    from undone
    group by match_id, document_id
),

-- A return that meets its own payment is cancelled by it: no cash comes.
told as (
    select
        settled.*,
        credits.booked_on as credited_on,
        case
            when transfers.credit_item_id is not null then 'moved'
            when credits.kind in ('payment', 'settlement') and returns.payment_item_id is null then 'paid'
            else 'credited'
        end as exit
    from settled
    join ledger.items as credits on credits.item_id = settled.credit_item_id
    left join features.transfers as transfers
        on transfers.credit_item_id = settled.credit_item_id
    left join ledger.returns as returns
        on returns.payment_item_id = settled.credit_item_id
        and returns.returned_item_id = settled.document_id
)

select
    told.match_id,
    told.document_id,
    documents.customer_code,
    told.exit,
    case when told.exit = 'paid' then told.credited_on else told.matched_on end as exit_on,
    told.matched_on as settled_on,
    greatest(told.matched_on, coalesce(told.noted_on, told.matched_on)) as known_on,
    returned.returned_on,
    told.amount
from told
join features.documents as documents on documents.document_id = told.document_id
left join returned
    on returned.match_id = told.match_id and returned.document_id = told.document_id
