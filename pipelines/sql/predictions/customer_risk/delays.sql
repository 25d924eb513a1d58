-- How each customer paid in the last quarter, in the one before, and usually.
--
-- grain: entity_id, customer_id, currency
-- units: amounts and amount-days in the currency of the row; days late, early is negative
-- rule:  a quarter is 91 days; its delays are of what was paid in it, and of what fell due in it and
--        is unpaid at its end, at its age then
-- rule:  usual is the median of the last ten documents, or parts of one, that were paid; its one or
--        two middle ones are added up and counted
-- rule:  an amount is widened before it is multiplied: in a currency of small units, one document may
--        be of tens of billions
with paid as (
    select entity_id, customer_id, currency, paid_on, item_id, match_id, amount, days_late
    from measures.payments
    where days_late is not null and settled_on <= $as_of
),

events as (
    select
        entity_id, customer_id, currency, amount, days_late, 'paid' as how,
        paid_on > $as_of - 91 as is_recent
    from paid
    where paid_on > $as_of - 182
    union all
    select entity_id, customer_id, currency, open_amount, days_late, 'unpaid', true
    from receivables.open_items($as_of)
    where side = 'debit' and days_late between 1 and 91
    union all
    select entity_id, customer_id, currency, open_amount, days_late, 'unpaid', false
    from receivables.open_items(cast($as_of - 91 as date))
    where side = 'debit' and days_late between 1 and 91
),

widened as (
    select *, cast(amount as decimal(28, 2)) as wide_amount
    from events
),

quarters as (
    select
        entity_id,
        customer_id,
        currency,
        coalesce(sum(amount) filter (where is_recent and how = 'paid'), 0) as recent_paid,
        coalesce(sum(wide_amount * days_late) filter (where is_recent and how = 'paid'), 0) as recent_paid_days,
        coalesce(sum(amount) filter (where is_recent and how = 'unpaid'), 0) as recent_unpaid,
        coalesce(sum(wide_amount * days_late) filter (where is_recent and how = 'unpaid'), 0) as recent_unpaid_days,
        cast(count(*) filter (where is_recent) as int) as recent_documents,
        coalesce(sum(amount) filter (where not is_recent and how = 'paid'), 0) as earlier_paid,
        coalesce(sum(wide_amount * days_late) filter (where not is_recent and how = 'paid'), 0) as earlier_paid_days,
        coalesce(sum(amount) filter (where not is_recent and how = 'unpaid'), 0) as earlier_unpaid,
        coalesce(sum(wide_amount * days_late) filter (where not is_recent and how = 'unpaid'), 0) as earlier_unpaid_days,
        cast(count(*) filter (where not is_recent) as int) as earlier_documents
    from widened
    group by entity_id, customer_id, currency
),

last_ten as (
    select
        *,
        row_number() over (
            partition by entity_id, customer_id, currency order by paid_on desc, item_id, match_id
        ) as turn
    from paid
),

by_delay as (
    select
        *,
        row_number() over (
            partition by entity_id, customer_id, currency order by days_late, item_id, match_id
        ) as place,
        count(*) over (partition by entity_id, customer_id, currency) as places
    from last_ten
    where turn <= 10
),

usual as (
    select
        entity_id,
        customer_id,
        currency,
        cast(sum(days_late) as int) as usual_days,
        cast(count(*) as int) as usual_count
    from by_delay
    where 2 * place between places and places + 2
    group by entity_id, customer_id, currency
)

select
    coalesce(quarters.entity_id, usual.entity_id) as entity_id,
    coalesce(quarters.customer_id, usual.customer_id) as customer_id,
    coalesce(quarters.currency, usual.currency) as currency,
    coalesce(recent_paid, 0) as recent_paid,
    coalesce(recent_paid_days, 0) as recent_paid_days,
    coalesce(recent_unpaid, 0) as recent_unpaid,
    coalesce(recent_unpaid_days, 0) as recent_unpaid_days,
    coalesce(recent_documents, 0) as recent_documents,
    coalesce(earlier_paid, 0) as earlier_paid,
    coalesce(earlier_paid_days, 0) as earlier_paid_days,
    coalesce(earlier_unpaid, 0) as earlier_unpaid,
    coalesce(earlier_unpaid_days, 0) as earlier_unpaid_days,
    coalesce(earlier_documents, 0) as earlier_documents,
    usual_days,
    usual_count
from quarters
full join usual
    on usual.entity_id = quarters.entity_id
    and usual.customer_id = quarters.customer_id
    and usual.currency = quarters.currency
