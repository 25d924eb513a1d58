"""What tests add to a desk."""

from datetime import date
from decimal import Decimal

from desk.adjustments import add_adjustment
from desk.store import find_problems

APRIL = {"first_on": date(2024, 4, 1), "last_on": date(2024, 4, 7)}


def adjust(desk, amount="1000.00", *, author="Léa Martin", **more):
    """Add an adjustment, with something to say in every place."""
    values = {
        "entity_id": "main",
        "currency": "EUR",
        "name": "Dupont pays early",
        "reason": "said on the phone",
        **APRIL,
        **more,
    }
    return add_adjustment(desk, amount=Decimal(amount), author=author, **values)


def problems(desk):
    """Return what is wrong with a desk."""
    with desk.reading() as con:
        return list(find_problems(con))
