-- Restatements: what changed about a day between what was known on one day and on another, item by
-- item, and which extract brought it.
--
-- grain: item_id, customer_id
-- asks:  as_of; since; until=null
-- units: the item's own currency; positive is owed to us
-- rule:  amounts are what is open of the item at the close of as_of, as known at the close of since,
--        and of until (without: now); the differences of a customer add up to that of the two views
-- rule:  cause added_late: known only after `since`; removed: no longer told; amount_changed,
--        due_date_changed, customer_changed: told otherwise; settled_late: matched since; unsettled:
--        open again
-- rule:  a document that is gone and one of the same reference that came are one, told otherwise
-- rule:  the extract is the one that brought the last change: that took something back, else the
--        first of the entity that was taken on the day on which the change was known, or later
with touched as (
    select item_id
    from receivables.movements
    where event_on <= $as_of and known_on > $since and ($until is null or known_on <= $until)
    union
    select item_id
    from receivables.retracted_movements
    where
        event_on <= $as_of
        and (known_on <= $since and retracted_on > $since)
        <> ($until is not null and known_on <= $until and retracted_on > $until)
),

moved as (
    select
        item_id, entity_id, customer_id, currency, kind, side, booked_on, document_on, due_on,
        amount, source,
        known_on <= $since as is_before,
        $until is null or known_on <= $until as is_after,
        known_on as changed_on,
        cast(null as string) as source_sha256,
        cast(null as string) as document_ref
    from receivables.movements
    where event_on <= $as_of and item_id in (select item_id from touched)
    union all
    select
        item_id, entity_id, customer_id, currency, kind, side, booked_on, document_on, due_on,
        amount, source,
        known_on <= $since and retracted_on > $since,
        $until is not null and known_on <= $until and retracted_on > $until,
        case when known_on > $since then known_on else retracted_on end,
        case when known_on > $since then null else retracted_by_sha256 end,
        document_ref
    from receivables.retracted_movements
    where event_on <= $as_of and item_id in (select item_id from touched)
),

added_up as (
    select
        item_id,
        entity_id,
        customer_id,
        currency,
        max(kind) as kind,
        max(side) as side,
        max(document_ref) as document_ref,
        max(booked_on) as booked_on,
        max(document_on) as document_on,
        max(case when is_before then due_on end) as due_before,
        max(case when is_after then due_on end) as due_after,
        max(case when is_before then 1 else 0 end) = 1 as is_told_before,
        max(case when is_after then 1 else 0 end) = 1 as is_told_after,
        sum(case when is_before then amount else 0 end) as amount_before,
        sum(case when is_after then amount else 0 end) as amount_after,
        sum(case when is_before and source = 'booked' then amount else 0 end) as booked_before,
        sum(case when is_after and source = 'booked' then amount else 0 end) as booked_after,
        max(case when is_before <> is_after then changed_on end) as changed_on,
        -- Of what changed last; an extract that took something back before one that only added.
        nullif(
            max_by(
                coalesce(source_sha256, ''),
                (
                    case when is_before <> is_after then changed_on else date '0001-01-01' end,
                    coalesce(source_sha256, '')
                )
            ),
            ''
        ) as source_sha256
    from moved
    where is_before or is_after
    group by item_id, entity_id, customer_id, currency
),

told as (
    select
        added_up.*,
        coalesce(items.document_ref, added_up.document_ref) as reference
    from added_up
    left join ledger.items as items
        on items.item_id = added_up.item_id and items.customer_id = added_up.customer_id
),

-- Documents that are gone, or came, under a reference of which there is one; an item that changed
-- its customer is gone from one and came to the other.
gone as (
    select
        entity_id,
        currency,
        side,
        coalesce(reference, cast(item_id as string)) as reference,
        max(item_id) as item_id,
        max(customer_id) as customer_id,
        sum(amount_before) as amount_before,
        max(due_before) as due_before,
        max(changed_on) as changed_on,
        max(source_sha256) as source_sha256
    from told
    where is_told_before and not is_told_after
    group by entity_id, currency, side, coalesce(reference, cast(item_id as string))
    having count(*) = 1
),

came as (
    select
        entity_id,
        currency,
        side,
        coalesce(reference, cast(item_id as string)) as reference,
        max(item_id) as item_id,
        max(customer_id) as customer_id
    from told
    where is_told_after and not is_told_before
    group by entity_id, currency, side, coalesce(reference, cast(item_id as string))
    having count(*) = 1
),

