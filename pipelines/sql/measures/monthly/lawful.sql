-- How much of each three months' invoices was on lawful terms.
--
-- grain: series, month_end
-- units: the items' own currency, gross of VAT
-- rule:  an invoice for whose day and country no legal maximum is known is not judged
with spans as (
    select distinct month_end, three_months_from
    from measures.periods
),

latest as (
    select *
    from spans
    where month_end = (select as_of from staging.run)
),

-- By month, cut where the three months of the last month end begin, as in measures.inputs.
invoices as (
    select
        invoiced.series,
        min(invoiced.booked_on) as day,
        cast(
            sum(case when judged.is_lawful is not null then invoiced.amount else 0 end)
            as decimal(18, 2)
        ) as judged,
        cast(
            sum(case when not judged.is_lawful then invoiced.amount else 0 end) as decimal(18, 2)
        ) as above,
        cast(
            sum(case when judged.is_lawful is null then invoiced.amount else 0 end)
            as decimal(18, 2)
        ) as not_judged,
        max(case when judged.is_lawful is not null then judged.warning end) as warning
    from measuring.invoiced as invoiced
    join measuring.judged as judged
        on judged.document_on = invoiced.document_on
        and judged.due_on = invoiced.due_on
        and judged.terms = invoiced.terms
    join latest on invoiced.booked_on <= latest.month_end
    group by
        invoiced.series, last_day(invoiced.booked_on),
        invoiced.booked_on >= latest.three_months_from
)

select
    invoices.series,
    spans.month_end,
    cast(sum(invoices.judged) as decimal(18, 2)) as judged,
    cast(sum(invoices.above) as decimal(18, 2)) as above,
    cast(sum(invoices.not_judged) as decimal(18, 2)) as not_judged,
    max(invoices.warning) as warning
from invoices
join spans on invoices.day between spans.three_months_from and spans.month_end
group by invoices.series, spans.month_end
