-- Every change of a document's open balance, on the day from which it is known.
--
-- grain: document_id, day
-- units: amount in the document's own currency; ppm in millionths of the document
with changes as (
    select
        document_id, customer_code, due_on, booked_on as day, amount, cast(1000000 as bigint) as ppm
    from features.documents
    union all
    select document_id, customer_code, due_on, known_on, cast(-amount as decimal(18, 2)), -ppm
    from features.parts
    union all
    select document_id, customer_code, due_on, undone_on, amount, ppm
    from features.parts
    where undone_on is not null
)

select
    document_id,
    customer_code,
    due_on,
    day,
    cast(sum(amount) as decimal(18, 2)) as amount,
    cast(sum(ppm) as bigint) as ppm
from changes
group by document_id, customer_code, due_on, day
