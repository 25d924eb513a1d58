"""How long does the record of every customer take, on each day on which it gets a new document?

How many documents it paid, how late, in the mean and of late, what is open and overdue, what it was
issued: 25 columns, each made of what was known before the day and nothing else. They are the costly
part of the features. Everybody begins with the same documents, payments and moves, ready in memory:
ours as tables of the engine, pandas' as frames of whole numbers, in which it has no names to join.

*Ours* is the SELECTs of `features.deltas` and `features.customer_days`, on one core. *pandas,
vectorised* goes the same way, whole columns at a time. *pandas, one by one* looks for the rows of
the customer anew for each question, as a loop over invoices does: {asked} questions are timed, and
multiplied. *SQL, one by one* joins each question with every earlier row of its customer, for the
columns of payments alone. The whole numbers agree to the last digit; the weighted sums, which
pandas has as floats, to six digits.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.data import refreshed, rounds
from benchmarks.measuring import Work, agree, in_turn
from benchmarks.others import records
from benchmarks.profiling import profile
from benchmarks.writing import compared, exponent, growths, where
from published import snapshot
from published.machine import cores

TITLE = "As-of features"
OURS, PANDAS = "Encaisse", "pandas, vectorised"
LOOP, JOIN = "pandas, one by one, extrapolated", "SQL, one by one, of payments alone"
SUBJECTS = {
    OURS: ("encaisse", 1),
    PANDAS: ("with_pandas", 1),
    LOOP: ("one_by_one", 1),
    JOIN: ("joined", 4),
}
MOST_JOINED = 1_000_000  # beyond it, documents times payments of a customer are too many rows
MOST_IN_PANDAS = 10_000_000
ASKED = 50
NUMBER = "cast({} - date '1970-01-01' as bigint)"

# A customer and a day are one number in pandas: too large for the 32 bits of a customer's.
CUSTOMER = "cast(customer_code as bigint) as customer"
ASKED_DAYS = f"select distinct {CUSTOMER}, asked_on from features.asked order by all"
PARTS = f"""
select
    {CUSTOMER}, {NUMBER.format("known_on")} as known_on,
    coalesce({NUMBER.format("undone_on")}, {records.NOBODY}) as undone_on, ppm, delay, days_to_pay,
    cast(100 * amount as bigint) as cents
from features.parts
where is_paid
"""
MOVES = f"""
select
    {CUSTOMER}, {NUMBER.format("due_on")} as due_on, {NUMBER.format("day")} as day,
    cast(100 * amount as bigint) as cents, ppm
from features.moves
"""
DOCUMENTS = f"""
select
    {CUSTOMER}, {NUMBER.format("booked_on")} as booked_on,
    {NUMBER.format("due_on")} as due_on, cast(100 * amount as bigint) as cents, is_asked_new,
    kind = 'adjustment' as is_adjustment
from features.documents
"""
WEIGHTS = f"""
select {NUMBER.format("day")} as day, cast(weight as double) as weight from features.calendar
"""
JOINED = """
with changes as (
    select customer_code, known_on as day, 1 as payments, ppm, delay, days_to_pay
    from features.parts
    where is_paid
    union all
    select customer_code, undone_on, 0, -ppm, delay, days_to_pay
    from features.parts
    where is_paid and undone_on is not null
)

select
    asked.customer as customer_code, asked.asked_on,
    sum(payments) as payments, sum(ppm) as ppm, sum(ppm * delay) as ppm_delay,
    sum(ppm * delay * delay) as ppm_delay_2, sum(ppm * days_to_pay) as ppm_days_to_pay
from questions as asked
left join changes
    on changes.customer_code = asked.customer and changes.day < asked.asked_on
