-- Which ages fall in which bucket: the first and the last day of each.
--
-- grain: bucket_rank
-- asks:  bounds=[30, 60, 90, 120]; convention='encaisse'
-- units: days; an age without a day has a number of its own: 1999999998 no due date, 1999999999
--        unapplied
-- rule:  a bucket holds its first and its last day; what is beyond the last bound is never lost
-- rule:  convention 'erpnext' has today in the first bucket, 'oca_statement' moves each bound a day up
select
    bucket_rank,
    case
        when bucket_rank = 0 then -2000000000
        when bucket_rank >= 90 then 1999999908 + bucket_rank
        when bucket_rank = 1 then case when $convention = 'erpnext' then 0 else 1 end
        else $bounds[bucket_rank - 1] + case when $convention = 'oca_statement' then 0 else 1 end
    end as first_day,
    case
        when bucket_rank = 0 then case when $convention = 'erpnext' then -1 else 0 end
        when bucket_rank >= 90 then 1999999908 + bucket_rank
        when bucket_rank > len($bounds) then 1999999997
        else $bounds[bucket_rank] - case when $convention = 'oca_statement' then 1 else 0 end
    end as last_day,
    case
        when bucket_rank = 0 then 'not_due'
        when bucket_rank = 90 then 'no_due_date'
        when bucket_rank = 91 then 'unapplied'
        when bucket_rank > len($bounds) then concat('over_', $bounds[len($bounds)])
        when bucket_rank = 1
            then concat(case when $convention = 'erpnext' then '0-' else '1-' end, $bounds[1])
        else concat($bounds[bucket_rank - 1] + 1, '-', $bounds[bucket_rank])
    end as bucket,
    bucket_rank between 1 and 89 as is_overdue
from (
    select cast(unnest(list_concat(range(0, len($bounds) + 2), [90, 91])) as int) as bucket_rank
) as ranks
