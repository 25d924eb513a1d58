-- The slices of documents with what the features count of each.
--
-- grain: match_id, document_id
-- units: ppm is the slice's share of its document, in millionths; days as calendar days
-- rule:  a delay counts from -120 to 365 days: one typing error must not make a customer's mean
-- rule:  what came back is undone when it came back, but not before we knew of it at all
select
    slices.match_id,
    slices.document_id,
    -- The document that it goes back to, and since when that is known; null: it is one itself.
    origins.document_id as first_document_id,
    origins.known_on as first_known_on,
    slices.customer_code,
    documents.due_on,
    slices.exit,
    slices.exit = 'paid' as is_paid,
    slices.exit_on,
    slices.known_on,
    case
        when slices.returned_on is not null then greatest(slices.returned_on, slices.known_on)
    end as undone_on,
    slices.amount,
    cast(
        round(1000000.0 * cast(slices.amount as double) / cast(documents.amount as double)) as bigint
    ) as ppm,
    cast(greatest(-120, least(365, cast(slices.exit_on - documents.due_on as int))) as bigint) as delay,
    cast(
        greatest(-365, least(730, cast(slices.exit_on - documents.issued_on as int))) as bigint
    ) as days_to_pay
from features.slices as slices
join features.documents as documents on documents.document_id = slices.document_id
join features.origins as origins on origins.item_id = slices.document_id
