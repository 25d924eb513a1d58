-- Each day of an entity's books, with the year of the books that it belongs to.
--
-- grain: entity_id, entry_on
-- rule:  year_opened_on is null before the first opening day that the extracts show
with days as (
    select distinct entity_id, entry_on
    from staging.receivable_lines
)

select
    days.entity_id,
    days.entry_on,
    max(openings.opened_on) as year_opened_on
from days
left join staging.opening_days as openings
    on openings.entity_id = days.entity_id and openings.opened_on <= days.entry_on
group by all
