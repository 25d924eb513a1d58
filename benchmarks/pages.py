"""How long do the pages take, and the questions that they and scripts ask of the snapshot?

Each page is run as the server runs it, without the browser's part: first with nothing kept, then
again, as after a click on it. Its questions are those it asked while it ran; each is then asked
again and again of the snapshot, with nothing kept. So are the questions of scripts and exports.
Four cores, as the connection of the screens allows. CPU seconds are beside the wall's, and the load
of the machine when it was measured: where more is at work than there are cores, a page waits its
turn.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.data import ROOT, home
from benchmarks.measuring import Work, in_fresh_process, in_turn
from benchmarks.writing import Target, number, table

TITLE = "Pages and questions"
PAGES = ("overview", "aged_balances", "customer", "measures", "data_health")
AGAIN = 20
PAST_DAY = date(2024, 6, 30)
OPENS = 5

Figures = dict[str, Any]


def pages(folder: str) -> Callable[[], Figures]:
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
            again = _seconds(app.run)
            if app.exception or app.error:
                raise ValueError(f"{page}: {[each.value for each in (*app.exception, *app.error)]}")
            with snapshot.connect(snapshot.current(Path(folder))) as con:
                spent = [
                    _milliseconds(partial(answer, con, question, **values))
                    for question, values in {repr(each): each for each in asked}.values()
                ]
            found[page] = {
                "first_seconds": first,
                "first_cpu_seconds": first_cpu,
                "again_seconds": again,
                "questions": [statistics.median(each) for each in spent],
                "slowest_p95": max(map(_p95, spent), default=0.0),
            }
        return found

    return work


def _largest_customer(home: Path) -> dict[str, str]:
    """Return the address of the account with the most items."""
    from published import snapshot

    with snapshot.connect(snapshot.current(home)) as con:
        [(entity, customer)] = con.sql(
            "select entity_id, customer_id from ledger.items "
            "group by all order by count(*) desc, customer_id limit 1"
        ).fetchall()
    return {"of": entity, "account": customer}


def scripts(folder: str) -> Callable[[], Figures]:
    """Ask what scripts and exports ask, again and again."""
    from published.questions import ask
    from published.snapshot import connect, current

    con = connect(current(Path(folder)))
    customer = _largest_customer(Path(folder))["account"]
    questions: dict[str, dict[str, Any]] = {
        "open items, snapshot's day": {"table": "open_items"},
        "open items of the largest customer": {"table": "open_items", "customer": customer},
        "aged balances, snapshot's day": {"table": "aged_balances"},
        "aged balances, a past day": {"table": "aged_balances", "as_of": PAST_DAY},
        "items of the largest customer": {"table": "items", "customer": customer},
        "measures of the largest customer": {"table": "measures", "customer": customer},
    }

    def work() -> Figures:
        return {
            name: _quantiles(_milliseconds(partial(ask, con, **values)))
            for name, values in questions.items()
        }

    return work


def opening(folder: str) -> Callable[[], None]:
    """Open the snapshot and ask one question, in a process that has done nothing else."""
    from published.snapshot import connect, current

    def work() -> None:
        con = connect(current(Path(folder)))
        con.sql("select count(*) from receivables.month_ends").fetchall()

    return work


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _milliseconds(run: Callable[[], object]) -> list[float]:
    run()
    return [1000 * _seconds(run) for _ in range(AGAIN)]


def _p95(spent: list[float]) -> float:
    return sorted(spent)[int(0.95 * (len(spent) - 1))]


def _quantiles(spent: list[float]) -> tuple[float, float]:
    return statistics.median(spent), _p95(spent)


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Run the pages of each firm."""
    rows = []
    for items in sizes:
        folder = (str(home(items)),)
        rows.append(
            {
                "items": items,
                "load": os.getloadavg()[0],
                "pages": in_fresh_process(Work("benchmarks.pages:pages", folder, 4)).answer,
                "scripts": in_fresh_process(Work("benchmarks.pages:scripts", folder, 4)).answer,
                "opening_ms": 1000
                * in_turn({"": Work("benchmarks.pages:opening", folder, 4)}, OPENS)[
                    ""
                ].wall_seconds,
            }
        )
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

{
        table(
            (
                "page",
                "invoices",
                "first s",
                "CPU s",
                "again s",
                "questions",
                "median ms",
                "slowest, p95 ms",
            ),
            list(_page_lines(rows)),
        )
    }

{
        table(
            ("question of a script", "invoices", "p50 ms", "p95 ms"),
            [
                (name, f"{row['items']:,}", number(p50), number(p95))
                for row in rows
                for name, (p50, p95) in row["scripts"].items()
            ],
        )
    }

Opening the snapshot and a first question, in a new process:
{"; ".join(f"{number(row['opening_ms'])} ms at {row['items']:,} invoices" for row in rows)}.

Load of the machine, one minute's mean, on {os.cpu_count()} cores:
{"; ".join(f"{number(row['load'])} at {row['items']:,} invoices" for row in rows)}.
"""


def targets(rows: list[dict[str, Any]]) -> list[Target]:
    """Hold the largest size against what was aimed at."""
    row = max(rows, key=lambda row: row["items"])
    size = f"{row['items']:,} invoices"
    slowest = max(page["first_seconds"] for page in row["pages"].values())
    _, any_day = row["scripts"]["aged balances, a past day"]
    return [
        Target.at_most(f"the slowest page, {size}", 1, slowest, " s"),
        Target.at_most(f"aged balances of any day, p95, {size}", 200, any_day, " ms"),
        Target.at_most(f"open and first question, {size}", 60, row["opening_ms"], " ms"),
    ]


def _page_lines(rows: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        for page, told in row["pages"].items():
            yield (
                page.replace("_", " "),
                f"{row['items']:,}",
                number(told["first_seconds"]),
                number(told["first_cpu_seconds"]),
                number(told["again_seconds"]),
                str(len(told["questions"])),
                number(statistics.median(told["questions"])),
                number(told["slowest_p95"]),
            )
