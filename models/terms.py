"""Payment terms: what "30 net" or "45 fin de mois" says, and the due date it gives."""

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from models.errors import EncaisseError

EndOfMonth = Literal["none", "after", "before"]

_LONGEST_DAYS = 365
_LONGEST_MONTH = 31


@dataclass(frozen=True)
class PaymentTerms:
    """When an invoice falls due, counted from the date of the document.

    "45 jours fin de mois" is read in two ways that give different days, so the terms say which:
    `after`, add the 45 days and go to the end of that month; `before`, go to the end of the
    invoice's month and add the 45 days.

    Attributes:
        days: Calendar days to add, 0 to 365.
        end_of_month: Whether to go to the end of the month: not at all, after adding the days, or
            before.
        day_of_month: The day of the month on which the customer pays ("le 10"), 1 to 31; the last
            day of a month that is shorter. None when any day will do.

    Raises:
        EncaisseError: A value is out of its range; or no days are added before the end of the
            month, which is the same as after it and is written so.
    """

    days: int
    end_of_month: EndOfMonth = "none"
    day_of_month: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no contract says, and a second way to write the same terms."""
        in_range = (
            0 <= self.days <= _LONGEST_DAYS
            and self.end_of_month in ("none", "after", "before")
            and (self.day_of_month is None or 1 <= self.day_of_month <= _LONGEST_MONTH)
        )
        if not in_range or (self.days == 0 and self.end_of_month == "before"):
            raise EncaisseError(
                f"No payment terms are {self.days} days, end of month {self.end_of_month!r}, "
                f"day of the month {self.day_of_month}.",
                where="payment terms",
                fix="give 0 to 365 days, end of month none, after or before (before only with "
                "days), and a day of the month from 1 to 31 or none",
            )

    def __str__(self) -> str:
        """Write the terms so that there is one way to read them; `parse_terms` reads them back.

        >>> print(PaymentTerms(45, "after", 10), "|", PaymentTerms(45, "before"))
        45 days then end of month, the 10th | end of month + 45 days
        """
        if self.end_of_month == "before":
            text = f"end of month + {self.days} days"
        elif self.end_of_month == "after":
            text = f"{self.days} days then end of month" if self.days else "end of month"
        elif self.day_of_month is not None:
            text = f"{self.days} days"
        else:
            text = f"{self.days} net" if self.days else "due on receipt"
        return text if self.day_of_month is None else f"{text}, the {_ordinal(self.day_of_month)}"


def due_on(terms: PaymentTerms, document_on: date) -> date:
    """Return the due date that payment terms give a document.

    The days and the end of month come first. A day of the month then moves the date on to the
    next such day: in the following month when the terms have just gone to the end of one, else
    the first on or after the date reached.

    Args:
        terms: The terms agreed.
        document_on: The date of the document. The days of delivery and receipt are not in a
            ledger: terms that count from them count from here.

    Returns:
        A date, never before `document_on`. Weekends and bank holidays do not move it.

    Source:
        Both readings of "fin de mois" are in use (Code de commerce, L441-10, does not settle
        which). "Fin de mois le": Sage's documentation, days, then the end of month, then the day.

    >>> due_on(PaymentTerms(45, "after"), date(2026, 1, 15))   # 1 March, then the end of March
    datetime.date(2026, 3, 31)
    >>> due_on(PaymentTerms(45, "before"), date(2026, 1, 15))  # 31 January, then 45 days
    datetime.date(2026, 3, 17)
    >>> due_on(PaymentTerms(60, "after", 15), date(2003, 3, 17))
    datetime.date(2003, 6, 15)
    """
    reached = document_on
    if terms.end_of_month == "before":
        reached = end_of_month(reached)
    reached += timedelta(days=terms.days)
    if terms.end_of_month == "after":
        reached = end_of_month(reached)
    if terms.day_of_month is None:
        return reached
    if terms.end_of_month == "after":
        reached += timedelta(days=1)
    this_month = _day_in_month_of(reached, terms.day_of_month)
    if this_month >= reached:
        return this_month
    return _day_in_month_of(end_of_month(reached) + timedelta(days=1), terms.day_of_month)


def end_of_month(day: date) -> date:
    """Return the last day of the month of `day`.

    >>> end_of_month(date(2024, 2, 10))
    datetime.date(2024, 2, 29)
    """
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def parse_terms(text: str) -> PaymentTerms:
    """Read payment terms as people write them, in French or English.

    Days written in front of "fin de mois" are added first ("45 jours fin de mois", "45 end of
    month": `after`); days written behind it are added last ("fin de mois + 45", "45 days after
    end of month": `before`). So each reading can be written without doubt, and the bare
    "45 fin de mois" takes the first. A contract that means the second must say so.

    Also read: "comptant", "à réception", "due on receipt", "à la livraison" (no days); "le 10",
    "the 10th", "10th of next month" behind the rest; "2% 10 net 30", whose discount does not
    change the due date. Case, accents, dots and spaces do not matter.

    Args:
        text: The terms, as a contract, a customer file or the settings say them.

    Raises:
        EncaisseError: The text says something else, or could say two things. It is never guessed:
            a bare "30" may be a number of days or the code of a table nobody has sent.

    >>> parse_terms("30 jours nets")
    PaymentTerms(days=30, end_of_month='none', day_of_month=None)
    >>> parse_terms("45 jours fin de mois le 10")
    PaymentTerms(days=45, end_of_month='after', day_of_month=10)
    >>> parse_terms("fin de mois + 45 jours")
    PaymentTerms(days=45, end_of_month='before', day_of_month=None)
    """
    plain = _plain(text)
    terms: PaymentTerms | None
    if _AT_ONCE.fullmatch(plain):
        terms = PaymentTerms(0)
    elif _END_OF_NEXT_MONTH.fullmatch(plain):
        terms = PaymentTerms(0, "after", _LONGEST_MONTH)
    else:
        terms = _counted(plain)
    if terms is None:
        raise EncaisseError(
            f"These payment terms are not understood: {text!r}.",
            where="payment terms",
            fix='write them as "30 net", "45 jours fin de mois", "fin de mois + 45", '
            '"30 jours fin de mois le 10" or "comptant"',
        )
    return terms


_AT_ONCE = re.compile(
    r"(?:(?:paiement|payable|reglement) )?"
    r"(?:(?:au )?comptant|immediat|(?:a )?reception(?: (?:de (?:la )?)?facture)?|a la livraison)"
    r"|(?:(?:due|payable|payment) )?"
    r"(?:(?:up)?on receipt(?: of (?:the )?invoice)?|on delivery|immediate(?:ly)?)"
    r"|immediate payment|cash(?: on delivery)?"
)
_END_OF_NEXT_MONTH = re.compile("fin du mois suivant|end of (?:the )?(?:next|following) month")
_DAYS = r"(?P<days>\d{1,3})"
_UNIT = r" ?(?:jours?|jrs?|j|days?|d)"
_NET = r" ?(?:nets?)"
_MONTH_END = r"(?:fin d[eu] mois|fdm|fm|end of (?:the )?month|eom|month end)"
_FROM = (  # what the days count from, when it is the invoice
    r"(?: (?:(?:a compter de|a partir de|de|from|after) )?(?:la |the )?"
    r"(?:date (?:de |d emission )?(?:de )?(?:la )?facture|date of (?:the )?invoice|invoice date"
    r"|invoice|facture|(?:a )?reception(?: (?:de (?:la )?)?facture)?"
    r"|receipt(?: of (?:the )?invoice)?))?"
)
_DISCOUNT = r"(?:\d+(?:[.,]\d+)? ?(?:%|/) ?\d+ (?=net ))?"
_SHAPES: tuple[tuple[EndOfMonth, re.Pattern[str]], ...] = (
    ("none", re.compile(f"{_DAYS}(?:{_NET}|{_UNIT}(?:{_NET})?){_FROM}")),
    ("none", re.compile(f"{_DAYS}{_UNIT}{_FROM}{_NET}")),
    ("none", re.compile(f"{_DISCOUNT}net {_DAYS}(?:{_UNIT})?{_FROM}")),
    (
        "after",
        re.compile(
            f"(?:net )?{_DAYS}(?:{_NET}|{_UNIT}(?:{_NET})?)?{_FROM}"
            f"(?: (?:puis|then))? ?{_MONTH_END}{_FROM}"
        ),
    ),
    ("after", re.compile(_MONTH_END)),
    ("before", re.compile(rf"{_MONTH_END} (?:\+|plus) {_DAYS}(?:{_UNIT})?(?:{_NET})?")),
    (
        "before",
        re.compile(
            f"{_DAYS}{_UNIT} (?:apres|after|from|a compter de|a partir de)"
            f"(?: la| the)? {_MONTH_END}"
        ),
    ),
)
_ORDINAL = r"(?P<day>\d{1,2}) ?(?:er|st|nd|rd|th)?"
_ON_DAY = re.compile(rf" ?(?:\+ |puis |then )?\b(?:le|the|on the|on) {_ORDINAL}$")
_ON_DAY_OF_NEXT_MONTH = re.compile(
    r" ?(?:\+ |puis |then )?(?:\b(?:le|the|on the|on) )?\b"
    rf"{_ORDINAL} (?:du mois suivant|of (?:the )?(?:next|following) month)$"
)


def _plain(text: str) -> str:
    """Lower case, no accents, one space between words, numbers apart from letters."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    spaced = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)", " ", letters)
    # Punctuation separates words. Inside or before a number it means something, and stays.
    spaced = re.sub(r"(?<!\d)[.,/]|[.,/](?!\d)|(?<=\w) ?- ?(?=\w)|[^\w+%/.,-]", " ", spaced)
    return " ".join(spaced.replace("+", " + ").split())


