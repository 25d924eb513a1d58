-- DSO of every day of the history: simple, by count-back, the best it could be, and what lateness
-- costs, of each entity and of all entities of a currency together.
--
-- grain: day, entity_id, currency, measure
-- asks too: as_of; known_on=null
-- units: days, rounded half away from zero at the sixth decimal
-- rule:  the rules, and the figures, of measures.monthly: on a month end both say the same
-- rule:  entity_id `*` is all entities of a currency as one firm, whose DSO is no mean of theirs; its
--        simple DSO needs the books of each of them to reach back to the start of the three months
-- rule:  simple: the receivable over the sales of the three months that end on the day, times the
--        days of those; they begin on the day after the same day three months before, or after the
--        end of that month where it has no such day; those to the end of a month are its last three
-- rule:  count-back walks back over calendar months, of which the day's own counts for its days so
--        far; models.dso says the same of one day, and its sentences are those of `note`
with owed as (
    select
        day,
        entity_id,
        currency,
        sum(amount) as receivable,
        sum(case when is_overdue then 0 else amount end) as not_overdue
    from receivables.daily_balances
    group by day, entity_id, currency
),

sold as (
    select event_on as day, entity_id, currency, sum(amount) as sales
    from receivables.movements
    where
        source = 'booked'
        and kind in ('invoice', 'credit_note')
        and event_on <= (select as_of from staging.run)
    group by event_on, entity_id, currency
),

begun as (
    select entity_id, cast(date_trunc('month', min(day)) as date) as begun_on
    from owed
    group by entity_id
),

of_entities as (
    select
        owed.day,
        owed.entity_id,
        owed.currency,
        begun.begun_on,
        owed.receivable,
        owed.not_overdue,
        coalesce(sold.sales, 0) as sales
    from owed
    join begun on begun.entity_id = owed.entity_id
    left join sold
        on sold.day = owed.day
        and sold.entity_id = owed.entity_id
        and sold.currency = owed.currency
),

scopes as (
    select day, entity_id, currency, begun_on, begun_on as whole_from, receivable, not_overdue, sales
    from of_entities
    union all
    select
        of_entities.day,
        '*',
        of_entities.currency,
        min(of_entities.begun_on),
        max(of_entities.begun_on),
        sum(of_entities.receivable),
        sum(of_entities.not_overdue),
        sum(of_entities.sales)
    from of_entities
    group by of_entities.day, of_entities.currency
),

-- In cents: of whole numbers every digit is right.
days as (
    select
        day,
        entity_id,
        currency,
        begun_on,
        whole_from,
        cast(date_trunc('month', day) as date) as month_on,
        greatest(
            cast(day - interval 3 month as date) + 1,
            cast(day + 1 - interval 3 month as date)
        ) as three_months_from,
        cast(100 * cast(receivable as decimal(28, 2)) as hugeint) as receivable,
        cast(100 * cast(not_overdue as decimal(28, 2)) as hugeint) as not_overdue,
        cast(100 * cast(sales as decimal(28, 2)) as hugeint) as sales
    from scopes
),

summed as (
    select
        *,
        sum(sales) over (
            partition by entity_id, currency order by day
            rows between unbounded preceding and current row
        ) as sold,
        greatest(
            sum(sales) over (
                partition by entity_id, currency, month_on order by day
                rows between unbounded preceding and current row
            ),
            0
        ) as sold_in_month
    from days
),

-- Months laid end to end by their sales. One with more credit notes than invoices takes no room.
months as (
    select
        entity_id,
        currency,
        month_on,
        cast(last_day(month_on) as date) as month_end,
        greatest(sum(sales), 0) as sales,
        sum(greatest(sum(sales), 0)) over (
            partition by entity_id, currency order by month_on
            rows between unbounded preceding and current row
        ) as sold
    from days
    group by entity_id, currency, month_on
),

asked as (
    select
        summed.day,
        summed.entity_id,
        summed.currency,
        summed.begun_on,
        figures.figure,
        case when figures.figure = 'dso_countback' then summed.receivable else summed.not_overdue end as owed,
        summed.sold_in_month,
        months.sold - months.sales as sold_before
    from summed
    join months
        on months.entity_id = summed.entity_id
        and months.currency = summed.currency
        and months.month_on = summed.month_on
    cross join (values ('dso_countback'), ('dso_best_possible')) as figures (figure)
),

