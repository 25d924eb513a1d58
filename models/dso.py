"""Days sales outstanding: how many days of sales are still unpaid, by two methods.

A figure without its rule is worthless: one ledger gives 82, 76 or 73 days by methods that are all
in use. So the method is in the name of each function, and both sides of every ratio are gross of
VAT: what customers owe, and what was invoiced to them, invoices less credit notes.
"""

import calendar
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from models.errors import EncaisseError
from models.measure import Measure, ratio

NO_SALES = "no sales in the period"
HISTORY_EXHAUSTED = "the receivable is larger than all the sales known"
BEST_POSSIBLE_IS_A_BOUND = "the best possible DSO is itself a lower bound"


class MonthSales(NamedTuple):
    """Credit sales invoiced in one calendar month, gross of VAT, in one currency.

    `days` is the length of the month; for a month that is not over, the days elapsed so far.
    """

    days: int
    amount: Decimal


class DsoFamily(NamedTuple):
    """DSO, the best it could be, and their difference, all by one method.

    Attributes:
        dso: Days of sales still unpaid.
        best_possible: Days of sales unpaid and not overdue: the DSO if nobody paid late.
        add: Average days delinquent, `dso - best_possible`: the days that lateness costs.
    """

    dso: Measure
    best_possible: Measure
    add: Measure


def dso_simple(receivable: Decimal, sales: Decimal, days: int) -> Measure:
    """Return days sales outstanding by the simple method: `receivable / sales * days`.

    Args:
        receivable: What is owed at the end of the period, gross of VAT.
        sales: Credit sales of the period, gross of VAT, in the same currency.
        days: The calendar days of the period (90 for January to March 2023). A window of three
            months is usual; another gives another figure.

    Returns:
        Days. Negative when the customers are in credit. Undefined without sales in the period.

    Raises:
        EncaisseError: `days` is not above zero.

    Source:
        The ratio that credit management textbooks give; SAP's DSO application lets its user set
        the window, as here.

    >>> dso = dso_simple(Decimal(300), sales=Decimal(330), days=90)
    >>> round(dso.value, 2)
    Decimal('81.82')
    """
    if days <= 0:
        raise EncaisseError(
            f"A period of {days} days has no sales per day.",
            where="dso_simple",
            fix="pass the number of calendar days that the sales cover",
        )
    return ratio(receivable * days, sales, undefined=NO_SALES)


def dso_countback(receivable: Decimal, months: Sequence[MonthSales]) -> Measure:
    """Return days sales outstanding by the count-back method (exhaustion, "par épuisement").

    Walk back from the newest month. A month whose sales are all still owed counts for all of its
    days; the month in which the receivable runs out counts for the share of it that is owed.
    Unlike the simple ratio, a strong last month does not make old debt look young.

    A month with no sales, or with more credit notes than invoices, counts for its days and
    explains nothing: the credit notes are already in the receivable.

    Args:
        receivable: What is owed at the end of the newest month, gross of VAT.
        months: Every calendar month, oldest first, none missing, as `calendar_months` makes them.

    Returns:
        Days. Zero when `receivable` is zero or negative: a customer in credit owes no days. When
        the receivable is larger than all the sales, the days of all the months, as a lower bound:
        the true answer lies before the first month and is not extrapolated.

    Source:
        The count-back of My DSO Manager, Upflow and Agicap, with calendar days and an elapsed
        latest month. Oracle's guide to Financial Management prints 179.7 days for an example that
        its own steps bring to 166.33; the tests hold the latter.

    >>> january_to_march = [
    ...     MonthSales(31, Decimal(700_000)),
    ...     MonthSales(28, Decimal(800_000)),
    ...     MonthSales(31, Decimal(900_000)),
    ... ]
    >>> dso = dso_countback(Decimal(2_100_000), january_to_march)  # 31 + 28 + 31 * 400/700
    >>> round(dso.value, 2)
    Decimal('76.71')
    >>> dso_countback(Decimal(2_500_000), january_to_march).is_lower_bound
    True
    """
    days = 0
    unexplained = receivable
    for month_days, amount in reversed(months):
        if unexplained <= 0:
            break
        if unexplained < amount:
            return Measure(days + month_days * unexplained / amount)
        days += month_days
        if amount > 0:
            unexplained -= amount
    if unexplained > 0:
        return Measure(Decimal(days), is_lower_bound=True, note=HISTORY_EXHAUSTED)
    return Measure(Decimal(days))


