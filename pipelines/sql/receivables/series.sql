-- A number for each customer and currency of an entity: numbers group and join several times as fast
-- as texts, and rows in their order lie together by customer.
--
-- grain: series
with dealings as (
    select entity_id, customer_id, currency
    from ledger.items
    where amount <> 0
    union
    select entity_id, customer_id, currency
    from receivables.retracted_movements
)

select
    cast(row_number() over (order by entity_id, customer_id, currency) as int) as series,
    entity_id,
    customer_id,
    currency
from dealings
