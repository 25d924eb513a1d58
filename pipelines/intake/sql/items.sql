-- From the parsed records of an invoice list, a payment list, a credit note list or a list of open
-- items to items and allocations: views over the table `parsed`.
--
-- grain: items, one row for each document and one for what settled it; source_line says the record
-- units: the record's currency; positive is owed to us
-- rule:  a record that also says how it was settled gives the document, the payment, the credit
--        note, and the allocation of these to it
-- rule:  a key names the kind, the customer and the document, so that every export of the same
--        document has the same key
-- rule:  a list of open items may hold the lists of several days: of one day it shows a document once
-- Variables: table_kind. Tables: parsed, kind_words (word, kind).

-- The whole of each record as the file writes it. An empty debit or credit is nothing, and where
-- both are empty, and there is no amount, the file does not say what the whole is.
create temp view written as
select
    *,
    coalesce(
        amount,
        case when debit is not null or credit is not null
            then coalesce(debit, 0.00) - coalesce(credit, 0.00) end
    ) as written_total
from parsed;

-- How this file writes its signs. Credits are written negative, or they are told by their kind
-- alone; payments and credit notes in a list of their own are written positive, or all negative.
-- Of those, what all lists of the kind say together decides (pipelines.intake.signs), and of one list
-- its sum: more comes in than is given back. Of kinds, what most of them are decides. A credit that is
-- used up is open with nothing, and shows by its total alone how it is written.
create temp table convention as
select
    case
        when getvariable('credits_are') is not null then getvariable('credits_are') = 'negative'
        when (select count(distinct currency) from written) = 1 and sum(written_total) <> 0
            then sum(written_total) < 0
        else count(*) filter (written_total < 0) > count(*) filter (written_total > 0)
    end as credits_are_negative,
    coalesce(
        sum(case when least(written_total, open_amount) < 0 then 1 else -1 end) filter (
            words.kind in ('credit_note', 'payment') and (written_total <> 0 or open_amount <> 0)
        ) >= 0,
        false
    ) as kinds_are_signed,
    coalesce(bool_or(settled_on is not null), false) as shows_settled
from written
left join kind_words as words on words.word = kind_word;

create temp view signed as
select
    written.*,
    words.kind as said_kind,
    says.word is not null or words.kind = 'not_receivable' as is_foreign,
    convention.shows_settled,
    case
        when getvariable('table_kind') in ('payments', 'credit_notes')
            then case when convention.credits_are_negative then 1 else -1 end
        when words.kind in ('credit_note', 'payment') and not convention.kinds_are_signed then -1
        else 1
    end * written_total as total,
    case
        when words.kind in ('credit_note', 'payment') and not convention.kinds_are_signed
            then -open_amount
        when written_total < 0 and open_amount > 0 then -open_amount
        else open_amount
    end as due
from written
cross join convention
left join kind_words as words on words.word = written.kind_word
left join kind_words as says on says.kind = 'not_receivable' and says.word = written.status_word;

create temp view settled as
select
    *,
    case
        when getvariable('table_kind') = 'open_items' and due is not null and settled_on is null
            then due
        else coalesce(total, due)
    end as gross,
    coalesce(credited_amount, 0.00) as credited,
    case getvariable('table_kind')
        when 'open_items' then case when settled_on is not null then coalesce(total, due) else 0.00 end
        when 'invoices'
            then case
                when paid_amount is not null and total < 0 then -abs(paid_amount)
                when paid_amount is not null then paid_amount
                when due is not null then total - due - coalesce(credited_amount, 0.00)
                when settled_on is not null then total - coalesce(credited_amount, 0.00)
                else 0.00
            end
        else 0.00
    end as paid,
    coalesce(settled_on, updated_on) as closed_on
from signed;

create temp view documents as
select
    *,
    case
        when getvariable('table_kind') = 'payments' and gross > 0 then 'refund'
        when getvariable('table_kind') = 'payments' then 'payment'
        when getvariable('table_kind') = 'credit_notes' then 'credit_note'
        when said_kind = 'invoice' or (kind_word is null and getvariable('table_kind') = 'invoices')
            then case when gross < 0 then 'credit_note' else 'invoice' end
        when said_kind = 'payment' then case when gross > 0 then 'refund' else 'payment' end
        when said_kind = 'credit_note' then case when gross > 0 then 'unknown' else 'credit_note' end
        when said_kind is not null then said_kind
        when kind_word is null and gross >= 0 then 'invoice'
        else 'unknown'
    end as item_kind,
    case
        when is_foreign
            then 'This is no receivable: ' || concat_ws(', ', kind, status) || '.'
        when says_total and len(problems) > 0
            then 'This is a totals line, not a record.'
        when plain(document_ref) in ('total', 'totals', 'totaux', 'totalgeneral', 'soustotal', 'grandtotal')
            then 'This is a totals line, not a record.'
        when len(problems) > 0 then ''
        when document_ref is null and item_kind = 'invoice'
            then 'The invoice has no number. Complete it in the source.'
        when getvariable('table_kind') = 'credit_notes' and gross > 0
            then 'This credit note has the other sign than the rest of the list. Say what it is in a column `kind`.'
        when getvariable('table_kind') = 'invoices' and paid_amount is not null and due is not null
            and gross <> due + paid + credited
            then 'The amounts do not add up: total ' || gross || ', paid ' || paid || ', credited '
                || credited || ', due ' || due || '. Correct them in the source.'
        when credited < 0 or (gross >= 0 and paid < 0) or (gross < 0 and (paid > 0 or credited > 0))
            then 'What was paid or credited has the wrong sign: paid ' || paid || ', credited '
                || credited || '. Correct it in the source.'
        when (paid <> 0 or credited <> 0) and closed_on is null
            then 'Of this, ' || (paid + credited) || ' is settled, and no date says when. '
                || 'Map `settled_on` or `updated_on`.'
    end as reason,
    concat_ws(
        '|', item_kind, customer_id,
        coalesce(document_ref, concat_ws('|', coalesce(booked_on, document_on), invoice_ref, gross)),
        line_ref
    ) as key
