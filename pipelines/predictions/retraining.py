"""When the timing model is trained anew: the rule, and nothing else."""

from dataclasses import dataclass
from datetime import date

OLD_AFTER_DAYS = 28
MORE_DOCUMENTS_SHARE = 0.10
SAME_BOOKS_SHARE = 0.90
DRIFT_CHECKS_APART_DAYS = 7

NEVER_TRAINED = "never trained"
OTHER_BOOKS = "the books are others than it learnt from"
RECIPE_CHANGED = "the recipe has changed"
OLD = f"it learnt from nothing of the last {OLD_AFTER_DAYS} days"
MORE_DOCUMENTS = f"{MORE_DOCUMENTS_SHARE:.0%} more documents are settled since"
DRIFTED = "what it said left the range of its past twice"


@dataclass(frozen=True)
class Learnt:
    """What a model learnt from.

    Attributes:
        as_of: The last day it knew.
        recipe: How it was made: changes whenever the same data would give another model.
        settled: How many documents were settled by then.
    """

    as_of: date
    recipe: str
    settled: int


@dataclass(frozen=True)
class Now:
    """What the books say today.

    Attributes:
        as_of: The day of the refresh.
        recipe: How a model would be made today.
        settled: How many documents are settled.
        same_share: Of a sample of the settled documents it learnt from, the share that is still
            in the books and settled on the same day.
        drifted_on: The days on which what it said was checked and out of range.
        checked_on: The days on which it was checked.
    """

    as_of: date
    recipe: str
    settled: int
    same_share: float = 1.0
    checked_on: tuple[date, ...] = ()
    drifted_on: tuple[date, ...] = ()


def reason_to_train(model: Learnt | None, now: Now) -> str | None:
    """Return why the model must be trained anew; None where the one there is may go on.

    >>> learnt = Learnt(date(2025, 1, 1), "a", 1000)
    >>> reason_to_train(learnt, Now(date(2025, 1, 20), "a", 1099)) is None
    True
    >>> reason_to_train(learnt, Now(date(2025, 1, 20), "a", 1100))
    '10% more documents are settled since'
    """
    if model is None:
        return NEVER_TRAINED
    grown = now.settled >= model.settled * (1 + MORE_DOCUMENTS_SHARE)
    rules = (
        (now.recipe != model.recipe, RECIPE_CHANGED),
        (now.same_share < SAME_BOOKS_SHARE, OTHER_BOOKS),
        ((now.as_of - model.as_of).days >= OLD_AFTER_DAYS, OLD),
        (grown and now.settled > model.settled, MORE_DOCUMENTS),
        (_drifted_twice(now), DRIFTED),
    )
    return next((reason for holds, reason in rules if holds), None)


def _drifted_twice(now: Now) -> bool:
    """Tell whether the last two checks were out of range; checks of one week count as one."""
    counted: list[date] = []
    for day in sorted(now.checked_on, reverse=True):
        if not counted or (counted[-1] - day).days >= DRIFT_CHECKS_APART_DAYS:
            counted.append(day)
    last = counted[:2]
    return len(last) == 2 and all(day in now.drifted_on for day in last)
