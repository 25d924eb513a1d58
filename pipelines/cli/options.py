"""What the options of the command line take, and how their texts are read."""

from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Basis(StrEnum):
    """The day from which an item's age is counted."""

    due = "due"
    document = "document"


class Decimal(StrEnum):
    """The mark before the cents."""

    comma = ","
    point = "."


class Engine(StrEnum):
    """What runs the SQL of a refresh."""

    duckdb = "duckdb"
    spark = "spark"


class Format(StrEnum):
    """What an export is written as."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"


def day(text: str) -> date:
    """Read a day, such as 2024-03-31."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day; write it as 2024-03-31") from error


def last_day(month: str) -> date:
    """Return the last day of a month such as 2024-03."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise typer.BadParameter(f"{month!r} is not a month; write it as 2024-03") from error
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


class Bounds(tuple[int, ...]):
    """Last day late of each bucket."""


def bounds(text: str) -> Bounds:
    """Read the last days late of the buckets, such as 30,60,90,120."""
    try:
        return Bounds(int(each) for each in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a list of days such as 30,60,90,120") from error


Extracts = Annotated[
    Path | None,
    typer.Option(
        "--extracts",
        exists=True,
        file_okay=False,
        help="Folder with the extracts. Default: extracts/ in the home.",
    ),
]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        parser=day,
        metavar="YYYY-MM-DD",
        help="The day to look at. Default: today, or the last day of the ledger when it ended "
        "more than a month ago.",
    ),
]
Entity = Annotated[str | None, typer.Option("--entity", help="Only this entity.")]
Currency = Annotated[str | None, typer.Option("--currency", help="Only this currency.")]
Customer = Annotated[str | None, typer.Option("--customer", help="Only this customer.")]
Out = Annotated[Path, typer.Option("--out", dir_okay=False, help="File to write.")]
As = Annotated[Format, typer.Option("--format", help="How to write it.")]
