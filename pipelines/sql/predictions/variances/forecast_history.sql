-- What was said of each week, and what came: forecasts as they were published, and before the first
-- of them the ones that a back-test made from what was known then.
--
-- grain: forecast_on, entity_id, currency, first_on
-- units: the receipts' own currency; actual_amount is null until the week is over
-- rule:  of the forecasts of one calendar week, the last
-- rule:  a week is Monday to Sunday, and whole
with published as (
    select
        forecasts.forecast_on,
        forecasts.version,
        forecasts.entity_id,
        forecasts.currency,
        forecasts.first_on,
        forecasts.last_on,
        forecasts.amount,
        forecasts.low_80,
        forecasts.high_80,
        'published' as origin
    from staging.archived_cash_forecast as forecasts
    join staging.forecasts_of_record as of_record
        on of_record.forecast_on = forecasts.forecast_on
        and of_record.version = forecasts.version
    where
        forecasts.source = 'total'
        and forecasts.kind = 'week'
        and not forecasts.is_partial
        and (
            forecasts.entity_id = '*'
            or forecasts.entity_id in (select entity_id from ledger.items)
        )
),

replayed as (
    select
        origin_on as forecast_on,
        cast(null as string) as version,
        entity_id,
        currency,
        cast(date_trunc('week', origin_on) as date) + 7 * horizon_week as first_on,
        cast(date_trunc('week', origin_on) as date) + 7 * horizon_week + 6 as last_on,
        forecast_amount as amount,
        low_80,
        high_80,
        'replayed' as origin
    from predictions.backtest_weeks
    where method = 'encaisse'
),

first_published as (
    select entity_id, currency, min(forecast_on) as forecast_on
    from published
    group by all
),

said as (
    select * from published
    union all
    select replayed.*
    from replayed
    left join first_published
        on first_published.entity_id = replayed.entity_id
        and first_published.currency = replayed.currency
    where first_published.forecast_on is null or replayed.forecast_on < first_published.forecast_on
)

select
    said.forecast_on,
    said.version,
    said.entity_id,
    said.currency,
    said.first_on,
    said.last_on,
    cast(said.amount as decimal(18, 2)) as said_amount,
    cast(said.low_80 as decimal(18, 2)) as low_80,
    cast(said.high_80 as decimal(18, 2)) as high_80,
    case
        when said.last_on <= (select as_of from staging.run)
            then cast(coalesce(actual.amount, 0) as decimal(18, 2))
    end as actual_amount,
    said.origin
from said
left join staging.actual_weeks as actual
    on actual.entity_id = said.entity_id
    and actual.currency = said.currency
    and actual.first_on = said.first_on
