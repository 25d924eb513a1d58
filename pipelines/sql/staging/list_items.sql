-- The items that successive lists of open items tell of: the documents they show, each with what
-- settled it or opened it again.
--
-- grain: item_id
-- units: the item's own currency; positive is owed to us
-- rule:  a document is known from the day of the first list that shows it. It was booked on its own
--        day, but not by the day of a list before, which did not show it, nor after its first list:
--        then on the day of that list
-- rule:  its amount is the whole of the document where its first list says it, else what was open
-- rule:  its due date and terms are those of the last list that says one; its name, label and
--        standing those of the last list that shows it, also where that says none
-- rule:  a settlement is booked on the later of the two days between which it lies
with shown as (
    select
        *,
        first_value(currency) over (partition by entity_id, list_key order by place, currency)
            as first_currency,
        row_number() over (partition by entity_id, list_key, currency order by place) as turn,
        row_number() over (partition by entity_id, list_key, currency order by place desc) as turn_back,
        min(listed_on) over (
            partition by entity_id, list_key, currency, coalesce(status, ''), coalesce(dispute, '')
        ) as said_on
    from staging.listed_items
),

stated as (
    select
        entity_id,
        list_key,
        currency,
        max_by(due_on, place) filter (where due_on is not null) as due_on,
        max_by(terms, place) filter (where terms is not null) as terms
    from shown
    group by entity_id, list_key, currency
),

days as (
    select distinct entity_id, place, listed_on
    from staging.open_lists
),

documents as (
    select
        number_of(
            concat_ws(
                '|', opening.entity_id, opening.list_key,
                case when opening.currency <> opening.first_currency then opening.currency end
            )
        ) as item_id,
        opening.entity_id,
        opening.list_key,
        opening.customer_id,
        latest.customer_name,
        latest.customer_country,
        opening.kind,
        opening.document_ref,
        case
            when opening.booked_on > opening.listed_on or opening.booked_on <= before_it.listed_on
                then opening.listed_on
            else opening.booked_on
        end as booked_on,
        opening.document_on,
        stated.due_on,
        stated.terms,
        coalesce(opening.original_amount, opening.open_amount) as amount,
        opening.currency,
        latest.label,
        opening.listed_on as known_on,
        opening.source_sha256,
        opening.source_line,
        latest.status,
        latest.dispute,
        latest.said_on
    from shown as opening
    join shown as latest
        on latest.turn_back = 1
        and latest.entity_id = opening.entity_id
        and latest.list_key = opening.list_key
        and latest.currency = opening.currency
    join stated
        on stated.entity_id = opening.entity_id
        and stated.list_key = opening.list_key
        and stated.currency = opening.currency
    left join days as before_it
        on before_it.entity_id = opening.entity_id and before_it.place = opening.place - 1
    where opening.turn = 1
)

select
    item_id,
    item_id as listed_item_id,
    entity_id,
    list_key as item_key,
    customer_id,
    customer_name,
    customer_country,
    kind,
    document_ref,
    booked_on,
    document_on,
    due_on,
    terms,
    amount,
    currency,
    label,
    known_on,
    source_sha256,
    source_line,
    status,
    dispute,
    said_on,
    cast(null as date) as settled_after,
    cast(null as date) as settled_by
from documents
union all
select
    number_of(concat_ws('|', documents.item_id, changes.kind, cast(changes.listed_on as string))),
    documents.item_id,
    documents.entity_id,
    concat_ws('|', changes.kind, cast(changes.listed_on as string), documents.list_key),
    documents.customer_id,
    cast(null as string),
    cast(null as string),
    changes.kind,
    documents.document_ref,
    changes.listed_on,
    changes.listed_on,
    case when changes.kind = 'reopening' then documents.due_on end,
    cast(null as string),
    changes.amount,
    documents.currency,
    cast(null as string),
    changes.listed_on,
    changes.source_sha256,
    changes.source_line,
    cast(null as string),
    cast(null as string),
    changes.listed_on,
    case when changes.kind = 'settlement' then changes.settled_after end,
    case when changes.kind = 'settlement' then changes.settled_by end
from documents
join staging.list_changes as changes
    on changes.entity_id = documents.entity_id
    and changes.list_key = documents.list_key
    and changes.currency = documents.currency
