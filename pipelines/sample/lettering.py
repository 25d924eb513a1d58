"""Lettering: which lines settle each other, under which code, and what opens the next year.

Lines of one group that add up to nothing are lettered with capitals a few days after the last of
them; a group that is settled in part, with small letters. A few are overlooked for weeks, fewer
forgotten for good. Codes begin again each year for each entity, account and customer: the year is
that of the lettering.
"""

from typing import NamedTuple

import numpy as np

from pipelines.sample import chart, days
from pipelines.sample.events import EVENT
from pipelines.sample.firm import ENTITIES, Firm
from pipelines.sample.runs import places, run_numbers, run_starts

# One line of the opening entry of a year, on an account kept by customer.
OPENING = np.dtype(
    [
        ("role", np.uint8),
        ("currency", np.uint8),
        ("piece", np.uint8),
        ("suffix", np.uint8),
        ("customer", np.int32),
        ("document_on", np.int32),
        ("letter", np.int32),
        ("lettered_on", np.int32),
        ("number", np.int64),
        ("amount", np.int64),
        ("foreign", np.int64),
    ]
)

OVERLOOKED_PER_MILLE = 20  # found when the accounts are next gone through
FORGOTTEN_PER_MILLE = 1
PARTIAL_PER_MILLE = 900
_LETTERED_AFTER = np.array([0] * 7 + [1, 2, 5])  # days after the last line
_FOUND_AFTER = (20, 90)
_SLOTS = [
    (code, slot, chart.ROLES.index(leg.account), leg.sign)
    for code, kind in enumerate(chart.KINDS.values())
    for leg in kind.legs
    for slot in ([leg.slot] if leg.slot is not None else [])
]


class Lines(NamedTuple):
    """The lines on accounts kept by customer, ordered by group and day.

    `group` numbers the groups from 0, and `starts` is where each begins. Amounts are signed.
    """

    event: np.ndarray
    slot: np.ndarray
    role: np.ndarray
    key: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    foreign: np.ndarray
    group: np.ndarray
    starts: np.ndarray


class Letters(NamedTuple):
    """The lettering of each group as the books stand at one date; day NEVER where it has none."""

    day: np.ndarray
    code: np.ndarray  # negative for a partial lettering


def letter(firm: Firm, events: np.ndarray) -> tuple[np.ndarray, dict[tuple[int, int], np.ndarray]]:
    """Letter the events of a range of customers.

    Args:
        firm: The firm.
        events: EVENT rows, with those before the first day.

    Returns:
        (the events from the first day on, lettered, with the exchange differences that close
        groups in a foreign currency; OPENING rows by (entity, index of the year)).
    """
    events = np.concatenate([events, _exchange_differences(events)])
    lines = _lines(events)
    entity = events["entity"][lines.event[lines.starts]]
    closed_on = _closed_on(firm, lines)
    late = np.array([one.exported_late for one in ENTITIES])[entity]
    is_return = np.isin(events["kind"][lines.event], chart.RETURNS)
    undone = np.logical_or.reduceat(is_return, lines.starts)
    states = []
    for year_end in days.YEAR_ENDS:
        horizon = np.where(late, days.END, year_end)
        states.append(_state(firm, lines, closed_on, horizon, ~undone))
    codes = _codes(events, lines, states)

    openings = {}
    for year, code in enumerate(codes):
        letters = Letters(states[year].day, code)
        _write_letters(events, lines, letters, year)
        before = days.START - 1 if year == 0 else days.YEAR_ENDS[year - 1]
        still_open = (lines.day <= before) & (closed_on > before)[lines.group]
        known = lines.day <= before
        for one in ENTITIES:
            own = (entity == one.index)[lines.group]
            if one.detailed_openings:
                rows = _detailed(events, lines, letters, np.flatnonzero(own & still_open))
            else:
                rows = _joined(events, lines, letters, np.flatnonzero(own & known), year)
            openings[one.index, year] = rows
    return events[events["day"] >= days.START], openings


