"""How long do the pages take, and the questions that they and scripts ask of the snapshot?

Each page is run as the server runs it, without the browser's part: first with nothing kept, then
again, as after a click on it. Its questions are those it asked while it ran; each is then asked
{again} times of the snapshot, with nothing kept. There are two sorts: those of stored tables, and
those that are worked out of the movements, for any day and any knowledge of it. p50 and p95 are of
all questions of a sort together, beside the slowest one of both. So are the questions of scripts
and exports. Four cores, as the connection of the screens allows. Memory is that of the app's
process, streamlit and all: before the first page, and once every page was there. Opening is a new
process's: with the snapshot in the memory of the machine, and, cold, with its pages dropped from
there.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.data import ROOT, published, refreshed
from benchmarks.measuring import Work, in_fresh_process, in_turn, memory_mb
from benchmarks.writing import number, table

TITLE = "Pages and questions"
PAGES = tuple(path.stem for path in sorted((ROOT / "dashboards" / "app_pages").glob("*.py")))
AGAIN = 20
PAST_DAY = date(2024, 6, 30)
OPENS = 5
ANY_DAY = "aged balances, a past day"

Figures = dict[str, Any]


def pages(folder: str, again: str = str(AGAIN)) -> Callable[[], Figures]:
    """Run every page, and ask its questions again."""
    os.environ["ENCAISSE_HOME"] = str(Path(folder).resolve())
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    from published import snapshot

    asked: list[tuple[str, dict[str, Any]]] = []
    answer = snapshot.rows

    def noting(con: Any, question: str, **values: Any) -> Any:
        asked.append((question, values))
        return answer(con, question, **values)

    snapshot.rows = noting

    def work() -> Figures:
        found = {}
        empty_mb = memory_mb()
        app = AppTest.from_file(str(ROOT / "dashboards" / "streamlit_app.py"), default_timeout=300)
        app.run()  # imports, and what the first visitor of all waits for
        for page in PAGES:
            st.cache_data.clear()
            asked.clear()
            app.switch_page(f"app_pages/{page}.py")
            if page == "customer":
                app.query_params.update(_largest_customer(Path(folder)))
            before = time.process_time()
            first = _seconds(app.run)
            first_cpu = time.process_time() - before
            once_more = _seconds(app.run)
            if app.exception or app.error:
                raise ValueError(f"{page}: {[each.value for each in (*app.exception, *app.error)]}")
            with snapshot.connect(snapshot.current(Path(folder))) as con:
                spent = [
                    (
                        asks_a_day(con, question),
                        _milliseconds(partial(answer, con, question, **values), int(again)),
                    )
                    for question, values in {repr(each): each for each in asked}.values()
                ]
            found[page] = {
                "first_seconds": first,
                "first_cpu_seconds": first_cpu,
                "again_seconds": once_more,
                "of_tables": _told([times for is_of_day, times in spent if not is_of_day]),
                "of_days": _told([times for is_of_day, times in spent if is_of_day]),
                "slowest_p95": max((_p95(times) for _, times in spent), default=0.0),
            }
        return {"pages": found, "empty_mb": empty_mb, "full_mb": memory_mb()}

    return work


def asks_a_day(con: duckdb.DuckDBPyConnection, question: str) -> bool:
    """Say whether a question is worked out of the movements, by a macro, for its day."""
    macros = con.sql(
        "select distinct schema_name || '.' || function_name from duckdb_functions() "
        "where function_type = 'table_macro' and not internal"
    ).fetchall()
    return any(f"{name}(" in question for (name,) in macros)


def _told(spent: list[list[float]]) -> Figures:
    """Return what questions of one sort took, in milliseconds; 0 where there are none."""
    p50, p95 = _quantiles([each for of_one in spent for each in of_one] or [0.0])
    return {"questions": len(spent), "p50": p50, "p95": p95}


def _largest_customer(home: Path) -> dict[str, str]:
    """Return the address of the account with the most items."""
    from published import snapshot

    with snapshot.connect(snapshot.current(home)) as con:
        [(entity, customer)] = con.sql(
            "select entity_id, customer_id from ledger.items "
            "group by all order by count(*) desc, customer_id limit 1"
        ).fetchall()
    return {"of": entity, "account": customer}


def scripts(folder: str, again: str = str(AGAIN)) -> Callable[[], Figures]:
    """Ask what scripts and exports ask, again and again."""
    from published.questions import ask

    con = published(folder)
    customer = _largest_customer(Path(folder))["account"]
    questions: dict[str, dict[str, Any]] = {
        "open items, snapshot's day": {"table": "open_items"},
        "open items of the largest customer": {"table": "open_items", "customer": customer},
        "aged balances, snapshot's day": {"table": "aged_balances"},
        ANY_DAY: {"table": "aged_balances", "as_of": PAST_DAY},
        "items of the largest customer": {"table": "items", "customer": customer},
        "measures of the largest customer": {"table": "measures", "customer": customer},
    }

    def work() -> Figures:
        return {
            name: _quantiles(_milliseconds(partial(ask, con, **values), int(again)))
            for name, values in questions.items()
        }

    return work


def opening(folder: str, how: str = "warm") -> Callable[[], None]:
    """Open the snapshot and ask one question, in a process that has done nothing else."""
    from published.snapshot import connect, current

    if how == "cold":
        _drop(current(Path(folder)).path)

    def work() -> None:
        con = connect(current(Path(folder)))
        con.sql("select count(*) from receivables.month_ends").fetchall()

    return work


def _drop(file: Path) -> None:
    """Ask the system to forget what it keeps of a file in memory."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _milliseconds(run: Callable[[], object], times: int) -> list[float]:
    run()
    return [1000 * _seconds(run) for _ in range(times)]


