-- Which ages fall in which bucket: the first and the last day of each.
--
-- grain: bucket_rank
-- asks:  bounds=[30, 60, 90, 120]; convention='encaisse'
-- units: days; an age without a day has a number of its own: 1999999998 no due date, 1999999999
--        unapplied
-- rule:  a bucket holds its first and its last day; what is beyond the last bound is never lost
-- rule:  convention 'erpnext' has today in the first bucket, 'oca_statement' moves each bound a day up
with bounds as (
    select
        cast(unnest(range(1, len($bounds) + 1)) as int) as bucket_rank,
        cast(unnest($bounds) as int) as bound
),

starts as (
    select
        bucket_rank,
        bound,
        lag(bound) over (order by bucket_rank) as before_it,
        lead(bound) over (order by bucket_rank) is null as is_last,
        case when $convention = 'erpnext' then 0 else 1 end as first_late,
        case when $convention = 'oca_statement' then 1 else 0 end as shift
    from bounds
)

select
    bucket_rank,
    case when before_it is null then first_late else before_it + 1 - shift end as first_day,
    bound - shift as last_day,
    concat(coalesce(before_it + 1, first_late), '-', bound) as bucket,
    true as is_overdue
from starts
union all
select bucket_rank + 1, bound + 1 - shift, 1999999997, concat('over_', bound), true
from starts
where is_last
union all
select 0, -2000000000, first_late - 1, 'not_due', false
from starts
where before_it is null
union all
select 90, 1999999998, 1999999998, 'no_due_date', false
union all
select 91, 1999999999, 1999999999, 'unapplied', false
