"""How long does the aged balance of every day of the history take, beside asking each day anew?

Ours is the SELECT of `receivables.daily_balances`, from the stored movements: one row for each day,
entity, currency and bucket. Beside it, in the same engine and from the same rows: every day joined
with every movement up to it; a row for every open item of every day, as a nightly copy keeps them,
added up; and a report per day, which is our own aged balance asked for {asked} days of the history
and multiplied by their number. The floor is to read the three columns once. Ours, the scan and the
reports run on one core, once warm, as a report after other reports is; what the first question of a
process takes is told too. The two others run once, on four cores, and take so long that what they
read first does not count. All give the same amounts, to the cent.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.books import opened
from benchmarks.data import published, refreshed, rounds
from benchmarks.measuring import Work, agree, in_turn
from benchmarks.others import histories
from benchmarks.profiling import profile
from benchmarks.writing import compared, exponent, growths, where
from pipelines.sql_tables import SQL, SqlTable
from published.snapshot import current

TITLE = "Every day of the history"
OURS, FIRST = "Encaisse", "Encaisse, first question of a process"
SCAN, NAIVE, SNAPSHOTS = "a scan of three columns", "days x movements", "open items of every day"
REPORTS = "a report per day, extrapolated"
ASKED = 20
SUBJECTS = {
    OURS: ("again", 1),
    FIRST: ("encaisse", 1),
    SCAN: ("scan", 1),
    REPORTS: ("reports", 1),
    NAIVE: ("naive", 4),
    SNAPSHOTS: ("snapshots", 4),
}
ONCE = (NAIVE, SNAPSHOTS)
MOST_NAIVE = 1_000_000  # beyond it they take minutes, and gigabytes
SELECT = SQL / "receivables" / "daily_balances.sql"

Answer = Callable[[], dict[str, Any]]


def encaisse(folder: str) -> Callable[[], Answer]:
    """Make the table."""
    con = opened(folder, {"receivables.daily_balances"})
    select = SqlTable.read(SELECT).select
    return lambda: _answered(con, folder, select)


def again(folder: str) -> Callable[[], Answer]:
    """Make the table, once what it reads has been read."""
    work = encaisse(folder)
    work()
    return work


def naive(folder: str) -> Callable[[], Answer]:
    """Join every day with every movement up to it."""
    con = opened(folder)
    return lambda: _answered(con, folder, histories.NAIVE, as_of=last_day(folder))


def snapshots(folder: str) -> Callable[[], Answer]:
    """Add up the open items of every day."""
    con = opened(folder)
    return lambda: _answered(con, folder, histories.SNAPSHOTS, as_of=last_day(folder))


def reports(folder: str) -> Callable[[], Answer]:
    """Ask the aged balance of some days."""
    con = published(folder)
    asked = days_of(con, last_day(folder))

    def work() -> Answer:
        found = [con.sql(histories.REPORT, params={"day": day}).to_arrow_table() for day in asked]

        def answer() -> dict[str, Any]:
            with duckdb.connect() as own:
                for table in found:
                    own.register("answers", table)
                    if own.sql("from duckdb_tables() where table_name = 'found'").fetchall():
                        own.execute("insert into found from answers")
                    else:
                        own.execute("create table found as from answers")
                return {"some days": digest(own)}

        return answer

    work()
    return work


def scan(folder: str) -> Callable[[], None]:
    """Read what everybody has to read."""
    con = published(folder)

    def work() -> None:
        con.sql(histories.SCAN).fetchall()

    work()
    return work


def _answered(con: duckdb.DuckDBPyConnection, folder: str, question: str, **values: Any) -> Answer:
    con.execute(f"create or replace table found as ({question})", values)
    asked = days_of(con, last_day(folder))
    return lambda: {
        "all days": digest(con),
        "some days": digest(con, "where list_contains($days, day)", days=asked),
    }


def days_of(con: duckdb.DuckDBPyConnection, last: date) -> list[date]:
    """Return days spread evenly over the history."""
    [(first,)] = con.sql("select min(event_on) from receivables.movements").fetchall()
    span = (last - first).days
    return [first + timedelta(days=span * nth // (ASKED - 1)) for nth in range(ASKED)]


def digest(con: duckdb.DuckDBPyConnection, chosen: str = "", **values: Any) -> list[str]:
    """Return a digest of every amount that is not nothing, in whatever order they lie."""
    [told] = con.sql(
        f"""
        select
            cast(count(*) as varchar), cast(sum(amount) as varchar),
            cast(bit_xor(md5_number_lower(concat_ws(
                '|', day, entity_id, currency, bucket, cast(amount as decimal(18, 2))
            ))) as varchar)
        from (from found {chosen}) where amount <> 0
        """,
        params=values,
    ).fetchall()
    return list(told)


def last_day(folder: str) -> date:
    """Return the day that the snapshot of a home is of."""
    return current(Path(folder)).as_of


def _days_in(folder: str) -> int:
    with published(folder) as con:
        [(first,)] = con.sql("select min(event_on) from receivables.movements").fetchall()
    return (last_day(folder) - first).days + 1


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Ask everybody."""
    rows: list[dict[str, Any]] = []
    for items in sizes:
        folder = str(refreshed(items))
        works = {
            name: Work(f"benchmarks.history:{function}", (folder,), cores)
            for name, (function, cores) in SUBJECTS.items()
            if items <= MOST_NAIVE or name not in ONCE
        }
        medians = in_turn(works, rounds(items), once=ONCE)
        for part in ("all days", "some days"):
            told = {name: run.answer for name, run in medians.items() if run.answer}
            agree({name: answer[part] for name, answer in told.items() if part in answer})
        for name, run in medians.items():
            row = {"items": items, "subject": name, **vars(run)}
            if name == REPORTS:
                for figure in ("wall_seconds", "cpu_seconds"):
                    row[figure] *= _days_in(folder) / ASKED
            rows.append(row)
    con = opened(str(refreshed(sizes[-1])), {"receivables.daily_balances"})
    seconds = profile(con, SqlTable.read(SELECT).select)
    rows[0]["profile"] = {"items": sizes[-1], "seconds": seconds}
    return rows


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
    cpu = {(row["items"], row["subject"]): row["cpu_seconds"] for row in rows}
    found: dict[str, float] = {}
    ours = cpu.get((1_000_000, OURS))
    if ours:
        aims = {"history_naive": NAIVE, "history_reports": REPORTS}
        found |= {key: cpu[1_000_000, name] / ours for key, name in aims.items()}
        found["history_scan"] = ours / cpu[1_000_000, SCAN]
    if (10_000_000, OURS) in cpu:
        found["history_10m"] = cpu[10_000_000, OURS]
    grown = exponent(rows, OURS)
    return found | ({"history_growth": grown} if grown is not None else {})
