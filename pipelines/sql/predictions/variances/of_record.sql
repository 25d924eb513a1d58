-- The forecasts that past weeks are held against: the last one of each calendar week.
--
-- grain: forecast_on
-- rule:  what was said again on the days before is in the archive, and is not counted
-- rule:  only what was said before the snapshot's day
select
    forecast_on,
    max(version) as version
from staging.archived_cash_forecast
where forecast_on < (select as_of from staging.run)
group by forecast_on
qualify row_number() over (
    partition by date_trunc('week', forecast_on) order by forecast_on desc
) = 1