def calendar_months(sales: Mapping[date, Decimal], as_of: date) -> list[MonthSales]:
    """Return the months that `dso_countback` walks, from the first with sales up to `as_of`.

    Months without sales are filled in with zero. The month of `as_of` has its elapsed days, so
    that a count-back on the 10th does not count days that have not come.

    Args:
        sales: Credit sales by first day of month.
        as_of: The day the receivable is taken.

    Returns:
        Oldest first. Empty when there are no sales at all.

    Raises:
        EncaisseError: A key is not the first day of a month, or lies after `as_of`.

    >>> calendar_months({date(2024, 1, 1): Decimal(70)}, as_of=date(2024, 3, 10))
    ... # doctest: +NORMALIZE_WHITESPACE
    [MonthSales(days=31, amount=Decimal('70')),
     MonthSales(days=29, amount=Decimal('0')),
     MonthSales(days=10, amount=Decimal('0'))]
    """
    for month in sales:
        if month.day != 1 or month > as_of:
            raise EncaisseError(
                f"Sales are given for {month}.",
                where=f"calendar_months, as of {as_of}",
                fix="sum the sales by the first day of their month, up to the month of the date",
            )
    if not sales:
        return []
    months = []
    month = min(sales)
    while month <= as_of:
        length = calendar.monthrange(month.year, month.month)[1]
        is_latest = (month.year, month.month) == (as_of.year, as_of.month)
        days = as_of.day if is_latest else length
        months.append(MonthSales(days, sales.get(month, Decimal(0))))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return months


def dso_family_simple(
    receivable: Decimal, overdue: Decimal, sales: Decimal, days: int
) -> DsoFamily:
    """Return DSO, best possible DSO and ADD by the simple method.

    Args:
        receivable: As `dso_simple` takes it.
        overdue: Open and past its due date, in the currency of `receivable`. Credits that no
            invoice has used lower the receivable and not this: they may pay what is not yet due.
        sales: As `dso_simple` takes it.
        days: As `dso_simple` takes it.

    Returns:
        Days. ADD equals `overdue / sales * days`.

    Raises:
        EncaisseError: `days` is not above zero.

    Source:
        Best possible DSO is the DSO of what is not overdue, as Upflow and Growfin have it.

    >>> family = dso_family_simple(Decimal(300), Decimal(90), sales=Decimal(330), days=90)
    >>> [round(measure.value, 2) for measure in family]
    [Decimal('81.82'), Decimal('57.27'), Decimal('24.55')]
    """
    return _family(receivable, overdue, lambda owed: dso_simple(owed, sales, days))


def dso_family_countback(
    receivable: Decimal, overdue: Decimal, months: Sequence[MonthSales]
) -> DsoFamily:
    """Return DSO, best possible DSO and ADD by the count-back method.

    Args:
        receivable: As `dso_countback` takes it.
        overdue: As `dso_family_simple` takes it.
        months: As `dso_countback` takes them.

    Returns:
        Days. ADD is a lower bound when the DSO is one, and undefined when the best possible DSO
        is one too: the difference of two bounds says nothing.

    Source:
        Upflow: the same count-back on what is due but not overdue.

    >>> quarter = [MonthSales(31, Decimal(110)), MonthSales(28, Decimal(120)),
    ...            MonthSales(31, Decimal(100))]
    >>> family = dso_family_countback(Decimal(300), Decimal(90), quarter)
    >>> [round(measure.value, 2) for measure in family]
    [Decimal('81.55'), Decimal('56.67'), Decimal('24.88')]
    """
    return _family(receivable, overdue, lambda owed: dso_countback(owed, months))


def average_days_delinquent(dso: Measure, best_possible: Measure) -> Measure:
    """Return average days delinquent: `dso - best_possible`, both by the same method.

    Args:
        dso: Of all that is owed.
        best_possible: Of what is not overdue, by the same method over the same sales.

    Returns:
        Days that late payment adds to the DSO. A lower bound when only `dso` is one; undefined
        when either is undefined, or when `best_possible` is a lower bound.

    >>> average_days_delinquent(Measure(Decimal("81.82")), Measure(Decimal("57.27"))).value
    Decimal('24.55')
    """
    if dso.value is None or best_possible.value is None:
        return Measure(None, note=dso.note or best_possible.note)
    if best_possible.is_lower_bound:
        return Measure(None, note=BEST_POSSIBLE_IS_A_BOUND)
    return Measure(dso.value - best_possible.value, dso.is_lower_bound, dso.note)


def _family(
    receivable: Decimal, overdue: Decimal, method: Callable[[Decimal], Measure]
) -> DsoFamily:
    dso = method(receivable)
    best_possible = method(receivable - overdue)
    return DsoFamily(dso, best_possible, average_days_delinquent(dso, best_possible))
