-- Aged balances: open items of a day by customer, currency and how late they are.
--
-- grain: entity_id, customer_id, currency, bucket
-- asks:  as_of; known_on=null; basis='due'; bounds=[30, 60, 90, 120]; credits='apart'; convention='encaisse'
-- units: the items' own currency; positive is owed to us; currencies are never added up
-- rule:  as in aged_items; the buckets of a customer add up to its open items
-- rule:  oldest_days is the age of the oldest item in the bucket, in days as the bucket counts them;
--        null where it counts none
-- rule:  worked out from the movements alone: who the customers are is asked last
with open_parts as (
    select
        series,
        item_id,
        side,
        case
            when $basis = 'document' then document_on
            when side = 'credit' and $convention in ('encaisse', 'oca_aged')
                then coalesce(due_on, document_on)
            when $convention in ('erpnext', 'oca_statement') then coalesce(due_on, booked_on)
            else due_on
        end as aged_from,
        cast(sum(amount) as decimal(18, 2)) as open_amount
    from receivables.movements_known($known_on)
    -- What closed by the day, and was known to by the other, adds up to nothing: it need not be read.
    where
        event_on <= $as_of
        and at_rest_on > least(cast($as_of as date), cast(coalesce($known_on, $as_of) as date))
        and (open_until > $as_of or $known_on is not null and closed_known_on > $known_on)
    group by all
    having sum(amount) <> 0
),

aged as (
    select
        series,
        case
            when side = 'credit' and $credits = 'apart' then 1999999999
            else coalesce(
                cast(cast($as_of as date) - aged_from as int),
                case when $convention = 'oca_aged' then 0 else 1999999998 end
            )
        end as age,
        sum(open_amount) as amount,
        count(*) as item_count
    from open_parts
    group by all
),

balances as (
    select
        aged.series,
        spans.bucket,
        spans.bucket_rank,
        spans.is_overdue,
        cast(sum(aged.amount) as decimal(18, 2)) as amount,
        cast(sum(aged.item_count) as int) as item_count,
        max(case when aged.age < 1999999998 then aged.age end) as oldest_days
    from aged
    join receivables.bucket_spans(_bounds := $bounds, _convention := $convention) as spans
        on aged.age between spans.first_day and spans.last_day
    group by all
)

select
    cast($as_of as date) as as_of,
    cast($known_on as date) as known_on,
    series.entity_id,
    series.customer_id,
    coalesce(customers.name, series.customer_id) as customer_name,
    coalesce(customers.group_id, series.customer_id) as group_id,
    series.currency,
    balances.bucket,
    balances.bucket_rank,
    balances.is_overdue,
    balances.amount,
    balances.item_count,
    balances.oldest_days
from balances
join receivables.series as series on series.series = balances.series
left join ledger.customers as customers
    on customers.entity_id = series.entity_id and customers.customer_id = series.customer_id
