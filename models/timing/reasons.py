"""Why a document is expected when it is: which facts move its expected delay, and by how many days.

Each question is held against an ordinary document of an ordinary customer: every fact replaced by
the middle of what the firm's documents say at issue, the customer's curve by the firm's. From
there the groups of facts are put back one after the other, in the order of `GROUPS` and again in
the reverse order; a group's effect is the mean of what it moved in the two. The effects add up to
the difference between the two expected delays, whatever hangs together with what.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.timing.answering import TimingModel
from models.timing.curves import Curves
from models.timing.customer_curves import CustomerCurves
from models.timing.features import GROUPS, NAMES
from models.timing.frame import Floats, Frame
from models.timing.trees import (
    Said,
    group_columns,
    said_by_curves,
    static_features,
)

NOBODY = np.iinfo(np.int64).min
"""A code that no customer, segment or terms has."""

LEAST_DAYS = 0.05
"""An effect that rounds to no tenth of a day is no reason."""


@dataclass(frozen=True)
class Effects:
    """What moves each answer.

    Attributes:
        ordinary: Expected delay in days were the document an ordinary one, asked at the same age.
        expected: Expected delay in days as answered.
        days: Effect of each of `GROUPS`, one row per question: the sum is expected - ordinary.
    """

    ordinary: Floats
    expected: Floats
    days: Floats


def strongest(effects: Effects, count: int = 3) -> tuple[NDArray[np.str_], Floats]:
    """Return the groups that move each answer most, and by how many days; empty where none does.

    >>> days = np.array([[4.0, 0.0, 3.01, 0, 0, 0, 0, 0, 0, 0, 0]])
    >>> told = Effects(np.zeros(1), days.sum(axis=1), days)
    >>> groups, days = strongest(told)
    >>> groups.tolist(), days.tolist()
    ([['usual_delay', 'overdue', '']], [[4.0, 3.01, 0.0]])
    """
    order = np.argsort(-np.abs(effects.days), axis=1, kind="stable")[:, :count]
    days = np.take_along_axis(effects.days, order, axis=1)
    moves = np.abs(days) >= LEAST_DAYS
    return np.where(moves, np.array(GROUPS)[order], ""), np.where(moves, days, 0.0)


def effects_of(model: TimingModel, curves: CustomerCurves, frame: Frame) -> Effects:
    """Return what moves each answer of the model, group by group, as one day's curves have it."""
    static = static_features(frame)
    ordinary = np.broadcast_to(model.reference, static.shape)
    nobody = np.full(len(frame), NOBODY)
    like = said_by_curves(curves, _asked_as(frame, nobody, frame.segment, frame.terms))
    firm = said_by_curves(curves, _asked_as(frame, nobody, nobody, nobody))
    own = like if model.method == "terms_curve" else said_by_curves(curves, frame)

    told = [group for group in GROUPS if group in OF_CURVES or _differs(group, static, ordinary)]

    def expected(present: set[str]) -> Floats:
        said = own if "usual_delay" in present else like if "terms" in present else firm
        facts = ordinary.copy()
        for group in present:
            columns = group_columns(group)
            facts[:, columns] = static[:, columns]
        if len(present) < len(told):
            _set_recent(facts, static, "trend" in present)
        return _answer(model, said, facts, frame).expected_delay()

    nothing, everything = expected(set()), expected(set(told))
    days = np.zeros((len(frame), len(GROUPS)))
    for names in (told, told[::-1]):
        before, present = nothing, set[str]()
        for name in names:
            present.add(name)
            whole = len(present) == len(told)
            after = everything if whole else expected(present)
            days[:, GROUPS.index(name)] += (after - before) / 2
            before = after
    return Effects(nothing, everything, days)


OF_CURVES = ("usual_delay", "terms", "trend")
"""Groups that are more than their features: curves, and how recent payments differ."""


def _differs(group: str, static: NDArray[np.float32], ordinary: NDArray[np.float32]) -> bool:
    """Tell whether a group says of any question what it does not say of an ordinary one.

    Where it does not (nothing was ever disputed, say), it moves nothing and need not be asked.
    """
    columns = group_columns(group)
    return not np.array_equal(static[:, columns], ordinary[:, columns], equal_nan=True)


RECENT: tuple[tuple[int, int], ...] = tuple(
    (NAMES.index(recent), NAMES.index(usual))
    for recent, usual in (
        ("recent_delay_days", "delay_mean_days"),
        ("last_delay_days", "delay_mean_days"),
        ("last_3_delay_days", "delay_mean_days"),
        ("recent_late_rate", "late_rate"),
        ("recent_late_7_rate", "late_7_rate"),
        ("recent_late_30_rate", "late_30_rate"),
    )
)
"""What is said of recent payments, and what is said alike of all."""


def _set_recent(facts: NDArray[np.float32], static: NDArray[np.float32], has_trend: bool) -> None:
    """Say of recent payments what is usual, plus, if told, by how much the recent ones differ.

    The trend is that difference: recent payments like an ordinary customer's, beside usual ones
    like this one's own, would be a change that nobody saw.
    """
    for recent, usual in RECENT:
        change = np.nan_to_num(static[:, recent] - static[:, usual]) if has_trend else 0.0
        facts[:, recent] = facts[:, usual] + change


def _answer(model: TimingModel, said: Said, static: NDArray[np.float32], frame: Frame) -> Curves:
    asked = frame.asked - frame.due
    own = Curves.from_hazards(
        said.binned if model.method == "terms_curve" else model.own(said), asked
    )
    if model.trees is None:
        return own
    return model.mixed(own, said, static, frame)


def _asked_as(
    frame: Frame, customer: NDArray[np.int64], segment: NDArray[np.int64], terms: NDArray[np.int64]
) -> Frame:
    return replace(frame, customer=customer, segment=segment, terms=terms)
