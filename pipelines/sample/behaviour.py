"""Who pays how: what becomes of each invoice, up to years after the extracts end.

This is the truth of the sample. The ledger shows what of it happened by the last day.
"""

import numpy as np

from pipelines.sample import days
from pipelines.sample.documents import vat_on
from pipelines.sample.draw import Dice
from pipelines.sample.firm import (
    BILL,
    CARD,
    CHEQUE,
    DIRECT_DEBIT,
    DISPUTING,
    DRIFTING,
    EARLY,
    EUR,
    INSOLVENT,
    MONTH_END,
    PUNCTUAL,
    SHORT_PAYER,
    SLOW,
    TRANSFER,
    WEEK_LATE,
    Firm,
)

PROCESSES = (
    "plain",  # paid in full, with others of the same day
    "instalments",  # two payments; the second sometimes never comes
    "credited",  # part is credited, the rest paid
    "cancelled",  # all is credited
    "cents",  # paid with a difference of cents
    "discounted",  # paid early, less 2 %
    "short",  # a percent or more is held back: paid later, credited, or never
    "disputed",  # paid or credited when the dispute ends, if it ends
    "advance",  # 30 % was paid before the invoice
    "unidentified",  # the receipt waits in suspense until somebody knows whose it is
    "twice",  # paid twice; the second payment is sent back, sometimes
    "never",  # doubtful in the end, then written off
    "returned",  # a direct debit, cheque or bill comes back unpaid
    "sold",  # to a factor
    "failed",  # the customer became insolvent first
)
(
    PLAIN,
    INSTALMENTS,
    CREDITED,
    CANCELLED,
    CENTS,
    DISCOUNTED,
    SHORT,
    DISPUTED,
    ADVANCE,
    UNIDENTIFIED,
    TWICE,
    UNPAID,
    RETURNED,
    SOLD,
    FAILED,
) = range(len(PROCESSES))

# What follows late reminders: a chance in a thousand that one is sent, and when, in days late.
REMINDED_PER_MILLE = 650
REMINDED_BETWEEN = (8, 16)
DISCOUNT_PERCENT = 2
ADVANCE_PERCENT = 30


def decide(firm: Firm, rows: np.ndarray) -> None:
    """Fill in, for INVOICE rows, what will become of each."""
    rows["process"] = _processes(firm, rows)
    _pay_in_full(firm, rows)
    draw = firm.dice
    for process, happen in (
        (INSTALMENTS, _instalments),
        (CREDITED, _credited),
        (CANCELLED, _cancelled),
        (CENTS, _cents),
        (DISCOUNTED, _discounted),
        (SHORT, _short),
        (DISPUTED, _disputed),
        (ADVANCE, _advance),
        (UNIDENTIFIED, _unidentified),
        (TWICE, _twice),
        (UNPAID, _unpaid),
        (RETURNED, _returned),
        (SOLD, _sold),
    ):
        chosen = rows["process"] == process
        part = rows[chosen]
        happen(draw, part)
        rows[chosen] = part
    _fail(firm, rows)


def matters(rows: np.ndarray) -> np.ndarray:
    """Tell which invoices the extracts can know: those not settled before the first day."""
    return (rows["day"] >= days.START) | (rows["first_on"] >= days.START)


