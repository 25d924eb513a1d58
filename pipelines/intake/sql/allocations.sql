-- From the parsed records of a list of allocations to allocations: views over the table `parsed`.
--
-- grain: allocations, one row for each record
-- units: the currency of the two items; positive
create temp view judged as
select
    *,
    case
        when says_total and len(problems) > 0 then 'This is a totals line, not a record.'
        when len(problems) > 0 then ''
        when amount <= 0 then 'An allocation is a positive amount. Leave out what was undone.'
        when kind_word is not null and coalesce(words.kind, '') not in ('payment', 'credit_note')
            then 'What settles an invoice is a payment or a credit note, not: ' || parsed.kind || '.'
    end as reason,
    coalesce(words.kind, 'payment') as credit_kind
from parsed
left join kind_words as words on words.word = parsed.kind_word;

create temp view allocations as
select
    source_line,
    entity_id,
    concat_ws('|', 'invoice', customer_id, invoice_ref) as debit_key,
    concat_ws('|', credit_kind, customer_id, credit_ref) as credit_key,
    amount,
    allocated_on
from judged
where reason is null;

create temp view set_aside as
select source_line, nullif(reason, '') as reason, problems
from judged
where reason is not null;
