-- The days that the measures of each month end look back on: three months, and a year.
--
-- grain: entity_id, month_end
-- rule:  the last month end is the snapshot's day; its three months begin on the day after the same
--        day three months before, or after the end of that month where it has no such day, so that a
--        month that is not over still has three months of sales; those to the end of a month are its
--        last three. So does its year
-- rule:  the books of an entity begin on the first day of the month of its first item
with begun as (
    select
        entity_id,
        min(event_on) as first_on,
        cast(date_trunc('month', min(event_on)) as date) as begun_on
    from receivables.movements
    where event_on <= (select as_of from staging.run)
    group by entity_id
),

months as (
    select
        entity_id,
        first_on,
        begun_on,
        unnest(generate_series(begun_on, (select as_of from staging.run), interval 1 month)) as begins
    from begun
),

ends as (
    select
        entity_id,
        first_on,
        begun_on,
        cast(begins as date) as month_on,
        least(cast(last_day(begins) as date), (select as_of from staging.run)) as month_end
    from months
),

looked_back as (
    select
        *,
        greatest(
            cast(month_end - interval 3 month as date) + 1,
            cast(month_end + 1 - interval 3 month as date)
        ) as three_months_from,
        greatest(
            cast(month_end - interval 1 year as date) + 1,
            cast(month_end + 1 - interval 1 year as date)
        ) as year_from
    from ends
)

select
    entity_id,
    month_end,
    month_on,
    first_on,
    begun_on,
    three_months_from,
    cast(month_end + 1 - three_months_from as int) as three_months_days,
    year_from
from looked_back
