-- Lists of open items received: the day of each, how that day is known, and what it shows.
--
-- grain: entity_id, listed_on, source_sha256
-- units: count of items; gone_count are those that the list before showed and this one does not
-- rule:  basis is `stated` by its rows, `named` by its file, or `newest`: the newest date in it
-- rule:  previous_on is the day of the list before, null of the first; gone_count and currency_lost
--        are of the whole list of the day, which may be in several files
-- rule:  currency_lost is a currency of which the list before showed at least five items, and this
--        one shows none: the end of one invoice is nothing to ask about
with days as (
    select
        entity_id,
        place,
        listed_on,
        lag(listed_on) over (partition by entity_id order by place) as previous_on,
        file_count,
        lag(file_count) over (partition by entity_id order by place) as previous_file_count
    from (
        select
            entity_id,
            place,
            listed_on,
            sum(case when replaced_by_sha256 is null then 1 else 0 end) as file_count
        from staging.open_lists
        group by entity_id, place, listed_on
    )
),

shown as (
    select entity_id, source_sha256, listed_on, count(*) as item_count
    from staging.listed_items
    group by entity_id, source_sha256, listed_on
),

followed as (
    select
        entity_id,
        place,
        lead(place) over (partition by entity_id, list_key, currency order by place) as next_place
    from staging.listed_items
),

gone as (
    select entity_id, place + 1 as place, count(*) as gone_count
    from followed
    where next_place is null or next_place > place + 1
    group by entity_id, place + 1
),

currencies as (
    select entity_id, place, currency, count(*) as item_count
    from staging.listed_items
    group by entity_id, place, currency
),

lost as (
    select before_it.entity_id, before_it.place + 1 as place, min(before_it.currency) as currency
    from currencies as before_it
    left join currencies as now_in
        on now_in.entity_id = before_it.entity_id
        and now_in.place = before_it.place + 1
        and now_in.currency = before_it.currency
    where now_in.currency is null and before_it.item_count >= 5
    group by before_it.entity_id, before_it.place + 1
)

select
    lists.entity_id,
    lists.listed_on,
    lists.source_sha256,
    files.name,
    lists.basis,
    days.previous_on,
    cast(days.file_count as int) as file_count,
    cast(days.previous_file_count as int) as previous_file_count,
    cast(coalesce(shown.item_count, 0) as int) as item_count,
    cast(case when days.previous_on is null then 0 else coalesce(gone.gone_count, 0) end as int)
        as gone_count,
    lost.currency as currency_lost,
    newer.name as replaced_by
from staging.open_lists as lists
join staging.files as files on files.source_sha256 = lists.source_sha256
join days on days.entity_id = lists.entity_id and days.place = lists.place
left join shown
    on shown.entity_id = lists.entity_id
    and shown.source_sha256 = lists.source_sha256
    and shown.listed_on = lists.listed_on
left join gone on gone.entity_id = lists.entity_id and gone.place = lists.place
left join lost on lost.entity_id = lists.entity_id and lost.place = lists.place
left join staging.files as newer on newer.source_sha256 = lists.replaced_by_sha256
