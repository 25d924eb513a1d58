"""ERPNext's accounts receivable report, its work for each row restated in our own words.

From what the report does: every entry of the payment ledger up to the day is read, whatever became
of it; a first pass opens a balance for each voucher and party; a second adds each entry to the
balance of the voucher it stands against, as invoiced, paid or credited, in the currency of the
books and in that of the account; a third rounds what is left of each balance, and gives those that
are not nothing the details of their invoice and of their party, and a bucket. Amounts are floats.
Without the database and its queries, one of which is made for each party.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from benchmarks.others.buckets import BOUNDS, Balances

RANGES = ("0-30", "31-60", "61-90", "91-120", "over_120")


class Record(dict[str, Any]):
    """A row as its framework hands it out: a dictionary whose keys can be read as attributes."""

    __slots__ = ()
    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # noqa: D105
        def __setattr__(self, name: str, value: Any) -> None: ...  # noqa: D105
    else:
        __getattr__ = dict.get
        __setattr__ = dict.__setitem__


def receivables(
    entries: Sequence[Record],
    invoices: Mapping[int, Mapping[str, Any]],
    parties: Mapping[str, Mapping[str, Any]],
    as_of: date,
) -> Balances:
    """Return the amounts by party and bucket.

    Args:
        entries: voucher_type, voucher, against_type, against, party, account, currency, posted_on,
            amount and account_amount, in the order of posting.
        invoices: due_on by voucher.
        parties: Details by party.
        as_of: The day.
    """
    balances = _opened(entries)
    for entry in entries:
        _add(entry, balances)
    report = []
    for row in balances.values():
        row.outstanding = _rounded(row.invoiced - row.paid - row.credited)
        row.account_outstanding = _rounded(
            row.account_invoiced - row.account_paid - row.account_credited
        )
        if row.outstanding == 0:
            continue
        row.update(invoices.get(row.voucher, {}))
        row.update(parties.get(row.party, {}))
        _age(row, as_of)
        report.append(row)
    found: Balances = {}
    for row in report:
        bucket = row.bucket
        found[row.party, bucket] = found.get((row.party, bucket), 0.0) + row.outstanding
    return found


def _opened(entries: Sequence[Record]) -> dict[tuple[str, int, str], Record]:
    balances: dict[tuple[str, int, str], Record] = {}
    for entry in entries:
        key = (entry.voucher_type, entry.voucher, entry.party)
        if key not in balances:
            balances[key] = Record(
                voucher_type=entry.voucher_type,
                voucher=entry.voucher,
                party=entry.party,
                account=entry.account,
                posted_on=entry.posted_on,
                currency=entry.currency,
                invoiced=0.0,
                paid=0.0,
                credited=0.0,
                outstanding=0.0,
                account_invoiced=0.0,
                account_paid=0.0,
                account_credited=0.0,
                account_outstanding=0.0,
            )
    return balances


def _add(entry: Record, balances: Mapping[tuple[str, int, str], Record]) -> None:
    row = balances.get((entry.against_type, entry.against, entry.party))
    if not row:
        row = balances[entry.voucher_type, entry.voucher, entry.party]
    amount, account_amount = entry.amount, entry.account_amount
    if amount > 0:
        if entry.voucher_type != "invoice" and entry.voucher != entry.against:
            row.paid -= amount
            row.account_paid -= account_amount
        else:
            row.invoiced += amount
            row.account_invoiced += account_amount
    elif entry.voucher_type == "invoice":
        row.credited -= amount
        row.account_credited -= account_amount
    else:
        row.paid -= amount
        row.account_paid -= account_amount


def _rounded(amount: float, digits: int = 2) -> float:
    """Round a half to the even cent, as the framework does: in Python, for every amount."""
    scale = 10**digits
    scaled = round(amount * scale, 8)
    whole = math.floor(scaled)
    if scaled - whole == 0.5:
        return (whole if whole % 2 == 0 else whole + 1) / scale
    return round(scaled) / scale


def _age(row: Record, as_of: date) -> None:
    ages_from = row.due_on or row.posted_on
    for name in RANGES:
        row[name] = 0.0
    row.age = (as_of - ages_from).days
    place = len(BOUNDS)
    for nth, last in enumerate(BOUNDS):
        if int(row.age) <= int(last):
            place = nth
            break
    row[RANGES[place]] = row.outstanding
    row.bucket = RANGES[place]
    if ages_from > as_of:
        row[RANGES[place]] = 0.0
        row.bucket = "not_due"  # it is in no bucket of theirs
    row.total_due = sum(row[name] for name in RANGES)
