"""What is known on the day: the documents, their slices, and the features of every question.

A question is a document asked about on a day s; its features are made of events dated before s
alone. The same SQL answers for training and for scoring: only what is asked differs. The tables
live in a database of their own beside the one that is published, attached under the name
`features`: they are scaffolding.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.timing.features import NAMES
from models.timing.frame import CREDITED, NOT_YET, OPEN, PAID, Frame, History
from pipelines.calendar_days import make_calendar
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable

FEATURES = SQL / "features"
TABLES = (
    "customers",
    "circles",
    "transfers",
    "origins",
    "documents",
    "slices",
    "parts",
    "history",
    "moves",
    "incidents",
    "deltas",
    "payments_in_order",
    "issues_in_order",
    "firm_days",
)
STEPS = ("own", "customer_days", "circle_days", "oldest", "inputs")
MOST_OF_EACH = 1_000_000
"""The most questions to learn from, of new documents and again of past weeks' open books."""

EPOCH = date(1970, 1, 1)


class Asked(NamedTuple):
    """Questions and what was known of each on its day.

    Attributes:
        frame: The questions, for the models. Its `item` is the document.
        item: The item each question is about: the document itself, or what it was moved to.
    """

    frame: Frame
    item: NDArray[np.int64]


def attach(con: duckdb.DuckDBPyConnection, file: Path | None = None) -> None:
    """Attach the database of the features: a new file, or memory where none is named."""
    where = ":memory:" if file is None else str(file).replace("'", "''")
    con.execute(f"attach '{where}' as features")