def _processes(firm: Firm, rows: np.ndarray) -> np.ndarray:
    customers, customer, dice = firm.customers, rows["customer"], firm.dice
    payer, method = customers.payer[customer], customers.method[customer]
    by_will = np.isin(method, (TRANSFER, CHEQUE))
    domestic = rows["currency"] == EUR
    usual = by_will & (rows["day"] >= days.START) & (payer != INSOLVENT)
    ordered = rows["day"] - 40 >= days.START
    in_years = rows["day"] >= days.START
    choices = (
        (DISPUTED, np.where(payer == DISPUTING, 250, 15), usual),
        (SHORT, np.where(payer == SHORT_PAYER, 350, 8), usual),
        (INSTALMENTS, 25, usual),
        (CREDITED, 30, usual | ((method == DIRECT_DEBIT) & in_years)),
        (CANCELLED, 10, in_years & (payer != INSOLVENT) & (method != BILL)),
        (CENTS, 25, usual),
        (ADVANCE, 20, usual & domestic & ordered),
        (UNIDENTIFIED, 14, usual & domestic & (method == TRANSFER)),
        (TWICE, 6, usual),
        (UNPAID, 4, usual & domestic),
        (RETURNED, np.where(method == CHEQUE, 15, 50), in_years & (method != TRANSFER)),
    )
    luck = dice.below("process", rows["id"], 1000)
    process = np.full(len(rows), PLAIN)
    low = np.zeros(len(rows), np.int64)
    for choice, width, possible in choices:
        process[(luck >= low) & (luck < low + width) & possible] = choice
        low = low + width
    process[(process == RETURNED) & (method == CARD)] = PLAIN
    keen = (payer == EARLY) & (process == PLAIN) & usual & dice.chance("keen", rows["id"], 850)
    process[keen] = DISCOUNTED
    process[customers.assigned[customer] & in_years] = SOLD
    return process


def _pay_in_full(firm: Firm, rows: np.ndarray) -> None:
    """Set the one payment of the whole amount: the day the customer, or our debit, makes it."""
    customers, customer, dice = firm.customers, rows["customer"], firm.dice
    method, ids = customers.method[customer], rows["id"]
    habit = np.where(rows["day"] < days.START, days.ANY_DAY, customers.habit[customer])
    wished = np.maximum(rows["due"] + _lateness(firm, rows), rows["day"] + 2)
    on_holiday = (days.MONTH[np.minimum(wished, days.COUNT - 1)] == 8) & dice.chance(
        "away", ids, 400
    )
    wished = wished + np.where(on_holiday, 10, 0)

    reminder_on = days.business(rows["due"] + dice.between("reminder", ids, *REMINDED_BETWEEN))
    by_will = np.isin(method, (TRANSFER, CHEQUE))
    reminded = (
        by_will
        & (wished > reminder_on + 2)
        & dice.chance("reminded", ids, REMINDED_PER_MILLE)
        & ~np.isin(rows["process"], (SOLD, DISCOUNTED))
    )
    hurried = reminder_on + 2 + (wished - reminder_on - 2) * customers.heed[customer] // 100
    rows["reminded_on"] = np.where(reminded, reminder_on, days.NEVER)
    rows["unreminded_on"] = days.payment_run(habit, wished)
    willing = days.payment_run(habit, np.where(reminded, hurried, wished))

    by_card = days.business(rows["day"] + dice.between("card", ids, 0, 3))
    collected = days.business(rows["due"])
    rows["first_on"] = np.select(
        [by_will, method == CARD, np.isin(method, (DIRECT_DEBIT, BILL))],
        [willing, by_card, collected],
    )
    rows["unreminded_on"] = np.where(by_will, rows["unreminded_on"], rows["first_on"])
    is_bill = method == BILL
    rows["accepted_on"] = np.where(
        is_bill, days.business(rows["day"] + dice.between("accepted", ids, 5, 12)), days.NEVER
    )
    rows["first"] = rows["gross"]
    rows["settled_on"] = rows["first_on"]


def _lateness(firm: Firm, rows: np.ndarray) -> np.ndarray:
    """Return how late, in days, the customer means to be; negative is early."""
    customers, customer, dice, ids = firm.customers, rows["customer"], firm.dice, rows["id"]
    payer = customers.payer[customer]
    elapsed = np.maximum(rows["day"].astype(np.int64) - days.START, 0)
    left = np.clip(customers.insolvent_on[customer] - rows["day"], 0, 300)

    def some(what: str, low: int, high: int) -> np.ndarray:
        return dice.between(what, ids, low, high)

    late = np.select(
        [payer == kind for kind in (PUNCTUAL, WEEK_LATE, MONTH_END, DRIFTING, DISPUTING)]
        + [payer == kind for kind in (SHORT_PAYER, SLOW, EARLY, INSOLVENT)],
        [
            some("punctual", -8, 1),
            some("week late", 5, 9),
            some("month end", 0, 3),
            elapsed * customers.drift[customer] // 365 + some("drifting", -2, 4),
            some("disputing", 2, 12),
            some("short payer", 0, 10),
            some("slow", 12, 50),
            some("early", -3, 2),
            (300 - left) // 6 + some("insolvent", -2, 6),
        ],
    )
    forgotten = dice.chance("mislaid", ids, 18)
    month = days.YEAR[rows["due"]] * 12 + days.MONTH[rows["due"]]
    of_month = customer.astype(np.int64) << 16 | month
    short_of_cash = dice.chance("short of cash", of_month, 20)
    late = late + np.where(forgotten, some("mislaid for", 20, 100), 0)
    return late + np.where(short_of_cash, dice.between("short for", of_month, 15, 35), 0)


