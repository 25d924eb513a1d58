-- What happened to every slice of every document, as known at the end of a day: what a curve is
-- learnt from.
--
-- grain: document_id, match_id
-- asks:  as_of
-- units: amount in the document's own currency, positive; share of the document
-- rule:  what is open of a document on that day is a slice too, without a day and without a match
-- rule:  what was moved to another account is followed there, once that is known
-- rule:  what was known only later has not happened yet; what was returned by then is open again
with settled as (
    select match_id, first_document_id as document_id, exit, exit_on, known_on, amount
    from features.parts
    where
        known_on <= $as_of
        and coalesce(first_known_on, known_on) <= $as_of
        and (undone_on is null or undone_on > $as_of)
        and exit <> 'moved'
),

totals as (
    select document_id, sum(amount) as amount
    from settled
    group by document_id
),

parts as (
    select * from settled
    union all
    select
        cast(null as bigint),
        documents.document_id,
        'open',
        cast(null as date),
        cast(null as date),
        cast(documents.amount - coalesce(totals.amount, 0) as decimal(18, 2))
    from features.documents as documents
    left join totals on totals.document_id = documents.document_id
    where documents.amount > coalesce(totals.amount, 0)
)

select
    parts.document_id,
    parts.match_id,
    documents.customer_code,
    documents.segment_code,
    documents.terms_code,
    documents.issued_on,
    documents.due_on,
    parts.amount,
    cast(parts.amount as double) / cast(documents.amount as double) as share,
    parts.exit,
    parts.exit_on,
    parts.known_on
from parts
join features.documents as documents on documents.document_id = parts.document_id
where documents.is_learnt and documents.booked_on <= $as_of
