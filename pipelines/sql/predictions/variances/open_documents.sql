-- What is open now of each document, bills and doubtful debts with the invoice they come from.
--
-- grain: document_id
-- units: whole hundredths of the currency's unit
select
    origins.document_id,
    cast(cast(sum(open_items.open_amount) as decimal(28, 2)) * 100 as bigint) as open_cents
from receivables.open_items((select as_of from staging.run)) as open_items
join features.origins as origins on origins.item_id = open_items.item_id
join features.documents as documents on documents.document_id = origins.document_id
where open_items.side = 'debit'
group by origins.document_id
order by origins.document_id
