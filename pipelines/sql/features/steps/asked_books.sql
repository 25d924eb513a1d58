-- The whole open book on the mornings of some Mondays, as it was known then.
--
-- grain: document_id, asked_on
-- units: amount in the document's own currency, positive
-- rule:  the same documents as asked_open and what own says was settled of each, on the days of
--        features.mondays alone, and none left out
with settled as (
    select
        first_document_id as document_id,
        greatest(known_on, coalesce(first_known_on, known_on)) as day,
        undone_on,
        amount
    from features.parts
    where exit <> 'moved'
),

changes as (
    select document_id, booked_on as day, amount
    from features.documents
    where is_learnt
    union all
    select document_id, day, -amount
    from settled
    where undone_on is null or undone_on > day
    union all
    select document_id, undone_on, amount
    from settled
    where undone_on > day
),

days as (
    select document_id, day, sum(amount) as amount
    from changes
    group by document_id, day
),

balances as (
    select
        document_id,
        day,
        lead(day) over upto as next_day,
        cast(sum(amount) over upto as decimal(18, 2)) as open_amount
    from days
    window upto as (partition by document_id order by day)
)

select balances.document_id, mondays.asked_on, balances.open_amount
from balances
join features.documents as documents
    on documents.document_id = balances.document_id and documents.is_learnt
join features.mondays as mondays
    on mondays.asked_on > balances.day
    and mondays.asked_on <= coalesce(balances.next_day, date '9999-12-31')
    and mondays.asked_on <= documents.due_on + 365
where balances.open_amount > 0
