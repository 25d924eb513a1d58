"""OCA's aged partner balance, its work for each row restated in our own words.

From what `account_financial_report` does on Odoo 16: of the journal items of the receivable
accounts, those not wholly settled today are read, whatever their date; then every settlement that
took effect after the day, and the journal items those settle that were not read yet; each gets back
what was settled later; what is dated after the day, or left with nothing, is put aside; the rest is
added up by account and by partner, in floats, in the bucket of its due date, and laid out as the
list that is shown. Without the ORM: here a search is a look into lists and dictionaries.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from benchmarks.others.buckets import BOUNDS, CODES, Balances

BUCKETS = tuple(CODES[rank] for rank in range(len(BOUNDS) + 2))

Line = dict[str, Any]
Sums = dict[str, float]


def aged_balance(
    open_lines: Sequence[Line],
    settled_later: Sequence[Mapping[str, Any]],
    lines: Mapping[int, Line],
    as_of: date,
) -> Balances:
    """Return the amounts by partner and bucket.

    Args:
        open_lines: What is not wholly settled today: id, date, account, partner, due_on, residual.
        settled_later: debit, credit and amount of each settlement after the day. A side of 0 is
            that of a payment that came back, which the other product keeps apart.
        lines: Every journal item that one of these settles, by its id.
        as_of: The day.
    """
    debits, credits = _by_side(settled_later)
    found = _put_back(open_lines, debits, credits, lines)
    found = [line for line in found if line["date"] <= as_of and not is_zero(line["residual"])]
    accounts: dict[str, dict[str, Any]] = {}
    for line in found:
        account = accounts.setdefault(line["account"], {"sums": _no_sums(), "partners": {}})
        partners = account["partners"]
        if line["partner"] not in partners:
            partners[line["partner"]] = _no_sums()
        bucket = _bucket(line["due_on"], as_of)
        for sums in (account["sums"], partners[line["partner"]]):
            sums["residual"] += line["residual"]
            sums[bucket] += line["residual"]
    return _laid_out(accounts)


def _by_side(settled_later: Sequence[Mapping[str, Any]]) -> tuple[dict[int, float], ...]:
    debits: dict[int, float] = {}
    credits: dict[int, float] = {}
    for settlement in settled_later:
        for side, of_line in (("debit", debits), ("credit", credits)):
            line = settlement[side]
            if line not in of_line:
                of_line[line] = 0.0
            of_line[line] += settlement["amount"]
    return debits, credits


def _put_back(
    open_lines: Sequence[Line],
    debits: Mapping[int, float],
    credits: Mapping[int, float],
    lines: Mapping[int, Line],
) -> list[Line]:
    read = {line["id"] for line in open_lines}
    also = (debits.keys() | credits.keys()) - read
    found = [*map(dict, open_lines), *(dict(lines[each]) for each in also if each in lines)]
    for line in found:
        if line["id"] in debits:
            line["residual"] += debits[line["id"]]
        if line["id"] in credits:
            line["residual"] -= credits[line["id"]]
    return found


def is_zero(amount: float, unit: float = 0.01) -> bool:
    """Say whether an amount rounds to nothing, with the allowance for floats that Odoo makes."""
    if amount == 0.0:
        return True
    units = amount / unit
    allowance = 2.0 ** (math.log2(abs(units)) - 52)
    return abs(round(units + math.copysign(allowance, units)) * unit) < unit


def _no_sums() -> Sums:
    return dict.fromkeys(("residual", *BUCKETS), 0.0)


def _bucket(due_on: date | None, as_of: date) -> str:
    if due_on is None or as_of <= due_on:
        return BUCKETS[0]
    for place, bound in enumerate(BOUNDS):
        if as_of <= due_on + timedelta(days=bound):
            return BUCKETS[place + 1]
    return BUCKETS[-1]


def _laid_out(accounts: Mapping[str, Mapping[str, Any]]) -> Balances:
    balances: Balances = {}
    for account in accounts.values():
        for partner, sums in account["partners"].items():
            for bucket in BUCKETS:
                cell = (partner, bucket)
                balances[cell] = balances.get(cell, 0.0) + sums[bucket]
    return balances
