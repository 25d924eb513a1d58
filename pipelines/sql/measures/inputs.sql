-- What the measures of each customer and month end are made of. All of it adds up: the inputs of an
-- entity, or of a segment, are the sums of those of its customers.
--
-- grain: entity_id, currency, customer_id, month_end
-- in ranges of: receivables.series; receivables.movements
-- units: the items' own currency, gross of VAT; `_days` are currency x calendar days, for which 18
--        digits are too few where a currency has large numbers
-- rule:  sales are invoices less credit notes, by the day they are booked
-- rule:  the receivable is the balance of the receivable accounts: unused credits are deducted, what
--        is disputed is in; open debits and what of them is overdue are buckets of the aged
--        balance, from which they are not deducted
-- rule:  where a period begins with the books, what the books open with is owed at its start
-- rule:  no row for a customer with nothing owed then or at the start of a period, nothing sold in the
--        year and nothing paid in the three months
with closings as (
    select
        series.series,
        series.entity_id,
        balances.month_end,
        cast(sum(balances.amount) as decimal(18, 2)) as receivable,
        cast(
            sum(case when balances.bucket <> 'unapplied' then balances.amount else 0 end) as decimal(18, 2)
        ) as open_debits,
        cast(
            sum(case when balances.is_overdue then balances.amount else 0 end) as decimal(18, 2)
        ) as overdue
    from receivables.month_ends as balances
    join receivables.series as series
        on series.entity_id = balances.entity_id
        and series.currency = balances.currency
        and series.customer_id = balances.customer_id
    group by series.series, series.entity_id, balances.month_end
),

-- A debit adds to what is late from the day after its due date, or from its booking if later. The
-- movements of a closed item add up to nothing, so that what was open of it on the day on which it
-- turned late is what moved later, with the other sign.
turned as (
    select series, greatest(event_on, due_on + 1) as day, due_on, amount
    from receivables.movements
    where
        side = 'debit'
        and due_on is not null
        and (open_until = date '9999-12-31' or event_on > due_on + 1)
    union all
    select series, due_on + 1, due_on, -amount
    from receivables.movements
    where
        side = 'debit'
        and due_on is not null
        and open_until < date '9999-12-31'
        and event_on > due_on + 1
),

turned_late as (
    select
        series,
        least(cast(last_day(day) as date), (select as_of from staging.run)) as month_end,
        sum(amount) as amount,
        sum(cast(amount as decimal(28, 2)) * cast(due_on - date '1970-01-01' as int)) as amount_due_on
    from turned
    where day <= (select as_of from staging.run)
    group by all
),

late as (
    select
        turned_late.series,
        series.entity_id,
        turned_late.month_end as from_month_end,
        lead(turned_late.month_end) over so_far as next_month_end,
        sum(turned_late.amount) over so_far as amount,
        sum(turned_late.amount_due_on) over so_far as amount_due_on
    from turned_late
    join receivables.series as series on series.series = turned_late.series
    window so_far as (partition by turned_late.series order by turned_late.month_end)
),

overdue_days as (
    select
        late.series,
        periods.month_end,
        late.amount * cast(periods.month_end - date '1970-01-01' as int) - late.amount_due_on as overdue_days
    from late
    join measures.periods as periods
        on periods.entity_id = late.entity_id
        and periods.month_end >= late.from_month_end
        and (late.next_month_end is null or periods.month_end < late.next_month_end)
    where late.amount <> 0
),

-- Sales and payments by month, cut where a period of the last month end begins: all the days of a
-- row are in the same periods, and there are few rows.
latest as (
    select *
    from measures.periods
    where month_end = (select as_of from staging.run)
),

sold as (
    select
        movements.series,
        movements.entity_id,
        min(movements.event_on) as day,
        cast(sum(movements.amount) as decimal(18, 2)) as amount
    from receivables.movements as movements
    join latest
        on latest.entity_id = movements.entity_id and movements.event_on <= latest.month_end
    where movements.source = 'booked' and movements.kind in ('invoice', 'credit_note')
    group by
        movements.series, movements.entity_id, last_day(movements.event_on),
        movements.event_on >= latest.three_months_from, movements.event_on >= latest.year_from
),

settled as (
    select
        series.series,
        series.entity_id,
        min(payments.settled_on) as day,
        cast(
            sum(case when payments.days_to_pay is not null then payments.amount else 0 end)
            as decimal(18, 2)
        ) as amount,
        sum(cast(payments.amount as decimal(28, 2)) * coalesce(payments.days_to_pay, 0)) as amount_to_pay,
        cast(
            sum(case when payments.days_late is not null then payments.amount else 0 end)
            as decimal(18, 2)
        ) as due_amount,
        sum(cast(payments.amount as decimal(28, 2)) * coalesce(payments.days_late, 0)) as amount_late
    from measures.payments as payments
    join latest on latest.entity_id = payments.entity_id and payments.settled_on <= latest.month_end
    join receivables.series as series
        on series.entity_id = payments.entity_id
        and series.currency = payments.currency
        and series.customer_id = payments.customer_id
    group by
        series.series, series.entity_id, last_day(payments.settled_on),
        payments.settled_on >= latest.three_months_from
),

