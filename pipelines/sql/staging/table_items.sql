-- Items of the table extracts (CSV, XLSX, Parquet) that count: each row from the newest file.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
-- rule:  a newer file that shows a row's document again replaces all that the older row said; of a
--        document with several due dates, all its rows
-- rule:  lists of open items are read as the events between them (staging.list_items): what a list
--        shows is not taken from another table too
-- rule:  a row that has no date of update is known from the day of its extract; in the first extract
--        with that kind of item, from the day it was booked
-- rule:  what a row says of its document (status, dispute) it says from the day it was last updated,
--        or else from the last day of its file
-- rule:  an entity that gives a FEC has its ledger there; its tables only lend their due dates
with files as (
    select
        *,
        row_number() over (order by latest_on nulls last, landed_at, name, source_sha256) as recency
    from staging.files
    where refused_reason is null
),

listed as (
    select distinct entity_id, item_key
    from staging.list_items
),

items as (
    select
        items.*,
        coalesce(items.entity_id, files.entity_id) as owner_id,
        files.recency,
        files.last_on
    from raw.items as items
    join files on files.source_sha256 = items.source_sha256
    left join listed
        on listed.entity_id = coalesce(items.entity_id, files.entity_id)
        and listed.item_key = items.item_key
    where not items.is_open_list and listed.item_key is null
),

rows_of_documents as (
    select
        owner_id,
        source_sha256,
        source_line,
        recency,
        min_by(
            case
                when item_key like '%|' || cast(due_on as string)
                    and length(item_key) - 11
                    >= length(concat_ws('|', kind, customer_id, document_ref))
                    then substr(item_key, 1, length(item_key) - 11)
                else item_key
            end,
            (case kind when 'invoice' then 0 when 'credit_note' then 1 else 2 end, item_key)
        ) as row_key
    from items
    group by all
),

newest_rows as (
    select owner_id, row_key, max_by(source_sha256, recency) as source_sha256
    from rows_of_documents
    group by all
),

kept_rows as (
    select rows_of_documents.owner_id, rows_of_documents.source_sha256, rows_of_documents.source_line
    from rows_of_documents
    join newest_rows
        on newest_rows.owner_id = rows_of_documents.owner_id
        and newest_rows.row_key = rows_of_documents.row_key
        and newest_rows.source_sha256 = rows_of_documents.source_sha256
),

-- The first extract of each kind of item: of what was not dated before it, nothing can be said.
firsts as (
    select items.owner_id, items.kind, min(extracts.extracted_on) as extracted_on
    from items
    join intake.extract_days as extracts
        on extracts.entity_id = items.owner_id and extracts.source_sha256 = items.source_sha256
    group by items.owner_id, items.kind
),

numbered as (
    select
        items.*,
        extracts.extracted_on as taken_on,
        firsts.extracted_on as first_taken_on,
        row_number() over (
            partition by items.owner_id, items.item_key order by items.recency desc, items.source_line
        ) as turn
    from items
    join kept_rows
        on kept_rows.owner_id = items.owner_id
        and kept_rows.source_sha256 = items.source_sha256
        and kept_rows.source_line = items.source_line
    join intake.extract_days as extracts
        on extracts.entity_id = items.owner_id and extracts.source_sha256 = items.source_sha256
    left join firsts on firsts.owner_id = items.owner_id and firsts.kind = items.kind
),

everything as (
    select
        number_of(concat_ws('|', owner_id, item_key)) as item_id,
        cast(null as bigint) as listed_item_id,
        owner_id as entity_id,
        item_key,
        customer_id,
        customer_name,
        customer_country,
        kind,
        document_ref,
        coalesce(booked_on, document_on) as booked_on,
        coalesce(document_on, booked_on) as document_on,
        due_on,
        terms,
        amount,
        currency,
        label,
        coalesce(
            updated_on,
            case when taken_on > first_taken_on then taken_on end,
            booked_on,
            document_on
        ) as known_on,
        source_sha256,
        source_line,
        status,
        dispute,
        coalesce(updated_on, last_on) as said_on,
        cast(null as date) as settled_after,
        cast(null as date) as settled_by
    from numbered
    where turn = 1
    union all
    select
        item_id,
        listed_item_id,
        entity_id,
        item_key,
        customer_id,
        customer_name,
        customer_country,
        kind,
        document_ref,
        booked_on,
        document_on,
        due_on,
        terms,
        amount,
        currency,
        label,
        known_on,
        source_sha256,
        source_line,
        status,
        dispute,
        said_on,
        settled_after,
        settled_by
    from staging.list_items
),

ledgers as (
    select distinct entity_id
    from staging.receivable_lines
)

select
    everything.*,
    ledgers.entity_id is not null as only_lends_due_dates
from everything
left join ledgers on ledgers.entity_id = everything.entity_id
where ledgers.entity_id is null or everything.kind not in ('settlement', 'reopening')
