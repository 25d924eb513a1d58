"""The trees: one gradient boosting that learns the hazard of each bin from what is known.

A classifier of "paid in this bin, given unpaid before it" over person-period rows. What a row says
of its bin includes the customers' own curves in both forms and where the bin lies against the
customer's usual delay, so that few and shallow trees are enough.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from models.timing.counting import Readied
from models.timing.customer_curves import Counts, CustomerCurves, Recipe
from models.timing.features import KNOWN, NAMES, OF_THE_DAYS
from models.timing.forest import Forest, Told
from models.timing.frame import Floats, Frame
from models.timing.grid import BINS, LOW, WIDTH, bin_of
from models.timing.person_periods import PersonPeriods, Rows, calendar_of, canonical, weekday
from models.timing.threads import THREADS, stay_one_thread

Matrix = NDArray[np.float32]

VALUES = 250
"""Different values of a column that the trees tell apart; they take up to 255."""

SHARED_FROM = 1_000_000
"""Rows from which the trees are grown by several threads, each of which has columns of its own.

With fewer they are no faster: they wait for each other, the more so on a machine that is shared.
"""

ISSUE_WEIGHT = 3.0
"""How much more a row asked at issue weighs: the open book is asked about every week."""

BIN_FEATURES = (
    "bin_low_days",
    "bin_width_days",
    "bin_weekday",
    "bin_day_of_month",
    "bin_to_month_end_days",
    "bin_after_usual_days",
    "bin_after_mean_days",
    "bin_after_recent_days",
    "bin_after_median_days",
    "shift_log_odds",
    "bins_log_odds",
)
"""What a row says of its bin, after what its question says."""

OF_QUESTION = (*NAMES, *(each.name for each in OF_THE_DAYS))
COLUMNS = (*OF_QUESTION, *BIN_FEATURES)
"""What a row says, in order."""

WIDTHS = (len(OF_QUESTION), 2, 3, 6)
"""How many columns are of the question, the bin, the day, and the question and the bin."""


CHUNK = 4_000
"""Questions answered together: bounds the memory. Of fewer, threads would wait for each other."""


class Said(NamedTuple):
    """What the customers' curves say of each question of a frame.

    Attributes:
        binned: Hazards in the form `bins`, one row per question.
        shifted: Hazards in the form `shift`.
        usual: The customer's usual delay in days.
    """

    binned: Matrix
    shifted: Matrix
    usual: Matrix


def counts_as_asked(readied: Readied, frame: Frame, step: int) -> Iterator[tuple[Rows, Counts]]:
    """Give what the slices added up to as it was known before each question was asked.

    A question of day s is answered with the history up to the day before s. Where that lies before
    the last day known, the slices are counted anew every `step` days only, the last time before s.

    Args:
        readied: The history.
        frame: The questions.
        step: Days between two counts.

    Yields:
        Positions of questions, and the counts for them.
    """
    before = np.minimum(frame.asked.astype(np.int64) - 1, readied.as_of)
    days = np.where(before == readied.as_of, before, before // step * step)
    order = np.argsort(days, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(days[order])) + 1):
        if len(rows):
            yield rows, Counts.of(readied.at(int(days[rows[0]])))


def in_parts(
    readied: Readied, frame: Frame, step: int, answer: Callable[[Counts, Rows], None]
) -> None:
    """Have questions answered part by part, with the counts as they were before each was asked.

    Each part is answered by one thread from start to end, so that no figure depends on how many
    there are, and the libraries below start none of their own. While the questions of one day are
    answered, the slices are counted for the next.
    """
    with ThreadPoolExecutor(THREADS, initializer=stay_one_thread) as threads:
        before: list[Future[None]] = []
        for rows, counts in counts_as_asked(readied, frame, step):
            parts = np.array_split(rows, -(-len(rows) // CHUNK))
            now = [threads.submit(answer, counts, part) for part in parts]
            for each in before:
                each.result()
            before = now
        for each in before:
            each.result()


def said_by_curves(curves: CustomerCurves, frame: Frame) -> Said:
    """Return what one day's curves say of each question."""
    keys = (frame.customer, frame.segment, frame.terms)
    usual = curves.usual_delay(*keys)
    return Said(
        curves.binned(*keys).astype(np.float32),
        curves.moved_to(usual).astype(np.float32),
        usual.astype(np.float32),
    )