def _p95(spent: list[float]) -> float:
    return sorted(spent)[int(0.95 * (len(spent) - 1))]


def _quantiles(spent: list[float]) -> tuple[float, float]:
    return statistics.median(spent), _p95(spent)


def measure(sizes: list[int]) -> list[Figures]:
    """Run the pages of each firm."""
    rows = []
    for items in sizes:
        folder = str(refreshed(items))
        opened = in_turn(
            {how: Work("benchmarks.pages:opening", (folder, how), 4) for how in ("warm", "cold")},
            OPENS,
        )
        rows.append(
            {
                "items": items,
                **in_fresh_process(Work("benchmarks.pages:pages", (folder,), 4)).answer,
                "scripts": in_fresh_process(Work("benchmarks.pages:scripts", (folder,), 4)).answer,
                "opening_ms": {how: 1000 * run.wall_seconds for how, run in opened.items()},
            }
        )
    return rows


def report(rows: list[Figures]) -> str:
    """Tell what was measured."""
    head = (
        *("page", "items", "first s", "CPU s", "again s"),
        *("of tables", "p50 ms", "p95 ms", "of days", "p50 ms", "p95 ms", "slowest, p95 ms"),
    )
    asked = [
        (name, f"{row['items']:,}", number(p50), number(p95))
        for row in rows
        for name, (p50, p95) in row["scripts"].items()
    ]
    opened = [
        (
            f"{row['items']:,}",
            number(row["opening_ms"]["warm"]),
            number(row["opening_ms"]["cold"]),
            number(row["empty_mb"]),
            number(row["full_mb"]),
        )
        for row in rows
    ]
    return f"""{(__doc__ or "").format(again=AGAIN).split(chr(10), 2)[2].strip()}

{table(head, list(_page_lines(rows)))}

{table(("question of a script", "items", "p50 ms", "p95 ms"), asked)}

{
        table(
            (
                *("items", "open and first question, ms", "the same, cold, ms"),
                *("app before the first page, MB", "app after every page, MB"),
            ),
            opened,
        )
    }
"""


def measured(rows: list[Figures]) -> dict[str, float]:
    """Return what was aimed at."""
    found = {}
    for row in rows:
        pages = row["pages"].values()
        if row["items"] == 1_000_000:
            found["page_slowest_1m"] = max(page["first_seconds"] for page in pages)
        if row["items"] == 10_000_000:
            found["page_tables_10m"] = max(page["of_tables"]["p95"] for page in pages)
            found["page_days_10m"] = max(page["of_days"]["p95"] for page in pages)
            found["any_day_10m"] = row["scripts"][ANY_DAY][1]
            found["opening_10m"] = row["opening_ms"]["warm"]
    return found


def _page_lines(rows: list[Figures]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        for page, told in row["pages"].items():
            yield (
                page.replace("_", " "),
                f"{row['items']:,}",
                number(told["first_seconds"]),
                number(told["first_cpu_seconds"]),
                number(told["again_seconds"]),
                *_texts(told["of_tables"]),
                *_texts(told["of_days"]),
                number(told["slowest_p95"]),
            )


def _texts(of_sort: Figures) -> tuple[str, ...]:
    if not of_sort["questions"]:
        return ("0", "", "")
    return str(of_sort["questions"]), number(of_sort["p50"]), number(of_sort["p95"])
