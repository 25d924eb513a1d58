"""Training: the model in use, or a new one where the rule of retraining says so."""

import hashlib
import importlib.metadata
import math
import platform
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from models import timing
from models.errors import EncaisseError
from models.timing.answering import TimingModel
from models.timing.features import KNOWN, OF_THE_DAYS
from models.timing.frame import OPEN, Frame, History
from models.timing.model import fit
from pipelines.predictions import drift, registry
from pipelines.predictions.features import EPOCH, FEATURES, ask_training, history_at
from pipelines.predictions.registry import Card
from pipelines.predictions.retraining import Now, reason_to_train
from pipelines.settings import Settings

MODELS = Path(timing.__file__).parent
LIBRARIES = ("numpy", "scikit-learn", "scipy", "skops", "duckdb")
KNOWN_SAMPLE = 1000
"""How many settled documents a card names, to tell whether the books are still the same."""


def model_of_the_day(
    con: duckdb.DuckDBPyConnection, home: Path, settings: Settings, as_of: date
) -> tuple[Card, TimingModel, list[drift.Check]]:
    """Return the model to use on a day, its card, and what was found on checking it.

    The model there is goes on until the rule of retraining ends its days; then a new one is
    trained and kept. A model that knew a later day is never used.
    """
    history = history_at(con, as_of)
    card = registry.newest(home, as_of)
    model = _loaded(home, card)
    checks: list[drift.Check] = []
    if card is not None and model is not None:
        checks = drift.check(con, model, card, history)
        if checks:
            registry.note_check(home, card, as_of, any(one.is_out for one in checks))
    now = _now(home, card, history, settings, as_of)
    reason = reason_to_train(card.learnt if card and model else None, now)
    if card is not None and model is not None and reason is None:
        return card, model, checks
    card, model = train(con, home, settings, as_of, history, reason or "")
    return card, model, checks


def model_in_use(con: duckdb.DuckDBPyConnection, home: Path) -> TimingModel:
    """Return the model that `predictions.model_card` names: the one of this refresh.

    Raises:
        EncaisseError: It is not in this home any more.
    """
    [(model_id,)] = con.sql("select distinct model_id from predictions.model_card").fetchall()
    return registry.load(home, registry.named(home, model_id))


def train(  # noqa: PLR0913, PLR0917  (a training is all of this)
    con: duckdb.DuckDBPyConnection,
    home: Path,
    settings: Settings,
    as_of: date,
    history: History,
    reason: str,
) -> tuple[Card, TimingModel]:
    """Train a model on everything known at the end of a day, and keep it with its card."""
    frame = ask_training(con, as_of).frame
    model = fit(history, frame)
    content = model.to_bytes()
    card = Card(
        model_id=f"{as_of}-{_digest(history, settings)[:8]}",
        as_of=as_of,
        recipe=recipe(settings),
        reason=reason,
        method=model.method,
        data=_described(history, frame),
        settled=_settled(history),
        known=_sample(history),
        scores=[_plain(score) for score in model.scores],
        calibration=[_plain(row) for row in model.calibration],
        ranges=drift.ranges(con, model, history),
        features=[[each.name, each.unit, each.meaning] for each in (*KNOWN, *OF_THE_DAYS)],
        versions={
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in LIBRARIES},
        },
    )
    return registry.keep(home, card, content), model


def _plain(row: Iterable[Any]) -> list[Any]:
    """Return a row as JSON can hold it: what is not known is null."""
    return [None if isinstance(value, float) and math.isnan(value) else value for value in row]


def recipe(settings: Settings) -> str:
    """Return a digest of how a model is made: the models' code, the features, the settings."""
    told = hashlib.sha256()
    for file in (*sorted(MODELS.glob("*.py")), *sorted(FEATURES.rglob("*.sql"))):
        told.update(file.read_bytes())
    for part in (settings.defaults, settings.matching, settings.entities):
        told.update(repr(part).encode())
    told.update(repr(sorted(settings.accounts.items())).encode())
    return told.hexdigest()[:16]


def _loaded(home: Path, card: Card | None) -> TimingModel | None:
    """Return the model of a card; None where its file is spoilt, so that a new one is trained."""
    if card is None:
        return None
    try:
        return registry.load(home, card)
    except EncaisseError:
        return None


def _now(home: Path, card: Card | None, history: History, settings: Settings, as_of: date) -> Now:
    checks = registry.checks_of(home, card) if card else {}
    return Now(
        as_of,
        recipe(settings),
        _settled(history),
        _same_share(card.known, history) if card else 1.0,
        checked_on=tuple(checks),
        drifted_on=tuple(day for day, is_out in checks.items() if is_out),
    )


def _settled(history: History) -> int:
    """Return how many documents are wholly settled."""
    return len(np.unique(history.item)) - len(np.unique(history.item[history.kind == OPEN]))


def _sample(history: History) -> list[list[int]]:
    """Return some of the settled slices: document and day of exit, the same ones every time."""
    settled = history.take(history.kind != OPEN)
    order = np.lexsort((settled.exit, settled.item % 9973))[:KNOWN_SAMPLE]
    return [[int(settled.item[row]), int(settled.exit[row])] for row in order]


def _same_share(known: list[list[int]], history: History) -> float:
    if not known:
        return 1.0
    wanted = set(map(tuple, known))
    near = np.isin(history.item, [item for item, _ in known])
    there = set(zip(history.item[near].tolist(), history.exit[near].tolist(), strict=True))
    return len(wanted & there) / len(wanted)


def _described(history: History, frame: Frame) -> dict[str, object]:
    new = frame.asked - frame.issued < 1
    told: dict[str, object] = {
        "documents": len(np.unique(history.item)),
        "settled_documents": _settled(history),
        "customers": len(np.unique(history.customer)),
        "slices": len(history),
        "questions_of_new_documents": int(new.sum()),
        "questions_of_open_documents": int((~new).sum()),
    }
    if len(history):
        told["first_issued_on"] = (EPOCH + timedelta(int(history.issued.min()))).isoformat()
        told["last_issued_on"] = (EPOCH + timedelta(int(history.issued.max()))).isoformat()
    return told


def _digest(history: History, settings: Settings) -> str:
    told = hashlib.sha256(recipe(settings).encode())
    for column in (history.item, history.exit, history.known, history.kind, history.amount):
        told.update(np.ascontiguousarray(column).tobytes())
    return told.hexdigest()
