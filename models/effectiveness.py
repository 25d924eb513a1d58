"""How well receivables are collected: effectiveness, turnover, overdue share, concentration."""

import heapq
from collections.abc import Iterable, Sequence
from decimal import Decimal

from models.errors import EncaisseError
from models.measure import Measure, ratio

NOTHING_TO_COLLECT = "there was nothing to collect in the period"
NOTHING_OWED = "nothing is owed"


def cei_percent(
    opening: Decimal, sales: Decimal, closing: Decimal, closing_not_due: Decimal
) -> Measure:
    """Return the collection effectiveness index: the share collected of what could be.

    `(opening + sales - closing) / (opening + sales - closing_not_due) * 100`: what was collected,
    over what was collected or is overdue.

    Args:
        opening: Owed at the start of the period, gross of VAT.
        sales: Credit sales of the period, gross of VAT.
        closing: Owed at its end, overdue or not.
        closing_not_due: The part of `closing` that is not overdue.

    Returns:
        Percent; 100 when nothing is overdue at the end. Billtrust calls 80 good and 50 low.
        Undefined when the denominator is not above zero: there was nothing to collect.

    Source:
        Credit Research Foundation. Several pages on the web print the denominator without the
        closing receivable that is not due; that is another figure.

    >>> cei = cei_percent(Decimal(500), Decimal(300), closing=Decimal(420),
    ...                   closing_not_due=Decimal(240))
    >>> round(cei.value, 2)
    Decimal('67.86')
    """
    could_be_collected = opening + sales - closing_not_due
    return ratio(
        100 * (opening + sales - closing), could_be_collected, undefined=NOTHING_TO_COLLECT
    )


def receivables_turnover(sales: Decimal, receivables: Sequence[Decimal]) -> Measure:
    """Return how many times a period's sales turn the average receivable over.

    Args:
        sales: Credit sales of the period, gross of VAT; twelve months, to be read as a year's.
        receivables: What was owed, at the start of the period and at the end of each of its
            months: thirteen balances for a year. The mean of first and last alone would miss the
            season.

    Returns:
        Times. 365 divided by the turnover of a year is a DSO on the average receivable. Undefined
        when nothing was owed on average.

    Raises:
        EncaisseError: `receivables` is empty.

    >>> receivables_turnover(Decimal(1200), [Decimal(150), Decimal(250), Decimal(200)]).value
    Decimal('6')
    """
    if not receivables:
        raise EncaisseError(
            "There is no receivable to turn over.",
            where="receivables_turnover",
            fix="pass the balance at the start of the period and at the end of each month",
        )
    return ratio(sales * len(receivables), sum(receivables, Decimal(0)), undefined=NOTHING_OWED)


def overdue_percent(overdue: Decimal, open_amount: Decimal) -> Measure:
    """Return the share of what customers owe that is past its due date.

    Args:
        overdue: Open and past its due date on the day of the question.
        open_amount: All that is open on that day, due or not. Credits that no invoice has used
            are in neither: they say nothing of lateness.

    Returns:
        Percent, 0 to 100. Undefined when nothing is owed.

    >>> overdue_percent(Decimal(90), Decimal(300)).value
    Decimal('30')
    """
    return ratio(100 * overdue, open_amount, undefined=NOTHING_OWED)


def concentration_percent(balances: Iterable[Decimal], *, top: int) -> Measure:
    """Return the share of the receivable that the largest debtors owe.

    Args:
        balances: What each customer owes; a group's customers already added together. Customers
            in credit owe nothing: they count neither above nor below the line.
        top: How many of the largest debtors to take. There is no usual number: always show it.

    Returns:
        Percent, 0 to 100; 100 when there are no more than `top` debtors. Undefined when nobody
        owes anything.

    Raises:
        EncaisseError: `top` is not above zero.

    >>> owed = [Decimal(500), Decimal(300), Decimal(150), Decimal(50), Decimal(-80)]
    >>> concentration_percent(owed, top=2).value
    Decimal('80')
    """
    if top <= 0:
        raise EncaisseError(
            f"The {top} largest customers are nobody.",
            where="concentration_percent",
            fix="pass the number of customers to take, 1 or more",
        )
    owed = [balance for balance in balances if balance > 0]
    largest = sum(heapq.nlargest(top, owed), Decimal(0))
    return ratio(100 * largest, sum(owed, Decimal(0)), undefined=NOTHING_OWED)
