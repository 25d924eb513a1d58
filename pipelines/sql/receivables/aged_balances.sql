-- Aged balances: open items of a day by customer, currency and how late they are.
--
-- grain: entity_id, customer_id, currency, bucket
-- asks:  as_of; basis='due'; bounds=[30, 60, 90, 120]; credits='apart'; convention='encaisse'
-- units: the items' own currency; positive is owed to us; currencies are never added up
-- rule:  as in aged_items; the buckets of a customer add up to its open items
select
    as_of,
    entity_id,
    customer_id,
    customer_name,
    group_id,
    currency,
    bucket,
    bucket_rank,
    is_overdue,
    cast(sum(open_amount) as decimal(18, 2)) as amount,
    cast(count(*) as int) as item_count
from receivables.aged_items(
    $as_of, _basis := $basis, _bounds := $bounds, _credits := $credits, _convention := $convention
)
group by all
