-- Returned payments, each with the payment that came back.
--
-- grain: returned_item_id
-- rule:  the payment is that of the same customer, account, currency and amount, booked on that day or
--        before: the only one within 15 days, else within 70, else within 400; where two fit, none is
--        taken, also where one of them came back before; nor one that two returns would take
with candidates as (
    select
        returned.item_id as returned_item_id,
        payments.item_id as payment_item_id,
        cast(returned.booked_on - payments.booked_on as int) as days_between
    from ledger.items as returned
    join ledger.items as payments
        on payments.kind = 'payment'
        and payments.entity_id = returned.entity_id
        and payments.customer_id = returned.customer_id
        and payments.account is not distinct from returned.account
        and payments.currency = returned.currency
        and payments.amount = -returned.amount
        and payments.booked_on between returned.booked_on - 400 and returned.booked_on
    where returned.kind = 'returned_payment'
),

unique_ones as (
    select returned_item_id, min(payment_item_id) as payment_item_id, 1 as preference
    from candidates
    where days_between <= 15
    group by all
    having count(*) = 1
    union all
    select returned_item_id, min(payment_item_id), 2
    from candidates
    where days_between <= 70
    group by all
    having count(*) = 1
    union all
    select returned_item_id, min(payment_item_id), 3
    from candidates
    group by all
    having count(*) = 1
),

chosen as (
    select returned_item_id, min_by(payment_item_id, preference) as payment_item_id
    from unique_ones
    group by all
)

select
    min(chosen.returned_item_id) as returned_item_id,
    chosen.payment_item_id
from chosen
group by chosen.payment_item_id
having count(*) = 1
