"""The record of each customer on each day it is asked about, as pandas makes it: whole columns.

The same way as ours: every change goes once to the next day on which its customer is asked about,
is added up there, and the sums run on. Days are numbers, amounts are cents, counts of documents are
millionths; the weighted columns are floats here, because pandas has no whole numbers that large.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DAYS_OF_A_CUSTOMER = 1 << 20
"""More than there are days: a customer and a day are one number."""

NOBODY = -1
Y2000 = 10_957
"""1 January 2000, as a number of days."""

THRESHOLDS = (0, 7, 30)
PAID = ("payments", "ppm", "ppm_delay", "ppm_delay_2", "ppm_days_to_pay")
EXACT = (
    *PAID,
    *("ppm_late", "ppm_late_7", "ppm_late_30", "paid_amount", "late_amount", "returned"),
    *("issued", "issued_amount", "open_amount", "open_ppm", "overdue_amount", "overdue_ppm"),
    *("overdue_ppm_due", "over_90_amount", "fell_due_amount"),
)
WEIGHTED = ("weighted", "weighted_delay", "weighted_late", "weighted_late_7", "weighted_late_30")


class Facts(NamedTuple):
    """What is known of all customers.

    Attributes:
        parts: What was paid: customer, known_on, undone_on, ppm, delay, days_to_pay, cents.
        moves: Changes of open balances: customer, due_on, day, cents, ppm.
        documents: customer, booked_on, due_on, cents, is_asked_new, is_adjustment.
        weights: Weight by day: day, weight.
        asked: The questions, sorted: customer, asked_on.
    """

    parts: pd.DataFrame
    moves: pd.DataFrame
    documents: pd.DataFrame
    weights: pd.DataFrame
    asked: pd.DataFrame


def records(facts: Facts) -> pd.DataFrame:
    """Return the asked days with every column of the record, from what is dated before them."""
    asked = facts.asked["customer"].to_numpy() * DAYS_OF_A_CUSTOMER
    asked = asked + facts.asked["asked_on"].to_numpy()
    sums = pd.DataFrame(0, index=facts.asked.index, columns=EXACT).astype("int64")
    sums = sums.join(pd.DataFrame(0.0, index=facts.asked.index, columns=WEIGHTED))
    for customer, day, values in _changes(facts):
        place = np.searchsorted(asked, customer * DAYS_OF_A_CUSTOMER + day, side="right")
        is_asked = place < len(asked)
        is_asked[is_asked] &= asked[place[is_asked]] // DAYS_OF_A_CUSTOMER == customer[is_asked]
        added = pd.DataFrame(values)[is_asked].groupby(place[is_asked]).sum()
        for name in added.columns:
            sums.loc[added.index, name] += added[name]
    running = sums.groupby(facts.asked["customer"]).cumsum()
    return pd.concat([facts.asked, running], axis=1)


Values = dict[str, NDArray[Any]]
Change = tuple[NDArray[np.int64], NDArray[np.int64], Values]


def _changes(facts: Facts) -> Iterator[Change]:
    """Give the customer, the day and the amounts of every change."""
    weight = facts.weights.set_index("day")["weight"]
    undone = facts.parts[facts.parts["undone_on"] != NOBODY]
    for rows, days, sign in (
        (facts.parts, facts.parts["known_on"], 1),
        (undone, undone["undone_on"], -1),
    ):
        values = _payments(rows, sign) | _weighted(rows, sign, weight)
        if sign < 0:
            values["returned"] = np.ones(len(rows), np.int64)
        yield rows["customer"].to_numpy(), days.to_numpy(), values
    forgotten = {"returned": np.full(len(undone), -1)}
    yield undone["customer"].to_numpy(), undone["undone_on"].to_numpy() + 365, forgotten
    yield from _balances(facts.moves)
    yield from _issues(facts.documents)


def _payments(rows: pd.DataFrame, sign: int) -> Values:
    ppm = sign * rows["ppm"].to_numpy()
    delay, cents = rows["delay"].to_numpy(), sign * rows["cents"].to_numpy()
    found = {
        "payments": np.full(len(rows), int(sign > 0)),
        "ppm": ppm,
        "ppm_delay": ppm * delay,
        "ppm_delay_2": ppm * delay * delay,
        "ppm_days_to_pay": ppm * rows["days_to_pay"].to_numpy(),
        "paid_amount": cents,
        "late_amount": np.where(delay > 0, cents, 0),
    }
    return found | {_late(days): np.where(delay > days, ppm, 0) for days in THRESHOLDS}


def _weighted(rows: pd.DataFrame, sign: int, weight: "pd.Series[float]") -> Values:
    by_weight = sign * rows["ppm"].to_numpy() * weight.loc[rows["known_on"]].to_numpy(np.float64)
    delay = rows["delay"].to_numpy()
    found = {"weighted": by_weight, "weighted_delay": by_weight * delay}
    return found | {
        _late(days).replace("ppm", "weighted"): np.where(delay > days, by_weight, 0)
        for days in THRESHOLDS
    }


def _late(days: int) -> str:
    return f"ppm_late_{days}" if days else "ppm_late"


def _balances(moves: pd.DataFrame) -> Iterator[Change]:
    customer, day, due_on, cents, ppm = (
        moves[name].to_numpy() for name in ("customer", "day", "due_on", "cents", "ppm")
    )
    yield customer, day, {"open_amount": cents, "open_ppm": ppm}
    overdue = {
        "overdue_amount": cents,
        "overdue_ppm": ppm,
        "overdue_ppm_due": ppm * (due_on - Y2000),
    }
    yield customer, np.maximum(day, due_on + 1), overdue
    yield customer, np.maximum(day, due_on + 91), {"over_90_amount": cents}


def _issues(documents: pd.DataFrame) -> Iterator[Change]:
    booked = documents[~documents["is_adjustment"]]
    customer, booked_on, due_on, cents = (
        booked[name].to_numpy() for name in ("customer", "booked_on", "due_on", "cents")
    )
    yield customer, np.maximum(booked_on, due_on + 1), {"fell_due_amount": cents}
    yield customer, np.maximum(booked_on, due_on + 91), {"fell_due_amount": -cents}
    new = documents[documents["is_asked_new"]]
    issued = {"issued": np.ones(len(new), np.int64), "issued_amount": new["cents"].to_numpy()}
    yield new["customer"].to_numpy(), new["booked_on"].to_numpy(), issued


def one_by_one(facts: Facts, some: pd.DataFrame) -> pd.DataFrame:
    """Return the record of some questions, each from its own customer's rows, looked for anew."""
    found = []
    for question in some.itertuples():
        parts, moves, documents = (
            rows[rows["customer"] == question.customer] for rows in facts[:3]
        )
        alone = pd.DataFrame({"customer": [question.customer], "asked_on": [question.asked_on]})
        found.append(records(Facts(parts, moves, documents, facts.weights, alone)))
    return pd.concat(found)
