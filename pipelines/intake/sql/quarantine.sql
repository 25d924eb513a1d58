-- What was set aside: one row for each record, with the first thing that is wrong in it and, in the
-- reason, what else is. Records that could not even be split, or contradict themselves, are in
-- `refused`; those that were parsed, in the view `set_aside`.
copy (
    select
        set_aside.source_line,
        case when set_aside.reason is null then headers.header end as column_name,
        case when set_aside.reason is null then problems[1].value end as value,
        coalesce(set_aside.reason, problems[1].reason)
        || case
            when set_aside.reason is null and len(problems) > 1
                then ' Also wrong in this record: '
                    || array_to_string(list_transform(problems[2:], lambda problem: problem.name), ', ')
                    || '.'
            else ''
        end as reason
    from set_aside
    left join headers on headers.name = problems[1].name
    union all
    select source_line, column_name, value, reason
    from refused
    order by source_line, column_name, reason
)
