-- Which FEC replaces which: two exports of one entity that cover the same days.
--
-- grain: older_sha256, newer_sha256
-- rule:  of two exports the newer is the one that knows more (its newest lettering or validation date,
--        or booking date where no validation is stated), then the one received later
-- rule:  when at least half of the older one's entries of those days stand unchanged in the newer
--        one, it is the same period exported again, and the newer one replaces those days whole,
--        so that an entry that was removed is gone
-- rule:  software may number all entries anew with each export: over more than one day, an entry
--        that says the same under another number stands in the newer one too
-- rule:  when fewer do, only the identical entries are taken once, and a check says so
-- rule:  days that one export has replaced need no other to replace them: an export of every morning
--        is held against the next one, and not against all that follow
with ranked as (
    select
        source_sha256,
        entity_id,
        first_on,
        last_on,
        latest_on,
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
        least(older.last_on, newer.last_on) as to_on,
        older.recency as older_recency,
        newer.recency as newer_recency,
        newer.latest_on as newer_on
    from ranked as older
    join ranked as newer on newer.entity_id = older.entity_id and newer.recency > older.recency
    where older.first_on <= newer.last_on and newer.first_on <= older.last_on
),

-- Pairs with another export between the two, of an earlier day than the newer, that has all days.
distant as (
    select distinct pairs.older_sha256, pairs.newer_sha256
    from pairs
    join ranked as between_them
        on between_them.entity_id = pairs.entity_id
        and between_them.recency > pairs.older_recency
        and between_them.recency < pairs.newer_recency
        and between_them.latest_on < pairs.newer_on
        and between_them.first_on <= pairs.from_on
        and between_them.last_on >= pairs.to_on
),

near_by_number as (
    select
        pairs.older_sha256,
        pairs.newer_sha256,
        any_value(pairs.from_on) as from_on,
        any_value(pairs.to_on) as to_on,
        any_value(pairs.newer_recency) as newer_recency,
        any_value(pairs.newer_on) as newer_on,
        count(*) as older_entry_count,
        count(newer.entry_number) as shared_entry_count
    from pairs
    anti join distant
        on distant.older_sha256 = pairs.older_sha256
        and distant.newer_sha256 = pairs.newer_sha256
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
    group by pairs.older_sha256, pairs.newer_sha256
),

-- Pairs that share few numbers, which most books have none of, and the distant ones of the same
-- export: held against each other by what their entries say.
in_question as (
    select older_sha256, newer_sha256, from_on, to_on
    from near_by_number
    where shared_entry_count * 2 < older_entry_count and from_on < to_on
    union
    select pairs.older_sha256, pairs.newer_sha256, pairs.from_on, pairs.to_on
    from pairs
    join distant
        on distant.older_sha256 = pairs.older_sha256
        and distant.newer_sha256 = pairs.newer_sha256
    join near_by_number as nearer on nearer.older_sha256 = pairs.older_sha256
    where nearer.shared_entry_count * 2 < nearer.older_entry_count and pairs.from_on < pairs.to_on
),

contents as (
    select
        lines.source_sha256,
        lines.entry_on,
        lines.journal_code,
        lines.entry_number,
        cast(
            sum(
                cast(
                    number_of(
                        concat_ws(
                            '|', lines.journal_code, lines.account, coalesce(lines.auxiliary, ''),
                            coalesce(lines.document_ref, ''),
                            coalesce(cast(lines.document_on as string), ''),
                            coalesce(lines.label, ''), cast(lines.debit as string),
                            cast(lines.credit as string)
                        )
                    ) as decimal(38, 0)
                )
            ) as decimal(38, 0)
        ) as content
    from raw.fec_lines as lines
    where lines.source_sha256 in (
        select older_sha256 from in_question
        union
        select newer_sha256 from in_question
    )
    group by all
),

numbered as (
    select
        source_sha256,
        entry_on,
        content,
        row_number() over (
            partition by source_sha256, entry_on, content order by journal_code, entry_number
        ) as copy_number
    from contents
),

renumbered as (
    select in_question.older_sha256, in_question.newer_sha256, count(*) as shared_entry_count
    from in_question
    join numbered as older
        on older.source_sha256 = in_question.older_sha256
        and older.entry_on between in_question.from_on and in_question.to_on
    join numbered as newer
        on newer.source_sha256 = in_question.newer_sha256
        and newer.entry_on = older.entry_on
        and newer.content = older.content
        and newer.copy_number = older.copy_number
    group by in_question.older_sha256, in_question.newer_sha256
),

near as (
    select
        near_by_number.* except (shared_entry_count),
        case
            when renumbered.shared_entry_count * 2 >= near_by_number.older_entry_count
                then renumbered.shared_entry_count
            else near_by_number.shared_entry_count
        end as shared_entry_count
    from near_by_number
    left join renumbered
        on renumbered.older_sha256 = near_by_number.older_sha256
        and renumbered.newer_sha256 = near_by_number.newer_sha256
),

-- Distant pairs of whose days a nearer export has replaced all.
replaced_by_nearer as (
    select distinct pairs.older_sha256, pairs.newer_sha256
    from pairs
    join near
        on near.older_sha256 = pairs.older_sha256
        and near.newer_recency < pairs.newer_recency
        and near.newer_on < pairs.newer_on
        and near.from_on <= pairs.from_on
        and near.to_on >= pairs.to_on
    where near.shared_entry_count * 2 >= near.older_entry_count
),

far_by_number as (
    select
        pairs.older_sha256,
        pairs.newer_sha256,
        count(*) as older_entry_count,
        count(newer.entry_number) as shared_entry_count
    from pairs
    join distant
        on distant.older_sha256 = pairs.older_sha256
        and distant.newer_sha256 = pairs.newer_sha256
    anti join replaced_by_nearer
        on replaced_by_nearer.older_sha256 = pairs.older_sha256
        and replaced_by_nearer.newer_sha256 = pairs.newer_sha256
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
    group by pairs.older_sha256, pairs.newer_sha256
),

far as (
    select
        far_by_number.* except (shared_entry_count),
        case
            when renumbered.shared_entry_count * 2 >= far_by_number.older_entry_count
                then renumbered.shared_entry_count
            else far_by_number.shared_entry_count
        end as shared_entry_count
    from far_by_number
    left join renumbered
        on renumbered.older_sha256 = far_by_number.older_sha256
        and renumbered.newer_sha256 = far_by_number.newer_sha256
),

shared as (
    select older_sha256, newer_sha256, older_entry_count, shared_entry_count from near
    union all
    select older_sha256, newer_sha256, older_entry_count, shared_entry_count from far
)

select
    pairs.older_sha256,
    pairs.newer_sha256,
    pairs.entity_id,
    pairs.from_on,
    pairs.to_on,
    shared.older_entry_count,
    shared.shared_entry_count,
    shared.shared_entry_count * 2 >= shared.older_entry_count as replaces_period
from pairs
join shared
    on shared.older_sha256 = pairs.older_sha256 and shared.newer_sha256 = pairs.newer_sha256
where shared.shared_entry_count > 0
