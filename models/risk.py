"""Late-payment risk of a customer: what is at stake, whether it gets worse, and its class.

What goes in comes from the timing of each document (`predictions.payment_timing`); here it becomes
figures of a customer. A rank orders by money at stake, not by probability alone: a certain delay of
50 euros is no reason to lie awake.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.delays import AmountDays, days_beyond_terms_open
from models.errors import EncaisseError

DAYS_OF_YEAR = 365
"""The year of late-payment interest, leap or not (Code de commerce, L441-10, as it is applied)."""

TREND_WINDOW_DAYS = 91
"""A quarter; delays of the last one are held against those of the one before."""

TREND_THRESHOLD_DAYS = Decimal(5)
"""From how many days of difference on a customer pays better or worse than before."""

TREND_DOCUMENTS = 3
"""How many payments, or documents left unpaid, a quarter must have to say anything."""

WATCH_PROBABILITY = Decimal("0.5")
WATCH_DAYS, HIGH_DAYS, CRITICAL_DAYS = Decimal(15), Decimal(30), Decimal(90)
HIGH_LOSS, CRITICAL_LOSS = Decimal("0.05"), Decimal("0.25")


class RiskClass(StrEnum):
    """How a customer is expected to pay what is open, from nothing to fear to money at risk."""

    LOW = "low"
    WATCH = "watch"
    HIGH = "high"
    CRITICAL = "critical"


class Trend(NamedTuple):
    """How the delays of a quarter compare with those of the quarter before.

    Attributes:
        days: Difference in days, rounded to tenths; positive is later than before. None where one
            of the two quarters says too little.
        direction: `better`, `stable` or `worse`; None with `days`.
    """

    days: Decimal | None
    direction: str | None


class Quarter(NamedTuple):
    """The delays of one quarter.

    Attributes:
        paid: What was paid in it, with the days from the due date to the payment.
        unpaid: What fell due in it and is unpaid at its end, with its days late then.
        documents: How many payments and unpaid documents these are.
    """

    paid: AmountDays
    unpaid: AmountDays
    documents: int


class Outlook(NamedTuple):
    """What is expected of one customer, in one currency.

    Attributes:
        open_amount: What the customer owes, credits apart.
        expected_loss: What of it is expected never to be paid.
        doubtful: What of it stands on a doubtful account, or is said to be lost.
        late_probability: As `late_probability` gives it.
        expected_days_late: Mean by amount of the days late that payment of what is open is
            expected at, early counting as negative; None where no payment is expected.
        trend: The direction of `trend`.
    """

    open_amount: Decimal
    expected_loss: Decimal
    doubtful: Decimal
    late_probability: Decimal | None
    expected_days_late: Decimal | None
    trend: str | None


def late_probability(due: Decimal, expected_late: Decimal) -> Decimal | None:
    """Return the probability, by amount, that what is about to fall due is late.

    Args:
        due: What is open and falls due on the day or in the 30 days after it.
        expected_late: The sum of each of its amounts times its own probability of being late.

    Returns:
        0 to 1, rounded to six digits; None where nothing is about to fall due.

    >>> late_probability(Decimal(1000), Decimal(800) * Decimal("0.9") + Decimal(200) / 10)
    Decimal('0.740000')
    """
    if due <= 0:
        return None
    return (expected_late / due).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def stake(expected_loss: Decimal, amount_days: Decimal, *, late_cost_percent: Decimal) -> Decimal:
    """Return what a customer's late and lost payments are expected to cost: the money at stake.

    `expected loss + amount_days / 365 × late_cost_percent / 100`.

    Args:
        expected_loss: What is expected never to be paid.
        amount_days: Each open amount times the days past its due date, or past today where that is
            over, that it is still expected to wait.
        late_cost_percent: What waiting costs, percent a year.

    Returns:
        An amount, rounded to cents. Customers are ranked by it.

    >>> stake(Decimal(100), Decimal(10_000) * 73, late_cost_percent=Decimal(10))
    Decimal('300.00')
    """
    waiting = amount_days * late_cost_percent / (100 * DAYS_OF_YEAR)
    return (expected_loss + waiting).quantize(Decimal("0.01"), ROUND_HALF_UP)


def trend(recent: Quarter, earlier: Quarter) -> Trend:
    """Tell whether a customer pays later than a quarter ago.

    Each quarter's delay is a mean by amount over what was paid in it and what fell due in it and
    is unpaid at its end, at its age then: a customer who stops paying gets worse, and an old
    document that nobody pays does not make every quarter look worse than the last.

    Args:
        recent: The last 91 days.
        earlier: The 91 days before those.

    Returns:
        `worse` from 5 days more on, `better` from 5 days less, else `stable`. None where either
        quarter has fewer than three payments and unpaid documents.

    >>> before = Quarter(AmountDays(Decimal(3000), Decimal(12_000)), AmountDays.of([]), 3)
    >>> now = Quarter(AmountDays(Decimal(1000), Decimal(10_000)),
    ...               AmountDays(Decimal(2000), Decimal(32_000)), 4)
    >>> trend(now, before)                              # 42,000 / 3,000 - 12,000 / 3,000
    Trend(days=Decimal('10.0'), direction='worse')
    """
    if min(recent.documents, earlier.documents) < TREND_DOCUMENTS:
        return Trend(None, None)
    now = days_beyond_terms_open(recent.paid, recent.unpaid).value
    before = days_beyond_terms_open(earlier.paid, earlier.unpaid).value
    if now is None or before is None:
        return Trend(None, None)
    days = (now - before).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if days >= TREND_THRESHOLD_DAYS:
        return Trend(days, "worse")
    return Trend(days, "better" if days <= -TREND_THRESHOLD_DAYS else "stable")


def risk_class(outlook: Outlook) -> RiskClass:
    """Return the class of a customer; the first of these that holds.

    - `critical`: something is doubtful; or a quarter of what is open is expected to be lost; or
      payment is expected 90 days late or more.
    - `high`: 5 % is expected to be lost; or payment is expected 30 days late or more.
    - `watch`: what falls due in 30 days is more likely late than not, by amount; or payment is
      expected 15 days late or more; or the trend is `worse`.
    - `low`: none of these.

    Source:
        A half: Dynamics 365 Finance marks a customer whose chance to pay on time is below 50 %.
        15 and 90 days: Tesorio's grades end at 15 ("great") and begin at 91 ("risk"). 30 days is
        the end of the first bucket. The shares of loss are our own, and stated.

    >>> risk_class(Outlook(Decimal(1000), Decimal(20), Decimal(0), Decimal("0.7"), Decimal(6),
    ...                    "stable"))
    <RiskClass.WATCH: 'watch'>
    """
    days = Decimal(0) if outlook.expected_days_late is None else outlook.expected_days_late
    lost = Decimal(0)
    if outlook.open_amount > 0:
        lost = outlook.expected_loss / outlook.open_amount
    if outlook.doubtful > 0 or lost >= CRITICAL_LOSS or days >= CRITICAL_DAYS:
        return RiskClass.CRITICAL
    if lost >= HIGH_LOSS or days >= HIGH_DAYS:
        return RiskClass.HIGH
    is_likely_late = (outlook.late_probability or 0) > WATCH_PROBABILITY
    if is_likely_late or days >= WATCH_DAYS or outlook.trend == "worse":
        return RiskClass.WATCH
    return RiskClass.LOW


def ranks(stakes: Iterable[tuple[Decimal, tuple[str, ...]]]) -> list[int]:
    """Return the rank of each customer, 1 for the most at stake.

    Args:
        stakes: The stake of each, all in one currency, and its key, which breaks ties.

    >>> ranks([(Decimal(5), ("B",)), (Decimal(9), ("C",)), (Decimal(5), ("A",))])
    [3, 1, 2]
    """
    rows = list(stakes)
    order = sorted(range(len(rows)), key=lambda place: (-rows[place][0], rows[place][1]))
    found = [0] * len(rows)
    for rank, place in enumerate(order, start=1):
        found[place] = rank
    return found


def expected_late_euro_days(
    amounts: npt.ArrayLike, unpaid_probability: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return how many euro-days each document is expected to be late: what to order them by.

    Args:
        amounts: Open amount of each of n documents.
        unpaid_probability: Shape (n, days). The probability that a document is still unpaid at the
            end of the first, second ... day from the question on that is past its due date.

    Returns:
        Shape (n,). The expected days late are the sum of those probabilities: each day counts as
        far as the document is unpaid on it.

    Raises:
        EncaisseError: There are not as many rows of probabilities as amounts.

    >>> expected_late_euro_days([100, 1000], [[1, 0.5, 0.25], [0.25, 0, 0]]).tolist()
    [175.0, 250.0]
    """
    of_each = np.asarray(amounts, float)
    unpaid = np.asarray(unpaid_probability, float)
    if unpaid.ndim != 2 or len(unpaid) != len(of_each):
        raise EncaisseError(
            f"{len(of_each)} documents do not have probabilities of shape {unpaid.shape}.",
            where="expected_late_euro_days",
            fix="pass one row of probabilities for each document, one column for each day",
        )
    return of_each * unpaid.sum(axis=1)