def _later(
    dice: Dice, what: str, part: np.ndarray, within: tuple[int, int], after: str
) -> np.ndarray:
    """Return business days that lie so many days after another day of the same invoice."""
    return days.business(part[after] + dice.between(what, part["id"], *within))


def _percent(dice: Dice, what: str, part: np.ndarray, low: int, high: int) -> np.ndarray:
    return part["gross"] * dice.between(what, part["id"], low * 10, high * 10) // 1000


def _credit(part: np.ndarray, amount: np.ndarray, day: np.ndarray) -> None:
    """Credit a gross amount, with the VAT that is in it."""
    part["credit"] = amount
    net = (amount * 100 + 60) // 120
    part["credit_tax"] = np.where(part["tax"] > 0, amount - net, 0)
    part["credit_on"] = day


def _instalments(dice: Dice, part: np.ndarray) -> None:
    part["first"] = _percent(dice, "instalment", part, 30, 60)
    part["second"] = part["gross"] - part["first"]
    second_on = _later(dice, "second", part, (20, 50), "first_on")
    part["second_on"] = np.where(dice.chance("no second", part["id"], 40), days.NEVER, second_on)
    part["settled_on"] = part["second_on"]


def _credited(dice: Dice, part: np.ndarray) -> None:
    noticed_on = _later(dice, "credit on", part, (4, 20), "day")
    credited_on = np.minimum(
        noticed_on, days.business(np.maximum(part["first_on"] - 1, part["day"]))
    )
    _credit(part, _percent(dice, "credited", part, 5, 25), credited_on)
    part["first"] = part["gross"] - part["credit"]
    part["settled_on"] = np.maximum(part["first_on"], credited_on)


def _cancelled(dice: Dice, part: np.ndarray) -> None:
    _credit(part, part["gross"], _later(dice, "cancelled on", part, (2, 20), "day"))
    part["credit_tax"] = part["tax"]
    part["first"] = 0
    part["first_on"] = part["reminded_on"] = part["unreminded_on"] = days.NEVER
    part["settled_on"] = part["credit_on"]


def _cents(dice: Dice, part: np.ndarray) -> None:
    cents = dice.between("cents", part["id"], 1, 9)
    part["difference"] = np.where(dice.chance("too much", part["id"], 400), -cents, cents)
    part["first"] = part["gross"] - part["difference"]
    left_open = dice.chance("cents left", part["id"], 150)
    part["difference_on"] = np.where(left_open, days.NEVER, part["first_on"])
    part["settled_on"] = part["difference_on"]


def _discounted(dice: Dice, part: np.ndarray) -> None:
    paid_on = np.minimum(_later(dice, "discounted", part, (5, 9), "day"), part["first_on"])
    part["first_on"] = part["unreminded_on"] = part["settled_on"] = paid_on
    part["discount"] = (part["net"] * DISCOUNT_PERCENT + 50) // 100
    part["discount_tax"] = np.where(part["tax"] > 0, vat_on(part["discount"]), 0)