corrected as (
    select
        came.item_id,
        came.customer_id,
        gone.item_id as gone_item_id,
        gone.customer_id as gone_customer_id,
        gone.amount_before,
        gone.due_before,
        gone.changed_on,
        gone.source_sha256
    from came
    join gone
        on gone.entity_id = came.entity_id
        and gone.currency = came.currency
        and gone.side = came.side
        and gone.reference = came.reference
),

compared as (
    select
        told.item_id,
        told.entity_id,
        told.customer_id,
        told.currency,
        told.kind,
        told.reference as document_ref,
        told.booked_on,
        told.document_on,
        case
            when same.item_id is null then told.due_before
            else same.due_before
        end as due_before,
        told.due_after,
        told.amount_before + coalesce(same.amount_before, 0) as amount_before,
        told.amount_after,
        told.changed_on,
        coalesce(
            told.source_sha256,
            case when same.changed_on >= told.changed_on then same.source_sha256 end,
            case when came_to.changed_on >= told.changed_on then came_to.source_sha256 end
        ) as source_sha256,
        case
            when came_to.item_id is not null or gone_from.gone_item_id is not null
                then 'customer_changed'
            when same.item_id is not null and same.amount_before = told.amount_after
                then 'due_date_changed'
            when same.item_id is not null then 'amount_changed'
            when not told.is_told_before then 'added_late'
            when not told.is_told_after then 'removed'
            when told.booked_before <> told.booked_after then 'amount_changed'
            when told.amount_before = told.amount_after then 'due_date_changed'
            when abs(told.amount_after) < abs(told.amount_before) then 'settled_late'
            else 'unsettled'
        end as cause
    from told
    left join corrected as same
        on same.item_id = told.item_id
        and same.customer_id = told.customer_id
        and same.gone_customer_id = told.customer_id
        and not told.is_told_before
    left join corrected as came_to
        on came_to.item_id = told.item_id
        and came_to.customer_id = told.customer_id
        and came_to.gone_customer_id <> told.customer_id
    left join corrected as gone_from
        on gone_from.gone_item_id = told.item_id
        and gone_from.gone_customer_id = told.customer_id
        and gone_from.customer_id <> told.customer_id
    where not exists (
        select 1
        from corrected
        where corrected.gone_item_id = told.item_id
            and corrected.gone_customer_id = told.customer_id
            and corrected.customer_id = told.customer_id
            and not told.is_told_after
    )
),

-- A file that was overwritten under its own name brought something too.
extracts as (
    select entity_id, source_sha256, name, extracted_on, 1 as is_there, recency
    from intake.extract_days
    union all
    select entity_id, source_sha256, name, extracted_on, 0, recency
    from intake.overwritten
),

names as (
    select distinct source_sha256, name
    from extracts
),

first_extracts as (
    select
        days.entity_id,
        days.changed_on,
        min_by(
            extracts.source_sha256, (extracts.extracted_on, extracts.is_there, extracts.recency)
        ) as source_sha256
    from (select distinct entity_id, changed_on from compared) as days
    join extracts
        on extracts.entity_id = days.entity_id and extracts.extracted_on >= days.changed_on
    group by days.entity_id, days.changed_on
)

select
    cast($as_of as date) as as_of,
    cast($since as date) as since,
    cast($until as date) as until,
    compared.entity_id,
    compared.customer_id,
    coalesce(customers.name, compared.customer_id) as customer_name,
    compared.currency,
    compared.cause,
    compared.item_id,
    compared.kind,
    compared.document_ref,
    compared.booked_on,
    compared.document_on,
    compared.due_before,
    compared.due_after,
    cast(compared.amount_before as decimal(18, 2)) as amount_before,
    cast(compared.amount_after as decimal(18, 2)) as amount_after,
    cast(compared.amount_after - compared.amount_before as decimal(18, 2)) as difference,
    compared.changed_on,
    coalesce(compared.source_sha256, first_extracts.source_sha256) as source_sha256,
    names.name as extract_name
from compared
left join first_extracts
    on first_extracts.entity_id = compared.entity_id
    and first_extracts.changed_on = compared.changed_on
left join names
    on names.source_sha256 = coalesce(compared.source_sha256, first_extracts.source_sha256)
left join ledger.customers as customers
    on customers.entity_id = compared.entity_id and customers.customer_id = compared.customer_id
where compared.amount_before <> compared.amount_after
    or compared.due_before is distinct from compared.due_after
    and compared.amount_after <> 0
    and compared.cause = 'due_date_changed'
