"""What does one more morning cost a firm that keeps the export of every morning?

A firm of {items} items exports the FEC of its year every morning, under the name of the day, and
leaves all of them in the folder. Its tables, to the receivables, were made the morning before; one
more export comes, and they are made again, with what was known on each morning. On four cores, one
run each. However many exports there are, the same must be open, to the cent.
"""

import os
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.data import FOLDER, with_extracts
from benchmarks.day import LAST, as_exported, of_last_year
from benchmarks.measuring import Work, agree, in_fresh_process
from benchmarks.writing import growths, number, table

TITLE = "An export of every morning"
ITEMS = 10_000
MORNINGS = (1, 10, 40, 80)
SUBJECT = "one more morning"

Answer = Callable[[], list[str]]


def tables(folder: str) -> Callable[[], Answer]:
    """Make the tables of a firm, to the receivables."""
    from pipelines.running import publish_tables
    from published.snapshot import connect, current

    home = Path(folder)

    def work() -> Answer:
        publish_tables(home, home / "extracts", ["receivables"])
        return told

    def told() -> list[str]:
        with connect(current(home)) as con:
            rows = con.sql(
                "select entity_id, currency, count(*), sum(open_amount) "
                f"from receivables.open_items(date '{LAST}') group by all order by all"
            ).fetchall()
        return [str(row) for row in rows]

    return work


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Make the tables of a firm with ever more exports, each time for one that came last."""
    items = min(ITEMS, *sizes)
    rows = []
    for mornings in MORNINGS:
        folder = FOLDER / f"mornings-{mornings}"
        newest = _but_the_newest(items, mornings, folder)
        work = Work("benchmarks.mornings:tables", (str(folder),), cores=4)
        in_fresh_process(work)
        for path, content in newest.items():
            path.write_bytes(content)
        run = in_fresh_process(work)
        rows.append({"items": items, "subject": SUBJECT, "exports": mornings, **vars(run)})
        shutil.rmtree(folder)
    agree({f"{row['exports']} exports": row["answer"] for row in rows})
    return rows


def _but_the_newest(items: int, mornings: int, folder: Path) -> dict[Path, bytes]:
    """Make a home with the exports of all mornings but the last; return the last one's files."""
    of_firm = with_extracts(items)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "extracts").mkdir(parents=True)
    last_year = of_last_year(of_firm)
    for file in (of_firm / "extracts").iterdir():
        if file.is_file() and file not in last_year:
            os.link(file, folder / "extracts" / file.name)
    newest = {}
    for fec in last_year:
        content = fec.read_bytes()
        newest[folder / "extracts" / fec.name] = content
        for back in range(1, mornings):
            day = LAST - timedelta(days=back)
            _named(folder, fec, day).write_bytes(as_exported(content, day))
    return newest


def _named(folder: Path, fec: Path, day: date) -> Path:
    return folder / "extracts" / fec.name.replace(f"{LAST:%Y%m%d}", f"{day:%Y%m%d}")


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    lines = [
        (
            str(row["exports"]),
            number(row["wall_seconds"]),
            number(row["cpu_seconds"]),
            number(row["peak_mb"]),
        )
        for row in rows
    ]
    by_exports = [{**row, "items": row["exports"]} for row in rows]
    told = __doc__.split("\n", 2)[2].strip().format(items=f"{rows[-1]['items']:,}")
    return f"""{told}

{table(("exports of the year", "wall s", "CPU s", "peak MB"), lines)}

{growths(by_exports)} That is
with the number of exports: each is read in every refresh, for what it knew, and held against the
one that came next.
"""
