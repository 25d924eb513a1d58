-- Which lines of earlier years a lettered opening line stands for, so that they are settled with it.
--
-- grain: line_id
-- rule:  first the line of the same customer, document and amount; what is then left of a customer
--        is settled by an opening line that sums it up, when the group balances
-- rule:  where the opening was restated, the difference is an item, and belongs to what it sums up
-- rule:  a line that is settled within its own year is not looked at
-- rule:  shown_on is the day of the extract that has the lettered opening line: what it settles may be
--        in older ones
with doubles as (
    select
        lines.*,
        lettered.group_key,
        lettered.lettered_on as group_lettered_on,
        files.latest_on as shown_on
    from staging.lettering_groups as lettered
    join staging.receivable_lines as lines on lines.line_id = lettered.line_id
    join staging.files as files on files.source_sha256 = lines.source_sha256
    where lettered.is_double and lettered.needs_doubles
),

candidates as (
    select lines.*
    from staging.receivable_lines as lines
    left join staging.lettering_groups as lettered on lettered.line_id = lines.line_id
    left join staging.opening_balances as balances
        on lines.is_opening
        and balances.entity_id = lines.entity_id
        and balances.account = lines.account
        and balances.customer_id = lines.customer_id
        and balances.opened_on = lines.entry_on
    where
        coalesce(balances.fate, 'kept') = 'kept'
        and (lettered.line_id is null or lettered.level = 'partial')
),

numbered_doubles as (
    select
        *,
        row_number() over (
            partition by entity_id, account, customer_id, document_ref, amount_book, entry_on
            order by document_on, line_id
        ) as copy_number
    from doubles
    where document_ref is not null
),

numbered_candidates as (
    select
        doubles.line_id as double_id,
        candidates.line_id,
        row_number() over (partition by doubles.line_id order by candidates.document_on, candidates.line_id) as copy_number
    from numbered_doubles as doubles
    join candidates
        on candidates.entity_id = doubles.entity_id
        and candidates.account = doubles.account
        and candidates.customer_id = doubles.customer_id
        and candidates.document_ref = doubles.document_ref
        and candidates.amount_book = doubles.amount_book
        and candidates.entry_on < doubles.entry_on
),

by_document as (
    select
        candidates.line_id,
        max_by(doubles.group_key, doubles.entry_on) as group_key,
        max_by(doubles.group_lettered_on, doubles.entry_on)
            filter (where doubles.group_lettered_on is not null) as lettered_on,
        max_by(doubles.shown_on, doubles.entry_on) as shown_on
    from numbered_candidates as candidates
    join numbered_doubles as doubles
        on doubles.line_id = candidates.double_id and doubles.copy_number = candidates.copy_number
    group by all
),

-- The opening lines that sum up a customer: those whose document is on no earlier line.
sums as (
    select
        entity_id,
        account,
        customer_id,
        entry_on,
        min(group_key) as group_key,
        max(group_lettered_on) as lettered_on,
        max(shown_on) as shown_on,
        sum(amount_book) as amount_book
    from doubles
    where not exists (
        select 1 from numbered_candidates where numbered_candidates.double_id = doubles.line_id
    )
    group by all
    having count(distinct group_key) = 1
),

remaining as (
    select
        candidates.line_id,
        candidates.amount_book,
        sums.group_key,
        sums.lettered_on,
        sums.shown_on,
        sums.entry_on as opened_on,
        sums.amount_book as opening_book,
        row_number() over (partition by candidates.line_id order by sums.entry_on) as turn
    from candidates
    join sums
        on sums.entity_id = candidates.entity_id
        and sums.account = candidates.account
        and sums.customer_id = candidates.customer_id
        and sums.entry_on > candidates.entry_on
    where candidates.line_id not in (select line_id from by_document)
),

-- The difference that a restated opening adds, by the number of its item in ledger.items.
restated as (
    select
        sums.group_key,
        sums.lettered_on,
        sums.shown_on,
        sums.entry_on as opened_on,
        number_of(
            concat_ws(
                '|', balances.entity_id, balances.account, balances.customer_id,
                balances.opened_on, 'restated'
            )
        ) as line_id,
        balances.opening_book - balances.closing_book as amount_book
    from sums
    join staging.opening_balances as balances
        on balances.fate = 'restated'
        and balances.entity_id = sums.entity_id
        and balances.account = sums.account
        and balances.customer_id = sums.customer_id
        and balances.opened_on = sums.entry_on
),

balanced as (
    select remaining.group_key, remaining.opened_on
    from remaining
    left join restated
        on restated.group_key = remaining.group_key and restated.opened_on = remaining.opened_on
    where remaining.turn = 1
    group by remaining.group_key, remaining.opened_on
    having
        sum(remaining.amount_book) + coalesce(max(restated.amount_book), 0)
        = min(remaining.opening_book)
)

select line_id, group_key, lettered_on, shown_on from by_document
union all
select remaining.line_id, remaining.group_key, remaining.lettered_on, remaining.shown_on
from remaining
join balanced
    on balanced.group_key = remaining.group_key and balanced.opened_on = remaining.opened_on
where remaining.turn = 1
union all
select restated.line_id, restated.group_key, restated.lettered_on, restated.shown_on
from restated
join balanced
    on balanced.group_key = restated.group_key and balanced.opened_on = restated.opened_on