@contextmanager
def opened(snapshot: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to a published snapshot, with the tables of the features beside it.

    For back-tests and notebooks. The snapshot is only read; the features are made in memory.
    """
    with duckdb.connect() as con:
        con.execute(f"attach '{str(snapshot).replace(chr(39), chr(39) * 2)}' as books (read_only)")
        attach(con)
        con.execute("use books")
        make_tables(con, Settings())
        yield con


def make_tables(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make every table of the features from the ledger, as a refresh does step by step."""
    make_calendar(con, settings)
    for name in TABLES:
        SqlTable.read(FEATURES / f"{name}.sql").create(con)


def history_at(con: duckdb.DuckDBPyConnection, as_of: date) -> History:
    """Return what happened to every document that is learnt from, as known at the end of a day."""
    rows = con.sql(
        """
        select
            document_id as item, customer_code as customer, segment_code as segment,
            terms_code as terms, issued_on as issued, due_on as due,
            cast(amount as double) as amount, share,
            exit_on as exit, greatest(exit_on, known_on) as known,
            case exit when 'open' then $open when 'paid' then $paid else $credited end as kind
        from features.history($as_of)
        order by document_id, match_id nulls last
        """,
        params={"as_of": as_of, "open": OPEN, "paid": PAID, "credited": CREDITED},
    ).to_arrow_table()
    return History.of(as_of=_number(as_of), **_columns(rows))


def ask_training(
    con: duckdb.DuckDBPyConnection, as_of: date, *, most_of_each: int = MOST_OF_EACH
) -> Asked:
    """Ask what is learnt from: every document as new, and the open book of past Mondays.

    Args:
        con: A connection with the tables of the features.
        as_of: The last day known; nothing is asked about a later one.
        most_of_each: The most questions of new documents, and of open ones. Of more, every so
            many are asked: dealt by the document's own number, the same ones every time.
    """
    con.execute(
        f"""
        create or replace table features.asked as
        select
            row_number() over (order by asked.asked_on, asked.document_id, asked.is_new) as row_id,
            asked.document_id as item_id, asked.document_id, asked.customer_code, asked.asked_on,
            asked.is_new, documents.issued_on, documents.due_on,
            cast(null as decimal(18, 2)) as open_amount
        from (
            select *, true as is_new from ({_step("asked_new")})
            union all
            select *, false from ({_step("asked_open")})
        ) as asked
        join features.documents as documents on documents.document_id = asked.document_id
        """,  # noqa: S608  (the SELECTs are our own files)
        {"as_of": as_of, "most": most_of_each},
    )
    return _answered(con)


def make_open_book(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `features.open_book` of the day of the refresh, for all who ask about it."""
    del settings
    [(as_of,)] = con.sql("select as_of from staging.run").fetchall()
    keep_open_book(con, as_of)


def keep_open_book(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Ask about every open debit of a day, as published: one row an item, on the day after."""
    _ask_book(con, as_of, "asked_items")
    con.execute(f"create or replace table features.open_book as ({_answers()})")


def open_book(con: duckdb.DuckDBPyConnection) -> Asked:
    """Return what was asked about the open book, in the order of the items."""
    return _asked(con.sql("from features.open_book order by row_id").to_arrow_table())


def ask_book_as_known(con: duckdb.DuckDBPyConnection, as_of: date) -> Asked:
    """Ask about every document that was open at the end of a day, as far as was known then.

    For back-tests: what was lettered later stands open, as it did.
    """
    _ask_book(con, as_of, "asked_book")
    return _answered(con)


def _ask_book(con: duckdb.DuckDBPyConnection, as_of: date, population: str) -> None:
    con.execute(
        f"""
        create or replace table features.asked as
        select
            row_number() over (order by asked.item_id) as row_id,
            asked.item_id, asked.document_id, asked.customer_code,
            cast($as_of as date) + 1 as asked_on, false as is_new,
            documents.issued_on, documents.due_on, asked.open_amount
        from ({_step(population)}) as asked
        join features.documents as documents on documents.document_id = asked.document_id
        """,  # noqa: S608  (the SELECT is one of our own files)
        {"as_of": as_of},
    )
    _make_steps(con)


def books_on(con: duckdb.DuckDBPyConnection, mondays: Sequence[date]) -> pa.Table:
    """Return the whole open books of some Mondays, as known on their mornings.

    Returns:
        document_id, asked_on (the Monday) and open_amount, sorted by Monday and document.
    """
    con.register("mondays", pa.table({"asked_on": pa.array(mondays, pa.date32())}))
    con.execute("create or replace table features.mondays as from mondays")
    con.unregister("mondays")
    return con.sql(f"from ({_step('asked_books')}) order by asked_on, document_id").to_arrow_table()


def ask_of_books(con: duckdb.DuckDBPyConnection, rows: pa.Table) -> Asked:
    """Ask about some rows of `books_on`, each on its Monday, in their order."""
    con.register("chosen", rows.append_column("row_id", pa.array(range(1, len(rows) + 1))))
    con.execute(
        """
        create or replace table features.asked as
        select
            cast(chosen.row_id as bigint) as row_id, chosen.document_id as item_id,
            chosen.document_id, documents.customer_code, chosen.asked_on, false as is_new,
            documents.issued_on, documents.due_on, chosen.open_amount
        from chosen
        join features.documents as documents on documents.document_id = chosen.document_id
        """
    )
    con.unregister("chosen")
    return _answered(con)


def ask_reissued(con: duckdb.DuckDBPyConnection, as_of: date, rows: pa.Table) -> Asked:
    """Ask about documents issued again after a day, with what is known at its end.

    Args:
        con: A connection with the tables of the features.
        as_of: The last day known.
        rows: document_id (int64), issued_on and due_on (date32): a document of the past, the days
            it would have were it issued again. In the answer each is asked about on its day of
            issue, in the order of the rows.
    """
    con.register("reissued", rows.append_column("row_id", pa.array(range(1, len(rows) + 1))))
    con.execute(
        """
        create or replace table features.asked as
        select
            cast(reissued.row_id as bigint) as row_id, reissued.document_id as item_id,
            reissued.document_id, documents.customer_code, cast($as_of as date) + 1 as asked_on,
            true as is_new, reissued.issued_on, reissued.due_on,
            documents.amount as open_amount
        from reissued
        join features.documents as documents on documents.document_id = reissued.document_id
        """,
        {"as_of": as_of},
    )
    con.unregister("reissued")
    return _answered(con, asked="issued_on")


def _answered(con: duckdb.DuckDBPyConnection, *, asked: str = "asked_on") -> Asked:
    """Return `features.asked` with the features of every row, in the order of row_id."""
    _make_steps(con)
    return _asked(con.sql(f"{_answers(asked)} order by inputs.row_id").to_arrow_table())


def _make_steps(con: duckdb.DuckDBPyConnection) -> None:
    for name in STEPS[:-1]:
        con.execute(f"create or replace table features.{name} as ({_step(name)})")


def _answers(asked: str = "asked_on") -> str:
    """Return the SELECT of what is known of each row of `features.asked`, once the steps are made.

    Args:
        asked: The day that the models are told a question is of.
    """
    features = ", ".join(f"cast(inputs.{name} as float) as {name}" for name in NAMES)
    return f"""
        select
            inputs.row_id, asked.item_id, inputs.document_id as item,
            inputs.customer_code as customer, inputs.segment_code as segment,
            inputs.terms_code as terms, inputs.issued_on as issued, inputs.due_on as due,
            inputs.{asked} as asked,
            cast(coalesce(asked.open_amount, inputs.open_amount) as double) as amount, {features}
        from ({_step("inputs")}) as inputs
        join features.asked as asked on asked.row_id = inputs.row_id
        where coalesce(asked.open_amount, inputs.open_amount) > 0
        """  # noqa: S608  (the SELECT is one of our own files)


def _asked(rows: pa.Table) -> Asked:
    columns = _columns(rows.drop_columns(["row_id"]))
    item = columns.pop("item_id")
    return Asked(Frame.of(**columns), item)


def _step(name: str) -> str:
    return SqlTable.read(FEATURES / "steps" / f"{name}.sql").select


def _columns(rows: pa.Table) -> dict[str, Any]:
    """Return the columns as numpy arrays: days as numbers, what is not known as NaN or NOT_YET."""
    found = {}
    for name in rows.column_names:
        column = rows[name].combine_chunks()
        if pa.types.is_date32(column.type):
            column = column.cast(pa.int32()).fill_null(NOT_YET)
        elif pa.types.is_floating(column.type):
            column = column.fill_null(np.nan)
        found[name] = column.to_numpy(zero_copy_only=False)
    return found


def _number(day: date) -> int:
    return (day - EPOCH).days
