"""Small ledgers made by rule, whose truth is known, and features of them computed row by row."""

import numpy as np

from models.timing.frame import NOT_YET, OPEN, PAID, Frame, History


def made_ledger(
    documents: int, *, customers: int = 40, never: float = 0.0, seed: int = 1, start: int = 18_000
) -> History:
    """Return documents over two years whose customers each pay around a delay of their own."""
    random = np.random.default_rng(seed)
    usual = random.normal(5, 12, customers)
    customer = random.integers(0, customers, documents)
    issued = start + np.sort(random.integers(0, 730, documents))
    due = issued + 30
    exits = np.maximum(due + np.rint(random.normal(usual[customer], 5)), issued + 1)
    as_of = start + 730
    unpaid = (random.random(documents) < never) | (exits > as_of)
    exits = np.where(unpaid, NOT_YET, exits)
    return History.of(
        as_of=as_of,
        item=np.arange(documents),
        customer=customer,
        issued=issued,
        due=due,
        amount=np.round(random.lognormal(7, 1, documents), 2),
        exit=exits,
        kind=np.where(unpaid, OPEN, PAID),
    )


def questions(history: History) -> Frame:
    """Ask about every document at issue, and about the open book every Monday."""
    asked_of = [(row, int(day)) for row, day in enumerate(history.issued)]
    first = int(history.issued.min())
    for monday in range(first + (-(first + 3)) % 7, history.as_of + 2, 7):
        rows = np.flatnonzero((history.issued < monday) & (history.exit >= monday))
        asked_of += [(int(row), monday) for row in rows]
    return asked(history, asked_of)


def open_book(history: History) -> Frame:
    """Ask about what is open on the day after the history's end."""
    rows = np.flatnonzero(history.kind == OPEN)
    return asked(history, [(int(row), history.as_of + 1) for row in rows])


def asked(history: History, asked_of: list[tuple[int, int]]) -> Frame:
    """Return questions with a few features, each from payments before its day."""
    names = ("delay_mean_days", "recent_delay_days", "last_10_median_days", "closed_count")
    told = np.full((len(asked_of), len(names)), np.nan)
    delay = (history.exit.astype(np.int64) - history.due).astype(float)
    own = {each: np.flatnonzero(history.customer == each) for each in set(history.customer)}
    for place, (row, day) in enumerate(asked_of):
        rows = own[history.customer[row]]
        rows = rows[(history.kind[rows] == PAID) & (history.known[rows] < day)]
        rows = rows[np.lexsort((history.amount[rows], history.exit[rows]))]
        told[place, 3] = len(rows)
        if len(rows):
            late = delay[rows]
            weight = 0.5 ** ((day - history.exit[rows]) / 90)
            told[place, 0] = late.mean()
            told[place, 1] = (late * weight).sum() / weight.sum()
            told[place, 2] = np.median(late[-10:])
    at = np.array([row for row, _ in asked_of], dtype=np.int64)
    return Frame.of(
        item=history.item[at],
        customer=history.customer[at],
        segment=history.segment[at],
        terms=history.terms[at],
        issued=history.issued[at],
        due=history.due[at],
        asked=[day for _, day in asked_of],
        amount=history.amount[at],
        amount_log=np.log1p(history.amount[at]),
        **{name: told[:, column] for column, name in enumerate(names)},
    )
