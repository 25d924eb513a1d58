-- What each list of open items shows: one row for an item on the list of a day.
--
-- grain: entity_id, listed_on, list_key, currency
-- units: the item's own currency; positive is owed to us
-- rule:  an item is the same on two lists by its kind, customer, document and currency; a document
--        that any list shows with several due dates is one item for each of them
-- rule:  where two files of one day show an item, the newer one says what is open of it
-- rule:  what another table of the entity says is paid, with its day, is that table's; the lists
--        have nothing to add to it
-- rule:  an item of which nothing is open is not on the list
with rows_read as (
    select
        coalesce(items.entity_id, files.entity_id) as entity_id,
        coalesce(items.extracted_on, max(items.extracted_on) over (partition by items.source_sha256))
            as stated_on,
        case
            when items.item_key like '%|' || cast(items.due_on as string)
                then substr(items.item_key, 1, length(items.item_key) - 11)
            else items.item_key
        end as document_key,
        items.item_key,
        items.currency,
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
        items.original_amount,
        items.label,
        items.status,
        items.dispute,
        items.source_sha256,
        items.source_line
    from raw.items as items
    join staging.files as files on files.source_sha256 = items.source_sha256
    where items.is_open_list and files.refused_reason is null
),

-- Documents that stand on several lines of one list: one for each due date.
divided as (
    select distinct entity_id, document_key
    from rows_read
    where item_key <> document_key
),

settled_elsewhere as (
    select distinct
        coalesce(items.entity_id, files.entity_id) as entity_id,
        substr(items.item_key, case when items.item_key like 'credit|%' then 8 else 12 end) as item_key
    from raw.items as items
    join staging.files as files on files.source_sha256 = items.source_sha256
    where not items.is_open_list
        and files.refused_reason is null
        and (items.item_key like 'settlement|%' or items.item_key like 'credit|%')
),

listed as (
    select
        lists.listed_on,
        lists.place,
        lists.recency,
        case
            when divided.document_key is null then rows_read.item_key
            else concat_ws('|', rows_read.document_key, cast(rows_read.due_on as string))
        end as list_key,
        rows_read.*
    from rows_read
    join staging.open_lists as lists
        on lists.entity_id = rows_read.entity_id
        and lists.source_sha256 = rows_read.source_sha256
        and lists.stated_on is not distinct from rows_read.stated_on
    left join divided
        on divided.entity_id = rows_read.entity_id and divided.document_key = rows_read.document_key
    where lists.replaced_by_sha256 is null
),

numbered as (
    select
        listed.*,
        row_number() over (
            partition by listed.entity_id, listed.listed_on, listed.list_key, listed.currency
            order by listed.recency desc, listed.source_line
        ) as turn
    from listed
    left join settled_elsewhere
        on settled_elsewhere.entity_id = listed.entity_id
        and settled_elsewhere.item_key = listed.item_key
    where settled_elsewhere.item_key is null
)

select
    entity_id,
    listed_on,
    place,
    list_key,
    currency,
    customer_id,
    customer_name,
    customer_country,
    kind,
    document_ref,
    booked_on,
    document_on,
    due_on,
    terms,
    amount as open_amount,
    original_amount,
    label,
    status,
    dispute,
    source_sha256,
    source_line
from numbered
where turn = 1 and amount <> 0
