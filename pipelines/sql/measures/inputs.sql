-- What the measures of each customer and month end are made of. All of it adds up: the inputs of an
-- entity, or of a segment, are the sums of those of its customers.
--
-- grain: entity_id, currency, customer_id, month_end
-- units: the items' own currency, gross of VAT; `_days` are currency x calendar days, for which 18
--        digits are too few where a currency has large numbers
-- rule:  sales are invoices less credit notes, by the day they are booked
-- rule:  the receivable is the balance of the receivable accounts: unused credits are deducted, what
--        is disputed is in; open debits and what of them is overdue are buckets of the aged
--        balance, from which they are not deducted
-- rule:  where a period begins with the books, what the books open with is owed at its start
-- rule:  no row for a customer with nothing owed, sold or paid in the year before
with closings as (
    select
        entity_id,
        currency,
        customer_id,
        month_end,
        sum(amount) as receivable,
        sum(case when bucket <> 'unapplied' then amount else 0 end) as open_debits,
        sum(case when is_overdue then amount else 0 end) as overdue
    from receivables.month_ends
    group by all
),

-- Open n days late: its amount is late from the day after its due date, or from its booking.
turned_late as (
    select
        entity_id,
        currency,
        customer_id,
        least(cast(last_day(greatest(event_on, due_on + 1)) as date), (select as_of from staging.run)) as month_end,
        sum(amount) as amount,
        sum(cast(amount as decimal(28, 2)) * cast(due_on - date '1970-01-01' as int)) as amount_due_on
    from receivables.movements
    where
        side = 'debit'
        and due_on is not null
        and greatest(event_on, due_on + 1) <= (select as_of from staging.run)
    group by all
),

first_late as (
    select entity_id, currency, customer_id, min(month_end) as month_end
    from turned_late
    group by all
),

late as (
    select
        first_late.entity_id,
        first_late.currency,
        first_late.customer_id,
        periods.month_end,
        sum(coalesce(turned_late.amount, 0)) over up_to_month as amount,
        sum(coalesce(turned_late.amount_due_on, 0)) over up_to_month as amount_due_on
    from first_late
    join measures.periods as periods
        on periods.entity_id = first_late.entity_id and periods.month_end >= first_late.month_end
    left join turned_late
        on turned_late.entity_id = first_late.entity_id
        and turned_late.currency = first_late.currency
        and turned_late.customer_id = first_late.customer_id
        and turned_late.month_end = periods.month_end
    window up_to_month as (
        partition by first_late.entity_id, first_late.currency, first_late.customer_id
        order by periods.month_end
        rows between unbounded preceding and current row
    )
),

-- Sales and payments by month, cut where a period of the last month end begins: all the days of a
-- row are in the same periods, and there are few rows.
latest as (
    select *
    from measures.periods
    where month_end = (select as_of from staging.run)
),

sold as (
    select items.entity_id, items.currency, items.customer_id, min(items.booked_on) as day, sum(items.amount) as amount
    from ledger.items as items
    join latest on latest.entity_id = items.entity_id and items.booked_on <= latest.month_end
    where items.kind in ('invoice', 'credit_note')
    group by
        items.entity_id, items.currency, items.customer_id, last_day(items.booked_on),
        items.booked_on >= latest.three_months_from, items.booked_on >= latest.year_from
),

sales as (
    select
        sold.entity_id,
        sold.currency,
        sold.customer_id,
        periods.month_end,
        sum(case when sold.day >= periods.month_on then sold.amount else 0 end) as month,
        sum(case when sold.day >= periods.three_months_from then sold.amount else 0 end) as three_months,
        sum(sold.amount) as year
    from sold
    join measures.periods as periods
        on periods.entity_id = sold.entity_id
        and sold.day between periods.year_from and periods.month_end
    group by all
),

settled as (
    select
        payments.entity_id,
        payments.currency,
        payments.customer_id,
        min(payments.settled_on) as day,
        sum(case when payments.days_to_pay is not null then payments.amount else 0 end) as amount,
        sum(cast(payments.amount as decimal(28, 2)) * coalesce(payments.days_to_pay, 0)) as amount_to_pay,
        sum(case when payments.days_late is not null then payments.amount else 0 end) as due_amount,
        sum(cast(payments.amount as decimal(28, 2)) * coalesce(payments.days_late, 0)) as amount_late
    from measures.payments as payments
    join latest on latest.entity_id = payments.entity_id and payments.settled_on <= latest.month_end
    group by
        payments.entity_id, payments.currency, payments.customer_id, last_day(payments.settled_on),
        payments.settled_on >= latest.three_months_from
),

