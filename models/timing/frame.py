"""What the timing models are given: the documents' history, and the questions asked of it.

`History` is what happened to every slice of every document known at the end of a day. `Frame` is a
table of questions: this document, asked about on this day, with what was known on that day. Both
hold plain numpy arrays; days are whole days since 1970-01-01. Codes (customer, segment, terms) are
any integers that mean the same in both; no model keeps one, so that they may be dealt anew daily.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.errors import EncaisseError
from models.timing.features import NAMES

Days = NDArray[np.int32]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

OPEN, PAID, CREDITED = 0, 1, 2
NOT_YET = 2**31 - 1
"""The day of what has not happened."""


@dataclass(frozen=True)
class History:
    """The slices of documents: one row per part of a document that was settled, or is open, alone.

    Attributes:
        as_of: Last day known: nothing after it is in here.
        item: The document.
        customer: Whose it is.
        segment: The customer's segment; -1 unknown.
        terms: The terms of the document; -1 unknown.
        issued: Day of issue.
        due: Day due; where the document has none, the day that stands in for it.
        amount: The slice's amount, positive, ledger currency: weights only.
        share: The slice's share of its document's amount, above 0 to 1.
        exit: Day it was paid or credited; `NOT_YET` while open.
        known: Day the exit was known (lettering), never before `exit`; `NOT_YET` while open.
        kind: `OPEN`, `PAID` or `CREDITED`.
    """

    as_of: int
    item: Codes
    customer: Codes
    segment: Codes
    terms: Codes
    issued: Days
    due: Days
    amount: Floats
    share: Floats
    exit: Days
    known: Days
    kind: NDArray[np.int8]

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        _same_length(self, "History", skipped=("as_of",))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.item)

    def take(self, rows: NDArray[Any]) -> Self:
        """Return some of the rows: a mask or positions."""
        return _take(self, rows, skipped=("as_of",))

    def as_known(self, day: int) -> Self:
        """Return the history as it was known at the end of an earlier day.

        Documents issued later are gone; exits later, or known later, have not happened.

        >>> both = [5, 5]
        >>> told = History.of(as_of=30, item=[1, 2], customer=both, issued=[0, 20], due=[10, 25],
        ...     amount=[100.0, 50.0], exit=[12, 26], kind=[PAID, PAID])
        >>> earlier = told.as_known(11)
        >>> earlier.item.tolist(), earlier.kind.tolist()
        ([1], [0])
        """
        kept = self.take(self.issued <= day)
        unknown = kept.known > day
        return replace(
            kept,
            as_of=day,
            exit=np.where(unknown, NOT_YET, kept.exit).astype(np.int32),
            known=np.where(unknown, NOT_YET, kept.known).astype(np.int32),
            kind=np.where(unknown, OPEN, kept.kind).astype(np.int8),
        )

    @classmethod
    def of(cls, *, as_of: int, **columns: Any) -> Self:
        """Make a history from columns, filling what may be left out.

        `segment` and `terms` default to -1, `share` to 1, `known` to `exit`.
        """
        count = len(columns["item"])
        filled = {
            "segment": np.full(count, -1),
            "terms": np.full(count, -1),
            "share": np.ones(count),
            "known": columns["exit"],
            **columns,
        }
        return cls(as_of=as_of, **_typed(cls, filled, skipped=("as_of",)))


@dataclass(frozen=True)
class Frame:
    """Questions: documents asked about on a day s, with the features of that day.

    For a new document s is its day of issue; for the open book at the end of day T, s = T + 1.
    A document may be asked about on several days: one row each.

    Attributes:
        item: The document; the same number as in the history.
        customer: Whose it is.
        segment: The customer's segment; -1 unknown.
        terms: The terms of the document; -1 unknown.
        issued: Day of issue.
        due: Day due.
        asked: The day s.
        amount: The document's open amount on s, positive: weights only.
        features: One row per question, one column per name of `features.NAMES`, float32.
    """

    item: Codes
    customer: Codes
    segment: Codes
    terms: Codes
    issued: Days
    due: Days
    asked: Days
    amount: Floats
    features: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Refuse columns of different lengths, or other features than expected."""
        _same_length(self, "Frame", skipped=())
        if self.features.ndim != 2 or self.features.shape[1] != len(NAMES):
            raise EncaisseError(
                f"The features have the shape {self.features.shape}.",
                where="Frame",
                fix=f"give {len(NAMES)} columns, in the order of models.timing.features.NAMES",
            )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.item)

    def take(self, rows: NDArray[Any]) -> Self:
        """Return some of the rows: a mask or positions."""
        return _take(self, rows, skipped=())

    def feature(self, name: str) -> NDArray[np.float32]:
        """Return one feature's column."""
        return self.features[:, NAMES.index(name)]

    @classmethod
    def of(cls, **columns: Any) -> Self:
        """Make a frame from columns; features given by name, those left out are not known (NaN)."""
        count = len(columns["item"])
        features = np.full((count, len(NAMES)), np.nan, dtype=np.float32)
        for place, name in enumerate(NAMES):
            if name in columns:
                features[:, place] = columns.pop(name)
        filled = {
            "segment": np.full(count, -1),
            "terms": np.full(count, -1),
            "features": features,
            **columns,
        }
        return cls(**_typed(cls, filled, skipped=()))


class _Types(NamedTuple):
    int64: tuple[str, ...] = ("item", "customer", "segment", "terms")
    int32: tuple[str, ...] = ("issued", "due", "asked", "exit", "known")
    float64: tuple[str, ...] = ("amount", "share")
    float32: tuple[str, ...] = ("features",)
    int8: tuple[str, ...] = ("kind",)


def _typed(cls: Any, columns: dict[str, Any], skipped: tuple[str, ...]) -> dict[str, Any]:
    names = [field.name for field in fields(cls) if field.name not in skipped]
    unknown = sorted(set(columns) - set(names))
    missing = sorted(set(names) - set(columns))
    if unknown or missing:
        raise EncaisseError(
            f"Columns missing: {missing}; columns nobody asked for: {unknown}.",
            where=cls.__name__,
            fix=f"give exactly {names}",
        )
    kinds = {name: kind for kind, held in _Types()._asdict().items() for name in held}
    return {name: np.asarray(columns[name], dtype=kinds[name]) for name in names}


def _same_length(table: Any, where: str, skipped: tuple[str, ...]) -> None:
    lengths = {
        field.name: len(getattr(table, field.name))
        for field in fields(table)
        if field.name not in skipped
    }
    if len(set(lengths.values())) > 1:
        raise EncaisseError(
            f"The columns have different lengths: {lengths}.",
            where=where,
            fix="give one value per row in every column",
        )


def _take(table: Any, rows: NDArray[Any], skipped: tuple[str, ...]) -> Any:
    changes = {
        field.name: getattr(table, field.name)[rows]
        for field in fields(table)
        if field.name not in skipped
    }
    return replace(table, **changes)
