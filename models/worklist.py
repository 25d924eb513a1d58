"""The collection list: whom to contact today, in the order in which a contact is worth most.

What a contact moves is an assumption until it is measured: a ledger cannot say it, because past
reminders went to those who paid late. It is stated in full in `Assumptions`, whose values a firm
sets. Everything else here is arithmetic on what is owed and on when it is expected.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from models.errors import EncaisseError
from models.risk import DAYS_OF_YEAR

REMIND_WITHIN_DAYS = 10
"""What falls due by then is worth a reminder; what falls due later is left in peace."""

ESCALATE_AFTER_DAYS = 60
"""What is later than that is old: a letter of formal notice takes the place of another call where
it is half or more of what is late. Our choice."""

LATE_ONE_IN = 10
"""A customer is called where a tenth or more of what is chased is late: nobody telephones for cents
that are left over when a reminder goes out anyway. Our choice."""

WAIT_WEIGHTS = (175, 200, 250, 200, 175)
"""How many in a thousand the 10th, 25th, 50th, 75th and 90th percentile each stand for: from half
way to the one before to half way to the one after."""


class Action(StrEnum):
    """What to do about a customer. One contact a day says it all."""

    REMIND = "remind_before_due"
    CALL = "call"
    DISPUTE = "settle_dispute"
    ESCALATE = "escalate"


class Assumptions(NamedTuple):
    """What a contact is assumed to move.

    Attributes:
        days_moved: By how many days it brings a payment forward, at most: never before the due
            date, and never before tomorrow.
        late_cost_percent: What a day of waiting costs, percent a year.
        loss_share_percent: By how much it lowers the odds that a document is never paid.
    """

    days_moved: int
    late_cost_percent: Decimal
    loss_share_percent: Decimal


class OpenItem(NamedTuple):
    """A document that may be chased: nothing in dispute, promised or doubtful."""

    item_id: int
    due_on: date | None
    open_amount: Decimal


class Chased(NamedTuple):
    """What of a customer can be chased.

    Attributes:
        late: Past its due date.
        old: What of that is more than 60 days late.
        due_soon: Due on the day, or within the ten days after it.
        amount_days: Each of these amounts times the days that a contact brings it forward.
        undecided: Each of these amounts times the chance that it is never paid, times the chance
            that it is.
    """

    late: Decimal
    old: Decimal
    due_soon: Decimal
    amount_days: Decimal
    undecided: Decimal


class Contact(NamedTuple):
    """What to do about a customer, what it is worth, and how long it takes."""

    action: Action
    worth: Decimal
    minutes: int


def left_to_chase(items: Sequence[OpenItem], credit: Decimal) -> list[Decimal]:
    """Return what is left of each item once credits that no invoice has used are taken off.

    They go to the item due first, then the next, whatever they will be matched with in the end:
    nobody is called for money that is already here. What has no due date comes last.

    It is written to be read; the tables do the same with running sums.

    Args:
        items: The items of one customer and currency.
        credit: The credits, as a positive amount.

    Raises:
        EncaisseError: The credit is below zero.

    >>> items = [OpenItem(1, date(2024, 3, 1), Decimal(100)),
    ...          OpenItem(2, date(2024, 2, 1), Decimal(250))]
    >>> [str(left) for left in left_to_chase(items, Decimal(300))]
    ['50', '0']
    """
    if credit < 0:
        raise EncaisseError(
            f"A credit of {credit} cannot be taken off what is owed.",
            where="left_to_chase",
            fix="pass the credits of the customer as a positive amount",
        )
    left = {}
    for item in sorted(items, key=lambda item: (item.due_on or date.max, item.item_id)):
        used = min(credit, item.open_amount)
        left[item.item_id] = item.open_amount - used
        credit -= used
    return [left[item.item_id] for item in items]


def days_brought_forward(
    percentiles: Sequence[date | None], *, as_of: date, due_on: date, days_moved: int
) -> Decimal:
    """Return by how many days a contact is assumed to bring one payment forward, on average.

    Each percentile of the payment date stands for the part of the chance around it. On each a
    contact moves the payment by `days_moved`, but never to before the due date, and never to
    before today. A payment that is more than a year late, or never comes, is not moved: it counts
    as a loss.

    Args:
        percentiles: The 10th, 25th, 50th, 75th and 90th percentile of the payment date; None
            later than a year after the due date, or never.
        as_of: The day of the list.
        due_on: The due date.
        days_moved: See `Assumptions`.

    Returns:
        Days, exact to thousandths.

    >>> days = [date(2024, 4, 2), date(2024, 4, 5), date(2024, 4, 10), date(2024, 4, 30), None]
    >>> days_brought_forward(days, as_of=date(2024, 3, 29), due_on=date(2024, 4, 1), days_moved=7)
    Decimal('4.125')
    """
    from_on = max(as_of, due_on)
    waits = [0 if day is None else max(0, (day - from_on).days) for day in percentiles]
    moved = sum(
        weight * min(wait, days_moved) for weight, wait in zip(WAIT_WEIGHTS, waits, strict=True)
    )
    return Decimal(moved) / 1000


def contact_worth(amount_days: Decimal, undecided: Decimal, assumed: Assumptions) -> Decimal:
    """Return what a contact is worth, as far as the assumptions hold.

    `amount_days × late_cost_percent / 100 / 365 + undecided × loss_share_percent / 100`

    To lower the odds of a loss that has the chance p by a few percent is to lower p by that many
    percent of p × (1 - p): most where it may go either way, next to nothing where the money is
    safe or gone. So an old debt that nobody will pay does not head the list for ever.

    Args:
        amount_days: Each amount chased times the days that a contact brings it forward.
        undecided: Each amount chased times p × (1 - p).
        assumed: What a contact moves.

    Returns:
        An amount, rounded to cents.

    >>> assumed = Assumptions(7, late_cost_percent=Decimal(10), loss_share_percent=Decimal(8))
    >>> contact_worth(Decimal(20_000) * 7, Decimal(50), assumed)      # 38.36 and 4.00
    Decimal('42.36')
    """
    sooner = amount_days * assumed.late_cost_percent / (100 * DAYS_OF_YEAR)
    saved = undecided * assumed.loss_share_percent / 100
    return (sooner + saved).quantize(Decimal("0.01"), ROUND_HALF_UP)


def action_on(chased: Chased) -> Action | None:
    """Return what to do about what is chased of a customer; None where nothing is.

    - `remind_before_due`: less than a tenth of it is late.
    - `escalate`: half or more of what is late is more than 60 days late.
    - `call`: otherwise.

    >>> action_on(Chased(Decimal(100), Decimal(60), Decimal(800), Decimal(700), Decimal(0)))
    <Action.ESCALATE: 'escalate'>
    """
    everything = chased.late + chased.due_soon
    if everything <= 0:
        return None
    if LATE_ONE_IN * chased.late < everything:
        return Action.REMIND
    return Action.ESCALATE if 2 * chased.old >= chased.late else Action.CALL


def propose_contact(
    without_credits: Chased,
    chased: Chased,
    disputed: Decimal,
    *,
    assumed: Assumptions,
    minutes: Mapping[Action, int],
) -> Contact | None:
    """Return the contact to make with a customer, or None where none is worth a cent.

    Settling the dispute is proposed where it is worth at least as much as chasing the rest: a
    disputed amount is never chased, but it waits for us, so that to settle it is assumed to move
    it by all of `days_moved`.

    The minutes are those of the action that the customer would need without credits: to find out
    what an unapplied payment is for takes as long as the call that it saves. So a credit never
    makes a contact worth more, nor shorter, and never moves a customer up the list.

    Args:
        without_credits: What could be chased if no credit were there.
        chased: What can be chased, credits taken off.
        disputed: What is in dispute, late or not yet.
        assumed: What a contact moves.
        minutes: How long each action takes.

    >>> late = Chased(Decimal(9000), Decimal(0), Decimal(0), Decimal(63_000), Decimal(0))
    >>> assumed = Assumptions(7, late_cost_percent=Decimal(10), loss_share_percent=Decimal(8))
    >>> minutes = {Action.REMIND: 3, Action.CALL: 15, Action.DISPUTE: 30, Action.ESCALATE: 20}
    >>> propose_contact(late, late, Decimal(0), assumed=assumed, minutes=minutes)
    Contact(action=<Action.CALL: 'call'>, worth=Decimal('17.26'), minutes=15)
    >>> none = Chased(Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    >>> propose_contact(late, none, Decimal(0), assumed=assumed, minutes=minutes) is None
    True
    """
    chasing = contact_worth(chased.amount_days, chased.undecided, assumed)
    settling = contact_worth(disputed * assumed.days_moved, Decimal(0), assumed)
    worth = max(chasing, settling)
    if worth <= 0:
        return None
    usual = action_on(without_credits)
    action = Action.DISPUTE if settling >= chasing else action_on(chased)
    if action is None:
        return None
    takes = [minutes[each] for each in (usual, action) if each is not None]
    return Contact(action, worth, max(takes) if action is Action.DISPUTE else takes[0])


def in_order(contacts: Sequence[tuple[Decimal, int, tuple[str, ...]]]) -> list[int]:
    """Return the places of the contacts in the order of the list: most worth per minute first.

    Args:
        contacts: Worth, all in one currency, minutes, and a key that breaks ties after the worth.

    >>> in_order([(Decimal(30), 15, ("A",)), (Decimal(9), 3, ("B",)), (Decimal(60), 30, ("C",))])
    [1, 2, 0]
    """

    def place(index: int) -> tuple[Fraction, Decimal, tuple[str, ...]]:
        worth, minutes, key = contacts[index]
        return -Fraction(worth) / minutes, -worth, key

    return sorted(range(len(contacts)), key=place)


def fits(minutes: Sequence[int], capacity: int) -> list[bool]:
    """Tell which contacts of an ordered list fit in a day.

    Down the list, whatever still fits is taken: where a long one no longer does, a shorter one
    below it may. The minutes taken never pass the capacity.

    How far from the best: when the first contact does not fit, r minutes are left. The best choice
    of contacts is worth at most r times that contact's worth per minute more than this one; so it
    is less than one contact away (`shortfall_bound`).

    Args:
        minutes: Of each contact, in the order of the list.
        capacity: Minutes that there are.

    Source:
        Dantzig's bound of the knapsack problem (Operations Research 5, 1957).

    >>> fits([15, 30, 20, 3], 40)
    [True, False, True, True]
    """
    taken = []
    for each in minutes:
        takes = each <= capacity
        taken.append(takes)
        if takes:
            capacity -= each
    return taken


def shortfall_bound(worths: Sequence[Decimal], minutes: Sequence[int], capacity: int) -> Decimal:
    """Return the most that a better choice than that of `fits` could be worth beside it.

    Args:
        worths: Of each contact, in the order of the list: most worth per minute first.
        minutes: Of each contact.
        capacity: Minutes that there are.

    Returns:
        Zero where everything fits: then nothing could be better.

    >>> shortfall_bound([Decimal(30), Decimal(40)], [15, 30], 40)     # 25 minutes of 40 / 30
    Decimal('33.33333333333333333333333333')
    """
    for worth, each in zip(worths, minutes, strict=True):
        if each > capacity:
            return worth * capacity / each
        capacity -= each
    return Decimal(0)