def _lines(events: np.ndarray) -> Lines:
    parts = []
    for code, slot, role, sign in _SLOTS:
        event = np.flatnonzero(events["kind"] == code)
        rows = events[event]
        fixed = (np.full(len(event), slot), np.full(len(event), role))
        amounts = (rows["gross"] * sign, rows["foreign"] * sign)
        parts.append(np.stack([event, *fixed, rows[f"group_{slot}"], rows["day"], *amounts]))
    event, slot, role, key, day, amount, foreign = np.concatenate(parts, axis=1)
    order = np.lexsort((event, day, key))
    starts = run_starts(key[order])
    return Lines(
        event=event[order],
        slot=slot[order],
        role=role[order],
        key=key[order],
        day=day[order],
        amount=amount[order],
        foreign=foreign[order],
        group=run_numbers(starts, len(order)),
        starts=starts,
    )


def _exchange_differences(events: np.ndarray) -> np.ndarray:
    """Return what closes, in euros, the groups that are closed in their own currency."""
    lines = _lines(events)
    left = np.add.reduceat(lines.amount, lines.starts)
    left_foreign = np.add.reduceat(lines.foreign, lines.starts)
    found = np.flatnonzero((left_foreign == 0) & (left != 0))
    first, last = lines.starts[found], np.append(lines.starts[1:], len(lines.day))[found] - 1
    made = np.zeros(len(found), EVENT)
    source = events[lines.event[first]]
    for name in ("entity", "currency", "customer", "number", "invoice"):
        made[name] = source[name]
    gain = left[found] < 0
    made["kind"] = np.where(gain, chart.CODE["exchange_gain"], chart.CODE["exchange_loss"])
    made["gross"] = np.abs(left[found])
    made["day"] = made["document_on"] = lines.day[last]
    made["count"] = made["suffix"] = 1
    made["group_0"], made["group_1"] = lines.key[first], -1
    return made


def _closed_on(firm: Firm, lines: Lines) -> np.ndarray:
    """Return the day on which each group is lettered for good, NEVER if it is not."""
    sizes = np.diff(lines.starts, append=len(lines.day))
    last = lines.day[lines.starts + sizes - 1]
    key = lines.key[lines.starts]
    overlooked = firm.dice.chance("overlooked", key, OVERLOOKED_PER_MILLE)
    late = np.where(overlooked, firm.dice.between("found", key, *_FOUND_AFTER), 0)
    on = days.business(last + _delay(firm, key) + late)
    closed = (np.add.reduceat(lines.amount, lines.starts) == 0) & (sizes > 1) & (on <= days.END)
    forgotten = firm.dice.chance("not lettered", key, FORGOTTEN_PER_MILLE)
    return np.where(closed & ~forgotten, on, days.NEVER)


def _delay(firm: Firm, key: np.ndarray) -> np.ndarray:
    """Return how many days after its last line a group is lettered."""
    return _LETTERED_AFTER[firm.dice.below("lettered", key, len(_LETTERED_AFTER))]


def _state(
    firm: Firm, lines: Lines, closed_on: np.ndarray, horizon: np.ndarray, may_be_partial: np.ndarray
) -> Letters:
    """Return the lettering of each group as known on a day (one day for each group).

    A group with a returned payment is lettered for good or not at all: its lettering was undone.
    """
    known = lines.day <= horizon[lines.group]
    amount = np.where(known, lines.amount, 0)
    last = np.maximum.reduceat(np.where(known, lines.day, -1), lines.starts)
    key = lines.key[lines.starts]
    on = days.business(last + _delay(firm, key))
    partial = (
        may_be_partial
        & (np.add.reduceat(amount, lines.starts) != 0)
        & (np.maximum.reduceat(amount, lines.starts) > 0)
        & (np.minimum.reduceat(amount, lines.starts) < 0)
        & (on <= horizon)
        & firm.dice.chance("partial", key, PARTIAL_PER_MILLE)
    )
    day = np.where(closed_on <= horizon, closed_on, np.where(partial, on, days.NEVER))
    return Letters(day, np.where(partial, -1, 1))