def static_features(frame: Frame) -> Matrix:
    """Return what each question says, whatever the bin: `KNOWN`, then `OF_THE_DAYS`."""
    day_of_month, to_month_end = calendar_of(frame.due)
    own = np.empty((len(frame), len(OF_THE_DAYS)), dtype=np.float32)
    own[:, 0] = frame.due - frame.issued
    own[:, 1] = weekday(frame.issued)
    own[:, 2] = weekday(frame.due)
    own[:, 3] = day_of_month
    own[:, 4] = to_month_end
    own[:, 5] = frame.asked - frame.due
    return np.concatenate([frame.features, own], axis=1)


_MEAN = NAMES.index("delay_mean_days")
_RECENT = NAMES.index("recent_delay_days")
_MEDIAN = NAMES.index("last_10_median_days")
_OF_BINS = np.array([LOW, WIDTH], dtype=np.float32).T


def told_of(
    static: Matrix, due: NDArray[np.int32], curves: Said, question: Rows, bins: NDArray[np.int32]
) -> list[Told]:
    """Return what each person-period row says, in parts as wide as `WIDTHS`.

    By its question, by its bin, by its day where the bin is a day, and by both.
    """
    low = LOW[bins]
    day = due[question] + low
    first, last = (int(day.min()), int(day.max())) if len(day) else (0, -1)
    days = np.arange(first, last + 1, dtype=np.int32)
    of_days = np.full((1 + len(days), 3), np.nan, dtype=np.float32, order="F")
    of_days[1:, 0] = weekday(days)
    of_days[1:, 1], of_days[1:, 2] = calendar_of(days)
    both = np.empty((len(question), 6), dtype=np.float32, order="F")
    both[:, 0] = low - curves.usual[question]
    for place, known in enumerate((_MEAN, _RECENT, _MEDIAN), 1):
        both[:, place] = low - static[:, known][question]
    both[:, 4] = _log_odds(curves.shifted[question, bins])
    both[:, 5] = _log_odds(curves.binned[question, bins])
    return [
        Told(np.asfortranarray(static), question),
        Told(_OF_BINS, bins.astype(np.intp)),
        Told(of_days, np.where(WIDTH[bins] == 1, 1 + day - first, 0)),
        Told(both, None),
    ]


def rows_of(
    static: Matrix, due: NDArray[np.int32], curves: Said, question: Rows, bins: NDArray[np.int32]
) -> Matrix:
    """Return what each person-period row says, one column per name of `COLUMNS`.

    Column by column in memory: a tree asks few columns of many rows.
    """
    rows: Matrix = np.empty((len(COLUMNS), len(question)), dtype=np.float32).T
    column = 0
    for part, width in zip(told_of(static, due, curves, question, bins), WIDTHS, strict=True):
        for number in range(width):
            rows[:, column] = part.column(number)
            column += 1
    return rows


def _log_odds(hazard: Matrix) -> Matrix:
    kept = np.clip(hazard, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float32)


