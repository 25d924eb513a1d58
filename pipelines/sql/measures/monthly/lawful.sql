-- How much of each three months' invoices was on lawful terms.
--
-- grain: entity_id, currency, customer_id, month_end
-- units: the items' own currency, gross of VAT
-- rule:  an invoice for whose day and country no legal maximum is known is not judged
with invoices as (
    select
        invoiced.entity_id,
        invoiced.currency,
        invoiced.customer_id,
        invoiced.booked_on,
        sum(case when judged.is_lawful is not null then invoiced.amount else 0 end) as judged,
        sum(case when not judged.is_lawful then invoiced.amount else 0 end) as above,
        sum(case when judged.is_lawful is null then invoiced.amount else 0 end) as not_judged,
        max(case when judged.is_lawful is not null then judged.warning end) as warning
    from measuring.invoiced as invoiced
    join measuring.judged as judged
        on judged.document_on = invoiced.document_on
        and judged.due_on = invoiced.due_on
        and judged.terms = invoiced.terms
    group by all
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
    and invoices.booked_on between periods.three_months_from and periods.month_end
group by all
