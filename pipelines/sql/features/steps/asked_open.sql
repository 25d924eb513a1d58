-- The open book on past Mondays, to learn from: each document in it, asked about as it stood then.
--
-- grain: document_id, asked_on
-- rule:  a document is in it while any of it is open, as far as was known; a year after its due day
--        it tells no more than it told before
-- rule:  of more questions than $most, every so many weeks of each document, from a week that the
--        document's own number deals
with settled as (
    select
        first_document_id as document_id,
        sum(amount) as amount,
        max(greatest(known_on, coalesce(first_known_on, known_on))) as known_on
    from features.parts
    where
        known_on <= $as_of
        and coalesce(first_known_on, known_on) <= $as_of
        and (undone_on is null or undone_on > $as_of)
        and exit <> 'moved'
    group by first_document_id
),

spans as (
    select
        documents.document_id,
        documents.customer_code,
        -- The first Monday after it was booked: weekdays count from Monday, 0.
        documents.booked_on + 1 + cast((7 - calendar.weekday) % 7 as int) as first_on,
        least(
            case
                when settled.amount >= documents.amount then settled.known_on
                else cast($as_of as date)
            end,
            cast($as_of as date),
            documents.due_on + 365
        ) as last_on
    from features.documents as documents
    join features.calendar as calendar on calendar.day = documents.booked_on + 1
    left join settled on settled.document_id = documents.document_id
    where documents.is_learnt and documents.booked_on < $as_of
),

weeks as (
    select *, cast(last_on - first_on as bigint) // 7 + 1 as week_count
    from spans
    where last_on >= first_on
),

counted as (
    select greatest(1, cast(ceil(sum(week_count) / cast($most as double)) as bigint)) as step
    from weeks
),

picked as (
    select
        weeks.document_id,
        weeks.customer_code,
        weeks.first_on,
        unnest(
            generate_series(
                (weeks.document_id // 7919) % counted.step, weeks.week_count - 1, counted.step
            )
        ) as week
    from weeks
    cross join counted
)

select document_id, customer_code, first_on + cast(7 * week as int) as asked_on
from picked
