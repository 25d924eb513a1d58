"""What is published of a model: its card, its scores, its calibration, and whether it drifts."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.predictions.drift import Check
from pipelines.predictions.registry import Card
from pipelines.predictions.retraining import (
    DRIFT_CHECKS_APART_DAYS,
    MORE_DOCUMENTS_SHARE,
    OLD_AFTER_DAYS,
)

SCORE = pa.decimal128(18, 6)
CARDS = pa.schema(
    [
        ("model_id", pa.string()),
        ("section", pa.string()),
        ("name", pa.string()),
        ("value", pa.string()),
    ]
)
SCORES = pa.schema(
    [
        ("subject", pa.string()),
        ("method", pa.string()),
        ("horizon", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("count", pa.int64()),
    ]
)
CALIBRATION = pa.schema(
    [
        ("method", pa.string()),
        ("target", pa.string()),
        ("bin", pa.int32()),
        ("predicted", pa.float64()),
        ("observed", pa.float64()),
        ("count", pa.int64()),
    ]
)
DRIFT = pa.schema(
    [
        ("measure", pa.string()),
        ("entity_id", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("is_out", pa.bool_()),
        ("told_on", pa.date32()),
    ]
)


def make_tables(
    con: duckdb.DuckDBPyConnection, card: Card, checks: Sequence[Check], as_of: date
) -> None:
    """Make `predictions.model_card`, `.calibration` and `.drift`, and `staging.invoice_scores`."""
    con.execute("create schema if not exists predictions")
    _make(con, "predictions.model_card", _lines(card), CARDS)
    scores = [["invoices", *score] for score in card.scores]
    _make(con, "staging.invoice_scores", scores, SCORES, "value", "low", "high")
    rows = [list(row) for row in card.calibration]
    _make(con, "predictions.calibration", rows, CALIBRATION, "predicted", "observed")
    told = [
        [one.measure, one.entity_id or None, one.value, one.low, one.high, one.is_out, as_of]
        for one in checks
    ]
    _make(con, "predictions.drift", told, DRIFT, "value", "low", "high")


def nothing_learnt(card: Card) -> str | None:
    """Say that the model learnt nothing yet and why; None where it did learn.

    >>> card = Card("m", date(2025, 1, 1), "r", "never trained", "terms_curve", {}, 0, [])
    >>> nothing_learnt(card)
    'Nothing was learnt yet: the extracts hold no document of a customer.'
    """
    if not card.data.get("documents"):
        return "Nothing was learnt yet: the extracts hold no document of a customer."
    if not card.settled:
        return (
            "No day of payment was learnt yet: none of the documents is settled. "
            "What is said follows the payment terms alone."
        )
    return None


def _lines(card: Card) -> list[list[str]]:
    nothing = nothing_learnt(card)
    about = {
        "in use": "yes",
        **({"learnt": nothing} if nothing else {}),
        "method": card.method,
        "knows up to": card.as_of.isoformat(),
        "trained because": card.reason,
        "recipe": card.recipe,
        "sha256": card.sha256,
        "trained again": (
            f"when {OLD_AFTER_DAYS} days have passed, {MORE_DOCUMENTS_SHARE:.0%} more documents "
            "are settled, the recipe, the settings or the books have changed, or what it said was "
            f"out of range at two checks {DRIFT_CHECKS_APART_DAYS} days apart"
        ),
    }
    sections: dict[str, dict[str, Any]] = {
        "model": about,
        "data": card.data,
        "scores": {
            f"{method}, {horizon}: {metric}": _score(value, low, high)
            for method, horizon, metric, value, low, high, _ in card.scores
        },
        "features": {name: f"{meaning} ({unit})" for name, unit, meaning in card.features},
        "versions": card.versions,
    }
    return [
        [card.model_id, section, name, str(value)]
        for section, values in sections.items()
        for name, value in values.items()
    ]


def _score(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "not known"
    if low is None or high is None:
        return f"{value:.3f}"
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _make(
    con: duckdb.DuckDBPyConnection,
    table: str,
    rows: Sequence[Sequence[Any]],
    schema: pa.Schema,
    *exact: str,
) -> None:
    """Make a table of rows; the columns named in `exact` become decimals of six places."""
    arrays = [
        pa.array([row[place] for row in rows], field.type) for place, field in enumerate(schema)
    ]
    con.register("arriving", pa.Table.from_arrays(arrays, schema=schema))
    replaced = ", ".join(f"cast(round({name}, 6) as decimal(18, 6)) as {name}" for name in exact)
    chosen = f"* replace ({replaced})" if exact else "*"
    # Names of our own.
    con.execute(f"create or replace table {table} as select {chosen} from arriving")  # noqa: S608
    con.unregister("arriving")
