"""The tables that judgement makes, so that the SQL has only facts to join.

Which role an account has, what a text of payment terms means, which currency an entity keeps its
books in: a person would say these, and `models` says them here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from models.accounts import account_roles, role_of
from models.ageing import NO_DUE_DATE, UNAPPLIED, Buckets
from models.errors import EncaisseError
from models.terms import parse_terms
from pipelines.calendar_days import make_calendar
from pipelines.engines.steps import Step, run_steps
from pipelines.intake.listed import NAMED_FOR, NAMED_ON, SHOWS_SETTLED
from pipelines.predictions.features import TABLES, make_open_book
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable, make_schema


@dataclass(frozen=True)
class MadeTable:
    """A table made by Python between two SQL ones."""

    full_name: str
    comment: str
    grain: tuple[str, ...]
    sources: tuple[str, ...]
    make: Callable[[duckdb.DuckDBPyConnection, Settings], None]
    steps: Callable[[Settings], list[Step]] | None = None
    """The same, where it is too heavy for one process: what a second engine runs one by one."""
    asks_too: Callable[[duckdb.DuckDBPyConnection], None] | None = None
    """Makes the macro that asks the same of another day, as it was known."""

    def create_known(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create the macro of a table that asks too."""
        if self.asks_too:
            self.asks_too(con)

    def reads(self) -> list[str]:
        """Return the tables this one is made from."""
        return list(self.sources)


