-- The tie-out of a firm of which only lists of open items are known: what each list adds up to beside
-- the open items of its day.
--
-- grain: entity_id, customer_id, currency, listed_on
-- units: the items' own currency; positive is owed to us
-- rule:  both must be the same to the cent; a figure that does not tie is never published
-- rule:  a row for each list on which one of the two changed; until the next row both stay as they are
-- rule:  of entities whose items all come from lists; others have their own control accounts, or none
with entities as (
    select tables.entity_id
    from staging.table_items as tables
    where not tables.only_lends_due_dates
    group by tables.entity_id
    having count(*) = count(tables.listed_item_id)
),

days as (
    select
        lists.entity_id,
        lists.place,
        lists.listed_on,
        lag(lists.listed_on) over (partition by lists.entity_id order by lists.place) as previous_on
    from (select distinct entity_id, place, listed_on from staging.open_lists) as lists
    join entities on entities.entity_id = lists.entity_id
),

-- What a list shows counts on its day, and no more from the day of the next list on.
listed as (
    select items.entity_id, items.customer_id, items.currency, items.place, items.open_amount as amount
    from staging.listed_items as items
    join entities on entities.entity_id = items.entity_id
    union all
    select items.entity_id, items.customer_id, items.currency, days.place, -items.open_amount
    from staging.listed_items as items
    join days on days.entity_id = items.entity_id and days.place = items.place + 1
),

moved as (
    select
        movements.entity_id,
        movements.customer_id,
        movements.currency,
        days.place,
        movements.amount
    from receivables.movements as movements
    join days
        on days.entity_id = movements.entity_id
        and movements.event_on <= days.listed_on
        and (days.previous_on is null or movements.event_on > days.previous_on)
),

added_up as (
    select
        entity_id,
        customer_id,
        currency,
        place,
        sum(list_amount) as list_amount,
        sum(open_amount) as open_amount
    from (
        select entity_id, customer_id, currency, place, amount as list_amount, 0 as open_amount
        from listed
        union all
        select entity_id, customer_id, currency, place, 0, amount
        from moved
    )
    group by entity_id, customer_id, currency, place
    having sum(list_amount) <> 0 or sum(open_amount) <> 0
)

select
    added_up.entity_id,
    added_up.customer_id,
    added_up.currency,
    days.listed_on,
    cast(sum(added_up.list_amount) over balance as decimal(18, 2)) as list_amount,
    cast(sum(added_up.open_amount) over balance as decimal(18, 2)) as open_amount
from added_up
join days on days.entity_id = added_up.entity_id and days.place = added_up.place
window balance as (
    partition by added_up.entity_id, added_up.customer_id, added_up.currency
    order by added_up.place
    rows between unbounded preceding and current row
)
