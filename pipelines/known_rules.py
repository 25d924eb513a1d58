"""What must hold of past days as they were known then."""

from pipelines.checks import Rule

LAST_MONTH_ENDS = """
select month_end
from (select distinct month_end from receivables.month_ends)
order by month_end desc
limit 3 offset 1
"""
"""The days that are looked at: the last one is the snapshot's own."""

KNOWN_RULES = (
    Rule(
        "restatements_are_the_difference_of_the_views",
        "receivables.restatements",
        "What changed about a month end since adds up to the difference of what was known then "
        "and what is known now, per entity, customer and currency, at the last three month ends.",
        """
        select
            entity_id || ', customer ' || customer_id || ', ' || currency || ' on ' || $day
            || ': views ' || sum(views) || ', restatements ' || sum(listed)
        from (
            select entity_id, customer_id, currency, amount as views, 0.00 as listed
            from receivables.aged_balances($day)
            union all
            select entity_id, customer_id, currency, -amount, 0.00
            from receivables.aged_balances($day, _known_on := $day)
            union all
            select entity_id, customer_id, currency, 0.00, difference
            from receivables.restatements($day, $day)
        )
        group by entity_id, customer_id, currency
        having sum(views) <> sum(listed)
        """,
        blocking=True,
        on=LAST_MONTH_ENDS,
        also_reads=("receivables.aged_balances", "receivables.month_ends"),
    ),
    Rule(
        "past_views_equal_the_ledger_as_known_then",
        "receivables.movements_known",
        "Open items of the last three month ends, as known then, add up to what was booked by "
        "then and known, per entity, customer and currency.",
        """
        select
            entity_id || ', customer ' || customer_id || ', ' || currency || ' on ' || $day
            || ': booked ' || sum(booked) || ', open items ' || sum(open_amount)
        from (
            select entity_id, customer_id, currency, amount as open_amount, 0.00 as booked
            from receivables.aged_balances($day, _known_on := $day)
            union all
            select entity_id, customer_id, currency, 0.00, amount
            from receivables.movements_known($day)
            where event_on <= $day and source in ('booked', 'returned')
        )
        group by entity_id, customer_id, currency
        having sum(open_amount) <> sum(booked)
        """,
        blocking=False,
        on=LAST_MONTH_ENDS,
        also_reads=("receivables.aged_balances", "receivables.month_ends"),
    ),
)
