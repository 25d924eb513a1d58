-- Every extract that counts or was refused: what became of its records, and what took its place.
--
-- grain: source_sha256
-- rule:  records_in = loaded + quarantined, for every file
-- rule:  status is `refused`, `superseded` when newer exports show all its entries again,
--        `superseded in part`, `remembered` or `used`
-- rule:  a file that was overwritten in the folder by one that tells of other days is remembered:
--        once_in is the name that it had, null for what the folder holds
with entries as (
    select source_sha256, count(*) as entry_count
    from staging.fec_entries
    group by all
),

kept as (
    select source_sha256, count(*) as entry_count
    from staging.fec_entries_kept
    group by all
),

rows_read as (
    select source_sha256, count(distinct source_line) as row_count
    from raw.items
    where not is_open_list or amount <> 0
    group by all
),

rows_kept as (
    select source_sha256, count(distinct source_line) as row_count
    from (
        select source_sha256, source_line
        from staging.table_items
        union all
        select source_sha256, source_line
        from staging.listed_items
    )
    group by all
)

select
    files.*,
    case
        when files.refused_reason is not null then 'refused'
        when entries.entry_count > 0 and kept.entry_count is null then 'superseded'
        when entries.entry_count > kept.entry_count then 'superseded in part'
        when rows_read.row_count > 0 and rows_kept.row_count is null then 'superseded'
        when rows_read.row_count > rows_kept.row_count then 'superseded in part'
        when files.once_in is not null then 'remembered'
        else 'used'
    end as status
from staging.files as files
left join entries on entries.source_sha256 = files.source_sha256
left join kept on kept.source_sha256 = files.source_sha256
left join rows_read on rows_read.source_sha256 = files.source_sha256
left join rows_kept on rows_kept.source_sha256 = files.source_sha256
