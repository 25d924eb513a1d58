-- When each open document is expected to be paid: the answers of the model, dated and rounded.
--
-- grain: item_id
select
    items.item_id,
    items.entity_id,
    items.customer_id,
    items.currency,
    items.open_amount,
    items.due_on,
    items.days_late,
    said.p10_on,
    said.p25_on,
    said.p50_on,
    said.p75_on,
    said.p90_on,
    said.expected_on,
    cast(round(said.expected_delay, 1) as decimal(9, 1)) as expected_days_late,
    cast(round(said.late, 6) as decimal(7, 6)) as late_probability,
    cast(round(said.late_30, 6) as decimal(7, 6)) as late_30_probability,
    cast(round(said.unpaid_90, 6) as decimal(7, 6)) as unpaid_90_probability,
    cast(round(said.never, 6) as decimal(7, 6)) as never_probability,
    said.method,
    said.rests_on,
    said.rests_on_count,
    coalesce(items.account, '') like '416%' or standings.item_id is not null as is_doubtful
from receivables.open_items((select as_of from staging.run)) as items
join said on said.item_id = items.item_id
left join ledger.standings as standings
    on standings.item_id = items.item_id
    and standings.standing = 'doubtful'
    and standings.said_on <= (select as_of from staging.run)
