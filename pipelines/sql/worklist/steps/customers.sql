-- What of each customer can be chased, with its credits and without them, and what is set apart.
--
-- grain: entity_id, customer_id, currency
-- units: the currency of the row; amount-days in thousandths
-- rule:  an amount is widened before it is multiplied: in a currency of small units, one document may
--        be of tens of billions
with chased as (
    select
        *,
        cast(chaseable_amount as decimal(28, 2)) as wide_chaseable,
        cast(chased_amount as decimal(28, 2)) as wide_chased
    from staging.chased_items
)

select
    items.entity_id,
    items.customer_id,
    items.currency,
    cast(coalesce(sum(chaseable_amount) filter (where days_late > 0), 0) as decimal(18, 2)) as all_late,
    cast(coalesce(sum(chaseable_amount) filter (where days_late > $escalate_after), 0) as decimal(18, 2)) as all_old,
    cast(coalesce(sum(chaseable_amount) filter (where days_late <= 0), 0) as decimal(18, 2)) as all_due_soon,
    sum(wide_chaseable * moved_milli) as all_days_milli,
    sum(wide_chaseable * undecided_share) as all_undecided,
    cast(coalesce(sum(chased_amount) filter (where days_late > 0), 0) as decimal(18, 2)) as late_amount,
    cast(coalesce(sum(chased_amount) filter (where days_late > $escalate_after), 0) as decimal(18, 2)) as old_amount,
    coalesce(max(days_late) filter (where days_late > 0 and chased_amount > 0), 0) as oldest_days_late,
    cast(coalesce(sum(chased_amount) filter (where days_late <= 0), 0) as decimal(18, 2)) as due_soon_amount,
    sum(wide_chased * moved_milli) as days_milli,
    sum(wide_chased * undecided_share) as undecided,
    cast(coalesce(sum(items.open_amount) filter (where set_apart = 'disputed'), 0) as decimal(18, 2)) as disputed_amount,
    cast(coalesce(sum(items.open_amount) filter (where set_apart = 'promised'), 0) as decimal(18, 2)) as promised_amount,
    any_value(items.unapplied) as unapplied_amount,
    any_value(risks.customer_name) as customer_name,
    any_value(risks.doubtful_amount) as doubtful_amount,
    any_value(risks.expected_loss_amount) as expected_loss_amount,
    any_value(risks.risk_class) as risk_class,
    any_value(rates.rate) as rate,
    any_value(rates.book_currency) as book_currency,
    any_value(customers.collector) as collector,
    any_value(customers.contact_name) as contact_name,
    any_value(customers.contact_email) as contact_email,
    any_value(customers.contact_phone) as contact_phone
from chased as items
join predictions.customer_risk as risks
    on risks.entity_id = items.entity_id
    and risks.customer_id = items.customer_id
    and risks.currency = items.currency
join staging.exchange_rates as rates on rates.currency = items.currency
left join ledger.customers as customers
    on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
group by items.entity_id, items.customer_id, items.currency
order by items.entity_id, items.customer_id, items.currency