def grown(
    readied: Readied, frame: Frame, periods: PersonPeriods, recipe: Recipe, step: int
) -> HistGradientBoostingClassifier:
    """Fit the trees on person-period rows.

    The rows are put in an order that follows from their content, and what a column says is added
    up by one thread, row after row: the same rows give the same trees, bit for bit, in whatever
    order and on whatever machine they come.
    """
    asked, question = np.unique(periods.question, return_inverse=True)
    drawn = frame.take(asked)
    documents = len(np.unique(drawn.item))
    weight = periods.weight * np.where(drawn.asked == drawn.issued, ISSUE_WEIGHT, 1.0)[question]
    said = _said_as_asked(readied, drawn, recipe, step)
    rows = rows_of(static_features(drawn), drawn.due, said, question, periods.bin)
    del drawn, said  # several hundred megabytes of a large firm
    for column in rows.T:
        # What is known of nobody teaches nothing, and the classifier takes no column without a
        # value.
        if np.isnan(column).all():
            column[:] = 0.0
    order = canonical(rows, periods.paid, weight)
    for column in rows.T:
        column[:] = column[order]
    coarsen(rows)
    # Half of the cores: a thread whose core is taken by others keeps all the rest waiting.
    threads = 1 if len(rows) < SHARED_FROM else THREADS
    with threadpool_limits(limits=threads):
        trees = _sized(documents)
        trees.fit(rows, periods.paid[order], sample_weight=weight[order])
    return trees


def coarsen(rows: Matrix) -> None:
    """Leave the rows with at most `VALUES` different values a column, each one of its own.

    As fine as the trees can see; given more values, they would look for the steps themselves, by
    sorting each column once per step, which takes twice as long as all the trees.

    >>> rows = np.array([[3.0], [1.0], [np.nan]], dtype=np.float32)
    >>> coarsen(rows)
    >>> rows.ravel().tolist()
    [3.0, 1.0, nan]
    >>> many = np.arange(10_000, dtype=np.float32)[:, None]
    >>> coarsen(many)
    >>> len(np.unique(many))
    250
    """

    def one(column: NDArray[np.float32]) -> None:
        known = ~np.isnan(column)
        told = column[known]
        values = np.sort(told)
        if len(values) and (np.diff(values) != 0).sum() >= VALUES:
            last = np.ceil(np.arange(1, VALUES + 1) * len(values) / VALUES).astype(np.intp) - 1
            steps = np.unique(values[last])
            column[known] = steps[np.searchsorted(steps, told)]

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(one, rows.T))


def _said_as_asked(readied: Readied, frame: Frame, recipe: Recipe, step: int) -> Said:
    shape = (len(frame), BINS)
    said = Said(
        np.empty(shape, dtype=np.float32),
        np.empty(shape, dtype=np.float32),
        np.empty(len(frame), dtype=np.float32),
    )

    def answer(counts: Counts, rows: Rows) -> None:
        curves = CustomerCurves(counts, recipe)
        for whole, part in zip(said, said_by_curves(curves, frame.take(rows)), strict=True):
            whole[rows] = part

    in_parts(readied, frame, step, answer)
    return said


def _sized(documents: int) -> HistGradientBoostingClassifier:
    """Return unfitted trees: deeper ones break the coverage on few documents."""
    leaves, per_leaf = (8, 600) if documents < 20_000 else (16, 600)
    if documents >= 100_000:
        leaves, per_leaf = 31, 600
    return HistGradientBoostingClassifier(
        max_iter=100,
        learning_rate=0.06,
        max_leaf_nodes=leaves,
        min_samples_leaf=per_leaf,
        early_stopping=False,
        random_state=0,
    )


def tree_hazards(forest: Forest, static: Matrix, frame: Frame, curves: Said) -> Floats:
    """Return the trees' hazard of each bin from the day asked about on; 0 before."""
    first = bin_of(frame.asked - frame.due)
    question, bins = np.nonzero(np.arange(BINS) >= first[:, None])
    hazards = np.zeros((len(frame), BINS))
    told = told_of(static, frame.due, curves, question, bins.astype(np.int32))
    hazards[question, bins] = forest.probability(told, len(question))
    return hazards


def group_columns(group: str) -> list[int]:
    """Return the columns of the static features that belong to a reason."""
    return [place for place, each in enumerate((*KNOWN, *OF_THE_DAYS)) if each.group == group]
