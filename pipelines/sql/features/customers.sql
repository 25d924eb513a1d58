-- Whose documents the predictions learn from: a customer of an entity, in one currency.
--
-- grain: customer_code
-- rule:  amounts of two currencies are never added up, so a customer with two is looked at twice
-- rule:  codes are dealt anew in every refresh, and no model keeps one; -1 is not known
-- rule:  where no segment is known, customers of one country are alike: it stands in for the segment
-- rule:  a group is a group only where another customer of the entity is in it; so is a country, and
--        only where it does not stand in for the segment: the curves know it then
with holders as (
    select distinct entity_id, customer_id, currency
    from ledger.items
),

described as (
    select
        holders.entity_id,
        holders.customer_id,
        holders.currency,
        customers.segment,
        customers.country,
        customers.payment_terms,
        lower(customers.payment_method) as payment_method,
        customers.group_id
    from holders
    left join ledger.customers as customers
        on customers.entity_id = holders.entity_id
        and customers.customer_id = holders.customer_id
),

shared as (
    select entity_id, group_id
    from described
    where group_id is not null
    group by entity_id, group_id
    having min(customer_id) < max(customer_id)
),

peopled as (
    select entity_id, country
    from described
    where segment is not null and country is not null
    group by entity_id, country
    having min(customer_id) < max(customer_id)
)

select
    cast(row_number() over (
        order by described.entity_id, described.customer_id, described.currency
    ) as int) as customer_code,
    described.entity_id,
    described.customer_id,
    described.currency,
    described.segment,
    case
        when coalesce(described.segment, described.country) is null then -1
        else cast(dense_rank() over (
            order by
                described.segment nulls first,
                case when described.segment is null then described.country end nulls first
        ) as int)
    end as segment_code,
    case
        when shared.group_id is not null
            then cast(dense_rank() over (
                order by shared.entity_id nulls last, shared.group_id nulls last
            ) as int)
    end as group_code,
    case
        when described.segment is not null and peopled.country is not null
            then cast(dense_rank() over (
                order by peopled.entity_id nulls last, peopled.country nulls last
            ) as int)
    end as country_code,
    described.country,
    described.payment_terms,
    described.payment_method,
    -- What we collect ourselves: direct debits, and bills of exchange that fall due.
    case
        when described.payment_method is null then null
        when
            described.payment_method like '%debit%'
            or described.payment_method like '%débit%'
            or described.payment_method like '%prelev%'
            or described.payment_method like '%prélèv%'
            or described.payment_method like '%sdd%'
            or described.payment_method like '%bill%'
            or described.payment_method like '%lcr%'
            or described.payment_method like '%traite%'
            then 1
        else 0
    end as is_collected
from described
left join shared
    on shared.entity_id = described.entity_id and shared.group_id = described.group_id
left join peopled
    on peopled.entity_id = described.entity_id and peopled.country = described.country
