"""From what becomes of invoices to the events that the books record."""

import numpy as np

from pipelines.sample import chart, days
from pipelines.sample.behaviour import CANCELLED, PLAIN, RETURNED, UNIDENTIFIED
from pipelines.sample.events import (
    Events,
    Joint,
    bank_of,
    join_lettering,
    joint_payments,
    references,
)
from pipelines.sample.firm import BILL, CARD, CHEQUE, DIRECT_DEBIT, TRANSFER, Firm

# The lettering groups that an invoice can have: on which account, and for which purpose.
MAIN, AGAIN, TWICE, BILLS, DOUBTFUL, ADVANCES, TO_ISSUE = range(7)
_FAMILIES = 8

RETURN_CHARGE = 1500
FEE_PER_MILLE = {"cards_settled": 8, "factor_paid": 11}


def events_of(firm: Firm, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the books record of INVOICE rows, up to the last day.

    Returns:
        (EVENT rows, not lettered yet; REFERENCE rows of the payments of several invoices).
        Events before the first day make up the opening balance.
    """
    events = Events(firm)
    joint = joint_payments(firm, rows)
    join_lettering(rows, joint)
    _sales(events, rows)
    _joint_payments(events, rows, joint)
    _single_payments(events, rows)
    _odd_payments(events, rows)
    _bills(events, rows)
    _returns_and_second_payments(events, rows)
    _refunds_and_differences(events, rows)
    _doubtful(events, rows)
    return events.all(), references(rows, joint)


def _group(ids: np.ndarray, family: int | np.ndarray = MAIN) -> np.ndarray:
    return ids * _FAMILIES + family


def _sales(events: Events, rows: np.ndarray) -> None:
    dice = events.firm.dice
    product = np.where(rows["entity"] == 0, dice.below("product", rows["id"], 2), 2)
    main = _group(rows["joined"])
    taxed = {"tax": rows["tax"], "product": product}
    events.add("sale", rows, rows["day"], rows["gross"], group_0=main, **taxed)

    rebate = dice.chance("rebate", rows["id"], 400) & (rows["process"] != CANCELLED)
    events.add(
        "credit_note",
        rows,
        np.where(rows["credit"] > 0, rows["credit_on"], days.NEVER),
        rows["credit"],
        group_0=main,
        tax=rows["credit_tax"],
        product=np.where(rebate, chart.REBATES, product),
        number=rows["credit_number"],
    )

    # Delivered in a quarter, invoiced in the first days of the next.
    month_start = rows["day"] - days.DAY_OF_MONTH[rows["day"]] + 1
    first_month = np.isin(days.MONTH[rows["day"]], (1, 4, 7, 10))
    early = first_month & (rows["day"] - month_start < 8) & (month_start > days.START)
    accrued = early & dice.chance("accrued", rows["id"], 120)
    closing = np.where(accrued, month_start - 1, days.NEVER)
    estimate = events.firm.in_euros(rows["gross"], rows["currency"], closing)
    taxed |= {"gross": estimate, "group_0": _group(rows["id"], TO_ISSUE)}
    events.add("to_issue", rows, closing, rows["gross"], **taxed)
    events.add("to_issue_reversed", rows, closing + 1, rows["gross"], **taxed)


def _joint_payments(events: Events, rows: np.ndarray, joint: Joint) -> None:
    if not len(joint.paid):
        return
    starts = np.cumsum(joint.counts) - joint.counts
    amounts = np.add.reduceat(rows["gross"][joint.paid], starts)
    by_cheque = events.firm.customers.method[rows["customer"][joint.first]] == CHEQUE
    for kind, chosen in (("transfer", ~by_cheque), ("cheque", by_cheque)):
        part = rows[joint.first[chosen]]
        _receive(events, kind, part, amounts[chosen], count=joint.counts[chosen])


def _single_payments(events: Events, rows: np.ndarray) -> None:
    """Record the receipts that pay one invoice alone: debits, cards, and what is not plain."""
    method = events.firm.customers.method[rows["customer"]]
    sold = events.firm.customers.assigned[rows["customer"]] & (rows["day"] >= days.START)
    odd = (rows["process"] == PLAIN) | (rows["process"] == UNIDENTIFIED) | (rows["discount"] > 0)
    for kind, chosen in (
        ("sold", sold),
        ("direct_debit", method == DIRECT_DEBIT),
        ("card", method == CARD),
        ("cheque", (method == CHEQUE) & ~odd),
        ("transfer", (method == TRANSFER) & ~odd & ~sold),
    ):
        _receive(events, kind, rows[chosen], rows["first"][chosen])


def _receive(
    events: Events, kind: str, rows: np.ndarray, amounts: np.ndarray, **fields: np.ndarray
) -> None:
    """Record a receipt, and what the bank makes of a cheque, a card or a claim sold later on."""
    on = np.where(amounts > 0, rows["first_on"], days.NEVER)
    events.add(kind, rows, on, amounts, group_0=_group(rows["joined"]), **fields)
    thursdays = np.full(len(on), days.THURSDAYS)
    later = {
        "cheque": ("cheques_deposited", days.payment_run(thursdays, on + 1)),
        "card": ("cards_settled", days.business(on + 2)),
        "sold": ("factor_paid", days.business(on + 2)),
    }
    if kind in later:
        follow_up, follow_on = later[kind]
        fee = (amounts * FEE_PER_MILLE.get(follow_up, 0) + 500) // 1000
        events.add(follow_up, rows, follow_on, amounts, fee=fee, **fields)


def _odd_payments(events: Events, rows: np.ndarray) -> None:
    """Record payments less a discount, from nobody known, and in advance."""
    part = rows[rows["discount"] > 0]
    events.add(
        "transfer_less_discount",
        part,
        part["first_on"],
        part["gross"],
        group_0=_group(part["joined"]),
        fee=part["discount"],
        tax=part["discount_tax"],
    )
    part = rows[rows["process"] == UNIDENTIFIED]
    main = _group(part["joined"])
    events.add("unknown_receipt", part, part["first_on"], part["first"])
    events.add("identified", part, part["identified_on"], part["first"], group_0=main)

    part = rows[rows["advance"] > 0]
    main, taken = _group(part["joined"]), _group(part["id"], ADVANCES)
    events.add("advance", part, part["advance_on"], part["advance"], group_0=taken)
    both = {"group_0": main, "group_1": taken}
    events.add("advance_applied", part, part["day"], part["advance"], **both)


def _bills(events: Events, rows: np.ndarray) -> None:
    """Record a bill accepted, sent to the bank when due, and collected."""
    billed = (events.firm.customers.method[rows["customer"]] == BILL) & (rows["first"] > 0)
    part = rows[billed]
    amounts = part["first"]
    main, bills = _group(part["joined"]), _group(part["joined"], BILLS)
    events.add("bill", part, part["accepted_on"], amounts, group_0=main, group_1=bills)
    events.add("bill_remitted", part, part["first_on"], amounts, group_0=bills)
    events.add("bill_collected", part, days.business(part["first_on"] + 3), amounts)


def _returns_and_second_payments(events: Events, rows: np.ndarray) -> None:
    """Record what comes back unpaid, with the bank's charge, and what is paid later on."""
    returned = rows["process"] == RETURNED
    family = np.where(returned & ~_is_undone(events.firm, rows), AGAIN, MAIN)
    again = _group(rows["joined"], family)
    method = events.firm.customers.method[rows["customer"]]
    for kind, how, came_in in (
        ("debit_returned", DIRECT_DEBIT, "direct_debit"),
        ("cheque_returned", CHEQUE, "cheques_deposited"),
        ("bill_returned", BILL, "bill_collected"),
    ):
        chosen = returned & (method == how)
        part, on = rows[chosen], rows["returned_on"][chosen]
        bank = bank_of(came_in, part)
        events.add(kind, part, on, part["gross"], group_0=again[chosen], bank=bank)
        events.add("return_charge", part, on, np.full(len(part), RETURN_CHARGE), bank=bank)
    second = rows["second"] > 0
    part, group = rows[second], again[second]
    events.add("transfer", part, part["second_on"], part["second"], group_0=group, suffix=2)


def _is_undone(firm: Firm, rows: np.ndarray) -> np.ndarray:
    """Tell whether a return undoes the lettering of the payment, or opens a new debit.

    The first entity undoes it while the year is open. The second, and a bill, never do.
    """
    paid_in, returned_in = (
        days.YEAR[np.minimum(rows[name], days.COUNT - 1)] for name in ("first_on", "returned_on")
    )
    billed = firm.customers.method[rows["customer"]] == BILL
    return (rows["entity"] == 0) & (paid_in == returned_in) & ~billed


def _refunds_and_differences(events: Events, rows: np.ndarray) -> None:
    part = rows[rows["twice_on"] < days.NEVER]
    group = _group(part["joined"], TWICE)
    events.add("transfer", part, part["twice_on"], part["gross"], group_0=group, suffix=3)
    events.add("refund", part, part["refunded_on"], part["gross"], group_0=group, suffix=4)
    for kind, sign in (("small_loss", 1), ("small_gain", -1)):
        part = rows[rows["difference"] * sign > 0]
        group = _group(part["joined"])
        events.add(kind, part, part["difference_on"], part["difference"] * sign, group_0=group)


def _doubtful(events: Events, rows: np.ndarray) -> None:
    """Record what will not be paid: doubtful, half impaired, in the end written off."""
    part = rows[rows["doubtful_on"] < days.NEVER]
    half, nothing = part["net"] // 2, np.zeros(len(part), np.int64)
    closing = days.MONTH_END[np.minimum(part["doubtful_on"], days.COUNT - 1)]
    closing = np.where(part["doubtful_on"] < days.COUNT, closing, days.NEVER)
    main, doubtful = _group(part["joined"]), _group(part["id"], DOUBTFUL)
    issued = {"document_on": part["day"]}
    both = {"group_0": main, "group_1": doubtful}
    events.add("doubtful", part, part["doubtful_on"], part["gross"], **both, **issued)
    events.add("impairment", part, closing, nothing, fee=half, **issued)
    lost = {"group_0": doubtful, "tax": part["tax"]}
    events.add("bad_debt", part, part["lost_on"], part["gross"], **lost, **issued)
    events.add("impairment_released", part, part["lost_on"], nothing, fee=half, **issued)
