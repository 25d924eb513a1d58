-- Which FEC replaces which: two exports of one entity that cover the same days.
--
-- grain: older_sha256, newer_sha256
-- rule:  of two exports the newer is the one that knows more (its newest booking, lettering or
--        validation date), then the one received later
-- rule:  when at least half of the older one's entries of those days stand unchanged in the newer
--        one, it is the same period exported again, and the newer one replaces those days whole,
--        so that an entry that was removed is gone
-- rule:  when fewer do, only the identical entries are taken once, and a check says so
with ranked as (
    select
        source_sha256,
        entity_id,
        first_on,
        last_on,
        row_number() over (order by latest_on nulls last, landed_at, name, source_sha256) as recency
    from staging.files
    where format in ('fec', 'fec_xml') and refused_reason is null and first_on is not null
),

pairs as (
    select
        older.source_sha256 as older_sha256,
        newer.source_sha256 as newer_sha256,
        older.entity_id,
        greatest(older.first_on, newer.first_on) as from_on,
        least(older.last_on, newer.last_on) as to_on
    from ranked as older
    join ranked as newer on newer.entity_id = older.entity_id and newer.recency > older.recency
    where older.first_on <= newer.last_on and newer.first_on <= older.last_on
),

shared as (
    select
        pairs.older_sha256,
        pairs.newer_sha256,
        count(*) as older_entry_count,
        count(newer.entry_number) as shared_entry_count
    from pairs
    join staging.fec_entries as older
        on older.source_sha256 = pairs.older_sha256
        and older.entry_on between pairs.from_on and pairs.to_on
    left join staging.fec_entries as newer
        on newer.source_sha256 = pairs.newer_sha256
        and newer.journal_code = older.journal_code
        and newer.entry_number = older.entry_number
        and newer.entry_on = older.entry_on
        and newer.debit = older.debit
        and newer.line_count = older.line_count
    group by all
)

select
    pairs.*,
    shared.older_entry_count,
    shared.shared_entry_count,
    shared.shared_entry_count * 2 >= shared.older_entry_count as replaces_period
from pairs
join shared using (older_sha256, newer_sha256)
where shared.shared_entry_count > 0
