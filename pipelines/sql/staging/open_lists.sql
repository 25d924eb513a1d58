-- Lists of open items: which file shows what an entity's customers owe, at the close of which day.
--
-- grain: entity_id, listed_on, source_sha256
-- rule:  the day is the one that the rows state (basis `stated`), else the one that the file's name
--        says (`named`), else the newest date in the file (`newest`): a list cannot be older
-- rule:  a file of which the names say two days is the list of both: nothing had changed
-- rule:  an empty file is a list too, if its name says the day: nothing was open. Under names of
--        several entities it is the list of each, on the days that its own names say
-- rule:  the files of one day make one list: one for each currency, or for each group of customers
-- rule:  of two files of one day, the one that knows newer dates, else the one whose name comes
--        later, else the one that came later, replaces the other where it shows at least half of its
--        items again
with files as (
    select source_sha256, name, entity_id, latest_on, landed_at
    from staging.files
    where refused_reason is null
),

rows_read as (
    select
        source_sha256,
        entity_id,
        item_key,
        currency,
        coalesce(extracted_on, max(extracted_on) over (partition by source_sha256)) as stated_on
    from raw.items
    where is_open_list
),

-- One row for each entity and day that a file states, and for each entity it leaves to its name.
of_files as (
    select
        rows_read.source_sha256,
        coalesce(rows_read.entity_id, files.entity_id) as entity_id,
        rows_read.stated_on,
        cast(null as string) as named_for
    from rows_read
    join files on files.source_sha256 = rows_read.source_sha256
    group by
        rows_read.source_sha256, coalesce(rows_read.entity_id, files.entity_id), rows_read.stated_on
    union all
    select
        files.source_sha256,
        coalesce(names.named_for, files.entity_id),
        cast(null as date),
        names.named_for
    from files
    join (select distinct source_sha256, named_for from staging.list_names) as names
        on names.source_sha256 = files.source_sha256
    where files.source_sha256 not in (select source_sha256 from rows_read)
),

dated as (
    select
        of_files.entity_id,
        coalesce(of_files.stated_on, names.named_on, files.latest_on) as listed_on,
        of_files.source_sha256,
        of_files.stated_on,
        case
            when of_files.stated_on is not null then 'stated'
            when names.named_on is not null then 'named'
            else 'newest'
        end as basis,
        row_number() over (
            order by files.latest_on nulls first, files.name, files.landed_at, files.source_sha256
        ) as recency
    from of_files
    join files on files.source_sha256 = of_files.source_sha256
    left join staging.list_names as names
        on names.source_sha256 = of_files.source_sha256
        and names.named_for is not distinct from of_files.named_for
        and of_files.stated_on is null
    where coalesce(of_files.stated_on, names.named_on, files.latest_on) is not null
),

-- Days with several files: how many items each shows, and how many of them a newer one shows again.
several as (
    select entity_id, listed_on
    from dated
    group by entity_id, listed_on
    having count(*) > 1
),

shown as (
    select distinct
        dated.entity_id,
        dated.listed_on,
        dated.source_sha256,
        dated.recency,
        rows_read.item_key,
        rows_read.currency
    from several
    join dated on dated.entity_id = several.entity_id and dated.listed_on = several.listed_on
    join files on files.source_sha256 = dated.source_sha256
    join rows_read
        on rows_read.source_sha256 = dated.source_sha256
        and coalesce(rows_read.entity_id, files.entity_id) = dated.entity_id
        and rows_read.stated_on is not distinct from dated.stated_on
),

sizes as (
    select entity_id, listed_on, source_sha256, count(*) as item_count
    from shown
    group by entity_id, listed_on, source_sha256
),

shared as (
    select
        older.entity_id,
        older.listed_on,
        older.source_sha256,
        newer.source_sha256 as newer_sha256,
        newer.recency,
        count(*) as item_count
    from shown as older
    join shown as newer
        on newer.entity_id = older.entity_id
        and newer.listed_on = older.listed_on
        and newer.item_key = older.item_key
        and newer.currency = older.currency
        and newer.recency > older.recency
    group by
        older.entity_id, older.listed_on, older.source_sha256, newer.source_sha256, newer.recency
),

replaced as (
    select
        shared.entity_id,
        shared.listed_on,
        shared.source_sha256,
        max_by(shared.newer_sha256, shared.recency) as replaced_by_sha256
    from shared
    join sizes
        on sizes.entity_id = shared.entity_id
        and sizes.listed_on = shared.listed_on
        and sizes.source_sha256 = shared.source_sha256
    where shared.item_count * 2 >= sizes.item_count
    group by shared.entity_id, shared.listed_on, shared.source_sha256
)

select
    dated.entity_id,
    dated.listed_on,
    dated.source_sha256,
    dated.basis,
    dated.stated_on,
    cast(dated.recency as int) as recency,
    cast(dense_rank() over (partition by dated.entity_id order by dated.listed_on) as int) as place,
    replaced.replaced_by_sha256
from dated
left join replaced
    on replaced.entity_id = dated.entity_id
    and replaced.listed_on = dated.listed_on
    and replaced.source_sha256 = dated.source_sha256
