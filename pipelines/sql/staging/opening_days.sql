-- The days on which a new year of the books opens, so that its opening lines repeat what the year
-- before already says.
--
-- grain: entity_id, opened_on
-- units: book currency of the entity
-- rule:  an opening entry opens a year when its file begins with it, when it is on the first of the
--        month in which the file begins, a year or more later, or when it repeats the balance of the
--        receivable accounts to the cent; any other is an entry like the rest
with openings as (
    select
        lines.entity_id,
        lines.entry_on as opened_on,
        min(files.first_on) as file_first_on,
        sum(lines.amount_book) as opening_book
    from staging.receivable_lines as lines
    join staging.files as files on files.source_sha256 = lines.source_sha256
    where lines.is_opening
    group by all
),

-- Where the books begin with an opening, it is the start of every later balance.
begun as (
    select lines.entity_id, min(lines.entry_on) as begun_on
    from staging.receivable_lines as lines
    group by all
),

moved as (
    select
        openings.entity_id,
        openings.opened_on,
        sum(lines.amount_book) as balance_book
    from openings
    join begun on begun.entity_id = openings.entity_id
    join staging.receivable_lines as lines
        on lines.entity_id = openings.entity_id
        and lines.entry_on < openings.opened_on
        and (not lines.is_opening or lines.entry_on = begun.begun_on)
    group by all
)

select openings.entity_id, openings.opened_on
from openings
left join moved
    on moved.entity_id = openings.entity_id and moved.opened_on = openings.opened_on
where openings.opened_on = openings.file_first_on
    or openings.opening_book = moved.balance_book
    or extract(day from openings.opened_on) = 1
    and extract(month from openings.opened_on) = extract(month from openings.file_first_on)
    and extract(year from openings.opened_on) > extract(year from openings.file_first_on)