def make_entities(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `staging.entities`: what is known of each entity that an extract names.

    Its name is that of the settings, else the one its bank knows it by.
    """
    named = con.sql(
        """
        select entity_id, max(name) from (
            select entity_id, facts ->> 'owner_name' as name from staging.files
            union all
            select distinct entity_id, null from raw.items
        )
        where entity_id is not null group by 1 order by 1
        """
    ).fetchall()
    told = {entity.id: entity for entity in settings.entities}
    rows = []
    for entity_id, owner_name in named:
        entity = told.get(entity_id)
        rows.append(
            {
                "entity_id": entity_id,
                "name": (entity and entity.name) or owner_name or entity_id,
                "book_currency": (entity and entity.book_currency)
                or settings.defaults.book_currency,
                "payment_terms": (entity and entity.payment_terms)
                or settings.defaults.payment_terms,
            }
        )
    _replace(con, "staging.entities", rows, ["entity_id", "name", "book_currency", "payment_terms"])


NAMED_DAYS = pa.schema(
    [("source_sha256", pa.string()), ("named_for", pa.string()), ("named_on", pa.date32())]
)


def make_list_names(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `staging.list_names`: the days that the names of each list of open items say.

    A list of which the names say no day has one row, without a day. `named_for` is the entity that
    the name says, where it is another one than the file's.
    """
    del settings
    lists = con.sql(
        "select source_sha256, facts from staging.files where refused_reason is null order by 1"
    ).fetchall()
    rows: list[dict[str, object]] = []
    for sha256, facts in ((sha256, json.loads(facts or "{}")) for sha256, facts in lists):
        if facts.get(SHOWS_SETTLED) != "no":
            continue
        others = [told.split(" ", 1) for told in facts.get(NAMED_FOR, "").split("; ") if told]
        own = [(day, None) for day in facts.get(NAMED_ON, "").split("; ") if day or not others]
        rows += [
            {
                "source_sha256": sha256,
                "named_for": entity,
                "named_on": date.fromisoformat(day) if day else None,
            }
            for day, entity in (*own, *others)
        ]
    con.register("arriving", pa.Table.from_pylist(rows, NAMED_DAYS))
    con.execute("create or replace table staging.list_names as from arriving")
    con.unregister("arriving")


def make_accounts(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `staging.accounts`: the role of each account that a FEC uses."""
    accounts = con.sql("select distinct account from raw.fec_lines order by 1").fetchall()
    roles = account_roles(settings.accounts)
    rows = [{"account": account, "role": str(role_of(account, roles))} for (account,) in accounts]
    _replace(con, "staging.accounts", rows, ["account", "role"])


BUCKETS = pa.schema(
    [
        ("bucket", pa.string()),
        ("bucket_rank", pa.int32()),
        ("first_day_late", pa.int32()),
        ("is_overdue", pa.bool_()),
    ]
)


def make_buckets(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `receivables.buckets`: the buckets of the settings, each with the day it begins.

    `first_day_late` is null where no day begins it: not due, without a due date, unapplied.
    """
    bounds = settings.ageing.bounds
    codes = Buckets(bounds).codes
    begins = [None, *(1 + last for last in (0, *bounds))]
    rows = [
        {"bucket": code, "bucket_rank": rank, "first_day_late": first}
        for rank, (code, first) in enumerate(zip(codes, begins, strict=True))
    ]
    rows += [
        {"bucket": NO_DUE_DATE, "bucket_rank": 90, "first_day_late": None},
        {"bucket": UNAPPLIED, "bucket_rank": 91, "first_day_late": None},
    ]
    rows = [{**row, "is_overdue": row["first_day_late"] is not None} for row in rows]
    make_schema(con, "receivables")
    con.register("arriving", pa.Table.from_pylist(rows, BUCKETS))
    con.execute("create or replace table receivables.buckets as from arriving")
    con.unregister("arriving")


TERMS = pa.schema(
    [
        ("terms", pa.string()),
        ("days", pa.int32()),
        ("end_of_month", pa.string()),
        ("day_of_month", pa.int32()),
        ("problem", pa.string()),
    ]
)


def make_terms(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `staging.terms`: what each text of payment terms means, or why it means nothing.

    A text nobody can read leaves its invoices without a due date, and a check names it: terms are
    never guessed.
    """
    del settings
    texts = con.sql(
        "select payment_terms from ledger.customers union select payment_terms "
        "from staging.entities union select terms from staging.table_items order by 1"
    ).fetchall()
    rows = []
    for (text,) in texts:
        if text is None:
            continue
        try:
            terms = parse_terms(text)
        except EncaisseError as error:
            rows.append({"terms": text, "problem": error.what})
        else:
            rows.append(
                {
                    "terms": text,
                    "days": terms.days,
                    "end_of_month": terms.end_of_month,
                    "day_of_month": terms.day_of_month,
                }
            )
    con.register("arriving", pa.Table.from_pylist(rows, TERMS))
    con.execute("create or replace table staging.terms as from arriving")
    con.unregister("arriving")


MATCHES = SQL / "ledger" / "matches"
MATCHES_TABLE = """
create or replace table ledger.matches (
    match_id bigint, debit_item_id bigint, credit_item_id bigint, entity_id varchar,
    customer_id varchar, currency varchar, amount decimal(18, 2), matched_on date, known_on date,
    noted_on date, method varchar
)
"""


def make_matches(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `ledger.matches`: what the extract states, then lettering, then what the firm opted for.

    Each method looks only at what the ones before it left open. The method of a match is kept, so
    that a reader can tell what the accountant said from what a rule proposed.
    """
    con.execute(MATCHES_TABLE)
    run_steps(con, match_steps(settings))
    con.execute("drop schema matching cascade")


def match_steps(settings: Settings) -> list[Step]:
    """Return the tables to make, one after the other: `ledger.matches` is added to each time."""
    steps = [Step("ledger.matches", _told("allocation", _select("allocations")), add=True)]
    for method in ("list", "lettering", "return", *settings.matching.methods):
        if method not in ("list", "lettering"):
            steps.append(Step("matching.unsettled", _select("unsettled")))
        steps.append(Step("matching.members", _select(f"members_{method}")))
        steps.append(Step("ledger.matches", _told(method, _select("settle")), add=True))
    return steps


def _select(name: str) -> str:
    return SqlTable.read(MATCHES / f"{name}.sql").select


def _told(method: str, select: str) -> str:
    # The parts of an allocation have a day each; of other methods a pair is one match.
    part = ", cast(found.noted_on as string)" if method == "allocation" else ""
    return f"""
        select
            number_of(concat_ws('|', found.debit_item_id, found.credit_item_id, '{method}'{part}))
                as match_id,
            found.debit_item_id, found.credit_item_id,
            debits.entity_id, debits.customer_id, debits.currency,
            found.amount, found.matched_on, found.known_on, found.noted_on, '{method}' as method
        from ({select}) as found
        join ledger.items as debits on debits.item_id = found.debit_item_id
        order by debits.entity_id, debits.customer_id
        """  # noqa: S608 - the SELECT is one of our own files, the method one of our own words


def _replace(
    con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, str]], columns: list[str]
) -> None:
    schema = pa.schema([(column, pa.string()) for column in columns])
    con.register("arriving", pa.Table.from_pylist(rows, schema))
    con.execute(f"create or replace table {table} as from arriving")
    con.unregister("arriving")


def match_sources() -> tuple[str, ...]:
    """Return the tables that the matching reads, as its SQL files say."""
    own = {"ledger.matches", "matching.members", "matching.unsettled"}
    files: list[Path] = sorted(MATCHES.glob("*.sql"))
    return tuple(sorted({name for file in files for name in SqlTable.read(file).reads()} - own))


MADE = (
    MadeTable(
        "staging.entities",
        "Legal entities that the extracts name, with their book currency and usual terms.",
        ("entity_id",),
        ("staging.files", "raw.items"),
        make_entities,
    ),
    MadeTable(
        "staging.list_names",
        "Days that the names of each list of open items say; null where none says a day.",
        ("source_sha256", "named_for", "named_on"),
        ("staging.files", "raw.items"),
        make_list_names,
    ),
    MadeTable(
        "staging.accounts",
        "Role of each account, by the longest prefix of the chart or the firm's own.",
        ("account",),
        ("raw.fec_lines",),
        make_accounts,
    ),
    MadeTable(
        "receivables.buckets",
        "Buckets of the settings, each with the first day late that falls in it.",
        ("bucket",),
        (),
        make_buckets,
    ),
    MadeTable(
        "staging.terms",
        "What each text of payment terms means: days, end of month, day of the month.",
        ("terms",),
        ("ledger.customers", "staging.entities", "staging.table_items"),
        make_terms,
    ),
    MadeTable(
        "ledger.matches",
        "Which credit settles which debit, by how much, from which day, and how we know.",
        ("match_id",),
        match_sources(),
        make_matches,
        match_steps,
    ),
    MadeTable(
        "features.calendar",
        "Days with their weekday (Monday 0), the days of rest from then on, and a day's weight.",
        ("day",),
        ("ledger.items",),
        make_calendar,
    ),
    MadeTable(
        "features.open_book",
        "The open debits of the day, each asked about on the day after, with all that is known.",
        ("item_id",),
        (
            *(f"features.{name}" for name in TABLES),
            "features.calendar",
            "ledger.standing_spans",
            "receivables.open_items",
            "staging.run",
        ),
        make_open_book,
    ),
)
