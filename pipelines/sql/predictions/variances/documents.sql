-- Each document in each week to explain: what was said of it, and what has become of it since.
--
-- grain: week_id, document_id
-- units: whole hundredths of the currency's unit
-- rule:  the documents that something was said of, that something came of since, or that money not
--        lettered yet covers; a document that was moved to another account (bill, doubtful) is still
--        the same one
-- rule:  a payment counts on its bank date, and is taken off on the day it comes back
with paid as (
    select
        origins.document_id,
        slices.exit_on as day,
        slices.exit,
        slices.amount
    from features.slices as slices
    join features.origins as origins on origins.item_id = slices.document_id
    where slices.exit in ('paid', 'credited') and slices.exit_on <= (select as_of from staging.run)
    union all
    select origins.document_id, slices.returned_on, slices.exit, -slices.amount
    from features.slices as slices
    join features.origins as origins on origins.item_id = slices.document_id
    where slices.exit = 'paid' and slices.returned_on <= (select as_of from staging.run)
),

said as (
    select
        weeks.week_id,
        origins.document_id,
        cast(sum(kept.amount) as decimal(18, 2)) as amount
    from staging.archived_payment_periods as kept
    join staging.weeks_to_explain as weeks
        on weeks.forecast_on = kept.forecast_on
        and weeks.version = kept.version
        and weeks.entity_id = kept.entity_id
        and weeks.currency = kept.currency
        and weeks.first_on = kept.first_on
    join features.origins as origins on origins.item_id = kept.item_id
    group by all
),

-- What came of every document of the entity since each forecast.
came as (
    select
        weeks.week_id,
        documents.document_id,
        cast(sum(case
            when paid.exit = 'paid' and paid.day between weeks.first_on and weeks.last_on
                then paid.amount
            else 0
        end) as decimal(18, 2)) as paid_in_week,
        cast(sum(case
            when paid.exit = 'paid' and paid.day not between weeks.first_on and weeks.last_on
                then paid.amount
            else 0
        end) as decimal(18, 2)) as paid_else,
        cast(sum(case when paid.exit = 'credited' then paid.amount else 0 end) as decimal(18, 2))
            as credited
    from staging.weeks_to_explain as weeks
    join features.documents as documents
        on documents.entity_id = weeks.entity_id
        and documents.currency = weeks.currency
    join paid on paid.document_id = documents.document_id and paid.day > weeks.forecast_on
    group by all
),

pairs as (
    select week_id, document_id from said
    union
    select week_id, document_id from came
    union
    select weeks.week_id, documents.document_id
    from staging.still_open as still_open
    join features.documents as documents on documents.document_id = still_open.document_id
    join staging.weeks_to_explain as weeks
        on weeks.entity_id = documents.entity_id and weeks.currency = documents.currency
    where still_open.covered_cents > 0
)

select
    pairs.week_id,
    pairs.document_id,
    documents.customer_id,
    documents.booked_on > weeks.forecast_on as is_new,
    cast(cast(coalesce(said.amount, 0) as decimal(28, 2)) * 100 as bigint) as said,
    cast(cast(coalesce(came.paid_in_week, 0) as decimal(28, 2)) * 100 as bigint) as paid_in_week,
    cast(cast(coalesce(came.paid_else, 0) as decimal(28, 2)) * 100 as bigint) as paid_else,
    cast(cast(coalesce(came.credited, 0) as decimal(28, 2)) * 100 as bigint) as credited,
    cast(coalesce(still_open.covered_cents, 0) as bigint) as covered,
    cast(coalesce(still_open.open_cents - still_open.covered_cents, 0) as bigint) as open
from pairs
join staging.weeks_to_explain as weeks on weeks.week_id = pairs.week_id
join features.documents as documents on documents.document_id = pairs.document_id
left join said on said.week_id = pairs.week_id and said.document_id = pairs.document_id
left join came on came.week_id = pairs.week_id and came.document_id = pairs.document_id
left join staging.still_open as still_open on still_open.document_id = pairs.document_id
