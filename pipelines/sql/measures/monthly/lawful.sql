-- How much of each three months' invoices was on lawful terms.
--
-- grain: entity_id, currency, customer_id, month_end
-- units: the items' own currency, gross of VAT
-- rule:  an invoice for whose day and country no legal maximum is known is not judged
with latest as (
    select *
    from measures.periods
    where month_end = (select as_of from staging.run)
),

-- By month, cut where the three months of the last month end begin, as in measures.inputs.
invoices as (
    select
        invoiced.entity_id,
        invoiced.currency,
        invoiced.customer_id,
        min(invoiced.booked_on) as day,
        sum(case when judged.is_lawful is not null then invoiced.amount else 0 end) as judged,
        sum(case when not judged.is_lawful then invoiced.amount else 0 end) as above,
        sum(case when judged.is_lawful is null then invoiced.amount else 0 end) as not_judged,
        max(case when judged.is_lawful is not null then judged.warning end) as warning
    from measuring.invoiced as invoiced
    join measuring.judged as judged
        on judged.document_on = invoiced.document_on
        and judged.due_on = invoiced.due_on
        and judged.terms = invoiced.terms
    join latest on latest.entity_id = invoiced.entity_id and invoiced.booked_on <= latest.month_end
    group by
        invoiced.entity_id, invoiced.currency, invoiced.customer_id, last_day(invoiced.booked_on),
        invoiced.booked_on >= latest.three_months_from
)

select
    invoices.entity_id,
    invoices.currency,
    invoices.customer_id,
    periods.month_end,
    sum(invoices.judged) as judged,
    sum(invoices.above) as above,
    sum(invoices.not_judged) as not_judged,
    max(invoices.warning) as warning
from invoices
join measures.periods as periods
    on periods.entity_id = invoices.entity_id
    and invoices.day between periods.three_months_from and periods.month_end
group by all
