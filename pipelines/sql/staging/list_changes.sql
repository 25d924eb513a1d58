-- What changed from one list of open items to the next: what was settled between the two, and what
-- rose or came back.
--
-- grain: entity_id, list_key, currency, listed_on
-- units: the item's own currency; the sum up to a list, with the item's own amount, is what that list
--        shows of it
-- rule:  what is gone from a list, or lower than before, was paid or credited after the list before
--        (settled_after) and by this one (settled_by): the lists cannot tell which of the two
-- rule:  what is higher than before, or back after it was gone, is a reopening
-- rule:  where the first list that shows an item also says what the whole document is, the difference
--        was settled by then; after the list before, if there is one: the item was not yet on it
with days as (
    select
        entity_id,
        place,
        listed_on,
        lag(listed_on) over (partition by entity_id order by place) as previous_on,
        min(source_sha256) as source_sha256
    from staging.open_lists
    where replaced_by_sha256 is null
    group by entity_id, place, listed_on
),

shown as (
    select
        entity_id,
        list_key,
        currency,
        place,
        open_amount,
        original_amount,
        source_sha256,
        source_line,
        lag(place) over item as place_before,
        lag(open_amount) over item as amount_before,
        lead(place) over item as place_after
    from staging.listed_items
    window item as (partition by entity_id, list_key, currency order by place)
),

changes as (
    select
        entity_id,
        list_key,
        currency,
        place,
        original_amount as amount_before,
        open_amount as amount_after,
        source_sha256,
        source_line
    from shown
    where place_before is null and original_amount is not null
    union all
    select
        entity_id,
        list_key,
        currency,
        place,
        case when place_before = place - 1 then amount_before else 0 end,
        open_amount,
        source_sha256,
        source_line
    from shown
    where place_before is not null
    union all
    select shown.entity_id, shown.list_key, shown.currency, days.place, shown.open_amount, 0,
        days.source_sha256, cast(null as bigint)
    from shown
    join days on days.entity_id = shown.entity_id and days.place = shown.place + 1
    where shown.place_after is null or shown.place_after > shown.place + 1
)

select
    changes.entity_id,
    changes.list_key,
    changes.currency,
    days.listed_on,
    case
        when abs(changes.amount_after) < abs(changes.amount_before)
            or sign(changes.amount_after) * sign(changes.amount_before) < 0
            then 'settlement'
        else 'reopening'
    end as kind,
    cast(changes.amount_after - changes.amount_before as decimal(18, 2)) as amount,
    days.previous_on as settled_after,
    days.listed_on as settled_by,
    changes.source_sha256,
    changes.source_line
from changes
join days on days.entity_id = changes.entity_id and days.place = changes.place
where changes.amount_after <> changes.amount_before
