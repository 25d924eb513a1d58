"""How fast does a FEC land, beside pandas and Polars reading the same file?

Ours decodes, splits, checks every field, balances every entry, and writes typed Parquet with the
number of each line. "The same work" is pandas made to do that: text, white space off, decimals,
dates, fields checked, lines numbered, entries balanced, Parquet; but an amount and a day can be
written in one way only, and a bad line stops it. The other rivals read as an analyst would, and do
less: pandas into floats (it has no decimals in its reader), Polars into decimals, to memory or to
Parquet. The sums of both columns must be the same to the cent.

The file is the largest that the firm has: a year of one entity in UTF-8, 18 columns between tabs,
lines ended by CR LF. One in another encoding takes us a second pass. Nobody's imports are counted:
for ours they are a third of a second, most of it pandas, which PyArrow imports once in a process.
"""

import cProfile
import csv
import pstats
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.data import largest_fec, rounds
from benchmarks.measuring import Work, agree, in_fresh_process, in_turn
from benchmarks.writing import growths, number, table, times, where

TITLE = "A FEC, to landing"
DATES = ["EcritureDate", "PieceDate", "DateLet", "ValidDate"]
AMOUNTS = ["Debit", "Credit", "Montantdevise"]
SUMMED = ["Debit", "Credit"]
NEEDED = ["JournalCode", "EcritureNum", "EcritureDate", "CompteNum"]
AMOUNT = r"(?:-?[0-9]+[,.][0-9]{2})?"
SUBJECTS = {
    "Encaisse, to landing": "encaisse",
    "pandas, the same work": "with_pandas_exactly",
    "pandas.read_csv, to memory": "with_pandas",
    "pandas.read_csv, to Parquet": "with_pandas_to_parquet",
    "Polars read_csv, to memory": "with_polars",
    "Polars read_csv, to Parquet": "with_polars_to_parquet",
}
OURS = next(iter(SUBJECTS))
FUNCTIONS = 12

Answer = Callable[[], list[str]]
"""Gives the number of lines, the sum of the debits and the sum of the credits."""


def encaisse(path: str) -> Callable[[], Answer]:
    """Land the file as a refresh does. PyArrow imports pandas, once in a process: so do we here."""
    import pandas as pd  # noqa: F401
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from pipelines.intake.fec import read_fec

    out = tempfile.TemporaryDirectory()

    def work() -> Answer:
        reading = read_fec(Path(path), Path(out.name), progress=lambda _: None)
        return lambda: [str(reading.loaded), *map(str, sums())]

    def sums() -> list[Decimal]:
        landed = pq.read_table(f"{out.name}/fec_lines.parquet", columns=["debit", "credit"])
        return [pc.sum(column).as_py() for column in landed.columns]

    return work


def functions(path: str) -> Callable[[], dict[str, float]]:
    """Land the file, and tell how long each function took by itself."""
    land = encaisse(path)

    def work() -> dict[str, float]:
        watch = cProfile.Profile()
        watch.runcall(land)
        told = pstats.Stats(watch).get_stats_profile().func_profiles
        spent = {
            f"{Path(each.file_name).stem} {name}".strip("~ "): each.tottime
            for name, each in told.items()
        }
        longest = sorted(spent, key=lambda name: -spent[name])[:FUNCTIONS]
        rest = sum(spent.values()) - sum(spent[name] for name in longest)
        return {f"`{name}`": spent[name] for name in longest} | {"all others": rest}

    return work


def with_pandas_exactly(path: str) -> Callable[[], Answer]:
    """Do our work with pandas: exact amounts, checked fields, and entries that balance."""
    import pandas as pd

    separator, encoding, _ = _form(path)
    out = tempfile.TemporaryDirectory()

    def work() -> Answer:
        frame = pd.read_csv(
            path,
            sep=separator,
            encoding=encoding,
            dtype=str,
            keep_default_na=False,
            quoting=csv.QUOTE_NONE,
        )
        for name in frame.columns:
            frame[name] = frame[name].str.strip()
        is_bad = (frame[NEEDED] == "").any(axis=1)
        for name in DATES:
            days = pd.to_datetime(frame[name], format="%Y%m%d", errors="coerce")
            is_bad |= days.isna() & (frame[name] != "")
            frame[name] = days.dt.date
        for name in AMOUNTS:
            is_bad |= ~frame[name].str.fullmatch(AMOUNT)
            amounts = [Decimal(text.replace(",", ".")) if text else None for text in frame[name]]
            frame[name] = pd.Series(amounts, dtype=object)
        frame["source_line"] = range(2, len(frame) + 2)
        if is_bad.any():
            raise AssertionError("a line of the sample company cannot be read")
        frame.to_parquet(f"{out.name}/fec.parquet", compression="zstd")
        entries = [frame["JournalCode"], frame["EcritureNum"]]
        if (frame["Debit"] - frame["Credit"]).groupby(entries).sum().any():
            raise AssertionError("an entry of the sample company does not balance")
        return lambda: [str(len(frame)), *(f"{frame[name].sum():.2f}" for name in SUMMED)]

    return work


