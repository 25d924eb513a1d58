-- Days of sales that are owed, and of those that are not overdue, by walking back month by month.
--
-- grain: series, month_end, figure
-- units: days: whole_days and, of the month in which the receivable runs out, numerator / denominator
-- rule:  a month whose sales are all still owed counts for all of its days; one without sales, or
--        with more credit notes than invoices, for its days too, and explains nothing
-- rule:  what is owed beyond all the sales since the books began is a lower bound
-- rule:  models.dso.dso_countback says the same, slowly
with months as (
    select
        series,
        month_end,
        begun_on,
        sales,
        receivable,
        receivable - overdue as not_overdue,
        cast(
            sum(greatest(sales, 0)) over (
                partition by series order by month_end
                rows between unbounded preceding and current row
            ) as bigint
        ) as sold
    from measuring.scopes
),

asked as (
    select series, month_end, begun_on, sales, sold, 'dso_countback' as figure, receivable as owed
    from months
    union all
    select series, month_end, begun_on, sales, sold, 'dso_best_possible', not_overdue
    from months
),

-- Sales laid end to end: a receivable reaches back to the first month that ends beyond its place.
-- Whether that is the month itself needs no looking for. Sold 700, 800, 900 end at 700, 1,500, 2,400:
-- who owes 2,100 reaches back to 300, in the first month, of which 700 - 300 = 400 are unpaid.
laid as (
    select series, month_end, cast(null as string) as figure, sold as place
    from months
    where sales > 0
    union all
    select series, month_end, figure, sold - owed
    from asked
    where owed > greatest(sales, 0) and owed <= sold
),

reached as (
    select
        series,
        month_end,
        figure,
        place,
        min(case when figure is null then month_end end) over (
            partition by series order by place desc, figure nulls last
            rows between unbounded preceding and current row
        ) as last_month_end
    from laid
),

explained as (
    select
        reached.series,
        reached.month_end,
        reached.figure,
        cast(reached.month_end - months.month_end as int) as whole_days,
        cast(extract(day from months.month_end) as hugeint) * (months.sold - reached.place) as numerator,
        cast(months.sales as hugeint) as denominator
    from reached
    join months
        on months.series = reached.series and months.month_end = reached.last_month_end
    where reached.figure is not null
)

select series, month_end, figure, whole_days, numerator, denominator, false as is_lower_bound
from explained
union all
select
    series,
    month_end,
    figure,
    case when owed > sold then cast(month_end - begun_on as int) + 1 else 0 end,
    case when owed > 0 and owed <= sold then cast(extract(day from month_end) as hugeint) * owed else 0 end,
    case when owed > 0 and owed <= sold then sales else 1 end,
    owed > sold
from asked
where owed <= greatest(sales, 0) or owed > sold
