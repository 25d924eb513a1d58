"""The balances of every day, or of every month end, in the ways that ask each day anew.

All are SQL, on the same tables and the same engine as ours: what differs is the way.
"""

# The bucket of an amount that is open on `days.day`.
BUCKET = """
case
    when side = 'credit' then 'unapplied'
    when due_on is null then 'no_due_date'
    when due_on >= days.day then 'not_due'
    when due_on >= days.day - 30 then '1-30'
    when due_on >= days.day - 60 then '31-60'
    when due_on >= days.day - 90 then '61-90'
    when due_on >= days.day - 120 then '91-120'
    else 'over_120'
end
"""

DAYS = """
days as (
    select cast(unnest(generate_series(
        (select min(event_on) from receivables.movements), $as_of, interval 1 day
    )) as date) as day
)
"""

NAIVE = f"""
with {DAYS}

select days.day, entity_id, currency, {BUCKET} as bucket, sum(amount) as amount
from days
join receivables.movements as movements on movements.event_on <= days.day
group by all
"""
"""Every day against every movement up to it."""

SNAPSHOTS = f"""
with {DAYS},

spans as (
    select
        item_id, entity_id, currency, side, due_on, event_on,
        lead(event_on) over item as next_on,
        sum(amount) over item as open_amount
    from receivables.movements
    window item as (partition by item_id order by event_on, known_on, source)
)

select days.day, entity_id, currency, {BUCKET} as bucket, sum(open_amount) as amount
from days
join spans on spans.event_on <= days.day and (spans.next_on is null or spans.next_on > days.day)
where open_amount <> 0
group by all
"""
"""A row for every open item of every day, as a nightly copy keeps them, added up."""

REPORT = """
select as_of as day, entity_id, currency, bucket, sum(amount) as amount
from receivables.aged_balances($day)
group by all
"""
"""The aged balance of one day, to be asked for each."""

SCAN = "select max(event_on), max(due_on), sum(amount) from receivables.movements"
"""What has to be read whatever the way: three columns."""

NAIVE_MONTHS = f"""
with days as (
    select distinct least(cast(last_day(cast(day as date)) as date), $as_of) as day
    from (
        select unnest(generate_series(
            (select min(event_on) from receivables.movements), $as_of, interval 1 day
        )) as day
    )
)

select
    days.day, entity_id, concat_ws('|', customer_id, currency) as currency,
    {BUCKET} as bucket, sum(amount) as amount
from days
join receivables.movements as movements on movements.event_on <= days.day
group by days.day, entity_id, customer_id, currency, 4
"""
"""Every month end against every movement up to it, by customer."""
