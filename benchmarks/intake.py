"""How fast does a FEC land, beside pandas and Polars reading the same file?

Ours decodes, splits, checks every field, balances every entry, and writes typed Parquet with the
number of each line. "The same work" is pandas made to do that: text, white space off, decimals,
dates, every entry balanced, Parquet. The other rivals read as an analyst would, and do less: pandas
into floats (it has no decimals in its reader), Polars into decimals, to memory or to Parquet. The
sums of both columns must be the same to the cent.

The file is the largest that the firm has: a year of one entity in UTF-8, 18 columns between tabs,
lines ended by CR LF. One in another encoding takes us a second pass. Nobody's imports are counted:
for ours they are a third of a second, most of it pandas, which PyArrow imports once in a process.
"""

import csv
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.data import largest_fec, rounds
from benchmarks.measuring import Work, agree, growth, in_turn
from benchmarks.writing import Target, number, table, times

TITLE = "A FEC, to landing"
DATES = ["EcritureDate", "PieceDate", "DateLet", "ValidDate"]
AMOUNTS = ["Debit", "Credit", "Montantdevise"]
SUMMED = ["Debit", "Credit"]
SUBJECTS = {
    "Encaisse, to landing": "encaisse",
    "pandas, the same work": "with_pandas_exactly",
    "pandas.read_csv, to memory": "with_pandas",
    "pandas.read_csv, to Parquet": "with_pandas_to_parquet",
    "Polars read_csv, to memory": "with_polars",
    "Polars read_csv, to Parquet": "with_polars_to_parquet",
}
OURS = next(iter(SUBJECTS))

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


def with_pandas_exactly(path: str) -> Callable[[], Answer]:
    """Do our work with pandas: exact amounts, and entries that balance."""
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
        for name in DATES:
            frame[name] = pd.to_datetime(frame[name], format="%Y%m%d", errors="coerce").dt.date
        for name in AMOUNTS:
            amounts = [Decimal(text.replace(",", ".")) if text else None for text in frame[name]]
            frame[name] = pd.Series(amounts, dtype=object)
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
    """Land the largest FEC of each firm, on one core and on four."""
    rows = []
    for items in sizes:
        path = largest_fec(items)
        for cores in (1, 4):
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
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    lines = []
    for row in rows:
        [ours] = [
            each
            for each in rows
            if (each["items"], each["cores"], each["subject"]) == (row["items"], row["cores"], OURS)
        ]
        lines.append(
            (
                row["subject"],
                f"{row['items']:,}",
                number(row["mb"]),
                str(row["cores"]),
                number(row["wall_seconds"]),
                number(row["cpu_seconds"]),
                number(row["mb"] / row["cpu_seconds"]),
                number(row["peak_mb"]),
                times(row["cpu_seconds"] / ours["cpu_seconds"]),
            )
        )
    alone = [row for row in rows if row["subject"] == OURS and row["cores"] == 1]
    exponent = growth([row["mb"] for row in alone], [row["cpu_seconds"] for row in alone])
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

{
        table(
            (
                "who",
                "invoices of the firm",
                "MB of the file",
                "cores",
                "wall s",
                "CPU s",
                "MB per CPU s",
                "peak MB",
                "CPU, of ours",
            ),
            lines,
        )
    }

Growth exponent of our CPU time on one core: {
        exponent:.2f}; a part of it is the same for every file.
"""


def targets(rows: list[dict[str, Any]]) -> list[Target]:
    """Hold the largest size against what was aimed at."""
    largest = max(row["items"] for row in rows)
    at = {row["subject"]: row for row in rows if (row["items"], row["cores"]) == (largest, 1)}
    ours = at[OURS]["cpu_seconds"]
    size = f"{largest:,} invoices, one core"
    return [
        Target.at_least(f"FEC to landing, {size}", 100, at[OURS]["mb"] / ours, " MB per CPU s"),
        *(
            Target.at_least(
                f"{name}, in our CPU time, {size}", 7, at[name]["cpu_seconds"] / ours, "x"
            )
            for name in ("pandas, the same work", "pandas.read_csv, to memory")
        ),
    ]