def with_pandas(path: str) -> Callable[[], Answer]:
    """Read the file into a pandas frame: amounts as floats, dates as dates."""
    return _pandas(path, to_parquet=False)


def with_pandas_to_parquet(path: str) -> Callable[[], Answer]:
    """Read it, and write it as Parquet."""
    return _pandas(path, to_parquet=True)


def _pandas(path: str, *, to_parquet: bool) -> Callable[[], Answer]:
    import pandas as pd

    separator, encoding, names = _form(path)
    out = tempfile.TemporaryDirectory()

    def work() -> Answer:
        frame = pd.read_csv(
            path,
            sep=separator,
            encoding=encoding,
            decimal=",",
            dtype={name: str for name in names if name not in AMOUNTS + DATES},
            parse_dates=DATES,
            date_format="%Y%m%d",
            quoting=csv.QUOTE_NONE,
        )
        if to_parquet:
            frame.to_parquet(f"{out.name}/fec.parquet", compression="zstd")
        return lambda: [str(len(frame)), *(f"{frame[name].sum():.2f}" for name in SUMMED)]

    return work


def with_polars(path: str) -> Callable[[], Answer]:
    """Read the file into a Polars frame: amounts as decimals, dates as dates."""
    return _polars(path, to_parquet=False)


def with_polars_to_parquet(path: str) -> Callable[[], Answer]:
    """Read it, and write it as Parquet."""
    return _polars(path, to_parquet=True)


def _polars(path: str, *, to_parquet: bool) -> Callable[[], Answer]:
    import polars as pl

    separator, encoding, names = _form(path)
    out = tempfile.TemporaryDirectory()

    def work() -> Answer:
        frame = pl.read_csv(
            path,
            separator=separator,
            encoding=encoding,
            quote_char=None,
            schema=dict.fromkeys(names, pl.String),
        ).with_columns(
            *(
                pl.col(name).str.replace(",", ".", literal=True).cast(pl.Decimal(18, 2))
                for name in AMOUNTS
            ),
            *(pl.col(name).str.to_date("%Y%m%d") for name in DATES),
        )
        if to_parquet:
            frame.write_parquet(f"{out.name}/fec.parquet", compression="zstd")
        return lambda: [str(frame.height), *(str(frame[name].sum()) for name in SUMMED)]

    return work


def _form(path: str) -> tuple[str, str, list[str]]:
    """Return separator, encoding and columns of a FEC of the sample.

    The rivals are told them; we find them out.
    """
    with Path(path).open("rb") as file:
        head = file.readline()
    separator = "\t" if b"\t" in head else "|"
    encoding = "utf-8" if separator == "\t" else "iso8859-15"
    return separator, encoding, head.decode(encoding).rstrip().split(separator)


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Land the largest FEC of each firm, on one core and, the largest, on four."""
    rows = []
    for items in sizes:
        path = largest_fec(items)
        for cores in (1, 4) if items == sizes[-1] else (1,):
            medians = in_turn(
                {
                    name: Work(f"benchmarks.intake:{function}", (str(path),), cores)
                    for name, function in SUBJECTS.items()
                },
                rounds(items),
            )
            agree({name: run.answer for name, run in medians.items()})
            rows += [
                {
                    "items": items,
                    "cores": cores,
                    "subject": name,
                    "mb": path.stat().st_size / 1e6,
                    **vars(run),
                }
                for name, run in medians.items()
            ]
    work = Work("benchmarks.intake:functions", (str(largest_fec(sizes[-1])),))
    rows[0]["profile"] = {"items": sizes[-1], "seconds": in_fresh_process(work).answer}
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    cpu = {(row["items"], row["cores"], row["subject"]): row["cpu_seconds"] for row in rows}
    head = (
        *("who", "items of the firm", "MB of the file", "cores", "wall s", "CPU s"),
        *("MB per CPU s", "peak MB", "CPU, of ours"),
    )
    lines = [
        (
            row["subject"],
            f"{row['items']:,}",
            number(row["mb"]),
            str(row["cores"]),
            number(row["wall_seconds"]),
            number(row["cpu_seconds"]),
            number(row["mb"] / row["cpu_seconds"]),
            number(row["peak_mb"]),
            times(row["cpu_seconds"] / cpu[row["items"], row["cores"], OURS]),
        )
        for row in rows
    ]
    told = rows[0]["profile"]
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

{table(head, lines)}

{growths([row for row in rows if row["cores"] == 1])} On one core; a part of the time is the same
for every file.

{where(told["seconds"], told["items"], "by function of the main thread, its own time")}
"""


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return what was aimed at, at a million items on one core."""
    at = {row["subject"]: row for row in rows if (row["items"], row["cores"]) == (1_000_000, 1)}
    if not at:
        return {}
    cpu = at[OURS]["cpu_seconds"]
    return {
        "fec_rate": at[OURS]["mb"] / cpu,
        "fec_exact": at["pandas, the same work"]["cpu_seconds"] / cpu,
        "fec_read": at["pandas.read_csv, to memory"]["cpu_seconds"] / cpu,
    }
