"""Ageing: how late an item is, and the bucket it falls in."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from models.errors import EncaisseError

NOT_DUE = "not_due"
NO_DUE_DATE = "no_due_date"
UNAPPLIED = "unapplied"

DEFAULT_BOUNDS = (30, 60, 90, 120)

_APART = {NOT_DUE: 0, NO_DUE_DATE: 90, UNAPPLIED: 91}


class Convention(StrEnum):
    """Whose boundaries to age by. Ours unless a view says otherwise.

    The others are here so that a total can be compared with the system it came from. They differ
    on four points: the day an item is due, a day that equals a bound, what is not yet due, and
    what has no due date.

    Source: ERPNext's accounts receivable report; the aged partner balance (`OCA_AGED`) and the
    partner statement (`OCA_STATEMENT`) of OCA/account-financial-reporting, versions 15 to 17.
    """

    ENCAISSE = "encaisse"
    ERPNEXT = "erpnext"
    OCA_AGED = "oca_aged"
    OCA_STATEMENT = "oca_statement"


def days_late(as_of: date, due_on: date | None) -> int | None:
    """Return how many days after its due date an item still stands.

    Args:
        as_of: The day the question is asked for.
        due_on: The due date; None when nothing says it.

    Returns:
        Calendar days. Zero on the due date itself, when the item is not late; negative before it.
        None without a due date.

    Source:
        French penalties run from the day after the due date (Code de commerce, L441-10), so that
        is the first day late.

    >>> days_late(date(2024, 3, 31), due_on=date(2024, 3, 31))
    0
    >>> days_late(date(2024, 4, 1), due_on=date(2024, 3, 31))
    1
    """
    return None if due_on is None else (as_of - due_on).days


@dataclass(frozen=True)
class Buckets:
    """The buckets of an aged balance.

    Both ends of a bucket are included, they leave no gap, and the last one has no end: every item
    falls in exactly one. (ERPNext's not-yet-due items are the exception: it shows them in no
    bucket.)

    Attributes:
        bounds: The last day late of each bucket, ascending; what is later than all of them falls
            in one more bucket, `over_120` for the default bounds.
        convention: Whose boundaries to age by.

    Raises:
        EncaisseError: The bounds are not ascending whole numbers of days above zero, or there are
            none, or so many that their ranks would run into those of the columns kept apart.

    >>> buckets = Buckets()
    >>> buckets.codes
    ('not_due', '1-30', '31-60', '61-90', '91-120', 'over_120')
    >>> [buckets.code(days) for days in (0, 1, 30, 31, 121, None)]
    ['not_due', '1-30', '1-30', '31-60', 'over_120', 'no_due_date']
    >>> Buckets((15, 45)).codes
    ('not_due', '1-15', '16-45', 'over_45')
    """

    bounds: Sequence[int] = DEFAULT_BOUNDS
    convention: Convention = Convention.ENCAISSE

    def __post_init__(self) -> None:
        """Refuse bounds that would leave a gap or an overlap; keep them as a tuple."""
        bounds = tuple(self.bounds)
        ascending = list(bounds) == sorted(set(bounds)) and all(
            isinstance(bound, int) and bound > 0 for bound in bounds
        )
        if not ascending or not 0 < len(bounds) < _APART[NO_DUE_DATE] - 1:
            raise EncaisseError(
                f"These bounds do not cut days late into buckets: {bounds}.",
                where="the bounds of the aged balance",
                fix="give ascending whole numbers of days above zero, such as 30, 60, 90, 120",
            )
        object.__setattr__(self, "bounds", bounds)

    @property
    def codes(self) -> tuple[str, ...]:
        """The bucket codes, the least late first; `no_due_date` and `unapplied` stand apart."""
        late = self._late_codes()
        return late if self.convention is Convention.ERPNEXT else (NOT_DUE, *late)

    def code(self, days_late: int | None) -> str | None:
        """Return the bucket of an item that is so many days late.

        Args:
            days_late: As `days_late` gives it, from the date that `aged_from` names.

        Returns:
            A bucket code; `no_due_date` when `days_late` is None (`not_due` by OCA's aged
            balance). None only by ERPNext's convention, for what is not yet due.
        """
        if days_late is None:
            return NOT_DUE if self.convention is Convention.OCA_AGED else NO_DUE_DATE
        if self.convention is Convention.ERPNEXT:
            if days_late < 0:
                return None
        elif days_late <= 0:
            return NOT_DUE
        # OCA's statement puts a day that equals a bound in the later bucket.
        step = 1 if self.convention is Convention.OCA_STATEMENT else 0
        return self._late_codes()[bisect_left(self.bounds, days_late + step)]

    def rank(self, code: str) -> int:
        """Return the place of a bucket in an aged balance, ascending from the least late.

        `not_due` is 0, the late buckets follow from 1, `no_due_date` is 90 and `unapplied` 91.

        Raises:
            EncaisseError: No bucket has this code.

        >>> [Buckets().rank(code) for code in ("not_due", "1-30", "over_120", "unapplied")]
        [0, 1, 5, 91]
        """
        if code in _APART:
            return _APART[code]
        late = self._late_codes()
        if code not in late:
            raise EncaisseError(
                f"There is no bucket {code!r}.",
                where=f"an aged balance with the bounds {self.bounds}",
                fix=f"use one of {', '.join((*_APART, *late))}",
            )
        return late.index(code) + 1

    def aged_from(self, due_on: date | None, booked_on: date) -> date | None:
        """Return the date an item is aged from: its due date, or what the convention falls back on.

        Without a due date we, and OCA's aged balance, age from nothing (None). ERPNext and OCA's
        statement age from the booking date, so that a payment looks as late as it is old.
        """
        if due_on is None and self.convention in (Convention.ERPNEXT, Convention.OCA_STATEMENT):
            return booked_on
        return due_on

    def _late_codes(self) -> tuple[str, ...]:
        first_day = 0 if self.convention is Convention.ERPNEXT else 1
        firsts = (first_day, *(bound + 1 for bound in self.bounds))
        spans = (f"{first}-{last}" for first, last in zip(firsts, self.bounds, strict=False))
        return (*spans, f"over_{self.bounds[-1]}")
