-- The days on which a new year of the books opens, so that its opening lines repeat what the year
-- before already says.
--
-- grain: entity_id, opened_on
-- units: book currency of the entity
-- rule:  an opening entry opens a year when its file begins with it, when it is on the first of the
--        month in which the file begins, a year or more later, or when it repeats the balance of the
--        receivable accounts to the cent, all together or of at least half of the customers who are in
--        it or owe something; any other is an entry like the rest
with openings as (
    select
        lines.entity_id,
        lines.entry_on as opened_on,
        min(files.first_on) as file_first_on
    from staging.receivable_lines as lines
    join staging.files as files on files.source_sha256 = lines.source_sha256
    where lines.is_opening
    group by all
),

told as (
    select
        entity_id,
        opened_on,
        opened_on = file_first_on
        or extract(day from opened_on) = 1
        and extract(month from opened_on) = extract(month from file_first_on)
        and extract(year from opened_on) > extract(year from file_first_on) as opens
    from openings
),

-- Where the books begin with an opening, it is the start of every later balance.
begun as (
    select lines.entity_id, min(lines.entry_on) as begun_on
    from staging.receivable_lines as lines
    group by all
),

-- Of an opening that its day does not tell: what it says of each customer, and what they owed.
said as (
    select
        told.entity_id,
        told.opened_on,
        lines.account,
        lines.customer_id,
        sum(case when lines.entry_on = told.opened_on then lines.amount_book else 0 end)
            as opening_book,
        sum(case when lines.entry_on < told.opened_on then lines.amount_book else 0 end)
            as balance_book
    from told
    join begun on begun.entity_id = told.entity_id
    join staging.receivable_lines as lines
        on lines.entity_id = told.entity_id and lines.entry_on <= told.opened_on
    where
        not told.opens
        and case
            when lines.entry_on = told.opened_on then lines.is_opening
            else not lines.is_opening or lines.entry_on = begun.begun_on
        end
    group by all
)

select entity_id, opened_on
from told
where opens
union all
select entity_id, opened_on
from said
where opening_book <> 0 or balance_book <> 0
group by entity_id, opened_on
having
    sum(opening_book) = sum(balance_book)
    or 2 * count(case when opening_book = balance_book then 1 end) >= count(*)
