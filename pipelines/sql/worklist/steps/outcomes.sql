-- What became of earlier lists: each line of a list, and what has been paid since.
--
-- grain: listed_on, entity_id, customer_id, currency
-- units: the currency of the row
-- rule:  lists of the last 91 days; of several of one day, the last
-- rule:  listed is what was to be chased; paid is what of it payments have settled that came after
--        the day of the list, and up to today
-- rule:  received is all that came from the customer in those days, whatever it settles: a payment
--        that nobody has matched yet is in it
with lists as (
    select
        forecast_on as listed_on, version, entity_id, customer_id, currency, rank, action, fits_today,
        worth_amount
    from staging.archived_priorities
    where forecast_on < $as_of and forecast_on >= $as_of - 91
),

-- Of each document, once for each list that it was on.
listed_items as (
    select
        lists.listed_on,
        lists.entity_id,
        lists.customer_id,
        lists.currency,
        items.item_id,
        items.chased_amount
    from staging.archived_worklist_items as items
    join lists
        on lists.version = items.version
        and lists.entity_id = items.entity_id
        and lists.customer_id = items.customer_id
        and lists.currency = items.currency
    where items.chased_amount > 0
),

paid_items as (
    select
        listed_items.listed_on,
        listed_items.item_id,
        cast(sum(payments.amount) as decimal(18, 2)) as amount
    from listed_items
    join measures.payments as payments
        on payments.item_id = listed_items.item_id
        and payments.paid_on > listed_items.listed_on
        and payments.settled_on <= $as_of
    group by listed_items.listed_on, listed_items.item_id
),

paid as (
    select
        listed_items.listed_on,
        listed_items.entity_id,
        listed_items.customer_id,
        listed_items.currency,
        cast(sum(listed_items.chased_amount) as decimal(18, 2)) as listed_amount,
        cast(sum(least(listed_items.chased_amount, coalesce(paid_items.amount, 0))) as decimal(18, 2)) as paid_amount
    from listed_items
    left join paid_items
        on paid_items.listed_on = listed_items.listed_on and paid_items.item_id = listed_items.item_id
    group by listed_items.listed_on, listed_items.entity_id, listed_items.customer_id, listed_items.currency
),

received as (
    select
        lists.listed_on,
        lists.entity_id,
        lists.customer_id,
        lists.currency,
        cast(sum(receipts.amount) as decimal(18, 2)) as received_amount
    from lists
    join receivables.receipts as receipts
        on receipts.entity_id = lists.entity_id
        and receipts.customer_id = lists.customer_id
        and receipts.currency = lists.currency
        and receipts.received_on > lists.listed_on
        and receipts.received_on <= $as_of
    group by lists.listed_on, lists.entity_id, lists.customer_id, lists.currency
)

select
    lists.listed_on,
    lists.entity_id,
    lists.customer_id,
    lists.currency,
    lists.rank,
    lists.action,
    lists.fits_today,
    lists.worth_amount,
    cast(coalesce(paid.listed_amount, 0) as decimal(18, 2)) as listed_amount,
    cast(coalesce(paid.paid_amount, 0) as decimal(18, 2)) as paid_amount,
    cast(coalesce(received.received_amount, 0) as decimal(18, 2)) as received_amount,
    cast($as_of - lists.listed_on as int) as days
from lists
left join paid
    on paid.listed_on = lists.listed_on
    and paid.entity_id = lists.entity_id
    and paid.customer_id = lists.customer_id
    and paid.currency = lists.currency
left join received
    on received.listed_on = lists.listed_on
    and received.entity_id = lists.entity_id
    and received.customer_id = lists.customer_id
    and received.currency = lists.currency
