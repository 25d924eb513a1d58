-- Books: each entity and currency that has items, how many, and since when. No amounts are added up
-- across them.
--
-- grain: entity_id, currency
select
    entity_id,
    currency,
    cast(count(*) as bigint) as item_count,
    min(booked_on) as first_on
from ledger.items
group by entity_id, currency
