"""What of several FECs of one entity asks for a person: openings that differ, days that overlap."""

from pipelines.checks import Rule

FEC_RULES = (
    Rule(
        "openings_repeat_the_year_before",
        "staging.opening_balances",
        "The opening balance of each customer is the closing balance of the year before.",
        """
        select entity_id || ', customer ' || customer_id || ', account ' || account || ' on '
            || opened_on || ': opening ' || opening_book || ', closing ' || closing_book
        from staging.opening_balances
        where fate = 'restated'
        """,
        blocking=False,
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
)
