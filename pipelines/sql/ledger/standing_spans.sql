-- From which day to which the extracts called an item disputed, promised or doubtful.
--
-- grain: item_id, said_on
-- rule:  said_on is the day of the first extract that says it, whatever the row itself states: what
--        was over before an extract was taken is in none, so that of the days before only what
--        lasted would be known
-- rule:  until_on is the day of the first extract after it that shows the item and says otherwise;
--        null while none does. An extract that does not show the item says nothing of it
-- rule:  where a label speaks of a dispute, the item is disputed for good here, also where
--        ledger.standings has a graver word of a table
-- rule:  an extract that was overwritten is not asked: what only it said is not here
with shown as (
    select
        coalesce(items.entity_id, files.entity_id) as entity_id,
        items.item_key,
        items.currency,
        extracts.recency,
        coalesce(extracts.extracted_on, files.latest_on) as told_on,
        items.status,
        items.dispute
    from raw.items as items
    join staging.files as files on files.source_sha256 = items.source_sha256
    join intake.extract_days as extracts
        on extracts.entity_id = coalesce(items.entity_id, files.entity_id)
        and extracts.source_sha256 = items.source_sha256
    where not items.is_open_list and files.refused_reason is null and items.amount > 0
    union all
    select entity_id, list_key, currency, place, listed_on, status, dispute
    from staging.listed_items
    where open_amount > 0
),

told as (
    select
        tables.item_id,
        tables.entity_id,
        tables.customer_id,
        tables.document_ref,
        tables.only_lends_due_dates,
        shown.told_on,
        shown.recency,
        shown.status,
        shown.dispute
    from shown
    join staging.table_items as tables
        on tables.entity_id = shown.entity_id
        and tables.item_key = shown.item_key
        and tables.currency = shown.currency
),

-- The item that each row is of: its own, or that of the FEC which it lends its words to.
of_items as (
    select item_id, told_on, recency, status, dispute
    from told
    where not only_lends_due_dates
    union all
    select items.item_id, told.told_on, told.recency, told.status, told.dispute
    from told
    join ledger.items as items
        on told.only_lends_due_dates
        and items.entity_id = told.entity_id
        and items.customer_id = told.customer_id
        and items.document_ref = told.document_ref
        and items.kind in ('invoice', 'opening')
),

-- Of several files of one day the newest counts, and of its several lines the gravest word.
judged as (
    select
        of_items.item_id,
        of_items.told_on,
        min(words.gravity) as gravity,
        row_number() over (
            partition by of_items.item_id, of_items.told_on order by of_items.recency desc
        ) as turn
    from of_items
    left join staging.standing_words as words
        on words.status is not distinct from of_items.status
        and words.dispute is not distinct from of_items.dispute
    where of_items.told_on is not null
    group by of_items.item_id, of_items.told_on, of_items.recency
),

compared as (
    select
        item_id,
        told_on,
        gravity,
        lag(gravity) over (partition by item_id order by told_on) as gravity_before
    from judged
    where turn = 1
),

turns as (
    select
        item_id,
        gravity,
        told_on as said_on,
        lead(told_on) over (partition by item_id order by told_on) as until_on
    from compared
    where gravity is distinct from gravity_before
)

select
    turns.item_id,
    case turns.gravity when 1 then 'doubtful' when 2 then 'disputed' else 'promised' end
        as standing,
    turns.said_on,
    turns.until_on
from turns
left join staging.labelled_disputes as labelled on labelled.item_id = turns.item_id
where turns.gravity is not null and labelled.item_id is null
union all
select item_id, 'disputed', said_on, cast(null as date)
from staging.labelled_disputes
