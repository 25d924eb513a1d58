"""What if: levers in plain words, applied to the receipts that are expected day by day.

A scenario is a list of levers. In whatever order they are listed they work in one order: first who
pays at all (`Default`), then how much is sold (`SalesChange`), then when it is paid (`TermsChange`,
`CollectMore`, `PayLater`), so that one list has one answer. Levers of one kind work in the order of
the list.

Only the first two change how much comes in; the others move every cent to another day. A receipt
that moves past the last period is still there, later.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from models.errors import EncaisseError
from models.levers import (
    CollectMore,
    Default,
    Facts,
    Lever,
    PayLater,
    Receipt,
    SalesChange,
    TermsChange,
    no_lever,
)

ORDER: tuple[type[Lever], ...] = (Default, SalesChange, TermsChange, CollectMore, PayLater)
"""The order in which levers work."""

KINDS: dict[str, type[Lever]] = {lever.kind: lever for lever in ORDER}


def apply_levers(
    receipts: Sequence[Receipt], levers: Sequence[Lever], facts: Facts
) -> list[Receipt]:
    """Return the receipts as they would be with these levers.

    Args:
        receipts: What is expected, all of one entity and currency.
        levers: The scenario; in any order.
        facts: What the levers need to know.

    Returns:
        Sorted by day, customer and source. Without `Default` and `SalesChange` they add up to the
        same cents as before, customer by customer.

    >>> expected = [Receipt("acme", "open_book", date(2024, 4, 2), 100_00),
    ...             Receipt("bolt", "new_invoices", date(2024, 5, 6), 33_35)]
    >>> facts = Facts(as_of=date(2024, 3, 31))
    >>> levers = [PayLater(15, main_count=1), SalesChange(Decimal(-10))]
    >>> for receipt in apply_levers(expected, levers, facts):
    ...     print(receipt.customer_id, receipt.expected_on, receipt.cents)
    acme 2024-04-17 10000
    bolt 2024-05-06 3002
    """
    changed = _sorted(receipts)
    for kind in ORDER:
        for lever in levers:
            if isinstance(lever, kind):
                changed = lever.apply(changed, facts)
    return _sorted(changed)


class Span(NamedTuple):
    """A period of the forecast. The last one has no end: `last_on` is None."""

    first_on: date
    last_on: date | None


def by_period(receipts: Sequence[Receipt], periods: Sequence[Span]) -> list[int]:
    """Return the cents expected in each period.

    Args:
        receipts: Of one entity and currency.
        periods: Rising, without a gap.

    Raises:
        EncaisseError: A receipt falls in none of the periods.

    >>> weeks = [Span(date(2024, 4, 1), date(2024, 4, 7)), Span(date(2024, 4, 8), None)]
    >>> by_period([Receipt("acme", "open_book", date(2024, 4, 7), 100_00)], weeks)
    [10000, 0]
    """
    first_days = [period.first_on for period in periods]
    totals = [0] * len(periods)
    for receipt in receipts:
        place = bisect_right(first_days, receipt.expected_on) - 1
        last_on = periods[place].last_on
        if place < 0 or (last_on is not None and receipt.expected_on > last_on):
            raise EncaisseError(
                f"A receipt of {receipt.expected_on} falls in no period.",
                where="the periods of the forecast",
                fix="pass periods that leave no gap, the last one without an end",
            )
        totals[place] += receipt.cents
    return totals


class Compared(NamedTuple):
    """One period, side by side: cents as forecast, then by each scenario in the order given."""

    period: Span
    forecast: int
    scenarios: tuple[int, ...]


def side_by_side(
    receipts: Sequence[Receipt],
    scenarios: Sequence[Sequence[Lever]],
    facts: Facts,
    periods: Sequence[Span],
) -> list[Compared]:
    """Return each period as it is forecast and as each scenario would have it.

    >>> weeks = [Span(date(2024, 4, 1), date(2024, 4, 7)), Span(date(2024, 4, 8), None)]
    >>> expected = [Receipt("acme", "open_book", date(2024, 4, 2), 100_00)]
    >>> later, lost = [PayLater(7, ("acme",))], [Default("acme")]
    >>> facts = Facts(as_of=date(2024, 3, 31))
    >>> [row[1:] for row in side_by_side(expected, [later, lost], facts, weeks)]
    [(10000, (0, 0)), (0, (10000, 0))]
    """
    found = [
        by_period(apply_levers(receipts, levers, facts), periods) for levers in ([], *scenarios)
    ]
    return [
        Compared(period, forecast, tuple(others))
        for period, forecast, *others in zip(periods, *found, strict=True)
    ]


def lever_to_dict(lever: Lever) -> dict[str, Any]:
    """Return a lever as plain values, to be kept as JSON.

    >>> lever_to_dict(SalesChange(Decimal("-2.5")))
    {'kind': 'sales', 'percent': '-2.5'}
    """
    plain = {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in asdict(lever).items()
    }
    return {"kind": lever.kind, **plain}


def lever_from_dict(values: Mapping[str, Any]) -> Lever:
    """Return the lever that these plain values say.

    >>> lever_from_dict({"kind": "later", "days": 15, "customer_ids": [], "main_count": 5})
    PayLater(days=15, customer_ids=(), main_count=5)

    Raises:
        EncaisseError: They say no lever, or one that has no meaning.
    """
    given = dict(values)
    lever = KINDS.get(str(given.pop("kind", None)))
    if lever is None:
        raise no_lever(f"a lever {values.get('kind')!r}", f"one of {', '.join(KINDS)}")
    expected = {each.name: each.type for each in fields(lever)}
    if not set(given) <= set(expected):
        raise no_lever(
            f"{', '.join(sorted(set(given) - set(expected)))} in a lever {lever.kind!r}",
            f"only {', '.join(expected)}",
        )
    try:
        return lever(**{name: _READ[str(expected[name])](given[name]) for name in given})
    except (TypeError, ValueError, InvalidOperation) as error:
        if isinstance(error, EncaisseError):
            raise
        raise no_lever(f"{dict(values)} as a lever", "a value of the right type each") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _percent(value: Any) -> Decimal:
    percent = Decimal(_text(value))
    if not percent.is_finite():
        raise ValueError
    return percent


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return tuple(map(_text, value))


_READ: dict[str, Callable[[Any], Any]] = {
    "<class 'str'>": _text,
    "<class 'int'>": _whole,
    "<class 'decimal.Decimal'>": _percent,
    "tuple[str, ...]": _texts,
}


def _sorted(receipts: Sequence[Receipt]) -> list[Receipt]:
    return sorted(
        receipts, key=lambda each: (each.expected_on, each.customer_id or "", each.source)
    )
