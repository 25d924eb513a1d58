-- What each debtor owes: a customer, or the customers of a group together.
--
-- grain: entity_id, currency, month_end, group_id
-- units: the items' own currency; negative is owed by us
select
    inputs.entity_id,
    inputs.currency,
    inputs.month_end,
    coalesce(customers.group_id, inputs.customer_id) as group_id,
    cast(sum(inputs.receivable) as decimal(18, 2)) as owed
from measures.inputs as inputs
left join ledger.customers as customers
    on customers.entity_id = inputs.entity_id and customers.customer_id = inputs.customer_id
group by all
