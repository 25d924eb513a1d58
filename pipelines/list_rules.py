"""What must hold of lists of open items, and what of them asks for a person."""

from pipelines.checks import Rule

LIST_RULES = (
    Rule(
        "open_items_equal_the_lists",
        "receivables.list_balances",
        "The open items of the day of each list add up to what the list shows, per entity, "
        "customer and currency.",
        """
        select
            entity_id || ', customer ' || customer_id || ', ' || currency || ' on ' || listed_on
            || ': list ' || list_amount || ', open items ' || open_amount
        from receivables.list_balances
        where list_amount <> open_amount
        """,
        blocking=True,
    ),
    Rule(
        "lists_say_their_day",
        "intake.open_lists",
        "Every list of open items says of which day it is, in a column or in its name.",
        """
        select name || ': no day is stated; ' || listed_on || ' is taken, the newest date in it'
        from intake.open_lists
        where basis = 'newest'
            and entity_id in (
                select entity_id
                from intake.open_lists
                group by entity_id
                having count(*) > 1
            )
        union all
        select files.name || ': the list is empty and says no day, so it does not count'
        from staging.list_names as names
        join staging.files as files on files.source_sha256 = names.source_sha256
        where names.source_sha256 not in (select source_sha256 from staging.open_lists)
        """,
        blocking=False,
        also_reads=("staging.list_names", "staging.open_lists", "staging.files"),
    ),
    Rule(
        "lists_are_whole",
        "intake.open_lists",
        "Every list of open items shows all that was open: what is gone from it counts as settled.",
        """
        select distinct entity_id || ', list of ' || listed_on || ': it is in ' || file_count
            || ' of the ' || previous_file_count || ' files that the list before was in'
        from intake.open_lists
        where file_count < previous_file_count
        union all
        select distinct entity_id || ', list of ' || listed_on || ': nothing in ' || currency_lost
            || ' is open any more'
        from intake.open_lists
        where currency_lost is not null and file_count >= previous_file_count and item_count > 0
        union all
        select name || ': ' || replaced_by || ' shows the same day again, and counts instead'
        from intake.open_lists
        where replaced_by is not null
        union all
        select lists.name || ': ' || count(*) || ' of its records were set aside; what they say is '
            || 'open counts as settled'
        from (select distinct source_sha256, name from intake.open_lists) as lists
        join intake.quarantine as aside
            on aside.source_sha256 = lists.source_sha256
            and not starts_with(aside.reason, 'This is a totals line')
            and not starts_with(aside.reason, 'This is no receivable')
            and not starts_with(aside.reason, 'This is the same record')
        group by lists.source_sha256, lists.name
        """,
        blocking=False,
        also_reads=("intake.quarantine",),
    ),
    Rule(
        "lists_stand_alone",
        "intake.open_lists",
        "A firm that gives lists of open items gives no other table of what customers owe.",
        """
        select tables.entity_id || ': ' || count(*) || ' items come from other tables than its '
            || 'lists of open items; those stay open unless their table says that they are paid'
        from staging.table_items as tables
        where
            tables.listed_item_id is null
            and not tables.only_lends_due_dates
            and tables.entity_id in (select entity_id from intake.open_lists)
        group by tables.entity_id
        """,
        blocking=False,
        also_reads=("staging.table_items",),
    ),
)
