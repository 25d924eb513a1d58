-- Which extract said when what an entity's customers owe: the day that each extract was taken.
--
-- grain: entity_id, source_sha256
-- rule:  the day that a list of open items is of; else the newest date that the extract knows, since
--        it cannot be older; of what a FEC books ahead that is the day of validation
-- rule:  a first table that only lends due dates to a ledger is taken as always known
-- rule:  what a ledger does not date is known from brought_on; null: the first ledgers of an entity
--        bring no news, as nothing earlier can say otherwise
with files as (
    select
        *,
        row_number() over (order by latest_on nulls last, landed_at, name, source_sha256) as recency
    from staging.files
    where refused_reason is null
),

told as (
    select entity_id, source_sha256, false as is_table
    from files
    where format in ('fec', 'fec_xml')
    union
    select coalesce(rows_in.entity_id, files.entity_id), files.source_sha256, true
    from raw.items as rows_in
    join files on files.source_sha256 = rows_in.source_sha256
    union
    select coalesce(rows_in.entity_id, files.entity_id), files.source_sha256, true
    from raw.allocations as rows_in
    join files on files.source_sha256 = rows_in.source_sha256
    union
    select entity_id, source_sha256, true
    from staging.open_lists
),

ledgers as (
    select distinct entity_id
    from told
    where not is_table
),

listed as (
    select entity_id, source_sha256, min(listed_on) as listed_on
    from staging.open_lists
    group by entity_id, source_sha256
),

dated as (
    select
        told.entity_id,
        told.source_sha256,
        told.is_table,
        files.name,
        files.first_on,
        files.last_on,
        files.recency,
        coalesce(listed.listed_on, files.latest_on) as extracted_on,
        told.is_table and ledgers.entity_id is not null as only_lends
    from told
    join files on files.source_sha256 = told.source_sha256
    left join listed
        on listed.entity_id = told.entity_id and listed.source_sha256 = told.source_sha256
    left join ledgers on ledgers.entity_id = told.entity_id
),

firsts as (
    select entity_id, min(recency) as recency
    from dated
    where only_lends
    group by entity_id
)

select
    dated.entity_id,
    dated.source_sha256,
    dated.name,
    dated.is_table,
    dated.first_on,
    dated.last_on,
    cast(dated.recency as int) as recency,
    case when firsts.recency is null then dated.extracted_on end as extracted_on,
    case
        when not dated.is_table and dated.extracted_on > min(dated.extracted_on) over (
            partition by dated.entity_id, dated.is_table
        )
            then dated.extracted_on
    end as brought_on
from dated
left join firsts
    on dated.only_lends
    and firsts.entity_id = dated.entity_id
    and firsts.recency = dated.recency
