"""An aged balance from the movements, as an analyst makes it with pandas or Polars."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from benchmarks.others.buckets import BOUNDS, CODES


def with_pandas(movements: pd.DataFrame, as_of: date) -> "pd.Series[int]":
    """Return cents by series and bucket, from the movements up to a day.

    Args:
        movements: series, event_on, due_on, is_credit, cents.
        as_of: The day.
    """
    seen = movements[movements["event_on"] <= pd.Timestamp(as_of)]
    cents = seen["cents"].groupby([seen["series"], _ranks(seen, as_of)]).sum()
    return _named(cents)


def items_with_pandas(movements: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return cents and number of open items by series and bucket.

    Args:
        movements: item, series, event_on, due_on, is_credit, cents.
        as_of: The day.
    """
    seen = movements[movements["event_on"] <= pd.Timestamp(as_of)]
    items = seen.groupby("item").agg(
        cents=("cents", "sum"),
        series=("series", "first"),
        due_on=("due_on", "first"),
        is_credit=("is_credit", "first"),
    )
    items = items[items["cents"] != 0]
    groups = items.groupby([items["series"], _ranks(items, as_of)])["cents"]
    return _named(groups.agg(cents="sum", item_count="size"))


def items_with_polars(movements: pl.LazyFrame, as_of: date) -> pl.DataFrame:
    """Return the same with Polars: series, bucket, cents, item_count."""
    days = (pl.lit(as_of) - pl.col("due_on")).dt.total_days()
    rank = pl.lit(0)
    for bound in (0, *BOUNDS):
        rank += (days > bound).cast(pl.Int32)
    bucket = (
        pl.when(pl.col("is_credit"))
        .then(pl.lit("unapplied"))
        .when(pl.col("due_on").is_null())
        .then(pl.lit("no_due_date"))
        .otherwise(rank.replace_strict(CODES, return_dtype=pl.String, default=None))
        .alias("bucket")
    )
    return (
        movements.filter(pl.col("event_on") <= as_of)
        .group_by("item")
        .agg(pl.col("cents").sum(), pl.col("series", "due_on", "is_credit").first())
        .filter(pl.col("cents") != 0)
        .group_by("series", bucket)
        .agg(pl.col("cents").sum(), pl.len().alias("item_count"))
        .collect()
    )


def _ranks(rows: pd.DataFrame, as_of: date) -> "pd.Series[int]":
    days = (pd.Timestamp(as_of) - rows["due_on"]).dt.days.to_numpy(np.float64)
    ranks = np.searchsorted([0, *BOUNDS], days, side="left")
    ranks[np.isnan(days)] = 90
    ranks[rows["is_credit"].to_numpy()] = 91
    return pd.Series(ranks, rows.index, name="rank")


def _named(by_rank: Any) -> Any:
    return by_rank.rename(index=CODES, level="rank")
