"""What is said of each open item: from rows that ask to rows that answer.

An answer follows from its own row, from the model and from what the history of the day adds up to.
So rows are answered batch by batch, in any order and by any process, and no bit depends on which.
The workers of a cluster import this module: it opens no database.
"""

import hashlib
import platform
from collections.abc import Callable
from importlib import metadata, resources
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.errors import EncaisseError
from models.timing.answering import TimingModel
from models.timing.customer_curves import Drawn
from models.timing.features import NAMES
from models.timing.frame import Frame
from models.timing.of_a_day import ModelOfADay

QUANTILES = (10, 25, 50, 75, 90)

LIKELIER_NEVER = 0.5
"""From this probability of never being paid on, no day is expected."""

ASKED = ("customer", "segment", "terms", "issued", "due", "asked")
"""What is asked with beside the features."""

SAID = pa.schema(
    [
        ("item_id", pa.int64()),
        *((f"p{each}_on", pa.date32()) for each in QUANTILES),
        ("expected_on", pa.date32()),
        ("expected_delay", pa.float64()),
        ("late", pa.float64()),
        ("late_30", pa.float64()),
        ("unpaid_90", pa.float64()),
        ("never", pa.float64()),
        ("rests_on", pa.string()),
        ("rests_on_count", pa.int32()),
        ("codes", pa.list_(pa.string())),  # the strongest reasons, null where none is wanted
        ("effects", pa.list_(pa.float64())),
    ]
)

LIBRARIES = ("numpy", "scipy", "scikit-learn")


def rows_that_ask(
    frame: Frame, item: NDArray[np.int64], is_reasoned: NDArray[np.bool_]
) -> pa.Table:
    """Return one row a question: what it is answered from. No amount of money is in it.

    Args:
        frame: The questions.
        item: The item each is about.
        is_reasoned: Whether reasons are wanted too: they cost twenty times the answer.
    """
    return pa.table(
        {
            "item_id": item,
            "is_reasoned": is_reasoned,
            **{name: getattr(frame, name) for name in ASKED},
            **{name: np.ascontiguousarray(frame.feature(name)) for name in NAMES},
        }
    )


class Answers:
    """A model of a day, asked with rows and answering with rows.

    Sent to another process it goes as what the model is kept as, a skops archive, with the numbers
    of the day; there it is read once, and refuses to answer with other code than here.

    Attributes:
        schema: Of the rows it answers with.
    """

    schema = SAID

    def __init__(self, model: ModelOfADay) -> None:
        """Answer with a model of a day."""
        self._model = model

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the answers of a batch of `rows_that_ask`, in its order."""
        frame = _frame_of(batch)
        curves = self._model.predict(frame)
        never, expected = curves.never(), curves.expected_delay()
        rests_on, counts = self._model.rests_on(frame)
        codes, effects = self._reasons(frame, batch["is_reasoned"].to_numpy(zero_copy_only=False))
        columns = (
            batch["item_id"],
            *(_dated(frame, curves.quantile(each / 100)) for each in QUANTILES),
            _dated(frame, np.where(never < LIKELIER_NEVER, expected, np.nan)),
            expected,
            curves.late_probability(0),
            curves.late_probability(30),
            curves.late_probability(90),
            never,
            rests_on.tolist(),
            counts.astype(np.int32),
            codes,
            effects,
        )
        arrays = [pa.array(each, field.type) for each, field in zip(columns, SAID, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=SAID)

    def __reduce__(self) -> tuple[Callable[..., "Answers"], tuple[Any, ...]]:
        """Say how it is sent."""
        of_day = self._model
        return _received, (made_with(), of_day.model.to_bytes(), of_day.as_of, of_day.counts)

    def _reasons(
        self, frame: Frame, is_reasoned: NDArray[np.bool_]
    ) -> tuple[list[list[str] | None], list[list[float] | None]]:
        codes: list[list[str] | None] = [None] * len(frame)
        effects: list[list[float] | None] = [None] * len(frame)
        rows = np.flatnonzero(is_reasoned)
        if len(rows):
            found, days = self._model.reasons(frame.take(rows))
            for row, its_codes, its_days in zip(rows, found.tolist(), days.tolist(), strict=True):
                codes[row], effects[row] = its_codes, its_days
        return codes, effects


def made_with() -> dict[str, str]:
    """Return what an answer's last bits depend on: our code by its digest, and the versions below.

    What the processor adds to that is in docs/scaling.md.
    """
    told = hashlib.sha256()
    models = (each for each in resources.files("models.timing").iterdir() if each.is_file())
    this = resources.files("pipelines.predictions") / "answers.py"
    for file in (this, *sorted(models, key=lambda each: each.name)):
        told.update(file.read_bytes())
    return {
        "encaisse": f"{metadata.version('encaisse')}, code {told.hexdigest()[:8]}",
        **{name: metadata.version(name) for name in LIBRARIES},
    }


def _received(there: dict[str, str], content: bytes, as_of: int, counts: Drawn) -> Answers:
    """Return the answers that another process sent; refuse where this one would answer otherwise.

    Raises:
        EncaisseError: It runs other versions than the sender.
    """
    here = made_with()
    others = [
        f"{name} {here[name]}, not {there[name]}" for name in here if here[name] != there[name]
    ]
    if others:
        raise EncaisseError(
            f"A worker has {', '.join(others)}.",
            where=platform.node(),
            fix="give every worker the environment of the process that refreshes",
        )
    return Answers(ModelOfADay(TimingModel.from_bytes(content), as_of, counts))


def _frame_of(batch: pa.RecordBatch) -> Frame:
    """Return the questions. No answer rests on an amount: the features have its logarithm."""
    columns = {
        name: batch[name].to_numpy(zero_copy_only=False) for name in ("item_id", *ASKED, *NAMES)
    }
    return Frame.of(item=columns.pop("item_id"), amount=np.zeros(len(batch)), **columns)


def _dated(frame: Frame, delays: NDArray[np.floating]) -> pa.Array:
    """Return days of delay as dates; null where there is none."""
    missing = np.isnan(delays)
    days = frame.due + np.round(np.where(missing, 0, delays)).astype(np.int32)
    return pa.array(days.astype(np.int32), mask=missing).cast(pa.date32())