def captured_share(
    scores: Sequence[float] | npt.NDArray[np.float64],
    late_euro_days: Sequence[float] | npt.NDArray[np.float64],
    *,
    top: float = 0.05,
) -> float:
    """Return the share of all late euro-days that the highest scored documents turn out to have.

    It answers: had we looked at these documents alone, how much of the lateness that came would we
    have had before us? An order is better than another by the ratio of their shares.

    Args:
        scores: What orders the documents, highest first.
        late_euro_days: What came: amount times days late of each, 0 where it was not late.
        top: How many of the documents to take, as a share. A part of one counts as that part.

    Returns:
        0 to 1. Documents of one score share the places they take together, so that the order of
        the rows says nothing. 0 where nothing was late.

    Raises:
        EncaisseError: There are no documents, not one score for each, or `top` is no share.

    >>> captured_share([3, 2, 1, 0], [60, 0, 40, 0], top=0.25)
    0.6
    >>> captured_share([1, 1, 1, 1], [60, 0, 40, 0], top=0.25)     # no order: a quarter
    0.25
    """
    score, came = np.asarray(scores, float), np.asarray(late_euro_days, float)
    if len(score) == 0 or len(score) != len(came) or not 0 < top <= 1:
        raise EncaisseError(
            f"{len(score)} scores cannot order {len(came)} documents.",
            where=f"captured_share, top {top}",
            fix="pass one score for each document, and a share above 0 and up to 1",
        )
    total = came.sum()
    if total <= 0:
        return 0.0
    _, place = np.unique(-score, return_inverse=True)
    sizes, sums = np.bincount(place), np.bincount(place, weights=came)
    before = np.cumsum(sizes) - sizes
    taken = np.clip(top * len(score) - before, 0, sizes)
    return float((sums * taken / sizes).sum() / total)
