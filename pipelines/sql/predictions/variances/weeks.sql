-- The weeks to explain: those that are over, not long ago, as said the week before and four before.
--
-- grain: forecast_on, entity_id, currency, first_on
-- rule:  the last 13 weeks; what was said of each document is kept for five weeks ahead
select
    row_number() over (order by said.forecast_on, said.entity_id, said.currency, said.first_on) as week_id,
    said.forecast_on,
    said.version,
    said.entity_id,
    said.currency,
    said.first_on,
    said.last_on,
    said.period,
    said.amount as said_amount
from staging.archived_cash_forecast as said
join staging.forecasts_of_record as of_record
    on of_record.forecast_on = said.forecast_on and of_record.version = said.version
where
    said.source = 'total'
    and said.kind = 'week'
    and said.period in (1, 4)
    and said.last_on <= (select as_of from staging.run)
    and said.last_on > (select as_of from staging.run) - 91
    and said.entity_id in (select entity_id from ledger.items)
