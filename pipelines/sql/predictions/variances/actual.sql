-- What came in, week by week.
--
-- grain: entity_id, currency, first_on
-- rule:  `*` is all entities of a currency together, where a forecast speaks of them so
with weekly as (
    select
        entity_id,
        currency,
        cast(date_trunc('week', received_on) as date) as first_on,
        sum(amount) as amount
    from receivables.receipts
    group by all
)

select entity_id, currency, first_on, cast(amount as decimal(18, 2)) as amount
from weekly
union all
select '*', currency, first_on, cast(sum(amount) as decimal(18, 2))
from weekly
group by currency, first_on
