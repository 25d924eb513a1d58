-- What the largest debtors of an entity, and of the firm, owe, beside what all their debtors owe.
--
-- grain: series, month_end
-- units: cents of the items' own currency
-- rule:  a debtor is a customer, or the customers of a group together; one that we owe is none
-- rule:  the firm is all entities of a currency; a customer of two of them is two debtors
with groups as (
    select
        series.series,
        series.entity_id,
        series.currency,
        coalesce(customers.group_id, series.customer_id) as group_id
    from measures.series as series
    left join ledger.customers as customers
        on customers.entity_id = series.entity_id and customers.customer_id = series.customer_id
    where series.scope = 'customer'
),

debtors as (
    select
        groups.entity_id,
        groups.currency,
        scopes.month_end,
        groups.group_id,
        cast(sum(scopes.receivable) as bigint) as owed
    from measuring.scopes as scopes
    join groups on groups.series = scopes.series
    group by groups.entity_id, groups.currency, scopes.month_end, groups.group_id
    having sum(scopes.receivable) > 0
),

-- The largest debtors of the firm are among the largest of its entities.
largest as (
    select entity_id, currency, month_end, group_id, owed
    from (
        select
            *,
            row_number() over (
                partition by entity_id, currency, month_end order by owed desc, group_id nulls last
            ) as place
        from debtors
    )
    where place <= $top_debtors
),

firm_largest as (
    select currency, month_end, owed
    from (
        select
            *,
            row_number() over (
                partition by currency, month_end order by owed desc, entity_id, group_id
            ) as place
        from largest
    )
    where place <= $top_debtors
),

owed_by_largest as (
    select entity_id, currency, month_end, sum(owed) as owed
    from largest
    group by entity_id, currency, month_end
    union all
    select '*', currency, month_end, sum(owed)
    from firm_largest
    group by currency, month_end
),

owed_by_all as (
    select entity_id, currency, month_end, sum(owed) as owed
    from debtors
    group by entity_id, currency, month_end
    union all
    select '*', currency, month_end, sum(owed)
    from debtors
    group by currency, month_end
)

select
    series.series,
    owed_by_all.month_end,
    cast(owed_by_largest.owed as hugeint) as owed_by_top,
    cast(owed_by_all.owed as hugeint) as owed
from owed_by_all
join owed_by_largest
    on owed_by_largest.entity_id = owed_by_all.entity_id
    and owed_by_largest.currency = owed_by_all.currency
    and owed_by_largest.month_end = owed_by_all.month_end
join measures.series as series
    on series.scope in ('entity', 'firm')
    and series.entity_id = owed_by_all.entity_id
    and series.currency = owed_by_all.currency
