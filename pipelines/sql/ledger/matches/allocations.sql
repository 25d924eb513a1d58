-- Matches that a table extract states itself: which credit settles which debit, and by how much.
--
-- grain: debit_item_id, credit_item_id, noted_on
-- units: currency of the two items; positive
-- rule:  one file may allocate a credit to a debit in several rows; where two files do, the newer one
--        counts from the first day on that it tells of, the older one before that day
-- rule:  what is stated comes before what the same credit only names
-- rule:  a row that a newer file replaced (staging.table_items) allocates no more; rows of a list of
--        allocations, which are no items, all count
-- rule:  a payment or a credit note that names its invoice does not say how much of it is for that:
--        no more than is left of the invoice; the rest of it is unapplied
-- rule:  an invoice of several due dates is settled from the first of them on
-- rule:  a match takes effect on the later of the two bookings, whatever day it was noted; that
--        day is noted_on, where the extract states it; else it is known from the first extract
--        that states the match
-- rule:  parts that were allocated on several days are a match each, known from its own day
with counting_rows as (
    select distinct entity_id, source_sha256, source_line
    from staging.table_items
    where listed_item_id is null
),

item_files as (
    select distinct source_sha256
    from raw.items
),

told as (
    select
        coalesce(allocations.entity_id, files.entity_id) as entity_id,
        allocations.debit_key,
        allocations.credit_key,
        allocations.allocated_on,
        extracts.extracted_on,
        extracts.recency,
        sum(allocations.amount) as amount,
        bool_and(
            item_files.source_sha256 is not null
            and allocations.debit_key like 'invoice|%'
            and allocations.credit_key not like 'settlement|%'
            and allocations.credit_key not like 'credit|%'
        ) as only_names_it
    from raw.allocations as allocations
    join staging.files as files on files.source_sha256 = allocations.source_sha256
    join intake.extract_days as extracts
        on extracts.source_sha256 = allocations.source_sha256
        and extracts.entity_id = coalesce(allocations.entity_id, files.entity_id)
    left join item_files on item_files.source_sha256 = allocations.source_sha256
    left join counting_rows
        on counting_rows.entity_id = coalesce(allocations.entity_id, files.entity_id)
        and counting_rows.source_sha256 = allocations.source_sha256
        and counting_rows.source_line = allocations.source_line
    where files.refused_reason is null
        and (item_files.source_sha256 is null or counting_rows.source_sha256 is not null)
    group by
        allocations.entity_id, files.entity_id, extracts.recency, extracts.extracted_on,
        allocations.debit_key, allocations.credit_key, allocations.allocated_on
),

-- From this day on a file tells all parts of a debit and a credit that it allocates.
tells_from as (
    select entity_id, recency, min(allocated_on) as told_from
    from told
    group by entity_id, recency
),

told_again as (
    select
        told.*,
        min(told.extracted_on) over pair as first_extracted_on,
        min(case when told.only_names_it then 1 else 0 end) over pair as is_only_named,
        min(case when not told.only_names_it then tells_from.told_from end) over (
            partition by told.entity_id, told.debit_key, told.credit_key
            order by told.recency
            range between 1 following and unbounded following
        ) as told_again_from
    from told
    join tells_from
        on tells_from.entity_id = told.entity_id and tells_from.recency = told.recency
    window pair as (partition by told.entity_id, told.debit_key, told.credit_key)
),

stated as (
    select
        entity_id,
        debit_key,
        credit_key,
        allocated_on,
        sum(amount) as amount,
        bool_and(only_names_it) as only_names_it,
        min(first_extracted_on) as extracted_on
    from told_again
    where (not only_names_it or is_only_named = 1)
        and (told_again_from is null or allocated_on < told_again_from)
    group by entity_id, debit_key, credit_key, allocated_on
),

-- An invoice is named by its number; one that has several lines or due dates is several items.
debits as (
    select
        entity_id, item_key as named_key, item_id, amount, currency, booked_on, due_on, known_on
    from staging.table_items
    where amount > 0 and not only_lends_due_dates and listed_item_id is null
    union all
    select
        entity_id, concat_ws('|', 'invoice', customer_id, document_ref), item_id, amount, currency,
        booked_on, due_on, known_on
    from staging.table_items
    where amount > 0 and not only_lends_due_dates and listed_item_id is null
        and kind = 'invoice'
        and item_key <> concat_ws('|', 'invoice', customer_id, document_ref)
),

debits_in_turn as (
    select
        *,
        cast((sum(amount) over part) - amount as decimal(18, 2)) as from_amount,
        cast(sum(amount) over part as decimal(18, 2)) as to_amount,
        row_number() over (
            partition by entity_id, named_key, currency
            order by due_on desc nulls first, item_id desc
        ) as turn_back
    from debits
    window part as (
        partition by entity_id, named_key, currency order by due_on nulls last, item_id
        rows between unbounded preceding and current row
    )
),

-- What is stated comes first; of what only names the invoice, the oldest.
credits_in_turn as (
    select
        stated.entity_id,
        stated.debit_key,
        credits.item_id,
        credits.currency,
        credits.booked_on,
        credits.known_on,
        stated.only_names_it,
        stated.allocated_on,
        stated.extracted_on,
        stated.amount
    from stated
    join staging.table_items as credits
        on credits.entity_id = stated.entity_id
        and credits.item_key = stated.credit_key
        and credits.amount < 0
    where not credits.only_lends_due_dates and credits.listed_item_id is null
),

laid_out as (
    select
        *,
        cast((sum(amount) over line) - amount as decimal(18, 2)) as from_amount,
        cast(sum(amount) over line as decimal(18, 2)) as to_amount
    from credits_in_turn
    window line as (
        partition by entity_id, debit_key, currency
        order by only_names_it, booked_on, item_id, allocated_on nulls first
        rows between unbounded preceding and current row
    )
)

-- The credits are laid beside the due dates of the invoice, the first one first. What is stated is
-- taken at its word, also where it is more than there is: a check names it.
select
    debits.item_id as debit_item_id,
    credits.item_id as credit_item_id,
    cast(
        case
            when debits.turn_back = 1 and not credits.only_names_it then credits.to_amount
            else least(credits.to_amount, debits.to_amount)
        end - greatest(credits.from_amount, debits.from_amount)
        as decimal(18, 2)
    ) as amount,
    greatest(debits.booked_on, credits.booked_on) as matched_on,
    greatest(
        debits.known_on,
        credits.known_on,
        coalesce(credits.allocated_on, credits.extracted_on, debits.booked_on)
    ) as known_on,
    credits.allocated_on as noted_on,
    'allocation' as method
from laid_out as credits
join debits_in_turn as debits
    on debits.entity_id = credits.entity_id
    and debits.named_key = credits.debit_key
    and debits.currency = credits.currency
    and debits.from_amount < credits.to_amount
    and (
        credits.from_amount < debits.to_amount
        or (debits.turn_back = 1 and not credits.only_names_it)
    )
