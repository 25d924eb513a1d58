-- Balance of each receivable account as the books themselves state it: the opening of the year and
-- what was booked since, at the same days as the tie-out.
--
-- grain: day, entity_id, account
-- units: book currency of the entity; positive is owed to us
-- rule:  this is added up from the lines of the files alone, and knows nothing of items, matches or
--        openings carried on: it is what they are held against
with days as (
    select distinct control.day
    from receivables.control_balances as control
),

lines as (
    select
        lines.entity_id,
        lines.account,
        lines.entry_on,
        lines.amount_book,
        days.year_opened_on
    from staging.receivable_lines as lines
    join staging.book_days as days
        on days.entity_id = lines.entity_id and days.entry_on = lines.entry_on
),

years as (
    select days.day, lines.entity_id, max(lines.year_opened_on) as year_opened_on
    from days
    join (select distinct entity_id, year_opened_on, entry_on from lines) as lines
        on lines.entry_on <= days.day
    group by all
)

select
    years.day,
    lines.entity_id,
    lines.account,
    cast(sum(lines.amount_book) as decimal(18, 2)) as balance_book
from years
join lines
    on lines.entity_id = years.entity_id
    and lines.year_opened_on is not distinct from years.year_opened_on
    and lines.entry_on <= years.day
group by all
