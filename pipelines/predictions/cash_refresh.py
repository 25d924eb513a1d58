"""The cash forecast of a refresh: the model of the day, its back-tests, and every table of both."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from models.cash.backtest import Score
from pipelines.predictions import registry
from pipelines.predictions.cash_books import CashBook
from pipelines.predictions.cash_scores import make_scores
from pipelines.predictions.cash_tables import make_forecast
from pipelines.predictions.cash_tracks import (
    ForCash,
    keep_tracks,
    load_tracks,
    make_tracks,
)
from pipelines.predictions.training import model_in_use
from pipelines.settings import Settings


def make_cash(con: duckdb.DuckDBPyConnection, home: Path, settings: Settings, as_of: date) -> bool:
    """Make every table of the cash forecast and of its back-tests.

    The back-tests are made when the model is: they lie in its folder, and are loaded from there
    until another model takes its place.

    Returns:
        Whether the back-tests were made anew.
    """
    book = CashBook.read(con, settings.defaults.country)
    model = model_in_use(con, home)
    [(model_id,)] = con.sql("select distinct model_id from predictions.model_card").fetchall()
    folder = home / registry.FOLDER / model_id
    tracks = load_tracks(folder, book, as_of)
    is_new = tracks is None
    if tracks is None:
        tracks = make_tracks(con, book, as_of, model)
        keep_tracks(folder, book, tracks)
    make_forecast(con, book, as_of, ForCash(model), tracks)
    make_scores(con, book, tracks, _of_invoices(con))
    return is_new


def _of_invoices(con: duckdb.DuckDBPyConnection) -> Sequence[Score]:
    """Return the scores of the timing of single documents, as the model's card has them.

    One has no value where there was nothing to tell apart: late payers, where nobody is ever late.
    """
    rows = con.sql(
        "select subject, method, horizon, metric, cast(value as double), cast(low as double), "
        "cast(high as double), count from staging.invoice_scores "
        "where value is not null order by all"
    ).fetchall()
    return [Score(*row) for row in rows]
