"""Delays: how long customers take to pay, and how long beyond what was agreed.

Each is a mean weighted by amount. The weights add up, so the sums of a customer, a segment or an
entity are made once, wherever the payments are, and each measure is one division.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, Self

from models.measure import Measure, ratio

NOTHING_PAID = "nothing was paid in the period"
NOTHING_PAID_OR_OVERDUE = "nothing was paid in the period and nothing is overdue"


class AmountDays(NamedTuple):
    """What a set of delays adds up to.

    Attributes:
        amount: The sum of the amounts, in one currency.
        amount_days: The sum of each amount times its days.
    """

    amount: Decimal
    amount_days: Decimal

    @classmethod
    def of(cls, delays: Iterable[tuple[Decimal, int]]) -> Self:
        """Sum delays given as (amount, days).

        >>> AmountDays.of([(Decimal(400), 5), (Decimal(600), 25)])
        AmountDays(amount=Decimal('1000'), amount_days=Decimal('17000'))
        """
        amount = amount_days = Decimal(0)
        for weight, days in delays:
            amount += weight
            amount_days += weight * days
        return cls(amount, amount_days)


def days_beyond_terms_paid(paid: AmountDays) -> Measure:
    """Return how many days after the due date the payments of a period came.

    Only what was paid counts. The figure therefore looks best just when the worst payers have not
    paid: read it beside `days_beyond_terms_open`.

    Args:
        paid: Each amount by which a payment settled an invoice in the period, with the days from
            the invoice's due date to the payment. Early is negative and is kept: clipped at zero,
            a customer who pays early and late alike would look late.

    Returns:
        Days, negative when customers pay early. Undefined when nothing was paid.

    Source:
        SAP, days beyond terms: the sum of payment amount times days late, over the sum of payment
        amounts, of cleared items.

    >>> paid = AmountDays.of([(Decimal(400), 5), (Decimal(600), 25)])
    >>> days_beyond_terms_paid(paid).value
    Decimal('17')
    """
    return ratio(paid.amount_days, paid.amount, undefined=NOTHING_PAID)


def days_beyond_terms_open(paid: AmountDays, overdue: AmountDays) -> Measure:
    """Return how late customers are, what they have not paid included, at its age so far.

    Args:
        paid: As `days_beyond_terms_paid` takes it.
        overdue: What is open and past its due date at the end of the period, with its days late
            on that day. What is not yet due has no delay yet and stays out.

    Returns:
        Days. Still too low for what stays unpaid, but it can no longer hide it. Undefined when
        nothing was paid and nothing is overdue.

    Source:
        Upflow, average payment delay: paid, overdue and disputed invoices, the unpaid ones at
        today's date (docs.upflow.io, read 2026-11-21).

    >>> paid = AmountDays.of([(Decimal(400), 5), (Decimal(600), 25)])
    >>> overdue = AmountDays.of([(Decimal(1000), 60)])
    >>> days_beyond_terms_open(paid, overdue).value
    Decimal('38.5')
    """
    return ratio(
        paid.amount_days + overdue.amount_days,
        paid.amount + overdue.amount,
        undefined=NOTHING_PAID_OR_OVERDUE,
    )


def weighted_average_days_to_pay(paid: AmountDays) -> Measure:
    """Return how many days after the invoice the payments of a period came.

    Args:
        paid: Each amount by which a payment settled an invoice in the period, with the days from
            the invoice's own date to the payment. A payment made before its invoice is negative
            and is kept.

    Returns:
        Days. Undefined when nothing was paid.

    Source:
        The mean weighted by amount that OCA's `partner_time_to_pay` and the credit management
        textbooks use.

    >>> paid = AmountDays.of([(Decimal(400), 35), (Decimal(600), 55)])
    >>> weighted_average_days_to_pay(paid).value
    Decimal('47')
    """
    return ratio(paid.amount_days, paid.amount, undefined=NOTHING_PAID)
