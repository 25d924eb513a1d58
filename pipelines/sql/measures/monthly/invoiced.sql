-- Invoices, each with the text of the terms that gave it its due date.
--
-- grain: item_id
-- units: the item's own currency
-- rule:  where the extract states the due date, the terms are not known and the date speaks alone
select
    items.item_id,
    series.series,
    items.booked_on,
    items.document_on,
    items.due_on,
    coalesce(
        case items.due_basis
            when 'terms' then coalesce(stated.terms, customers.payment_terms)
            when 'default' then entities.payment_terms
        end,
        ''
    ) as terms,
    items.amount
from ledger.items as items
join measures.series as series
    on series.scope = 'customer'
    and series.entity_id = items.entity_id
    and series.currency = items.currency
    and series.customer_id = items.customer_id
left join staging.table_items as stated on stated.item_id = items.item_id
left join ledger.customers as customers
    on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
left join staging.entities as entities on entities.entity_id = items.entity_id
where items.kind = 'invoice' and items.due_on is not null
