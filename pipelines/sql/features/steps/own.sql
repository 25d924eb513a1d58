-- What of each document asked about was settled before the day it is asked about, as was known.
--
-- grain: row_id
-- units: amount in the document's own currency; ppm in millionths of the document
select
    asked.row_id,
    cast(sum(parts.amount) as decimal(18, 2)) as settled_amount,
    cast(sum(parts.ppm) as bigint) as settled_ppm
from features.asked as asked
join features.parts as parts
    on parts.first_document_id = asked.document_id
    and parts.known_on < asked.asked_on
    and coalesce(parts.first_known_on, parts.known_on) < asked.asked_on
    and parts.exit <> 'moved'
    and (parts.undone_on is null or parts.undone_on >= asked.asked_on)
where not asked.is_new
group by asked.row_id
