-- Every measure of the firm, of each entity, segment and customer at each month end: a figure, a
-- lower bound, or the reason why there is none.
--
-- grain: series, month_end, measure
-- units: days, percent or times, as models has them, rounded half away from zero
-- rule:  models.dso, effectiveness, delays and lawful_terms say the same of one at a time, and the
--        tests hold these to them; what stands in `$` is their own sentence
-- rule:  the firm is all entities of a currency, entity_id `*`
-- rule:  what compares sales with balances needs books that reach back to the start of its period
-- rule:  a figure that comes of next to no sales, and is $limit or more, means nothing
with spans as (
    select distinct month_end, month_on, three_months_from, three_months_days, year_from
    from measures.periods
),

months as (
    select
        scopes.*,
        spans.three_months_days,
        spans.year_from,
        cast(12 * extract(year from spans.month_on) + extract(month from spans.month_on) as int)
            as month_number,
        case when spans.three_months_from < scopes.whole_from then $books_too_short end as too_short
    from measuring.scopes as scopes
    join spans on spans.month_end = scopes.month_end
),

-- What was owed at each month end of a year: one more where the year begins within a month, as only
-- the last one does.
a_year_before as (
    select series, receivable
    from months
    where month_number = (select max(month_number) from months) - 12
),

years as (
    select
        months.*,
        extract(day from months.year_from) = 1 as is_whole,
        coalesce(a_year_before.receivable, 0) as owed_a_year_before,
        sum(months.receivable) over (
            partition by months.series order by months.month_number
            range between 11 preceding and current row
        ) as owed_in_twelve
    from months
    left join a_year_before on a_year_before.series = months.series
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
        cast(receivable as hugeint) * three_months_days as numerator,
        sales_three_months as denominator,
        false as is_lower_bound,
        too_short as reason,
        $no_sales as undefined,
        cast(null as string) as note
    from months
    union all
    select
        series, month_end, 'cei_percent', 0,
        100 * (cast(opening_three_months as hugeint) + sales_three_months - receivable),
        cast(opening_three_months as hugeint) + sales_three_months - (receivable - overdue),
        false, too_short, $nothing_to_collect, null
    from months
    union all
    select
        series, month_end, 'turnover', 0,
        cast(sales_year as hugeint) * case when is_whole then 13 else 14 end,
        opening_year + owed_in_twelve + case when is_whole then 0 else owed_a_year_before end,
        false, case when year_from < whole_from then $books_too_short end, $nothing_owed, null
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
        series, month_end, 'overdue_percent', 0, 100 * cast(overdue as hugeint), open_debits,
        false, null, $nothing_owed, null
    from months
    union all
    select
        series, month_end, 'lawful_terms_percent', 0, 100 * (cast(judged as hugeint) - above), judged,
        false, case when judged = 0 and not_judged > 0 then $no_rule_known end,
        $nothing_invoiced, warning
    from months
    union all
    select
        months.series, months.month_end, 'concentration_percent', 0,
        100 * coalesce(debtors.owed_by_top, 0), coalesce(debtors.owed, 0),
        false, null, $nothing_owed, $of_top_debtors
    from months
    join measures.series as series on series.series = months.series
    left join measuring.debtors as debtors
        on debtors.series = months.series and debtors.month_end = months.month_end
    where series.scope in ('entity', 'firm')
),

told as (
    select
        *,
        case
            when reason is not null or denominator <= 0 then 'none'
            when abs(numerator) < $limit then 'figure'
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
)

select
    series,
    month_end,
    measure,
    cast(
        cast(1000000 * cast(whole as bigint) + sign(numerator) * millionths as bigint) * 0.000001
        as decimal(18, 6)
    ) as value,
    state = 'figure' and is_lower_bound as is_lower_bound,
    case state
        when 'figure' then note
        when 'too_large' then $too_large
        else coalesce(reason, undefined)
    end as note
from rounded