-- The eve of each period. That of the last one need not be a month end.
eves as (
    select entity_id, month_end, first_on, begun_on, 'three_months' as period, three_months_from - 1 as eve
    from measures.periods
    union all
    select entity_id, month_end, first_on, begun_on, 'year', year_from - 1
    from measures.periods
),

-- What the books open with, and what was owed on an eve that is no month end.
owed as (
    select movements.series, eves.month_end, eves.period, movements.amount
    from eves
    join receivables.movements as movements
        on movements.entity_id = eves.entity_id and movements.event_on <= eves.eve
    where eves.eve <> cast(last_day(eves.eve) as date)
    union all
    select movements.series, eves.month_end, eves.period, movements.amount
    from eves
    join receivables.movements as movements
        on movements.entity_id = eves.entity_id
        and movements.source = 'booked'
        and movements.kind = 'opening'
        and movements.event_on = eves.first_on
    where eves.eve = eves.begun_on - 1
),

openings as (
    select closings.series, eves.month_end, eves.period, closings.receivable as amount
    from eves
    join closings on closings.entity_id = eves.entity_id and closings.month_end = eves.eve
    where eves.eve = cast(last_day(eves.eve) as date)
    union all
    select series, month_end, period, cast(sum(amount) as decimal(18, 2))
    from owed
    group by all
),

sales as (
    select
        sold.series,
        periods.month_end,
        sum(case when sold.day >= periods.month_on then sold.amount else 0 end) as month,
        sum(case when sold.day >= periods.three_months_from then sold.amount else 0 end) as three_months,
        sum(sold.amount) as year
    from sold
    join measures.periods as periods
        on periods.entity_id = sold.entity_id
        and sold.day between periods.year_from and periods.month_end
    group by sold.series, periods.month_end
),

paid as (
    select
        settled.series,
        periods.month_end,
        sum(settled.amount) as amount,
        sum(settled.amount_to_pay) as days_to_pay,
        sum(settled.due_amount) as due,
        sum(settled.amount_late) as days_late
    from settled
    join measures.periods as periods
        on periods.entity_id = settled.entity_id
        and settled.day between periods.three_months_from and periods.month_end
    group by settled.series, periods.month_end
),

opened as (
    select
        series,
        month_end,
        sum(case when period = 'three_months' then amount else 0 end) as three_months,
        sum(case when period = 'year' then amount else 0 end) as year
    from openings
    group by series, month_end
),

there as (
    select series, month_end from closings
    union
    select series, month_end from overdue_days
    union
    select series, month_end from sales
    union
    select series, month_end from paid
    union
    select series, month_end from opened
)

select
    series.entity_id,
    series.currency,
    series.customer_id,
    there.month_end,
    cast(coalesce(sales.month, 0) as decimal(18, 2)) as sales,
    cast(coalesce(sales.three_months, 0) as decimal(18, 2)) as sales_three_months,
    cast(coalesce(sales.year, 0) as decimal(18, 2)) as sales_year,
    coalesce(closings.receivable, 0) as receivable,
    cast(coalesce(opened.three_months, 0) as decimal(18, 2)) as opening_three_months,
    cast(coalesce(opened.year, 0) as decimal(18, 2)) as opening_year,
    coalesce(closings.open_debits, 0) as open_debits,
    coalesce(closings.overdue, 0) as overdue,
    cast(coalesce(overdue_days.overdue_days, 0) as decimal(38, 2)) as overdue_days,
    cast(coalesce(paid.amount, 0) as decimal(18, 2)) as paid,
    cast(coalesce(paid.days_to_pay, 0) as decimal(38, 2)) as paid_days_to_pay,
    cast(coalesce(paid.due, 0) as decimal(18, 2)) as paid_due,
    cast(coalesce(paid.days_late, 0) as decimal(38, 2)) as paid_days_late
from there
join receivables.series as series on series.series = there.series
left join closings on closings.series = there.series and closings.month_end = there.month_end
left join overdue_days
    on overdue_days.series = there.series and overdue_days.month_end = there.month_end
left join sales on sales.series = there.series and sales.month_end = there.month_end
left join paid on paid.series = there.series and paid.month_end = there.month_end
left join opened on opened.series = there.series and opened.month_end = there.month_end