-- What is owed is gone within the day's own month; or within the month in which its place lies, that
-- far back along the sales; or is more than all of them.
reached as (
    select
        asked.day,
        asked.entity_id,
        asked.currency,
        asked.figure,
        case
            when asked.owed <= 0 or asked.owed <= asked.sold_in_month then 0
            when months.month_end is not null then cast(asked.day - months.month_end as int)
            else cast(asked.day - asked.begun_on as int) + 1
        end as whole_days,
        case
            when asked.owed <= 0 then 0
            when asked.owed <= asked.sold_in_month then extract(day from asked.day) * asked.owed
            when months.month_end is not null
                then extract(day from months.month_end)
                    * (months.sold - (asked.sold_before + asked.sold_in_month - asked.owed))
            else 0
        end as numerator,
        case
            when asked.owed <= 0 then 1
            when asked.owed <= asked.sold_in_month then asked.sold_in_month
            when months.month_end is not null then months.sales
            else 1
        end as denominator,
        asked.owed > asked.sold_before + asked.sold_in_month and asked.owed > 0 as is_lower_bound
    from asked
    left join months
        on months.entity_id = asked.entity_id
        and months.currency = asked.currency
        and asked.owed > asked.sold_in_month
        and asked.sold_before + asked.sold_in_month - asked.owed >= months.sold - months.sales
        and asked.sold_before + asked.sold_in_month - asked.owed < months.sold
),

-- A figure is whole_days + numerator / denominator.
fractions as (
    select
        latest.day,
        latest.entity_id,
        latest.currency,
        'dso_simple' as measure,
        0 as whole_days,
        latest.receivable * (cast(latest.day - latest.three_months_from as int) + 1) as numerator,
        latest.sold - coalesce(eve.sold, 0) as denominator,
        false as is_lower_bound,
        case
            when latest.three_months_from < latest.whole_from
                then 'the books do not reach back to the start of the period'
            when latest.sold - coalesce(eve.sold, 0) <= 0 then 'no sales in the period'
        end as reason
    from summed as latest
    left join summed as eve
        on eve.entity_id = latest.entity_id
        and eve.currency = latest.currency
        and eve.day = latest.three_months_from - 1
    union all
    select
        day, entity_id, currency, figure, whole_days, numerator, denominator, is_lower_bound, null
    from reached
    union all
    -- Two parts of a month of 31 days at most: their difference is above -31, and stays above zero.
    select
        dso.day,
        dso.entity_id,
        dso.currency,
        'add_days',
        dso.whole_days - best.whole_days - 31,
        dso.numerator * best.denominator - best.numerator * dso.denominator
        + 31 * dso.denominator * best.denominator,
        dso.denominator * best.denominator,
        dso.is_lower_bound,
        case when best.is_lower_bound then 'the best possible DSO is itself a lower bound' end
    from reached as dso
    join reached as best
        on best.day = dso.day
        and best.entity_id = dso.entity_id
        and best.currency = dso.currency
        and best.figure = 'dso_best_possible'
    where dso.figure = 'dso_countback'
),

told as (
    select
        *,
        case
            when reason is not null then 'none'
            when abs(numerator) // 100000000000 >= denominator then 'too_large'
            else 'figure'
        end as state
    from fractions
),

-- As in measures.monthly: divided digit by digit, so that the largest stay within 128 bits.
rounded as (
    select
        *,
        case
            when state = 'figure'
                then 1000000 * (abs(numerator) // denominator)
                    + 1000 * (1000 * (abs(numerator) % denominator) // denominator)
                    + (2000 * (1000 * (abs(numerator) % denominator) % denominator) + denominator)
                        // (2 * denominator)
        end as millionths
    from told
)

select
    day,
    entity_id,
    currency,
    measure,
    cast(
        cast(1000000 * cast(whole_days as bigint) + sign(numerator) * millionths as bigint) * 0.000001
        as decimal(18, 6)
    ) as value,
    state = 'figure' and is_lower_bound as is_lower_bound,
    case
        when state = 'too_large' then 'too large a figure to mean anything'
        when state = 'none' then reason
        when is_lower_bound then 'the receivable is larger than all the sales known'
    end as note
from rounded
