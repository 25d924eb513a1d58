"""The models that were trained: each in a folder of its own under `models/`, never changed.

A folder holds `model.skops`, which runs no code when it is read, and `card.json`, which says what
the model is: the data and dates it learnt from, its features, its scores, the versions and the
SHA-256 of the file. It gets its name when it is complete. Which model is in use follows from the
cards alone: the last one trained of those that knew nothing later than the day asked about.
"""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from models.errors import EncaisseError
from models.timing.answering import TimingModel
from pipelines.predictions.retraining import Learnt

FOLDER = "models"
BUILDING = ".building-"
KEPT = 8
"""How many models are kept: the last ones."""


@dataclass(frozen=True)
class Card:
    """What a model is.

    Attributes:
        model_id: Its name: the last day it knew, and a digest of what it learnt from and how.
        as_of: The last day it knew.
        recipe: How it was made.
        reason: Why it was trained.
        method: What it answers with: mix, customer_curve or terms_curve.
        data: What it learnt from: counts and days.
        settled: How many documents were settled.
        known: Some of the settled documents, with the day (since 1970-01-01) of their exit.
        scores: Rows of method, horizon, metric, value, low, high, count.
        calibration: Rows of method, target, bin, predicted, observed, count.
        ranges: Per measure and entity ("" is the firm), the lowest and highest it was before.
        features: Name, unit and meaning of each feature.
        versions: Of Python and the libraries.
        sha256: Of `model.skops`.
        nth: Its number among the models of its home: of two of one day, the later one counts.
    """

    model_id: str
    as_of: date
    recipe: str
    reason: str
    method: str
    data: dict[str, Any]
    settled: int
    known: list[list[int]]
    scores: list[list[Any]] = field(default_factory=list)
    calibration: list[list[Any]] = field(default_factory=list)
    ranges: list[list[Any]] = field(default_factory=list)
    features: list[list[str]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    nth: int = 0

    @property
    def learnt(self) -> Learnt:
        """What the rule of retraining looks at."""
        return Learnt(self.as_of, self.recipe, self.settled)

    def to_json(self) -> str:
        """Return the card as it is kept."""
        told = {**asdict(self), "as_of": self.as_of.isoformat()}
        return json.dumps(told, indent=1, sort_keys=True, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a card that was kept."""
        told = json.loads(text)
        return cls(**{**told, "as_of": date.fromisoformat(told["as_of"])})


def keep(home: Path, card: Card, content: bytes) -> Card:
    """Keep a model; return its card with the file's digest and its number. Under the writer's lock.

    A model of that name is replaced as a whole: the same data and recipe give the same one.
    """
    folder = home / FOLDER
    nth = 1 + max((other.nth for other in _cards(folder)), default=0)
    card = replace(card, sha256=hashlib.sha256(content).hexdigest(), nth=nth)
    building = folder / f"{BUILDING}{card.model_id}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    for name, data in (("model.skops", content), ("card.json", card.to_json().encode())):
        with (building / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    final = folder / card.model_id
    shutil.rmtree(final, ignore_errors=True)
    building.rename(final)
    _forget_old(folder)
    return card


def newest(home: Path, as_of: date) -> Card | None:
    """Return the card of the last model that knew nothing later than a day, if there is one.

    A card that cannot be read is passed over: a refresh trains anew rather than stop.
    """
    found = [card for card in _cards(home / FOLDER) if card.as_of <= as_of]
    return max(found, key=_trained, default=None)


def named(home: Path, model_id: str) -> Card:
    """Return the card of a model.

    Raises:
        EncaisseError: There is none of that name.
    """
    for card in _cards(home / FOLDER):
        if card.model_id == model_id:
            return card
    raise _spoilt(home / FOLDER / model_id / "card.json", "is gone")


def load(home: Path, card: Card) -> TimingModel:
    """Return a model that was kept.

    Raises:
        EncaisseError: Its file is gone, or is not the one that was kept.
    """
    file = home / FOLDER / card.model_id / "model.skops"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _spoilt(file, "is gone") from error
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise _spoilt(file, "is not the one that was kept")
    return TimingModel.from_bytes(content)


def note_check(home: Path, card: Card, as_of: date, is_out: bool) -> None:
    """Note beside a model that what it said was checked, and whether it was out of range."""
    checks = {**checks_of(home, card), as_of: is_out}
    told = {day.isoformat(): out for day, out in sorted(checks.items())}
    (home / FOLDER / card.model_id / "checks.json").write_text(json.dumps(told), encoding="utf-8")


def checks_of(home: Path, card: Card) -> dict[date, bool]:
    """Return the days on which a model was checked, each with whether it was out of range."""
    try:
        told = json.loads((home / FOLDER / card.model_id / "checks.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {date.fromisoformat(day): bool(out) for day, out in told.items()}


def _cards(folder: Path) -> list[Card]:
    cards = []
    for file in sorted(folder.glob("*/card.json")):
        if file.parent.name.startswith(BUILDING):
            continue
        try:
            cards.append(Card.from_json(file.read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return cards


def _trained(card: Card) -> tuple[date, int]:
    return card.as_of, card.nth


def _forget_old(folder: Path) -> None:
    cards = sorted(_cards(folder), key=_trained)
    for card in cards[:-KEPT]:
        shutil.rmtree(folder / card.model_id, ignore_errors=True)
    for left in folder.glob(f"{BUILDING}*"):
        shutil.rmtree(left, ignore_errors=True)


def _spoilt(file: Path, what: str) -> EncaisseError:
    return EncaisseError(
        f"The trained model {file.parent.name} {what}.",
        where=str(file),
        fix="delete its folder; the next refresh trains a new one",
    )
