-- Which invoices an entry moves from one receivable account to another: accepted as a bill (413),
-- become doubtful (416).
--
-- grain: line_id, document_line_id
-- rule:  the entry credits the account of the invoice and debits the other by the same amount; the
--        invoice is the one that the credit was lettered with
select distinct
    moved.line_id,
    documents.line_id as document_line_id
from staging.receivable_lines as moved
join staging.receivable_lines as left_behind
    on left_behind.source_sha256 = moved.source_sha256
    and left_behind.journal_code = moved.journal_code
    and left_behind.entry_number = moved.entry_number
    and left_behind.entry_on = moved.entry_on
    and left_behind.customer_id = moved.customer_id
    and left_behind.amount_book = -moved.amount_book
    and left_behind.account <> moved.account
join staging.lettering_groups as credits on credits.line_id = left_behind.line_id
join staging.lettering_groups as debits on debits.group_key = credits.group_key
join staging.receivable_lines as documents
    on documents.line_id = debits.line_id
    and documents.kind = 'invoice'
    and documents.amount_book > 0
where moved.kind = 'adjustment' and moved.amount_book > 0
