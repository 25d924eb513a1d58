"""What must hold before anything is published, and what a reader of the figures must be told.

Blocking checks stand between the tables and the snapshot. Warnings are published with it: the
figures are right, but something about the extracts asks for a person.
"""

from functools import partial

import dagster as dg
import duckdb

from pipelines.checks import Rule, record_check
from pipelines.fec_rules import FEC_RULES
from pipelines.file_rules import FILE_RULES
from pipelines.known_rules import KNOWN_RULES
from pipelines.list_rules import LIST_RULES
from pipelines.room import with_room
from pipelines.workshop import Workshop

RULES = (
    Rule(
        "buckets_equal_open_items_equal_the_ledger",
        "receivables.control_balances",
        "Buckets = open items = receivable accounts, per entity, customer and currency, at the "
        "snapshot's day and at month ends back over two years.",
        """
        select
            entity_id || ', customer ' || customer_id || ', ' || currency || ' on ' || day
            || ': ledger ' || ledger_amount || ', open items ' || open_amount
            || ', buckets ' || bucket_amount
        from receivables.control_balances
        where ledger_amount <> open_amount or ledger_amount <> bucket_amount
        """,
        blocking=True,
    ),
    Rule(
        "open_items_of_the_day_equal_the_ledger",
        "receivables.aged_balances",
        "The buckets that the screens ask for add up to the receivable accounts, per entity, "
        "customer and currency, on the snapshot's day.",
        """
        with asked as (
            select entity_id, customer_id, currency, sum(amount) as amount
            from receivables.aged_balances((select as_of from staging.run))
            group by all
        ),
        booked as (
            select entity_id, customer_id, currency, sum(amount) as amount
            from ledger.items
            where booked_on <= (select as_of from staging.run)
            group by all
        )
        select
            booked.entity_id || ', customer ' || booked.customer_id || ', ' || booked.currency
            || ': ledger ' || booked.amount || ', buckets ' || coalesce(asked.amount, 0)
        from booked
        left join asked
            on asked.entity_id = booked.entity_id
            and asked.customer_id = booked.customer_id
            and asked.currency = booked.currency
        where booked.amount <> coalesce(asked.amount, 0)
        """,
        blocking=True,
        also_reads=("ledger.items", "staging.run"),
    ),
    Rule(
        "days_of_the_history_equal_the_ledger",
        "receivables.daily_balances",
        "The balances of every day, at the snapshot's day and at month ends back over two years, "
        "are those of the month ends, bucket by bucket, and add up to the receivable accounts.",
        """
        with days as (
            select distinct day from receivables.control_balances
        ),
        daily as (
            select day, entity_id, currency, bucket, amount
            from receivables.daily_balances
            where day in (select day from days)
        ),
        monthly as (
            select month_end as day, entity_id, currency, bucket, sum(amount) as amount
            from receivables.month_ends
            where month_end in (select day from days)
            group by all
        ),
        owed as (
            select day, entity_id, currency, sum(amount) as amount
            from daily
            group by all
        ),
        booked as (
            select day, entity_id, currency, sum(ledger_amount) as amount
            from receivables.control_balances
            group by all
        )
        select
            coalesce(daily.entity_id, monthly.entity_id) || ', '
            || coalesce(daily.currency, monthly.currency) || ' on '
            || coalesce(daily.day, monthly.day) || ', bucket '
            || coalesce(daily.bucket, monthly.bucket) || ': day ' || coalesce(daily.amount, 0)
            || ', month end ' || coalesce(monthly.amount, 0)
        from daily
        full join monthly
            on monthly.day = daily.day
            and monthly.entity_id = daily.entity_id
            and monthly.currency = daily.currency
            and monthly.bucket = daily.bucket
        where coalesce(daily.amount, 0) <> coalesce(monthly.amount, 0)
        union all
        select
            booked.entity_id || ', ' || booked.currency || ' on ' || booked.day || ': ledger '
            || booked.amount || ', day ' || coalesce(owed.amount, 0)
        from booked
        left join owed
            on owed.day = booked.day
            and owed.entity_id = booked.entity_id
            and owed.currency = booked.currency
        where booked.amount <> coalesce(owed.amount, 0)
        """,
        blocking=True,
        also_reads=("receivables.control_balances", "receivables.month_ends"),
    ),
    Rule(
        "items_equal_the_books",
        "staging.book_balances",
        "Items add up to the balance of each receivable account as the files state it, in the "
        "book currency, on the same days.",
        """
        with items as (
            select days.day, items.entity_id, items.account, sum(items.amount_book) as amount_book
            from (select distinct day from staging.book_balances) as days
            join ledger.items as items on items.booked_on <= days.day
            where items.account is not null
            group by all
        )
        select
            books.entity_id || ', account ' || books.account || ' on ' || books.day
            || ': books ' || books.balance_book || ', items ' || coalesce(items.amount_book, 0)
        from staging.book_balances as books
        left join items
            on items.day = books.day
            and items.entity_id = books.entity_id
            and items.account = books.account
        where books.balance_book <> coalesce(items.amount_book, 0)
        """,
        blocking=True,
        also_reads=("ledger.items",),
    ),
    Rule(
        "entries_balance",
        "staging.fec_entries",
        "Every journal entry of every FEC balances, debit and credit.",
        """
        select
            files.name || ', journal ' || entries.journal_code || ', entry '
            || entries.entry_number || ': debit ' || sum(entries.debit) || ', credit '
            || sum(entries.credit)
        from staging.fec_entries as entries
        join staging.files as files on files.source_sha256 = entries.source_sha256
        group by files.name, entries.journal_code, entries.entry_number
        having sum(entries.debit) <> sum(entries.credit)
        """,
        blocking=True,
        also_reads=("staging.files",),
    ),
    Rule(
        "records_are_accounted_for",
        "intake.files",
        "Of every file, records in = loaded + quarantined.",
        """
        select name || ': ' || records_in || ' in, ' || loaded || ' loaded, ' || quarantined
            || ' quarantined'
        from intake.files
        where records_in <> loaded + quarantined
        """,
        blocking=True,
    ),
    Rule(
        "matches_settle_no_more_than_there_is",
        "ledger.matches",
        "No item is settled by more than its amount.",
        """
        with settled as (
            select debit_item_id as item_id, amount from ledger.matches
            union all
            select credit_item_id, amount from ledger.matches
        )
        select 'item ' || coalesce(items.document_ref, items.item_id::text) || ' of customer '
            || items.customer_id || ': ' || items.amount || ', settled ' || sum(settled.amount)
        from settled
        join ledger.items as items on items.item_id = settled.item_id
        group by items.item_id, items.document_ref, items.customer_id, items.amount
        having sum(settled.amount) > abs(items.amount)
        """,
        blocking=False,
        also_reads=("ledger.items",),
    ),
    Rule(
        "files_are_used",
        "intake.files",
        "No file was refused.",
        "select name || ': ' || refused_reason from intake.files where refused_reason is not null",
        blocking=False,
    ),
    Rule(
        "records_are_used",
        "intake.quarantine",
        "No record was set aside.",
        """
        select name || ', line ' || coalesce(source_line::varchar, '?') || ': ' || reason
        from intake.quarantine
        """,
        blocking=False,
    ),
    Rule(
        "invoice_lists_find_their_invoices",
        "staging.table_items",
        "A table of invoices of an entity that gives a FEC lends its due dates to the invoices of "
        "the FEC, and finds most of them there.",
        """
        with lent as (
            select
                files.name,
                tables.entity_id,
                count(*) as row_count,
                count(items.item_id) as found_count
            from staging.table_items as tables
            join staging.files as files on files.source_sha256 = tables.source_sha256
            left join (
                select distinct entity_id, customer_id, document_ref, item_id
                from ledger.items
                where kind in ('invoice', 'opening')
            ) as items
                on items.entity_id = tables.entity_id
                and items.customer_id = tables.customer_id
                and items.document_ref = tables.document_ref
            where tables.only_lends_due_dates and tables.kind = 'invoice'
            group by all
        )
        select name || ': ' || found_count || ' of its ' || row_count || ' invoices are in the '
            || 'ledger of ' || entity_id || '; if it is of another firm, name its entity in '
            || 'encaisse.toml'
        from lent
        where found_count * 2 < row_count
        """,
        blocking=False,
        also_reads=("ledger.items", "staging.files"),
    ),
    Rule(
        "payment_terms_can_be_read",
        "staging.terms",
        "Every text of payment terms has a meaning; invoices on others have no due date.",
        "select problem from staging.terms where problem is not null",
        blocking=False,
    ),
    Rule(
        "kinds_can_be_told",
        "ledger.items",
        "The other accounts of each entry tell what kind of item it is.",
        """
        select 'customer ' || customer_id || ', journal ' || coalesce(journal_code, '?')
            || ', entry ' || coalesce(entry_number, '?') || ' on ' || booked_on || ': ' || amount
        from ledger.items
        where kind = 'unknown'
        """,
        blocking=False,
    ),
    *FILE_RULES,
    *FEC_RULES,
    *LIST_RULES,
    *KNOWN_RULES,
)