def _codes(events: np.ndarray, lines: Lines, states: list[Letters]) -> list[np.ndarray]:
    """Number the letterings of each entity, account and customer within a year, in date order."""
    first = events[lines.event[lines.starts]]
    account = (first["customer"].astype(np.int64) * 2 + first["entity"]) * len(chart.ROLES)
    account += lines.role[lines.starts]
    group = np.concatenate([np.arange(len(first))] * len(states))
    day = np.concatenate([state.day for state in states])
    sign = np.concatenate([state.code for state in states])
    lettered = np.flatnonzero(day < days.NEVER)

    # The same lettering stands in several states: it is numbered once.
    event = (group[lettered] * days.COUNT + day[lettered]) * 2 + (sign[lettered] < 0)
    event, place = np.unique(event, return_inverse=True)
    on, of = event // 2 % days.COUNT, event // 2 // days.COUNT
    series = account[of] * 10_000 + days.YEAR[on]
    order = np.lexsort((of, on, series))
    counts = np.diff(run_starts(series[order]), append=len(event))
    number = np.empty(len(event), np.int64)
    number[order] = places(counts) + 1
    code = np.zeros(len(day), np.int64)
    code[lettered] = number[place] * sign[lettered]
    return np.split(code, len(states))


def _write_letters(events: np.ndarray, lines: Lines, letters: Letters, year: int) -> None:
    code = letters.code[lines.group]
    lettered = (days.YEAR[lines.day] == days.YEARS[year]) & (code != 0)
    for slot in (0, 1):
        chosen = lettered & (lines.slot == slot)
        events[f"letter_{slot}"][lines.event[chosen]] = code[chosen]
        events[f"lettered_{slot}"][lines.event[chosen]] = letters.day[lines.group[chosen]]


def _detailed(events: np.ndarray, lines: Lines, letters: Letters, chosen: np.ndarray) -> np.ndarray:
    """Open a year with the lines that were not lettered for good when the last one closed."""
    source, group = events[lines.event[chosen]], lines.group[chosen]
    rows = np.zeros(len(chosen), OPENING)
    for name in ("currency", "suffix", "customer", "document_on", "number"):
        rows[name] = source[name]
    rows["piece"] = chart.PIECE_OF_KIND[source["kind"]]
    rows["role"] = lines.role[chosen]
    rows["amount"], rows["foreign"] = lines.amount[chosen], lines.foreign[chosen]
    rows["letter"], rows["lettered_on"] = letters.code[group], letters.day[group]
    return rows


def _joined(
    events: np.ndarray, lines: Lines, letters: Letters, chosen: np.ndarray, year: int
) -> np.ndarray:
    """Open a year with one line per customer and account.

    In the first year the line stands for invoices that no file has, and is lettered with their
    payments. Later ones repeat what is lettered in the files of earlier years.
    """
    source, role = events[lines.event[chosen]], lines.role[chosen]
    account = source["customer"].astype(np.int64) * len(chart.ROLES) + role
    _, first, place = np.unique(account, return_index=True, return_inverse=True)
    rows = np.zeros(len(first), OPENING)
    np.add.at(rows["amount"], place, lines.amount[chosen])
    np.add.at(rows["foreign"], place, lines.foreign[chosen])
    rows["customer"], rows["currency"] = source["customer"][first], source["currency"][first]
    rows["role"] = role[first]
    rows["piece"] = chart.PIECE["opening"]
    rows["suffix"] = 1
    rows["document_on"] = days.number(days.YEARS[year], 1, 1)
    rows["lettered_on"] = days.NEVER
    if year == 0:
        group = lines.group[chosen[first]]
        rows["letter"], rows["lettered_on"] = letters.code[group], letters.day[group]
    return rows[rows["amount"] != 0]
