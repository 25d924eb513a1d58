-- How all customers paid, as known before each day: over all time, and in the last four weeks.
--
-- grain: day
-- units: payments in millionths of a document; days
-- rule:  a delay counts from -60 to 120 days here: a firm's mean follows its many, not its worst
with daily as (
    select
        day,
        sum(sign * ppm) as ppm,
        sum(case when delay > 0 then sign * ppm else 0 end) as ppm_late,
        sum(case when delay > 7 then sign * ppm else 0 end) as ppm_late_7,
        sum(case when delay > 30 then sign * ppm else 0 end) as ppm_late_30,
        sum(sign * ppm * greatest(-60, least(120, delay))) as ppm_delay
    from (
        select known_on as day, 1 as sign, ppm, delay from features.parts where is_paid
        union all
        select undone_on, -1, ppm, delay from features.parts where is_paid and undone_on is not null
    ) as payments
    group by day
)

select
    calendar.day,
    cast(sum(daily.ppm) over before_day as bigint) as ppm,
    cast(sum(daily.ppm_late) over before_day as bigint) as ppm_late,
    cast(sum(daily.ppm_late_7) over before_day as bigint) as ppm_late_7,
    cast(sum(daily.ppm_late_30) over before_day as bigint) as ppm_late_30,
    cast(sum(daily.ppm) over last_28 as bigint) as ppm_28,
    cast(sum(daily.ppm_late) over last_28 as bigint) as ppm_late_28,
    cast(sum(daily.ppm_delay) over last_28 as bigint) as ppm_delay_28
from features.calendar as calendar
left join daily on daily.day = calendar.day
window
    before_day as (order by calendar.day rows between unbounded preceding and 1 preceding),
    last_28 as (order by calendar.day rows between 28 preceding and 1 preceding)