EXAMPLES = 5
"""How many offending rows the detail of a check quotes; the count tells of the rest."""


def find(con: duckdb.DuckDBPyConnection, rule: Rule) -> tuple[int, str]:
    """Return how many rows break a rule, and a sentence with the first few of them."""
    asked = [{"day": day} for (day,) in con.sql(rule.on).fetchall()] if rule.on else [{}]
    rows = [row for values in asked for row in con.execute(rule.finds, values).fetchall()]
    if not rows:
        return 0, rule.means
    told = "; ".join(sorted(str(row[0]) for row in rows)[:EXAMPLES])
    rest = f"; and {len(rows) - EXAMPLES} more" if len(rows) > EXAMPLES else ""
    return len(rows), told + rest


PUBLISHED = ("intake", "ledger", "receivables", "measures", "predictions", "worklist", "meta")


def money_is_exact(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the columns of a floating type in the published tables. It should be empty."""
    rows = con.execute(
        "select table_schema || '.' || table_name || '.' || column_name "
        "from information_schema.columns "
        "where data_type in ('DOUBLE', 'FLOAT', 'REAL') and list_contains($schemas, table_schema)",
        {"schemas": list(PUBLISHED)},
    ).fetchall()
    return [name for (name,) in rows]


NO_MONEY_IS_A_FLOAT = "no_money_is_a_float"
CHECKS = "intake.checks"


def _specs() -> list[dg.AssetCheckSpec]:
    asset = dg.AssetKey(CHECKS.split("."))
    return [
        *(
            dg.AssetCheckSpec(
                rule.name, asset=asset, description=rule.means, blocking=rule.blocking
            )
            for rule in RULES
        ),
        dg.AssetCheckSpec(
            NO_MONEY_IS_A_FLOAT,
            asset=asset,
            description="No published column is of a floating type, so no cent is ever lost.",
            blocking=True,
        ),
    ]


def _reads() -> list[dg.AssetKey]:
    names = {name for rule in RULES for name in (rule.subject, *rule.also_reads)}
    names |= {"receivables.changes", "receivables.bucket_moves", "measures.monthly"}
    names |= {"predictions.payment_timing", "worklist.items", "worklist.outcomes"}
    return [dg.AssetKey(name.split(".")) for name in sorted(names)]


@dg.asset(
    key=CHECKS.split("."),
    deps=_reads(),
    group_name="intake",
    kinds={"duckdb", "python"},
    check_specs=_specs(),
)
def checks(workshop: Workshop) -> dg.MaterializeResult:
    """What the checks of this refresh found: whoever is told what is wrong is told all of it."""
    results = []
    for rule in RULES:
        failing_rows, detail = with_room(workshop.con, partial(find, workshop.con, rule))
        results.append(
            record_check(
                workshop.con,
                rule.name,
                subject=rule.subject,
                passed=failing_rows == 0,
                detail=detail,
                failing_rows=failing_rows,
                blocking=rule.blocking,
                asset=CHECKS,
            )
        )
    floats = money_is_exact(workshop.con)
    results.append(
        record_check(
            workshop.con,
            NO_MONEY_IS_A_FLOAT,
            subject="published tables",
            passed=not floats,
            detail=", ".join(floats) or "All published columns are exact.",
            failing_rows=len(floats),
            asset=CHECKS,
        )
    )
    return dg.MaterializeResult(check_results=results)