group by all
"""
AMOUNTS = {name for name in records.EXACT if name.endswith("_amount")}

Answer = Callable[[], dict[str, Any]]


def _books(folder: str) -> duckdb.DuckDBPyConnection:
    """Return a connection with everything that the record is made of."""
    from pipelines.predictions.features import FEATURES, attach, make_tables
    from pipelines.settings import Settings
    from pipelines.sql_tables import SqlTable

    pointer = snapshot.current(Path(folder))
    con = duckdb.connect(config={"threads": cores()})
    file = str(pointer.path).replace("'", "''")
    con.execute(f"attach '{file}' as books (read_only)")
    attach(con)
    con.execute("use books")
    make_tables(con, Settings())
    con.execute("drop table features.deltas")
    step = SqlTable.read(FEATURES / "steps" / "asked_new.sql").select
    con.execute(
        f"create table features.asked as ({step})", {"as_of": pointer.as_of, "most": 100_000_000}
    )
    con.execute(f"create temp table questions as ({ASKED_DAYS})")
    return con


def encaisse(folder: str) -> Callable[[], Answer]:
    """Make the two tables."""
    con = _books(folder)
    selects = _selects()

    def work() -> Answer:
        for name, select in selects.items():
            con.execute(f"create or replace table features.{name} as ({select})")
        return lambda: _told(con, _whole_numbers("features.customer_days"))

    return work


def _selects() -> dict[str, str]:
    from pipelines.predictions.features import FEATURES
    from pipelines.sql_tables import SqlTable

    files = (FEATURES / "deltas.sql", FEATURES / "steps" / "customer_days.sql")
    return {file.stem: SqlTable.read(file).select for file in files}


def with_pandas(folder: str) -> Callable[[], Answer]:
    """Make it with whole columns."""
    con = _books(folder)
    facts = _facts(con)

    def work() -> Answer:
        found = records.records(facts)
        return lambda: _told(con, _registered(con, found))

    return work


def one_by_one(folder: str) -> Callable[[], Answer]:
    """Make some of it, question by question."""
    con = _books(folder)
    facts = _facts(con)
    some = facts.asked.iloc[:: max(1, len(facts.asked) // ASKED)].head(ASKED)

    def work() -> Answer:
        found = records.one_by_one(facts, some)
        return lambda: {"some": _told(con, _registered(con, found))["some"], "asked": len(some)}

    return work


def joined(folder: str) -> Callable[[], Answer]:
    """Join every question with all that went before it."""
    con = _books(folder)

    def work() -> Answer:
        con.execute(f"create temp table found as ({JOINED})")
        whole = f"select {NUMBER.format('asked_on')} as asked_on, * exclude (asked_on) from found"
        return lambda: {"payments": _digest(con, f"({whole})", records.PAID)}

    return work


def _facts(con: duckdb.DuckDBPyConnection) -> records.Facts:
    asked = f"select customer, {NUMBER.format('asked_on')} as asked_on from questions order by all"
    frames = [con.sql(each).to_arrow_table().to_pandas() for each in (PARTS, MOVES, DOCUMENTS)]
    frames += [con.sql(each).to_arrow_table().to_pandas() for each in (WEIGHTS, asked)]
    return records.Facts(*frames)


def _whole_numbers(table: str) -> str:
    columns = ", ".join(
        f"cast({'100 * ' if name in AMOUNTS else ''}{name} as bigint) as {name}"
        for name in records.EXACT
    )
    weighted = ", ".join(f"cast({name} as double) as {name}" for name in records.WEIGHTED)
    day = NUMBER.format("asked_on")
    return f"(select customer_code, {day} as asked_on, {columns}, {weighted} from {table})"


def _registered(con: duckdb.DuckDBPyConnection, found: pd.DataFrame) -> str:
    con.register("theirs", found.rename(columns={"customer": "customer_code"}))
    return "theirs"


def _told(con: duckdb.DuckDBPyConnection, rows: str) -> dict[str, Any]:
    """Return digests: of every question, of some, and of the columns of payments."""
    places = f"""
        (select * exclude (place) from (
            select found.*, place - 1 as place from {rows} as found
            join (
                select *, row_number() over (order by customer, asked_on) as place from questions
            ) as questions
                on questions.customer = found.customer_code
                and {NUMBER.format("questions.asked_on")} = found.asked_on
        ) where place % greatest(1, (select count(*) // {ASKED} from questions)) = 0
            and place < {ASKED} * greatest(1, (select count(*) // {ASKED} from questions)))
    """
    [weighted] = con.sql(
        "select "
        + ", ".join(f"format('{{:.6e}}', sum({name}))" for name in records.WEIGHTED)
        + f" from {rows}"
    ).fetchall()
    return {
        "all": _digest(con, rows, records.EXACT),
        "some": _digest(con, places, records.EXACT),
        "payments": _digest(con, rows, records.PAID),
        "weighted": list(weighted),
    }


def _digest(con: duckdb.DuckDBPyConnection, rows: str, columns: tuple[str, ...]) -> list[str]:
    values = ", ".join(f"cast(coalesce({name}, 0) as bigint)" for name in columns)
    [told] = con.sql(
        "select cast(count(*) as varchar), cast(bit_xor(md5_number_lower(concat_ws('|', "
        f"customer_code, asked_on, {values}))) as varchar) from {rows}"
    ).fetchall()
    return list(told)


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Ask everybody."""
    rows: list[dict[str, Any]] = []
    for items in sizes:
        folder = str(refreshed(items))
        most = {JOIN: MOST_JOINED, LOOP: MOST_IN_PANDAS, PANDAS: MOST_IN_PANDAS}
        works = {
            name: Work(f"benchmarks.features:{function}", (folder,), cores)
            for name, (function, cores) in SUBJECTS.items()
            if items <= most.get(name, items)
        }
        medians = in_turn(works, rounds(items), once=(LOOP, JOIN))
        for part in ("all", "some", "payments", "weighted"):
            told = {name: run.answer for name, run in medians.items()}
            agree({name: answer[part] for name, answer in told.items() if part in answer})
        for name, run in medians.items():
            row = {"items": items, "subject": name, **vars(run)}
            if name == LOOP:
                times = int(medians[OURS].answer["all"][0]) / run.answer["asked"]
                row["wall_seconds"] *= times
                row["cpu_seconds"] *= times
            rows.append(row)
    rows[0]["profile"] = {"items": sizes[-1], "seconds": _profile(str(refreshed(sizes[-1])))}
    return rows


def _profile(folder: str) -> dict[str, float]:
    con = _books(folder)
    seconds: dict[str, float] = {}
    for name, select in _selects().items():
        told = profile(con, select)
        seconds |= {f"{name}: {part}": spent for part, spent in told.items()}
        con.execute(f"create table features.{name} as ({select})")
    return seconds


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    told = rows[0]["profile"]
    return f"""{(__doc__ or "").format(asked=ASKED).split(chr(10), 2)[2].strip()}

{compared(rows, OURS)}

{growths(rows)}

{where(told["seconds"], told["items"], "by operator, on all cores")}
"""


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return what was aimed at."""
    at = {(row["items"], row["subject"]): row for row in rows}
    found = {}
    if (1_000_000, OURS) in at:
        ours, theirs = (at[1_000_000, name]["cpu_seconds"] for name in (OURS, PANDAS))
        found["features_pandas"] = theirs / ours
    if (10_000_000, OURS) in at:
        found["features_memory"] = at[10_000_000, OURS]["peak_mb"]
    grown = exponent(rows, OURS)
    return found | ({"features_growth": grown} if grown is not None else {})
