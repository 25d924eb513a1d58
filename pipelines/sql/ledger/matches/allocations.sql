-- Matches that a table extract states itself: which credit settles which debit, and by how much.
--
-- grain: debit_item_id, credit_item_id
-- units: currency of the two items; positive
-- rule:  one file may allocate a credit to a debit in several rows; another file says it again
-- rule:  a row that a newer file replaced (staging.table_items) allocates no more; rows of a list of
--        allocations, which are no items, all count
-- rule:  a payment or a credit note that names its invoice does not say how much of it is for that:
--        no more than is left of the invoice; the rest of it is unapplied
-- rule:  a match takes effect on the later of the two bookings, whatever day it was noted; that
--        day is noted_on, where the extract states it; else it is known from the first extract
--        that states the match
with counting_rows as (
    select distinct entity_id, source_sha256, source_line
    from staging.table_items
    where listed_item_id is null
),

item_files as (
    select distinct source_sha256
    from raw.items
),

stated as (
    select
        coalesce(allocations.entity_id, files.entity_id) as entity_id,
        allocations.debit_key,
        allocations.credit_key,
        sum(allocations.amount) as amount,
        bool_and(
            item_files.source_sha256 is not null
            and allocations.debit_key like 'invoice|%'
            and allocations.credit_key not like 'settlement|%'
            and allocations.credit_key not like 'credit|%'
        ) as only_names_it,
        max(allocations.allocated_on) as allocated_on,
        min(extracts.extracted_on) as extracted_on
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
        allocations.entity_id, files.entity_id, allocations.source_sha256, allocations.debit_key,
        allocations.credit_key
),

found as (
    select
        debits.item_id as debit_item_id,
        credits.item_id as credit_item_id,
        debits.amount as debit_amount,
        credits.booked_on as credited_on,
        max(stated.amount) as amount,
        bool_and(stated.only_names_it) as only_names_it,
        greatest(debits.booked_on, credits.booked_on) as matched_on,
        greatest(
            debits.known_on,
            credits.known_on,
            coalesce(max(stated.allocated_on), min(stated.extracted_on), debits.booked_on)
        ) as known_on,
        max(stated.allocated_on) as noted_on
    from stated
    join staging.table_items as debits
        on debits.entity_id = stated.entity_id
        and debits.item_key = stated.debit_key
        and debits.amount > 0
    join staging.table_items as credits
        on credits.entity_id = stated.entity_id
        and credits.item_key = stated.credit_key
        and credits.currency = debits.currency
        and credits.amount < 0
    where not debits.only_lends_due_dates
        and not credits.only_lends_due_dates
        and debits.listed_item_id is null
        and credits.listed_item_id is null
    group by
        debits.item_id, credits.item_id, debits.amount, debits.booked_on, credits.booked_on,
        debits.known_on, credits.known_on
),

-- What is stated comes first; of what only names the invoice, the oldest.
in_turn as (
    select
        *,
        coalesce(
            sum(amount) over (
                partition by debit_item_id order by only_names_it, credited_on, credit_item_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as settled_before
    from found
)

select
    debit_item_id,
    credit_item_id,
    cast(
        case
            when only_names_it then least(amount, debit_amount - settled_before)
            else amount
        end as decimal(18, 2)
    ) as amount,
    matched_on,
    known_on,
    noted_on,
    'allocation' as method
from in_turn
where not only_names_it or settled_before < debit_amount
