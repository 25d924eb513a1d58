-- Items of the table extracts (CSV, XLSX, Parquet) that count: each row from the newest file.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
-- rule:  a newer file that shows a row's document again replaces all that the older row said
-- rule:  of lists of open items only the newest of each entity is true: what is no longer on it is
--        no longer open
-- rule:  what a row says of its document (status, dispute) it says from the day it was last updated,
--        or else from the last day of its file
-- rule:  an entity that gives a FEC has its ledger there; its tables only lend their due dates
with files as (
    select
        *,
        row_number() over (order by latest_on, landed_at, name, source_sha256) as recency
    from staging.files
    where refused_reason is null
),

items as (
    select
        items.*,
        coalesce(items.entity_id, files.entity_id) as owner_id,
        files.recency,
        files.last_on
    from raw.items as items
    join files on files.source_sha256 = items.source_sha256
),

newest_lists as (
    select owner_id, max(recency) as recency
    from items
    where is_open_list
    group by all
),

rows_of_documents as (
    select
        owner_id,
        source_sha256,
        source_line,
        recency,
        min_by(
            item_key,
            row(case kind when 'invoice' then 0 when 'credit_note' then 1 else 2 end, item_key)
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

ledgers as (
    select distinct entity_id
    from staging.receivable_lines
)

select
    cast('0x' || substr(md5(concat_ws('|', items.owner_id, items.item_key)), 1, 15) as bigint) as item_id,
    items.owner_id as entity_id,
    items.item_key,
    items.customer_id,
    items.customer_name,
    items.customer_country,
    items.kind,
    items.document_ref,
    coalesce(items.booked_on, items.document_on) as booked_on,
    coalesce(items.document_on, items.booked_on) as document_on,
    items.due_on,
    items.terms,
    items.amount,
    items.currency,
    items.label,
    coalesce(items.updated_on, items.booked_on, items.document_on) as known_on,
    items.source_sha256,
    items.source_line,
    items.status,
    items.dispute,
    coalesce(items.updated_on, items.last_on) as said_on,
    ledgers.entity_id is not null as only_lends_due_dates
from items
join kept_rows
    on kept_rows.owner_id = items.owner_id
    and kept_rows.source_sha256 = items.source_sha256
    and kept_rows.source_line = items.source_line
left join newest_lists on newest_lists.owner_id = items.owner_id
left join ledgers on ledgers.entity_id = items.owner_id
where not items.is_open_list or items.recency = newest_lists.recency
qualify row_number() over (
    partition by items.owner_id, items.item_key order by items.recency desc, items.source_line
) = 1
