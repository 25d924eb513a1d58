"""What of the FECs asks for a person: openings that differ, days that overlap, odd lines."""

from pipelines.checks import Rule

FEC_RULES = (
    Rule(
        "openings_repeat_the_year_before",
        "staging.opening_balances",
        "The opening balance of each customer is the closing balance of the year before.",
        """
        select entity_id || ', customer ' || customer_id || ', account ' || account || ' on '
            || opened_on || ': opening ' || opening_book || ', closing ' || closing_book
        from staging.opening_balances as balances
        where fate = 'restated'
            or fate = 'kept' and opening_book <> 0 and exists (
                select 1 from staging.receivable_lines as lines
                where lines.entity_id = balances.entity_id
                    and lines.customer_id = balances.customer_id
                    and lines.entry_on < balances.opened_on
            )
        """,
        blocking=False,
        also_reads=("staging.receivable_lines",),
    ),
    Rule(
        "exports_of_one_period_agree",
        "staging.fec_overlaps",
        "Two exports that cover the same days are the same period exported again, or have nothing "
        "in common.",
        """
        select older.name || ' and ' || newer.name || ' share ' || pairs.shared_entry_count
            || ' of ' || pairs.older_entry_count || ' entries between ' || pairs.from_on
            || ' and ' || pairs.to_on || '; those are counted once'
        from staging.fec_overlaps as pairs
        join intake.files as older on older.source_sha256 = pairs.older_sha256
        join intake.files as newer on newer.source_sha256 = pairs.newer_sha256
        where not pairs.replaces_period
        """,
        blocking=False,
        also_reads=("intake.files",),
    ),
    Rule(
        "later_exports_know_more",
        "staging.fec_overlaps",
        "Of two exports of one period, the one that came later knows the later day.",
        """
        select older.name || ' came later and knows no later day than ' || newer.name
            || ', which counts'
        from staging.fec_overlaps as pairs
        join staging.files as older on older.source_sha256 = pairs.older_sha256
        join staging.files as newer on newer.source_sha256 = pairs.newer_sha256
        where pairs.replaces_period and older.landed_at > newer.landed_at
        """,
        blocking=False,
        also_reads=("staging.files",),
    ),
    # The law wants one of the two. Most software that writes both means their difference, and an
    # entry balances either way.
    Rule(
        "lines_are_debit_or_credit",
        "raw.fec_lines",
        "Every line of a FEC is a debit or a credit, and not both.",
        """
        select files.name || ', line ' || lines.source_line || ': debit ' || lines.debit
            || ' and credit ' || lines.credit || ' on one line, whose difference counts'
        from raw.fec_lines as lines
        join staging.files as files on files.source_sha256 = lines.source_sha256
        where lines.debit <> 0 and lines.credit <> 0
        """,
        blocking=False,
        also_reads=("staging.files",),
    ),
    Rule(
        "accounts_are_of_the_chart",
        "staging.accounts",
        "Every account of a FEC begins with three digits of the chart.",
        """
        select files.name || ', line ' || min(lines.source_line) || ': account ' || accounts.account
            || ' begins with no three digits of the chart'
        from staging.accounts as accounts
        join raw.fec_lines as lines on lines.account = accounts.account
        join staging.files as files on files.source_sha256 = lines.source_sha256
        where not regexp_full_match(accounts.account, '[1-9][0-9]{2}.*')
        group by files.name, accounts.account
        """,
        blocking=False,
        also_reads=("raw.fec_lines", "staging.files"),
    ),
    # What is booked ahead by habit (the depreciation of the year, rents) is on other accounts.
    Rule(
        "entries_are_not_dated_ahead",
        "staging.receivable_lines",
        "No entry on a receivable account is dated long after its extract was made, and after all "
        "that is booked before it.",
        """
        with days as (
            select lines.source_sha256, lines.entry_on,
                least(files.latest_on, cast(files.landed_at as date)) as made_on,
                lag(lines.entry_on) over (
                    partition by lines.source_sha256 order by lines.entry_on
                ) as before_it
            from (select distinct source_sha256, entry_on from raw.fec_lines) as lines
            join staging.files as files on files.source_sha256 = lines.source_sha256
        ),

        ahead as (
            select source_sha256, min(entry_on) as since
            from days
            where entry_on > 31 + greatest(made_on, before_it)
            group by source_sha256
        )

        select files.name || ', line ' || lines.source_line || ': dated ' || lines.entry_on
            || ', more than 31 days after the extract was made'
        from staging.receivable_lines as lines
        join ahead on ahead.source_sha256 = lines.source_sha256 and lines.entry_on >= ahead.since
        join staging.files as files on files.source_sha256 = lines.source_sha256
        """,
        blocking=False,
        also_reads=("staging.files", "raw.fec_lines"),
    ),
)
