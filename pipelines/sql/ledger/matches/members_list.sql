-- Documents of successive lists of open items, each with what settled it or opened it again.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
select
    items.item_id,
    tables.listed_item_id as group_key,
    items.currency,
    items.amount,
    items.booked_on,
    items.known_on,
    cast(null as date) as noted_on
from staging.table_items as tables
join ledger.items as items on items.item_id = tables.item_id
where
    tables.listed_item_id in (
        select listed_item_id
        from staging.table_items
        where item_id <> listed_item_id
    )
