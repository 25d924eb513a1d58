-- Every measure of each entity, segment and customer at each month end: a figure, a lower bound, or
-- the reason why there is none.
--
-- grain: scope, entity_id, currency, segment, customer_id, month_end, measure
-- units: days, percent or times, as models has them, rounded half away from zero
-- rule:  models.dso, effectiveness, delays and lawful_terms say the same of one at a time, and the
--        tests hold these to them; what stands in `$` is their own sentence
-- rule:  what compares sales with balances needs books that reach back to the start of its period
-- rule:  a figure that comes of next to no sales, and is $limit or more, means nothing
with months as (
    select
        *,
        cast(12 * extract(year from month_on) + extract(month from month_on) as int) as month_number,
        case when three_months_from < begun_on then $books_too_short end as too_short
    from measuring.scopes
),

-- What was owed at each month end of a year: one more where the year begins within a month.
years as (
    select
        *,
        extract(day from year_from) = 1 as is_whole,
        sum(receivable) over (
            partition by series order by month_number range between 11 preceding and current row
        ) as owed_in_twelve,
        sum(receivable) over (
            partition by series order by month_number range between 12 preceding and current row
        ) as owed_in_thirteen
    from months
),

debtors as (
    select
        entity_id,
        currency,
        month_end,
        owed,
        row_number() over (
            partition by entity_id, currency, month_end order by owed desc, group_id
        ) as place
    from measuring.debtors
    where owed > 0
),

concentrated as (
    select
        entity_id,
        currency,
        month_end,
        cast(100 * sum(case when place <= $top_debtors then owed else 0 end) as hugeint) as owed_by_top,
        cast(100 * sum(owed) as hugeint) as owed
    from debtors
    group by all
),

bounds as (
    select
        *,
        case when is_lower_bound then $history_exhausted end as note
    from measuring.countback
),

family as (
    select
        dso.*,
        best.whole_days as best_days,
        best.numerator as best_numerator,
        best.denominator as best_denominator,
        case when best.is_lower_bound then $best_possible_is_a_bound end as reason
    from bounds as dso
    join measuring.countback as best
        on best.figure = 'dso_best_possible'
        and best.series = dso.series
        and best.month_end = dso.month_end
    where dso.figure = 'dso_countback'
),

-- A figure is whole + numerator / denominator. `undefined` says why a denominator is not above
-- zero, `reason` what else stands in the way.
fractions as (
    select
        series,
        month_end,
        'dso_simple' as measure,
        0 as whole,
        receivable * three_months_days as numerator,
        sales_three_months as denominator,
        false as is_lower_bound,
        too_short as reason,
        $no_sales as undefined,
        cast(null as string) as note
    from months
    union all
    select
        series, month_end, 'cei_percent', 0,
        100 * (opening_three_months + sales_three_months - receivable),
        opening_three_months + sales_three_months - (receivable - overdue),
        false, too_short, $nothing_to_collect, null
    from months
    union all
    select
        series, month_end, 'turnover', 0,
        sales_year * case when is_whole then 13 else 14 end,
        opening_year + case when is_whole then owed_in_twelve else owed_in_thirteen end,
        false, case when year_from < begun_on then $books_too_short end, $nothing_owed, null
    from years
    union all
    select
        series, month_end, figure, whole_days, numerator, denominator, is_lower_bound, null, null,
        note
    from bounds
    union all
    -- Two parts of a month of 31 days at most: their difference is above -31, and stays above zero.
    select
        series, month_end, 'add_days', whole_days - best_days - 31,
        numerator * best_denominator - best_numerator * denominator
        + 31 * denominator * best_denominator,
        denominator * best_denominator,
        is_lower_bound, reason, null, note
    from family
    union all
    select
        series, month_end, 'days_beyond_terms_paid', 0, paid_days_late, paid_due,
        false, null, $nothing_paid, null
    from months
    union all
    select
        series, month_end, 'days_beyond_terms_open', 0,
        paid_days_late + overdue_days, paid_due + overdue,
        false, null, $nothing_paid_or_overdue, null
    from months
    union all
    select
        series, month_end, 'days_to_pay', 0, paid_days_to_pay, paid, false, null, $nothing_paid, null
    from months
    union all
    select
        series, month_end, 'overdue_percent', 0, 100 * overdue, open_debits,
        false, null, $nothing_owed, null
    from months
    union all
    select
        series, month_end, 'lawful_terms_percent', 0, 100 * (judged - above), judged,
        false, case when judged = 0 and not_judged > 0 then $no_rule_known end,
        $nothing_invoiced, warning
    from months
    union all
    select
        months.series, months.month_end, 'concentration_percent', 0,
        100 * coalesce(concentrated.owed_by_top, 0), coalesce(concentrated.owed, 0),
        false, null, $nothing_owed, $of_top_debtors
    from months
    left join concentrated
        on concentrated.entity_id = months.entity_id
        and concentrated.currency = months.currency
        and concentrated.month_end = months.month_end
    where months.scope = 'entity'
),

told as (
    select
        *,
        case
            when reason is not null or denominator <= 0 then 'none'
            when abs(numerator) // $limit >= denominator then 'too_large'
            else 'figure'
        end as state
    from fractions
),

-- Whole numbers, so that every digit is right: (2nm + d) / 2d is nm / d, rounded. Nearly all fit in
-- 64 bits, which divide several times as fast. The largest are divided digit by digit, so that they
-- stay within 128.
rounded as (
    select
        *,
        case
            when state <> 'figure' then null
            when abs(numerator) < 4000000000000 and denominator < 1000000000000000000
                then (2000000 * cast(abs(numerator) as bigint) + cast(denominator as bigint))
                    // (2 * cast(denominator as bigint))
            else 1000000 * (abs(numerator) // denominator)
                + 1000 * (1000 * (abs(numerator) % denominator) // denominator)
                + (2000 * (1000 * (abs(numerator) % denominator) % denominator) + denominator)
                    // (2 * denominator)
        end as millionths
    from told
),

series as (
    select distinct series, scope, entity_id, currency, segment, customer_id
    from measuring.scopes
)

select
    series.scope,
    series.entity_id,
    series.currency,
    series.segment,
    series.customer_id,
    rounded.month_end,
    rounded.measure,
    cast(
        cast(1000000 * rounded.whole + sign(rounded.numerator) * rounded.millionths as bigint)
        * 0.000001 as decimal(18, 6)
    ) as value,
    rounded.state = 'figure' and rounded.is_lower_bound as is_lower_bound,
    case rounded.state
        when 'figure' then rounded.note
        when 'too_large' then $too_large
        else coalesce(rounded.reason, rounded.undefined)
    end as note
from rounded
join series on series.series = rounded.series