paid as (
    select
        settled.entity_id,
        settled.currency,
        settled.customer_id,
        periods.month_end,
        sum(settled.amount) as amount,
        sum(settled.amount_to_pay) as amount_to_pay,
        sum(settled.due_amount) as due_amount,
        sum(settled.amount_late) as amount_late
    from settled
    join measures.periods as periods
        on periods.entity_id = settled.entity_id
        and settled.day between periods.three_months_from and periods.month_end
    group by all
),

-- The eve of each period. That of the last one need not be a month end.
eves as (
    select entity_id, month_end, first_on, begun_on, 'opening_three_months' as input, three_months_from - 1 as eve
    from measures.periods
    union all
    select entity_id, month_end, first_on, begun_on, 'opening_year', year_from - 1
    from measures.periods
),

openings as (
    select closings.entity_id, closings.currency, closings.customer_id, eves.month_end, eves.input, closings.receivable as amount
    from eves
    join closings on closings.entity_id = eves.entity_id and closings.month_end = eves.eve
    where eves.eve = cast(last_day(eves.eve) as date)
    union all
    select items.entity_id, items.currency, items.customer_id, eves.month_end, eves.input, sum(items.amount)
    from eves
    join ledger.items as items on items.entity_id = eves.entity_id and items.booked_on <= eves.eve
    where eves.eve <> cast(last_day(eves.eve) as date)
    group by all
    union all
    select items.entity_id, items.currency, items.customer_id, eves.month_end, eves.input, sum(items.amount)
    from eves
    join ledger.items as items
        on items.entity_id = eves.entity_id
        and items.kind = 'opening'
        and items.booked_on = eves.first_on
    where eves.eve = eves.begun_on - 1
    group by all
),

parts as (
    select entity_id, currency, customer_id, month_end, 'receivable' as input, receivable as amount from closings
    union all
    select entity_id, currency, customer_id, month_end, 'open_debits', open_debits from closings
    union all
    select entity_id, currency, customer_id, month_end, 'overdue', overdue from closings
    union all
    select
        entity_id, currency, customer_id, month_end, 'overdue_days',
        amount * cast(month_end - date '1970-01-01' as int) - amount_due_on
    from late
    where amount <> 0
    union all
    select entity_id, currency, customer_id, month_end, 'sales', month from sales
    union all
    select entity_id, currency, customer_id, month_end, 'sales_three_months', three_months from sales
    union all
    select entity_id, currency, customer_id, month_end, 'sales_year', year from sales
    union all
    select entity_id, currency, customer_id, month_end, 'paid', amount from paid
    union all
    select entity_id, currency, customer_id, month_end, 'paid_days_to_pay', amount_to_pay from paid
    union all
    select entity_id, currency, customer_id, month_end, 'paid_due', due_amount from paid
    union all
    select entity_id, currency, customer_id, month_end, 'paid_days_late', amount_late from paid
    union all
    select entity_id, currency, customer_id, month_end, input, amount from openings
)

select
    entity_id,
    currency,
    customer_id,
    month_end,
    cast(sum(case when input = 'sales' then amount else 0 end) as decimal(18, 2)) as sales,
    cast(sum(case when input = 'sales_three_months' then amount else 0 end) as decimal(18, 2)) as sales_three_months,
    cast(sum(case when input = 'sales_year' then amount else 0 end) as decimal(18, 2)) as sales_year,
    cast(sum(case when input = 'receivable' then amount else 0 end) as decimal(18, 2)) as receivable,
    cast(sum(case when input = 'opening_three_months' then amount else 0 end) as decimal(18, 2)) as opening_three_months,
    cast(sum(case when input = 'opening_year' then amount else 0 end) as decimal(18, 2)) as opening_year,
    cast(sum(case when input = 'open_debits' then amount else 0 end) as decimal(18, 2)) as open_debits,
    cast(sum(case when input = 'overdue' then amount else 0 end) as decimal(18, 2)) as overdue,
    cast(sum(case when input = 'overdue_days' then amount else 0 end) as decimal(38, 2)) as overdue_days,
    cast(sum(case when input = 'paid' then amount else 0 end) as decimal(18, 2)) as paid,
    cast(sum(case when input = 'paid_days_to_pay' then amount else 0 end) as decimal(38, 2)) as paid_days_to_pay,
    cast(sum(case when input = 'paid_due' then amount else 0 end) as decimal(18, 2)) as paid_due,
    cast(sum(case when input = 'paid_days_late' then amount else 0 end) as decimal(38, 2)) as paid_days_late
from parts
group by all
