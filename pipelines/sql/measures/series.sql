-- A number for each customer, segment, entity, and for the whole firm, in each currency: numbers
-- group and join several times as fast as texts.
--
-- grain: scope, entity_id, currency, segment, customer_id
-- rule:  not the number of receivables.series, which is of customers alone: never join the two
-- rule:  a customer of whom no file says the segment is in none
-- rule:  scope `firm`, entity_id `*`: all entities of a currency together
-- rule:  of_segment is the segment of a customer, segment is that which the row is of
with customers as (
    select distinct inputs.entity_id, inputs.currency, inputs.customer_id, known.segment
    from measures.inputs as inputs
    left join ledger.customers as known
        on known.entity_id = inputs.entity_id and known.customer_id = inputs.customer_id
),

scopes as (
    select
        'customer' as scope,
        entity_id,
        currency,
        cast(null as string) as segment,
        customer_id,
        segment as of_segment
    from customers
    union all
    select distinct 'segment', entity_id, currency, segment, cast(null as string), cast(null as string)
    from customers
    where segment is not null
    union all
    select distinct 'entity', entity_id, currency, cast(null as string), cast(null as string), cast(null as string)
    from customers
    union all
    select distinct 'firm', '*', currency, cast(null as string), cast(null as string), cast(null as string)
    from customers
)

select
    cast(row_number() over (
        order by scope, entity_id, currency, segment nulls last, customer_id nulls last
    ) as int) as series,
    scopes.*
from scopes
