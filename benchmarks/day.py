"""What does one more day cost, and is it the same as a rebuild?

A firm exports the FEC of its year every day, under the name of the day. Its books are refreshed as
of the day before the last; then the last day's export is put beside the others and the firm is
refreshed again: that is one more day. A rebuild starts from the same extracts and nothing else: it
reads everything, makes everything, and learns and tries everything on the past anew. Both on four
cores, one run each. The tables of both are compared row for row, but for what is foretold (the
rebuild's model knows a day more), what changed since the snapshot before (a rebuild has none), and
the order in which files landed.
"""

import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.data import FOLDER, with_extracts
from benchmarks.measuring import Run, Work, in_fresh_process
from benchmarks.writing import number, table, where
from published.snapshot import current

TITLE = "One more day"
LAST, BEFORE = date(2025, 12, 31), date(2025, 12, 30)
SLOWEST = 8
FORETOLD = ("meta", "predictions", "worklist")
"""Schemas that say when and with which model they were made."""
OF_THE_RUN = {"intake.files", "intake.extract_days"}
"""Tables that say when or in which order files landed."""
SINCE_BEFORE = {"receivables.changes", "receivables.bucket_moves"}
"""Tables of what changed since the snapshot before, of which a rebuild has none."""

ENTRY_ON, LETTERING, LETTERED_ON, VALIDATED_ON = 3, 13, 14, 15
"""The places of four of the eighteen fields of a FEC."""


def as_exported(fec: bytes, last: date) -> bytes:
    """Return a FEC as it would have been exported at the end of an earlier day.

    Without the entries of later days, and without what was lettered or validated on them.
    """
    end = f"{last:%Y%m%d}".encode()
    header = fec.partition(b"\n")[0]
    between, ended = b"\t" if b"\t" in header else b"|", b"\r\n" if b"\r" in header else b"\n"
    lines = fec.split(ended)
    kept = [lines[0]]
    for line in lines[1:]:
        fields = line.split(between)
        if len(fields) == 1:
            kept.append(line)
            continue
        if fields[ENTRY_ON] > end:
            continue
        if fields[LETTERED_ON] > end:
            fields[LETTERING] = fields[LETTERED_ON] = b""
        if fields[VALIDATED_ON] > end:
            fields[VALIDATED_ON] = b""
        kept.append(between.join(fields))
    return ended.join(kept)


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Refresh each firm a day apart, and once from nothing."""
    rows = []
    for items in sizes:
        folder = _day_before(items)
        _refresh(folder)
        _export(items, LAST, folder)
        day = _refresh(folder)
        told = folder / "of the day.duckdb"
        shutil.copy(current(folder).path, told)
        _forget(folder)
        rebuild = _refresh(folder)
        differing = _differing(told, current(folder).path)
        rows.append(
            {
                "items": items,
                "day": vars(day),
                "rebuild": vars(rebuild),
                "tables": len(differing),
                "differing": {name: count for name, count in differing.items() if count},
            }
        )
        shutil.rmtree(folder)
    return rows


def of_last_year(home: Path) -> list[Path]:
    """Return the FECs of the last year that a home has."""
    return sorted((home / "extracts").glob(f"*FEC{LAST:%Y%m%d}.txt"))


def _day_before(items: int) -> Path:
    """Return a home with that firm's extracts as they were on the day before the last."""
    of_firm, folder = with_extracts(items), FOLDER / f"day-{items}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "extracts").mkdir(parents=True)
    last_year = of_last_year(of_firm)
    for file in (of_firm / "extracts").iterdir():
        if file.is_file() and file not in last_year:
            os.link(file, folder / "extracts" / file.name)
    _export(items, BEFORE, folder)
    return folder


def _export(items: int, day: date, folder: Path) -> None:
    """Put the FECs of the last year, as of a day, beside the other extracts of a home."""
    for fec in of_last_year(with_extracts(items)):
        name = fec.name.replace(f"{LAST:%Y%m%d}", f"{day:%Y%m%d}")
        (folder / "extracts" / name).write_bytes(as_exported(fec.read_bytes(), day))


def _refresh(folder: Path) -> Run:
    return in_fresh_process(Work("benchmarks.refresh:refresh", (str(folder),), cores=4))


def _forget(folder: Path) -> None:
    """Leave nothing of a home but its extracts."""
    for left in folder.iterdir():
        if left.is_dir() and left.name != "extracts":
            shutil.rmtree(left)
    (folder / "CURRENT").unlink()


def _differing(one: Path, other: Path) -> dict[str, int]:
    """Return how many rows of each table are in one snapshot and not in the other."""
    with duckdb.connect() as con:
        con.execute(f"attach '{one}' as one (read_only); attach '{other}' as other (read_only)")
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = 'other' and schema_name not in (select unnest($1)) order by 1",
            [list(FORETOLD)],
        ).fetchall()
        found = {}
        for (name,) in names:
            if name in OF_THE_RUN | SINCE_BEFORE:
                continue
            [(count,)] = con.sql(
                f"select (select count(*) from (from one.{name} except all from other.{name})) "
                f"+ (select count(*) from (from other.{name} except all from one.{name}))"
            ).fetchall()
            found[name] = count
    return found


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the figures of the aims."""
    ten_million = [row for row in rows if row["items"] == 10_000_000]
    if not ten_million:
        return {}
    [row] = ten_million
    return {"one_more_day": row["day"]["cpu_seconds"] / row["rebuild"]["cpu_seconds"]}


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    head = ("refresh", "items", "wall s", "CPU s", "peak MB", "CPU, of a rebuild's")
    lines = [
        (
            name,
            f"{row['items']:,}",
            number(row[key]["wall_seconds"]),
            number(row[key]["cpu_seconds"]),
            number(row[key]["peak_mb"]),
            f"{row[key]['cpu_seconds'] / row['rebuild']['cpu_seconds']:.2f}x",
        )
        for row in rows
        for key, name in (("day", "one more day"), ("rebuild", "a rebuild"))
    ]
    last = rows[-1]
    steps = sorted(last["day"]["answer"]["steps"].items(), key=lambda step: -step[1])
    slowest = {f"`{name.replace('__', '.')}`": seconds for name, seconds in steps[:SLOWEST]}
    slowest["all others"] = sum(seconds for _, seconds in steps[SLOWEST:])
    compared = "; ".join(
        f"at {row['items']:,} items {row['tables']} tables were compared, and "
        + (
            ", ".join(f"{count:,} rows of `{name}`" for name, count in row["differing"].items())
            or "no row"
        )
        + " differed"
        for row in rows
    )
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

{table(head, lines)}

Row for row: {compared}.

{where(slowest, last["items"], "one more day by step, wall seconds")}
"""
