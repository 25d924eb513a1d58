-- Lettered lines in the groups that settle together.
--
-- grain: line_id
-- rule:  a code is used again for each customer and each year, so it names a group only together
--        with entity, account, customer and the day of lettering
-- rule:  a group balances where its book amounts add up to nothing; the lines of one day also where
--        all are in one currency and add up to nothing in it (an exchange difference is left over)
-- rule:  where the lines of one day do not balance, the code is taken over the whole year of the
--        books; where that does not balance either, over the years, if that does
-- rule:  a group that never balances is a partial lettering, and settles what it can: within a year,
--        or within two of which lines were lettered on one day
-- rule:  a line that states no day of lettering was lettered on the last day of its group
-- rule:  an opening line is a double of lines of the year before: it counts only in a group that
--        balances no other way
with lettered as (
    select
        lines.line_id,
        lines.entity_id,
        lines.account,
        lines.customer_id,
        lines.currency,
        lines.lettering,
        lines.lettered_on,
        lines.entry_on,
        lines.amount,
        lines.amount_book,
        coalesce(balances.fate, 'kept') <> 'kept' as is_double,
        days.year_opened_on
    from staging.receivable_lines as lines
    join staging.book_days as days
        on days.entity_id = lines.entity_id and days.entry_on = lines.entry_on
    left join staging.opening_balances as balances
        on lines.is_opening
        and balances.entity_id = lines.entity_id
        and balances.account = lines.account
        and balances.customer_id = lines.customer_id
        and balances.opened_on = lines.entry_on
    where lines.lettering is not null
),

-- A number for each code of a customer: numbers group several times as fast as texts.
codes as (
    select
        entity_id,
        account,
        customer_id,
        lettering,
        cast(row_number() over (order by entity_id, account, customer_id, lettering) as bigint) as code
    from (select distinct entity_id, account, customer_id, lettering from lettered)
),

-- The code, and after it five million and the days since 1970: no two are the same.
keyed as (
    select
        lettered.*,
        10000000 * codes.code as code_key,
        10000000 * codes.code + 5000000
        + cast(coalesce(lettered.year_opened_on, date '1900-01-01') - date '1970-01-01' as int) as year_key,
        10000000 * codes.code + 5000000
        + cast(
            coalesce(lettered.lettered_on, lettered.year_opened_on, date '1900-01-01')
            - date '1970-01-01' as int
        ) as day_key
    from lettered
    join codes
        on codes.entity_id = lettered.entity_id
        and codes.account = lettered.account
        and codes.customer_id = lettered.customer_id
        and codes.lettering = lettered.lettering
),

by_day as (
    select
        day_key,
        not bool_and(is_double)
        and (
            sum(case when is_double then 0 else amount_book end) = 0
            or sum(case when is_double then 0 else amount end) = 0
            and bool_or(not is_double and amount <> 0)
            and min(currency) = max(currency)
        ) as balances,
        sum(amount_book) = 0 and bool_or(is_double) as balances_with_doubles
    from keyed
    group by all
),

by_year as (
    select
        keyed.year_key,
        not bool_and(keyed.is_double)
        and sum(case when keyed.is_double then 0 else keyed.amount_book end) = 0 as balances,
        sum(keyed.amount_book) = 0 and bool_or(keyed.is_double) as balances_with_doubles
    from keyed
    join by_day on by_day.day_key = keyed.day_key
    where not by_day.balances and not by_day.balances_with_doubles
    group by all
),

unbalanced as (
    select
        keyed.code_key,
        keyed.year_key,
        keyed.day_key,
        keyed.is_double,
        keyed.lettered_on,
        keyed.amount_book
    from keyed
    join by_day on by_day.day_key = keyed.day_key
    join by_year on by_year.year_key = keyed.year_key
    where
        not by_day.balances
        and not by_day.balances_with_doubles
        and not by_year.balances
        and not by_year.balances_with_doubles
),

by_code as (
    select
        code_key,
        not bool_and(is_double)
        and sum(case when is_double then 0 else amount_book end) = 0 as balances
    from unbalanced
    group by code_key
),

-- What was lettered partly on one day, across the end of a year, is of one group.
days_across as (
    select unbalanced.day_key, min(unbalanced.year_key) as year_key
    from unbalanced
    join by_code on by_code.code_key = unbalanced.code_key
    where not by_code.balances and unbalanced.lettered_on is not null
    group by unbalanced.day_key
    having min(unbalanced.year_key) < max(unbalanced.year_key)
),

years_across as (
    select unbalanced.year_key, min(days_across.year_key) as first_year_key
    from unbalanced
    join days_across on days_across.day_key = unbalanced.day_key
    group by unbalanced.year_key
),

grouped as (
    select
        keyed.*,
        case
            when by_day.balances or by_day.balances_with_doubles then 'day'
            when by_year.balances or by_year.balances_with_doubles then 'year'
            when by_code.balances then 'code'
            else 'partial'
        end as level,
        case
            when by_day.balances or by_day.balances_with_doubles then keyed.day_key
            when not by_year.balances and not by_year.balances_with_doubles and by_code.balances
                then keyed.code_key
            when not by_year.balances and not by_year.balances_with_doubles
                then coalesce(years_across.first_year_key, keyed.year_key)
            else keyed.year_key
        end as group_key,
        -- A group that does not balance without its opening lines is settled by what they stand for.
        not (
            by_day.balances
            or not by_day.balances_with_doubles
            and (
                by_year.balances
                or not by_year.balances_with_doubles and coalesce(by_code.balances, false)
            )
        ) as needs_doubles
    from keyed
    join by_day on by_day.day_key = keyed.day_key
    left join by_year on by_year.year_key = keyed.year_key
    left join by_code on by_code.code_key = keyed.code_key
    left join years_across on years_across.year_key = keyed.year_key
),

latest as (
    select group_key, max(lettered_on) as lettered_on
    from grouped
    group by group_key
)

select
    grouped.line_id,
    grouped.entity_id,
    grouped.account,
    grouped.customer_id,
    grouped.currency,
    grouped.level,
    grouped.group_key,
    grouped.is_double,
    grouped.needs_doubles,
    coalesce(grouped.lettered_on, latest.lettered_on) as lettered_on
from grouped
join latest on latest.group_key = grouped.group_key
