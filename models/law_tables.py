"""What the law says, as dated tables: no legal figure is written anywhere else.

A row holds from `valid_from` to `valid_to`, both included; `valid_to` None means that it was in
force on `verified_on`, the day somebody last looked. What is asked of a later day is answered with
a warning, not with silence.
"""

from datetime import date
from typing import Literal, NamedTuple


class LawfulMaximum(NamedTuple):
    """The longest payment terms that two firms may agree on.

    `counted` says from where: `invoice`, days from the date of the invoice; `end_of_month`, days
    and the end of the month, by either reading, when the contract says so.
    """

    country: str
    counted: Literal["invoice", "end_of_month"]
    days: int
    valid_from: date
    valid_to: date | None
    source: str
    verified_on: date


_LME = "Code de commerce, L441-6, loi 2008-776 du 4 août 2008, art. 21"
_MACRON = "Code de commerce, L441-6 then L441-10, loi 2015-990 du 6 août 2015, art. 46"

_READ = date(2026, 11, 21)

LAWFUL_MAXIMA = (
    LawfulMaximum("FR", "invoice", 60, date(2009, 1, 1), date(2015, 8, 7), _LME, _READ),
    LawfulMaximum("FR", "end_of_month", 45, date(2009, 1, 1), date(2015, 8, 7), _LME, _READ),
    LawfulMaximum("FR", "invoice", 60, date(2015, 8, 8), None, _MACRON, _READ),
    LawfulMaximum("FR", "end_of_month", 45, date(2015, 8, 8), None, _MACRON, _READ),
)
"""France: the general rule. Sectors with rules of their own (transport, fresh food) and summary
invoices are not told apart."""
