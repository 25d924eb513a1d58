-- Items in the group that the accountant lettered them with.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
-- rule:  a line of an earlier year takes the group of the opening line that stands for it
select
    items.item_id,
    coalesce(links.group_key, lettered.group_key) as group_key,
    items.currency,
    items.amount,
    items.booked_on,
    greatest(
        items.known_on,
        coalesce(
            links.lettered_on, lettered.lettered_on, links.shown_on, files.latest_on, items.booked_on
        )
    ) as known_on,
    coalesce(links.lettered_on, lettered.lettered_on) as noted_on
from ledger.items as items
join staging.files as files on files.source_sha256 = items.source_sha256
left join staging.lettering_groups as lettered on lettered.line_id = items.item_id
left join staging.opening_links as links on links.line_id = items.item_id
where (lettered.line_id is not null or links.line_id is not null) and items.amount <> 0
