-- Every document on its first day in the books, to learn from: the questions of new documents.
--
-- grain: document_id
-- rule:  of more documents than $most, every so many, dealt by the document's own number
with asked as (
    select document_id, customer_code, booked_on as asked_on
    from features.documents
    where is_asked_new and booked_on <= $as_of
),

counted as (
    select greatest(1, cast(ceil(count(*) / cast($most as double)) as bigint)) as step from asked
)

select asked.document_id, asked.customer_code, asked.asked_on
from asked
cross join counted
where (asked.document_id // 7919) % counted.step = 0
