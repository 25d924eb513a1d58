-- Ledger lines in a foreign currency that can only be followed in the currency of the books.
--
-- grain: line_id
-- rule:  what was lettered together and settles itself in each of its currencies stays in them
-- rule:  else it is followed in the book's currency where there are several, or where the book
--        amounts add up to nothing: the accountant closed it, and it stays closed
-- rule:  a line of an earlier year belongs to the group of the opening line that stands for it
with members as (
    select line_id, group_key
    from staging.opening_links
    union all
    select lettered.line_id, lettered.group_key
    from staging.lettering_groups as lettered
    anti join staging.opening_links as links on links.line_id = lettered.line_id
    where not lettered.is_double
),

-- Most books have few of these, or none.
foreign_lines as (
    select line_id
    from staging.receivable_lines
    where currency <> book_currency
),

foreign_groups as (
    select distinct members.group_key
    from members
    join foreign_lines on foreign_lines.line_id = members.line_id
),

lines as (
    select
        members.group_key,
        lines.line_id,
        lines.currency,
        lines.book_currency,
        lines.amount,
        lines.amount_book
    from members
    join foreign_groups on foreign_groups.group_key = members.group_key
    join staging.receivable_lines as lines on lines.line_id = members.line_id
),

-- An exchange difference is of the currency of what it was lettered with, and nothing in it.
sums as (
    select
        group_key,
        currency,
        count(*) filter (where amount <> 0) as line_count,
        sum(amount) as amount,
        sum(amount_book) as amount_book
    from lines
    group by group_key, currency
),

mixed as (
    select group_key
    from sums
    group by group_key
    having max(case when amount <> 0 then 1 else 0 end) = 1
        and (count(*) filter (where line_count > 0) > 1 or sum(amount_book) = 0)
)

select distinct lines.line_id
from lines
join mixed on mixed.group_key = lines.group_key
where lines.currency <> lines.book_currency