def _counted(plain: str) -> PaymentTerms | None:
    """Read terms that count days or go to the end of a month; None when they do neither."""
    following = _ON_DAY_OF_NEXT_MONTH.search(plain)
    on_day = following or _ON_DAY.search(plain)
    counted = plain[: on_day.start()] if on_day else plain
    day = int(on_day["day"]) if on_day else None
    if following and not counted:
        return _terms(0, "after", day)
    for shape_rule, shape in _SHAPES:
        if found := shape.fullmatch(counted):
            days = int(found.groupdict().get("days") or 0)
            rule = "after" if shape_rule == "before" and not days else shape_rule
            if not following:
                return _terms(days, rule, day)
            # "The 10th of the month after" is counted from the end of a month. Behind "end of
            # month + 45" it would skip a month that the days may or may not have reached.
            return None if rule == "before" else _terms(days, "after", day)
    return None


def _terms(days: int, rule: EndOfMonth, day: int | None) -> PaymentTerms | None:
    if days > _LONGEST_DAYS or not (day is None or 1 <= day <= _LONGEST_MONTH):
        return None
    return PaymentTerms(days, rule, day)


def _day_in_month_of(day: date, day_of_month: int) -> date:
    return day.replace(day=min(day_of_month, end_of_month(day).day))


def _ordinal(number: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number in (11, 12, 13) else suffix}"