def _short(dice: Dice, part: np.ndarray) -> None:
    held_back = _percent(dice, "held back", part, 1, 4)
    part["first"] = part["gross"] - held_back
    luck = dice.below("what of it", part["id"], 100)
    paid, credited = luck < 40, (luck >= 40) & (luck < 70)
    later_on = _later(dice, "made good", part, (30, 80), "first_on")
    part["second"] = np.where(paid, held_back, 0)
    part["second_on"] = np.where(paid, later_on, days.NEVER)
    _credit(part, np.where(credited, held_back, 0), np.where(credited, later_on, days.NEVER))
    part["settled_on"] = np.where(paid | credited, later_on, days.NEVER)


def _disputed(dice: Dice, part: np.ndarray) -> None:
    part["disputed_on"] = part["due"] - dice.between("disputed", part["id"], 0, 10)
    ended_on = _later(dice, "dispute ends", part, (40, 140), "disputed_on")
    luck = dice.below("outcome", part["id"], 100)
    credited, stuck = luck < 50, luck >= 96
    part["reminded_on"] = days.NEVER  # a reminder does nothing to a dispute
    _credit(
        part,
        np.where(credited, _percent(dice, "in dispute", part, 10, 40), 0),
        np.where(credited, ended_on, days.NEVER),
    )
    part["first"] = np.where(stuck, 0, part["gross"] - part["credit"])
    paid_on = days.business(ended_on + dice.between("after dispute", part["id"], 5, 12))
    part["first_on"] = np.where(stuck, days.NEVER, paid_on)
    part["settled_on"] = part["unreminded_on"] = part["first_on"]


def _advance(dice: Dice, part: np.ndarray) -> None:
    part["advance"] = part["gross"] * ADVANCE_PERCENT // 100
    part["advance_on"] = days.business(part["day"] - dice.between("ordered", part["id"], 10, 35))
    part["first"] = part["gross"] - part["advance"]


def _unidentified(dice: Dice, part: np.ndarray) -> None:
    part["identified_on"] = _later(dice, "identified", part, (5, 40), "first_on")
    part["settled_on"] = part["identified_on"]


def _twice(dice: Dice, part: np.ndarray) -> None:
    part["twice_on"] = _later(dice, "twice", part, (3, 20), "first_on")
    refunded_on = _later(dice, "refunded", part, (15, 60), "twice_on")
    kept = dice.chance("kept", part["id"], 150)
    part["refunded_on"] = np.where(kept, days.NEVER, refunded_on)


def _unpaid(dice: Dice, part: np.ndarray) -> None:
    part["first"] = 0
    part["first_on"] = part["unreminded_on"] = part["settled_on"] = days.NEVER
    part["doubtful_on"] = _later(dice, "given up", part, (120, 200), "due")
    part["lost_on"] = _later(dice, "written off", part, (120, 300), "doubtful_on")


def _returned(dice: Dice, part: np.ndarray) -> None:
    part["returned_on"] = _later(dice, "returned", part, (9, 15), "first_on")
    paid_on = _later(dice, "paid again", part, (7, 40), "returned_on")
    part["second"] = part["gross"]
    part["second_on"] = np.where(dice.chance("not again", part["id"], 60), days.NEVER, paid_on)
    part["settled_on"] = part["second_on"]


def _sold(dice: Dice, part: np.ndarray) -> None:
    sold_on = _later(dice, "sold", part, (1, 3), "day")
    part["first_on"] = part["unreminded_on"] = part["settled_on"] = sold_on


def _fail(firm: Firm, rows: np.ndarray) -> None:
    """Stop the payments of an insolvent customer; what is left becomes doubtful, then lost."""
    customer = rows["customer"]
    failed_on = firm.customers.insolvent_on[customer]
    failed = (rows["first_on"] > failed_on) & (rows["process"] == PLAIN)
    rows["process"][failed] = FAILED
    doubtful_on = days.business(failed_on + firm.dice.between("known", customer, 8, 15))
    lost_on = days.business(failed_on + firm.dice.between("closed", customer, 180, 420))
    for name in ("first_on", "unreminded_on", "settled_on"):
        rows[name][failed] = days.NEVER
    rows["first"][failed] = 0
    rows["doubtful_on"][failed] = doubtful_on[failed]
    rows["lost_on"][failed] = lost_on[failed]