from settled;

-- Records that share a key. The same record twice is one record; two due dates of one document are
-- two items; a payment without a number may be there twice; anything else contradicts itself.
create temp table repeated as
with shared as (
    select entity_id, key, extracted_on
    from documents
    where reason is null
    group by all
    having count(*) > 1
),

copies as (
    select
        documents.source_line,
        documents.entity_id,
        documents.key,
        documents.extracted_on,
        documents.due_on,
        documents.document_ref,
        row(*columns(documents.* exclude (source_line))) as content
    from documents
    join shared
        on shared.key = documents.key
        and shared.entity_id is not distinct from documents.entity_id
        and shared.extracted_on is not distinct from documents.extracted_on
    where documents.reason is null
),

numbered as (
    select
        *,
        row_number() over (
            partition by entity_id, key, extracted_on, content order by source_line
        ) as copy_number,
        min(source_line) over (partition by entity_id, key, extracted_on, content) as first_line
    from copies
),

counted as (
    select
        *,
        count(*) filter (copy_number = 1) over same_key as versions,
        count(distinct due_on) filter (copy_number = 1) over same_key as due_dates,
        min(source_line) over same_key as first_of_key
    from numbered
    window same_key as (partition by entity_id, key, extracted_on)
)

select
    source_line,
    case
        when document_ref is null and copy_number > 1 then '|' || copy_number
        when versions > 1 then '|' || due_on
        else ''
    end as suffix,
    case
        when document_ref is null then null
        when copy_number > 1 then 'This is the same record as on line ' || first_line || '.'
        when versions > 1 and due_dates < versions
            then 'Records of this file say different things of one document, from line '
                || first_of_key || ' on. Map `line_ref` where a document has several lines.'
    end as reason
from counted;

create temp view kept as
select documents.*, coalesce(repeated.suffix, '') as suffix
from documents
left join repeated on repeated.source_line = documents.source_line
where documents.reason is null and repeated.reason is null;

create temp view items as
select
    source_line,
    entity_id,
    key || suffix as item_key,
    customer_id,
    customer_name,
    customer_country,
    item_kind as kind,
    document_ref,
    coalesce(booked_on, document_on) as booked_on,
    document_on,
    due_on,
    terms,
    cast(gross as decimal(18, 2)) as amount,
    currency,
    label,
    updated_on,
    status,
    dispute,
    getvariable('table_kind') = 'open_items' and not shows_settled as is_open_list,
    extracted_on,
    case
        when getvariable('table_kind') = 'open_items' and not shows_settled
            and sign(total) = sign(gross) and abs(total) > abs(gross)
            then cast(total as decimal(18, 2))
    end as original_amount
from kept
union all
select
    source_line,
    entity_id,
    concat_ws('|', 'settlement', key || suffix),
    customer_id,
    customer_name,
    customer_country,
    case when gross < 0 then 'adjustment' else 'payment' end,
    document_ref,
    closed_on,
    null,
    null,
    null,
    cast(-paid as decimal(18, 2)),
    currency,
    case when gross < 0 then 'Use of ' else 'Payment of ' end || document_ref
        || case when settled_on is null then ', dated by the last update of its record' else '' end,
    updated_on,
    null,
    null,
    false,
    null,
    null
from kept
where paid <> 0
union all
select
    source_line,
    entity_id,
    concat_ws('|', 'credit', key || suffix),
    customer_id,
    customer_name,
    customer_country,
    'credit_note',
    document_ref,
    closed_on,
    null,
    null,
    null,
    cast(-credited as decimal(18, 2)),
    currency,
    'Credited on ' || document_ref
        || case when settled_on is null then ', dated by the last update of its record' else '' end,
    updated_on,
    null,
    null,
    false,
    null,
    null
from kept
where credited <> 0;

create temp view allocations as
select
    source_line,
    entity_id,
    case when gross < 0 then 'settlement|' else '' end || key || suffix as debit_key,
    case when gross < 0 then '' else 'settlement|' end || key || suffix as credit_key,
    cast(least(abs(paid), abs(gross) - credited) as decimal(18, 2)) as amount,
    closed_on as allocated_on
from kept
where paid <> 0 and abs(gross) > credited
union all
select
    source_line,
    entity_id,
    key || suffix,
    'credit|' || key || suffix,
    cast(least(credited, gross) as decimal(18, 2)),
    closed_on
from kept
where credited <> 0 and gross > 0
union all
select
    source_line,
    entity_id,
    concat_ws('|', 'invoice', customer_id, invoice_ref),
    key || suffix,
    cast(-gross as decimal(18, 2)),
    coalesce(booked_on, document_on)
from kept
where invoice_ref is not null and gross < 0;

create temp view set_aside as
select
    documents.source_line,
    coalesce(nullif(documents.reason, ''), repeated.reason) as reason,
    documents.problems
from documents
left join repeated on repeated.source_line = documents.source_line
where documents.reason is not null or repeated.reason is not null;

-- What the items must add up to, told without the views that make them.
create temp view control as
select currency, sum(gross - paid - credited) as amount
from kept
group by all;
