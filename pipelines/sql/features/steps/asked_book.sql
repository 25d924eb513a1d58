-- The open book at the end of a day, as it was known then: each debit with what was open of it, and
-- the document it goes back to.
--
-- grain: item_id
-- units: amount in the document's own currency, positive
with settled as (
    select document_id, sum(amount) as amount
    from features.parts
    where known_on <= $as_of and (undone_on is null or undone_on > $as_of)
    group by document_id
)

select
    documents.document_id as item_id,
    case when origins.known_on <= $as_of then origins.document_id else documents.document_id end
        as document_id,
    documents.customer_code,
    cast(documents.amount - coalesce(settled.amount, 0) as decimal(18, 2)) as open_amount
from features.documents as documents
join features.origins as origins on origins.item_id = documents.document_id
left join settled on settled.document_id = documents.document_id
where documents.booked_on <= $as_of and documents.amount > coalesce(settled.amount, 0)
