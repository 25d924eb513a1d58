"""How others make an aged balance, restated from what they do."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

BOUNDS = (30, 60, 90, 120)
CODES = {
    0: "not_due",
    1: "1-30",
    2: "31-60",
    3: "61-90",
    4: "91-120",
    5: "over_120",
    90: "no_due_date",
    91: "unapplied",
}

OCA_BUCKETS = tuple(CODES[rank] for rank in range(6))

Row = Mapping[str, Any]
Balances = dict[tuple[str, ...], float]
"""Amount by entity, customer, currency and bucket."""


def aged_with_pandas(movements: pd.DataFrame, as_of: date) -> "pd.Series[int]":
    """Return cents by customer key and bucket, from the movements up to a day."""
    seen = movements[movements["event_on"] <= pd.Timestamp(as_of)]
    cents = seen["cents"].groupby([seen["key"], _ranks(seen, as_of)]).sum()
    return _named(cents)


def aged_items_with_pandas(movements: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return cents and number of open items by customer key and bucket."""
    seen = movements[movements["event_on"] <= pd.Timestamp(as_of)]
    items = seen.groupby("item").agg(
        cents=("cents", "sum"),
        key=("key", "first"),
        due_on=("due_on", "first"),
        is_credit=("is_credit", "first"),
    )
    items = items[items["cents"] != 0]
    groups = items.groupby([items["key"], _ranks(items, as_of)])["cents"]
    return _named(groups.agg(cents="sum", item_count="size"))


def _ranks(rows: pd.DataFrame, as_of: date) -> "pd.Series[int]":
    days = (pd.Timestamp(as_of) - rows["due_on"]).dt.days.to_numpy(np.float64)
    ranks = np.searchsorted([0, *BOUNDS], days, side="left")
    ranks[np.isnan(days)] = 90
    ranks[rows["is_credit"].to_numpy()] = 91
    return pd.Series(ranks, rows.index, name="rank")


def _named(by_rank: Any) -> Any:
    return by_rank.rename(index=CODES, level="rank")


def like_oca(lines: Sequence[Row], settled_later: Sequence[Row], as_of: date) -> Balances:
    """Age by the rules of OCA's aged partner balance.

    Of the lines booked up to the day, those open now or touched by a later settlement are taken;
    what was settled later is put back line by line; each amount then goes to the bucket of its
    line's due date, through a chain of comparisons: to that of the account, to that of the partner,
    and to the line's own, for the list. Amounts are floats.

    Args:
        lines: line, entity_id, customer_id, currency, due_on and residual (that of today).
        settled_later: line, amount, for each settlement after the day.
        as_of: The day.
    """
    put_back: dict[str, float] = {}
    for settlement in settled_later:
        line = settlement["line"]
        put_back[line] = put_back.get(line, 0.0) - settlement["amount"]
    account = dict.fromkeys(("total", *OCA_BUCKETS), 0.0)
    partners: dict[tuple[str, ...], dict[str, float]] = {}
    listed: dict[tuple[str, ...], list[Row]] = {}
    for line in lines:
        residual = line["residual"] + put_back.get(line["line"], 0.0)
        if round(residual, 2) == 0:
            continue
        partner = (line["entity_id"], line["customer_id"], line["currency"])
        if partner not in partners:
            partners[partner] = dict.fromkeys(("total", *OCA_BUCKETS), 0.0)
            listed[partner] = []
        due_on = line["due_on"]
        if due_on is None or as_of <= due_on:
            bucket = "not_due"
        elif (as_of - due_on).days <= 30:
            bucket = "1-30"
        elif (as_of - due_on).days <= 60:
            bucket = "31-60"
        elif (as_of - due_on).days <= 90:
            bucket = "61-90"
        elif (as_of - due_on).days <= 120:
            bucket = "91-120"
        else:
            bucket = "over_120"
        for sums in (account, partners[partner]):
            sums["total"] += residual
            sums[bucket] += residual
        own = dict.fromkeys(OCA_BUCKETS, 0.0)
        own[bucket] = residual
        listed[partner].append({**line, "residual": residual, **own})
    return {
        (*partner, bucket): amount
        for partner, sums in partners.items()
        for bucket, amount in sums.items()
        if bucket != "total"
    }


def like_erpnext(
    entries: Sequence[Row], due_on: Mapping[str, date | None], as_of: date
) -> Balances:
    """Age by the rules of ERPNext's accounts receivable report.

    Three passes: every ledger entry up to the day opens a balance for its voucher; every entry is
    then added to the balance of the voucher it stands against, as invoiced, paid or credited; every
    balance that is not zero is aged. Amounts are floats, rounded where the report rounds them.

    Args:
        entries: voucher, against, entity_id, customer_id, currency, posted_on and amount, in the
            order of posting.
        due_on: Due date by voucher.
        as_of: The day.
    """
    vouchers: dict[tuple[str, ...], dict[str, Any]] = {}
    for entry in entries:
        party = (entry["entity_id"], entry["customer_id"], entry["currency"])
        key = (entry["voucher"], *party)
        if key not in vouchers:
            vouchers[key] = {
                "voucher": entry["voucher"],
                "party": party,
                "posted_on": entry["posted_on"],
                "invoiced": 0.0,
                "paid": 0.0,
                "credited": 0.0,
                "outstanding": 0.0,
            }
    for entry in entries:
        party = (entry["entity_id"], entry["customer_id"], entry["currency"])
        row = vouchers.get((entry["against"], *party)) or vouchers[(entry["voucher"], *party)]
        amount = entry["amount"]
        if amount > 0:
            row["invoiced"] += amount
        elif entry["voucher"] == entry["against"]:
            row["credited"] -= amount
        else:
            row["paid"] -= amount
    balances: Balances = {}
    report = []
    for row in vouchers.values():
        row["outstanding"] = round(row["invoiced"] - row["paid"] - row["credited"], 2)
        if row["outstanding"] == 0:
            continue
        ages_from = due_on[row["voucher"]] or row["posted_on"]
        row["age"] = (as_of - ages_from).days
        if row["age"] < 0:
            bucket = "not_due"  # no bucket of theirs
        else:
            place = next((n for n, last in enumerate(BOUNDS) if row["age"] <= last), len(BOUNDS))
            bucket = ("0-30", "31-60", "61-90", "91-120", "over_120")[place]
        row["bucket"] = bucket
        report.append(row)
        cell = (*row["party"], bucket)
        balances[cell] = balances.get(cell, 0.0) + row["outstanding"]
    return balances
