-- The days on which a table, or a list of open items, says otherwise than an older one did.
--
-- grain: entity_id, replaced_on, source_sha256
-- rule:  a row of a document that says otherwise, or has no date; of lists of open items only another
--        due date, or other terms: what comes and goes is dated by the lists
-- rule:  a table that lends due dates to a ledger replaces nothing before that ledger was taken
with extracts as (
    select *
    from intake.extract_days
    where extracted_on is not null
),

-- What a row of a table says, of its document and of what settled it, in one number.
rows_told as (
    select
        coalesce(items.entity_id, files.entity_id) as entity_id,
        items.source_sha256,
        items.source_line,
        items.item_key,
        number_of(
            concat_ws(
                '|', items.item_key, items.customer_id, items.kind, coalesce(items.document_ref, ''),
                coalesce(cast(items.booked_on as string), ''),
                coalesce(cast(items.document_on as string), ''),
                coalesce(cast(items.due_on as string), ''), coalesce(items.terms, ''),
                cast(items.amount as string), items.currency,
                coalesce(cast(items.updated_on as string), '')
            )
        ) as said,
        items.updated_on is not null as is_dated
    from raw.items as items
    join staging.files as files on files.source_sha256 = items.source_sha256
    where not items.is_open_list
    union all
    select
        coalesce(allocations.entity_id, files.entity_id),
        allocations.source_sha256,
        allocations.source_line,
        concat_ws('|', 'z', allocations.debit_key, allocations.credit_key),
        number_of(
            concat_ws(
                '|', allocations.debit_key, allocations.credit_key,
                cast(allocations.amount as string),
                coalesce(cast(allocations.allocated_on as string), '')
            )
        ),
        allocations.allocated_on is not null
    from raw.allocations as allocations
    join staging.files as files on files.source_sha256 = allocations.source_sha256
),

documents_told as (
    select
        entity_id,
        source_sha256,
        source_line,
        min_by(
            item_key,
            (
                case
                    when item_key like 'z|%' then 3
                    when item_key like 'settlement|%' or item_key like 'credit|%' then 2
                    else 1
                end,
                item_key
            )
        ) as row_key,
        cast(sum(cast(said as decimal(38, 0))) as decimal(38, 0)) as said,
        min(case when is_dated then 1 else 0 end) as is_dated
    from rows_told
    group by entity_id, source_sha256, source_line
),

tables_in_order as (
    select
        told.entity_id,
        extracts.extracted_on,
        extracts.source_sha256,
        told.said,
        told.is_dated,
        lag(told.said) over turns as older_said,
        lag(extracts.extracted_on) over turns as older_on
    from documents_told as told
    join extracts
        on extracts.entity_id = told.entity_id and extracts.source_sha256 = told.source_sha256
    window turns as (
        partition by told.entity_id, told.row_key order by extracts.recency, told.source_line
    )
),

ledgers_begun as (
    select entity_id, min(extracted_on) as begun_on
    from extracts
    where not is_table
    group by entity_id
),

tables_replaced as (
    select distinct told.entity_id, told.extracted_on as replaced_on, told.source_sha256
    from tables_in_order as told
    left join ledgers_begun as begun on begun.entity_id = told.entity_id
    where
        told.older_on < told.extracted_on
        and (told.is_dated = 0 or told.older_said <> told.said)
        and (begun.entity_id is null or begun.begun_on < told.extracted_on)
),

lists_in_order as (
    select
        entity_id,
        listed_on,
        source_sha256,
        due_on,
        terms,
        lag(due_on) over turns as older_due_on,
        lag(terms) over turns as older_terms,
        lag(listed_on) over turns as older_on
    from staging.listed_items
    window turns as (partition by entity_id, list_key, currency order by listed_on)
),

lists_replaced as (
    select distinct entity_id, listed_on as replaced_on, source_sha256
    from lists_in_order
    where
        older_on < listed_on
        and (due_on is distinct from older_due_on or terms is distinct from older_terms)
)

select entity_id, replaced_on, source_sha256
from tables_replaced
union
select entity_id, replaced_on, source_sha256
from lists_replaced
