-- Unsettled credits that name one invoice of their customer, by its document or in their words.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
-- rule:  a reference that more than one open invoice carries, or a credit that names more than one,
--        is ambiguous and stays as it is
with invoices as (
    select entity_id, customer_id, account, currency, document_ref, min(item_id) as item_id
    from matching.unsettled
    where amount > 0 and kind in ('invoice', 'opening') and length(document_ref) >= 4
    group by all
    having count(*) = 1
),

words as (
    select
        item_id,
        entity_id,
        customer_id,
        account,
        currency,
        unnest(
            array_append(
                string_split_regex(upper(coalesce(label, '')), '[^0-9A-Z/_-]+'), upper(document_ref)
            )
        ) as word
    from matching.unsettled
    where amount < 0
),

named as (
    select words.item_id, min(invoices.item_id) as invoice_id
    from words
    join invoices
        on invoices.entity_id = words.entity_id
        and invoices.customer_id = words.customer_id
        and invoices.account is not distinct from words.account
        and invoices.currency = words.currency
        and upper(invoices.document_ref) = words.word
    where length(words.word) >= 4
    group by all
    having count(distinct invoices.item_id) = 1
),

members as (
    select item_id, invoice_id as group_key
    from named
    union
    select invoice_id, invoice_id
    from named
)

select
    unsettled.item_id,
    members.group_key,
    unsettled.currency,
    unsettled.amount,
    unsettled.booked_on,
    unsettled.known_on,
    cast(null as date) as noted_on
from members
join matching.unsettled as unsettled on unsettled.item_id = members.item_id
