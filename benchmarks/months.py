"""How long do the aged balances of every customer at every month end take?

Ours is `receivables.month_ends` as a refresh makes it, from the stored movements; beside it every
month end joined with every movement up to it, in the same engine and from the same rows. One core,
once warm. Both give the same amounts, to the cent.
"""

from collections.abc import Callable
from typing import Any

from benchmarks.books import opened
from benchmarks.data import refreshed, rounds
from benchmarks.history import digest, last_day
from benchmarks.measuring import Work, agree, in_turn
from benchmarks.others import histories
from benchmarks.profiling import profile
from benchmarks.writing import compared, exponent, growths, where
from pipelines.sql_tables import SQL, SqlTable

TITLE = "Every customer at every month end"
OURS, NAIVE = "Encaisse", "month ends x movements"
SUBJECTS = {OURS: "encaisse", NAIVE: "naive"}
SELECT = SQL / "receivables" / "month_ends.sql"
AS_A_DAY = """
create or replace view found as
select
    month_end as day, entity_id, concat_ws('|', customer_id, currency) as currency, bucket, amount
from receivables.month_ends
"""

Answer = Callable[[], list[str]]


def encaisse(folder: str) -> Callable[[], Answer]:
    """Make the table."""
    con = opened(folder, {"receivables.month_ends"})
    table = SqlTable.read(SELECT)

    def work() -> Answer:
        table.create(con)
        con.execute(AS_A_DAY)
        return lambda: digest(con)

    work()
    return work


def naive(folder: str) -> Callable[[], Answer]:
    """Join every month end with every movement up to it."""
    con = opened(folder)

    def work() -> Answer:
        question = f"create or replace table found as ({histories.NAIVE_MONTHS})"
        con.execute(question, {"as_of": last_day(folder)})
        return lambda: digest(con)

    work()
    return work


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Ask both, on one core."""
    rows: list[dict[str, Any]] = []
    for items in sizes:
        folder = str(refreshed(items))
        works = {
            name: Work(f"benchmarks.months:{function}", (folder,))
            for name, function in SUBJECTS.items()
        }
        medians = in_turn(works, rounds(items))
        agree({name: run.answer for name, run in medians.items()})
        rows += [{"items": items, "subject": name, **vars(run)} for name, run in medians.items()]
    con = opened(str(refreshed(sizes[-1])), {"receivables.month_ends"})
    seconds = profile(con, SqlTable.read(SELECT).select)
    rows[0]["profile"] = {"items": sizes[-1], "seconds": seconds}
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    told = rows[0]["profile"]
    return f"""{(__doc__ or "").split(chr(10), 2)[2].strip()}

{compared(rows, OURS)}

{growths(rows)}

{where(told["seconds"], told["items"], "by operator, on all cores")}
"""


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return what was aimed at."""
    at = {(row["items"], row["subject"]): row for row in rows}
    found = {}
    if (1_000_000, OURS) in at:
        ours, naively = (at[1_000_000, name]["cpu_seconds"] for name in SUBJECTS)
        found["months_naive"] = naively / ours
    if (10_000_000, OURS) in at:
        found["months_memory"] = at[10_000_000, OURS]["peak_mb"]
    grown = exponent(rows, OURS)
    return found | ({"months_growth": grown} if grown is not None else {})
