-- Opening balance of each customer beside the closing balance of the year before.
--
-- grain: entity_id, account, customer_id, opened_on
-- units: book currency of the entity; positive is owed to us
-- rule:  where both agree, the items of the year before carry on and the opening lines are not
--        counted again (`carried`)
-- rule:  where the year before says nothing, or ends at nothing, the opening lines are items
--        themselves (`kept`); a check reports those that an earlier year speaks against
-- rule:  where they differ, the newer books are right: the items carry on, and the difference is an
--        item of its own (`restated`), which a check reports
-- rule:  an opening line without a customer stands for all customers of its account that are not
--        listed one by one: what each of them owed goes on, until an opening lists them again
with lines as (
    select
        lines.entity_id,
        lines.account,
        lines.customer_id,
        lines.has_auxiliary,
        lines.amount_book,
        lines.is_opening and days.year_opened_on = lines.entry_on as opens,
        days.year_opened_on
    from staging.receivable_lines as lines
    join staging.book_days as days
        on days.entity_id = lines.entity_id and days.entry_on = lines.entry_on
),

years as (
    select
        entity_id,
        opened_on,
        lag(opened_on) over (partition by entity_id order by opened_on) as previous_opened_on
    from staging.opening_days
),

openings as (
    select
        entity_id,
        account,
        customer_id,
        year_opened_on as opened_on,
        bool_or(not has_auxiliary) as is_pooled,
        sum(amount_book) as opening_book
    from lines
    where opens
    group by all
),

pools as (
    select entity_id, account, opened_on
    from openings
    where is_pooled and customer_id = account
),

-- What the customers of an account that is opened without them owe, year by year. Of those that an
-- opening tells one by one, or that it leaves out with nothing to stand for them, the lines of the
-- year say all.
sums as (
    select
        lines.entity_id,
        lines.account,
        lines.customer_id,
        lines.year_opened_on,
        sum(lines.amount_book) as amount_book
    from lines
    join (select distinct entity_id, account from pools) as pooled
        on pooled.entity_id = lines.entity_id and pooled.account = lines.account
    where lines.customer_id <> lines.account
    group by all
),

pooled_years as (
    select
        customers.entity_id,
        customers.account,
        customers.customer_id,
        years.opened_on,
        pools.account is null or listed.customer_id is not null as is_told,
        coalesce(sums.amount_book, 0) as amount_book
    from (select distinct entity_id, account, customer_id from sums) as customers
    join years on years.entity_id = customers.entity_id
    left join pools
        on pools.entity_id = customers.entity_id
        and pools.account = customers.account
        and pools.opened_on = years.opened_on
    left join openings as listed
        on listed.entity_id = customers.entity_id
        and listed.account = customers.account
        and listed.customer_id = customers.customer_id
        and listed.opened_on = years.opened_on
    left join sums
        on sums.entity_id = customers.entity_id
        and sums.account = customers.account
        and sums.customer_id = customers.customer_id
        and sums.year_opened_on = years.opened_on
    union all
    select entity_id, account, customer_id, year_opened_on, true, amount_book
    from sums
    where year_opened_on is null
),

since_told as (
    select
        *,
        sum(case when is_told then 1 else 0 end) over (
            partition by entity_id, account, customer_id order by opened_on nulls first
        ) as telling
    from pooled_years
),

taken_over as (
    select
        *,
        sum(amount_book) over (
            partition by entity_id, account, customer_id, telling order by opened_on nulls first
            rows between unbounded preceding and 1 preceding
        ) as owed_before
    from since_told
),

-- What an opening without customers holds of each is the customer's own, and not the account's.
owned as (
    select entity_id, account, customer_id, amount_book, year_opened_on
    from lines
    union all
    select entity_id, account, customer_id, owed_before, opened_on
    from taken_over
    where not is_told and owed_before <> 0
    union all
    select entity_id, account, account, -owed_before, opened_on
    from taken_over
    where not is_told and owed_before <> 0
),

closings as (
    select
        years.entity_id,
        lines.account,
        case
            when listed.customer_id is null and pools.account is not null then lines.account
            else lines.customer_id
        end as customer_id,
        years.opened_on,
        sum(lines.amount_book) as closing_book
    from years
    join owned as lines
        on lines.entity_id = years.entity_id
        and lines.year_opened_on is not distinct from years.previous_opened_on
    left join openings as listed
        on listed.entity_id = lines.entity_id
        and listed.account = lines.account
        and listed.customer_id = lines.customer_id
        and listed.opened_on = years.opened_on
    left join pools
        on pools.entity_id = lines.entity_id
        and pools.account = lines.account
        and pools.opened_on = years.opened_on
    group by all
)

select
    coalesce(openings.entity_id, closings.entity_id) as entity_id,
    coalesce(openings.account, closings.account) as account,
    coalesce(openings.customer_id, closings.customer_id) as customer_id,
    coalesce(openings.opened_on, closings.opened_on) as opened_on,
    cast(coalesce(openings.opening_book, 0) as decimal(18, 2)) as opening_book,
    cast(coalesce(closings.closing_book, 0) as decimal(18, 2)) as closing_book,
    case
        when coalesce(closings.closing_book, 0) = coalesce(openings.opening_book, 0) then 'carried'
        when coalesce(closings.closing_book, 0) = 0 then 'kept'
        else 'restated'
    end as fate
from openings
full join closings
    on closings.entity_id = openings.entity_id
    and closings.account = openings.account
    and closings.customer_id = openings.customer_id
    and closings.opened_on = openings.opened_on
