-- What each customer's expectations add up to.
--
-- grain: entity_id, customer_id, currency
-- units: the currency of the row; amount-days are amounts times days
-- rule:  what falls due in 30 days is what is due on the day or in the 30 days after it
-- rule:  doubtful amounts have no expected days
-- rule:  an amount is widened before it is multiplied: in a currency of small units, one document may
--        be of tens of billions
with outlooks as (
    select *, cast(open_amount as decimal(28, 2)) as wide_amount
    from staging.outlooks
)

select
    outlooks.entity_id,
    outlooks.customer_id,
    outlooks.currency,
    any_value(coalesce(customers.name, outlooks.customer_id)) as customer_name,
    cast(sum(open_amount) as decimal(18, 2)) as open_amount,
    cast(coalesce(sum(open_amount) filter (where days_late > 0), 0) as decimal(18, 2)) as overdue_amount,
    cast(coalesce(sum(open_amount) filter (where days_late between -30 and 0), 0) as decimal(18, 2)) as due_30_amount,
    coalesce(sum(wide_amount * late_probability) filter (where days_late between -30 and 0), 0) as expected_late,
    sum(wide_amount * never_probability) as expected_loss,
    cast(coalesce(sum(open_amount) filter (where is_doubtful), 0) as decimal(18, 2)) as doubtful_amount,
    sum(open_amount) filter (where expected_days_late is not null) as awaited_amount,
    sum(wide_amount * expected_days_late) as awaited_days,
    sum(wide_amount * wait_milli) as wait_milli
from outlooks
left join ledger.customers as customers
    on customers.entity_id = outlooks.entity_id and customers.customer_id = outlooks.customer_id
group by outlooks.entity_id, outlooks.customer_id, outlooks.currency
order by outlooks.entity_id, outlooks.customer_id, outlooks.currency
