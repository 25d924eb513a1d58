-- Customers of each entity: what the customer files say, else what the ledger calls them.
--
-- grain: entity_id, customer_id
-- units: limits in the customer's currency
-- rule:  a customer file without an entity holds for every entity that deals with the customer
-- rule:  the newest file wins, row by row; a name or country in the ledger only stands in for a
--        missing one
-- rule:  what an entity's own customer file leaves blank, the file for all entities fills, whichever
--        is newer
-- rule:  group_id is the last parent up the line; a customer without one is its own group
with recursive files as (
    select
        *,
        row_number() over (order by latest_on nulls first, landed_at, name, source_sha256) as recency
    from staging.files
    where refused_reason is null
),

dealings as (
    select
        lines.entity_id,
        lines.customer_id,
        max_by(lines.auxiliary_label, (lines.entry_on, lines.auxiliary_label))
            filter (where lines.auxiliary_label is not null) as name,
        cast(null as string) as country
    from staging.receivable_lines as lines
    group by all
    union all
    select
        entity_id,
        customer_id,
        max_by(customer_name, (booked_on, customer_name)) filter (where customer_name is not null),
        max_by(customer_country, (booked_on, customer_country))
            filter (where customer_country is not null)
    from staging.table_items
    where not only_lends_due_dates
    group by all
),

described as (
    select
        rows_in.*,
        coalesce(rows_in.entity_id, files.entity_id) as owner_id,
        rows_in.entity_id is not null as is_owned
    from raw.customers as rows_in
    join files on files.source_sha256 = rows_in.source_sha256
    qualify row_number() over (
        partition by rows_in.entity_id, rows_in.customer_id
        order by files.recency desc, rows_in.source_line
    ) = 1
),

known as (
    select entity_id, customer_id from dealings
    union
    select described.owner_id, described.customer_id
    from described
    where
        described.is_owned
        or described.customer_id not in (select customer_id from dealings)
),

named as (
    select
        known.entity_id,
        known.customer_id,
        coalesce(own.name, shared.name, dealings.name, known.customer_id) as name,
        coalesce(own.parent_id, shared.parent_id) as parent_id,
        coalesce(own.siren, shared.siren) as siren,
        coalesce(own.vat_number, shared.vat_number) as vat_number,
        coalesce(own.country, shared.country, dealings.country) as country,
        coalesce(own.language, shared.language) as language,
        coalesce(own.segment, shared.segment) as segment,
        coalesce(own.currency, shared.currency) as currency,
        coalesce(own.payment_terms, shared.payment_terms) as payment_terms,
        coalesce(own.payment_method, shared.payment_method) as payment_method,
        coalesce(own.credit_limit, shared.credit_limit) as credit_limit,
        coalesce(own.insured_amount, shared.insured_amount) as insured_amount,
        coalesce(own.collector, shared.collector) as collector,
        coalesce(own.contact_name, shared.contact_name) as contact_name,
        coalesce(own.contact_email, shared.contact_email) as contact_email,
        coalesce(own.contact_phone, shared.contact_phone) as contact_phone
    from known
    left join dealings
        on dealings.entity_id = known.entity_id and dealings.customer_id = known.customer_id
    left join described as own
        on own.is_owned
        and own.owner_id = known.entity_id
        and own.customer_id = known.customer_id
    left join described as shared
        on not shared.is_owned and shared.customer_id = known.customer_id
),

ascent as (
    select entity_id, customer_id, customer_id as group_id, 0 as height
    from named
    union all
    select ascent.entity_id, ascent.customer_id, named.parent_id, ascent.height + 1
    from ascent
    join named on named.entity_id = ascent.entity_id and named.customer_id = ascent.group_id
    where named.parent_id is not null and named.parent_id <> ascent.customer_id and ascent.height < 10
),

tops as (
    select entity_id, customer_id, max_by(group_id, height) as group_id
    from ascent
    group by all
)

select
    named.entity_id,
    named.customer_id,
    named.name,
    named.parent_id,
    tops.group_id,
    coalesce(heads.name, any_heads.name, tops.group_id) as group_name,
    named.siren,
    named.vat_number,
    named.country,
    named.language,
    named.segment,
    named.currency,
    named.payment_terms,
    named.payment_method,
    named.credit_limit,
    named.insured_amount,
    named.collector,
    named.contact_name,
    named.contact_email,
    named.contact_phone
from named
join tops on tops.entity_id = named.entity_id and tops.customer_id = named.customer_id
left join named as heads
    on heads.entity_id = named.entity_id and heads.customer_id = tops.group_id
left join described as any_heads
    on not any_heads.is_owned and any_heads.customer_id = tops.group_id
