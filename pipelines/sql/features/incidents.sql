-- What a customer is remembered for beside its payments: disputes, and promises that were not kept.
--
-- grain: document_id, incident, day
-- rule:  a dispute counts from the day an extract first says it
-- rule:  no extract says for when a payment is promised: a promise is broken where the document is
--        still open thirty days after an extract first called it promised, as known then
select
    documents.document_id,
    documents.customer_code,
    'disputed' as incident,
    spans.said_on as day
from ledger.standing_spans as spans
join features.documents as documents on documents.document_id = spans.item_id
where spans.standing = 'disputed'
union all
select
    documents.document_id,
    documents.customer_code,
    'promise_broken',
    spans.said_on + 30
from ledger.standing_spans as spans
join features.documents as documents on documents.document_id = spans.item_id
join features.moves as moves
    on moves.document_id = spans.item_id and moves.day <= spans.said_on + 30
where spans.standing = 'promised'
group by documents.document_id, documents.customer_code, spans.said_on
having sum(moves.amount) > 0
