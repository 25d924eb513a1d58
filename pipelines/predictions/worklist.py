"""The collection list: SQL says what can be chased, `models.worklist` whom to contact first."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from models.worklist import (
    ESCALATE_AFTER_DAYS,
    REMIND_WITHIN_DAYS,
    Action,
    Assumptions,
    Chased,
    Contact,
    fits,
    in_order,
    propose_contact,
)
from pipelines.predictions.risk import CENT, MONEY, keep, reads, select_of, snapshot_day
from pipelines.settings import Collection, Settings
from pipelines.sql_tables import SQL
from pipelines.staging import MadeTable

STEPS = SQL / "worklist" / "steps"

PRIORITIES = pa.schema(
    [
        ("entity_id", pa.string()),
        ("customer_id", pa.string()),
        ("currency", pa.string()),
        ("rank", pa.int32()),
        ("customer_name", pa.string()),
        ("action", pa.string()),
        ("minutes", pa.int32()),
        ("cumulated_minutes", pa.int32()),
        ("fits_today", pa.bool_()),
        ("worth_amount", MONEY),
        ("worth_book_amount", MONEY),
        ("book_currency", pa.string()),
        ("late_amount", MONEY),
        ("oldest_days_late", pa.int32()),
        ("due_soon_amount", MONEY),
        ("disputed_amount", MONEY),
        ("promised_amount", MONEY),
        ("doubtful_amount", MONEY),
        ("unapplied_amount", MONEY),
        ("expected_loss_amount", MONEY),
        ("risk_class", pa.string()),
        ("collector", pa.string()),
        ("contact_name", pa.string()),
        ("contact_email", pa.string()),
        ("contact_phone", pa.string()),
    ]
)


class Customer(NamedTuple):
    """A row of `worklist/steps/customers.sql`. What begins with `all` is without credits."""

    entity_id: str
    customer_id: str
    currency: str
    all_late: Decimal
    all_old: Decimal
    all_due_soon: Decimal
    all_days_milli: Decimal
    all_undecided: Decimal
    late_amount: Decimal
    old_amount: Decimal
    oldest_days_late: int
    due_soon_amount: Decimal
    days_milli: Decimal
    undecided: Decimal
    disputed_amount: Decimal
    promised_amount: Decimal
    unapplied_amount: Decimal
    customer_name: str
    doubtful_amount: Decimal
    expected_loss_amount: Decimal
    risk_class: str
    rate: Decimal
    book_currency: str
    collector: str | None
    contact_name: str | None
    contact_email: str | None
    contact_phone: str | None

    @property
    def without_credits(self) -> Chased:
        """What could be chased if no credit were there."""
        return Chased(
            self.all_late, self.all_old, self.all_due_soon, self.all_days_milli / 1000,
            self.all_undecided,
        )  # fmt: skip

    @property
    def chased(self) -> Chased:
        """What can be chased."""
        return Chased(
            self.late_amount, self.old_amount, self.due_soon_amount, self.days_milli / 1000,
            self.undecided,
        )  # fmt: skip


def make_chased_items(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `staging.chased_items`: how much of each open document can be chased."""
    del settings
    con.execute(
        f"create or replace table staging.chased_items as {select_of(STEPS / 'chased_items.sql')}",
        {"as_of": snapshot_day(con), "remind_within": REMIND_WITHIN_DAYS},
    )


def make_priorities(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `worklist.priorities`."""
    found = con.execute(
        select_of(STEPS / "customers.sql"), {"escalate_after": ESCALATE_AFTER_DAYS}
    ).fetchall()
    customers = map(Customer._make, found)
    con.execute("create schema if not exists worklist")
    keep(con, "worklist.priorities", priorities(customers, settings.collection), PRIORITIES)


def priorities(customers: Iterable[Customer], collection: Collection) -> list[dict[str, Any]]:
    """Return the rows of `worklist.priorities`: whom to contact, in order, and who fits in the day.

    Args:
        customers: What can be chased of each.
        collection: The team's hours, and what a contact is assumed to move.
    """
    assumed = Assumptions(
        collection.days_moved, collection.late_cost_percent, collection.loss_share_percent
    )
    minutes = {
        Action.REMIND: collection.minutes_remind,
        Action.CALL: collection.minutes_call,
        Action.DISPUTE: collection.minutes_dispute,
        Action.ESCALATE: collection.minutes_escalate,
    }
    found: list[tuple[Customer, Contact, Decimal]] = []
    for each in customers:
        contact = propose_contact(
            each.without_credits, each.chased, each.disputed_amount,
            assumed=assumed, minutes=minutes,
        )  # fmt: skip
        if contact is not None:
            found.append((each, contact, contact.worth * each.rate))
    order = in_order([(worth, contact.minutes, each[:3]) for each, contact, worth in found])
    listed = [found[place] for place in order]
    taken = fits([contact.minutes for _, contact, _ in listed], int(collection.hours_per_day * 60))
    until = accumulate(
        contact.minutes if takes else 0
        for (_, contact, _), takes in zip(listed, taken, strict=True)
    )
    return [
        {
            **each._asdict(),
            "rank": rank,
            "action": str(contact.action),
            "minutes": contact.minutes,
            "cumulated_minutes": spent if takes else None,
            "fits_today": takes,
            "worth_amount": contact.worth,
            "worth_book_amount": worth.quantize(CENT, ROUND_HALF_UP),
        }
        for rank, ((each, contact, worth), takes, spent) in enumerate(
            zip(listed, taken, until, strict=True), start=1
        )
    ]


def make_items(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `worklist.items`."""
    del settings
    con.execute(f"create or replace table worklist.items as {select_of(STEPS / 'items.sql')}")


def make_outcomes(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `worklist.outcomes`."""
    del settings
    con.execute("create schema if not exists worklist")
    con.execute(
        f"create or replace table worklist.outcomes as {select_of(STEPS / 'outcomes.sql')}",
        {"as_of": snapshot_day(con)},
    )


WORKLIST_TABLES = (
    MadeTable(
        "staging.chased_items",
        "How much of each open document can be chased, and why the rest cannot.",
        ("item_id",),
        (*reads(STEPS / "chased_items.sql"), "staging.run"),
        make_chased_items,
    ),
    MadeTable(
        "worklist.priorities",
        "The collection list of the day: whom to contact, in the order in which a minute is worth "
        "most. worth_amount is what a contact is assumed to move; late_amount and due_soon_amount "
        "are what is chased, with disputed, promised, doubtful and credited amounts set apart; "
        "unapplied_amount is the customer's credits. worth_book_amount serves the order alone, at "
        "the rates of the ledger's own bookings. cumulated_minutes is null where a contact does "
        "not fit in the day.",
        ("entity_id", "customer_id", "currency"),
        reads(STEPS / "customers.sql"),
        make_priorities,
    ),
    MadeTable(
        "worklist.items",
        "The documents behind each line of the collection list. chased_amount is what is left of "
        "the open amount once credits are taken off, due first first; set_apart says why a "
        "document is not chased: disputed, promised, doubtful or credited.",
        ("item_id",),
        reads(STEPS / "items.sql"),
        make_items,
    ),
    MadeTable(
        "worklist.outcomes",
        "What became of the lists of the last 91 days. listed_amount is what was to be chased, "
        "paid_amount what of it has been paid since, received_amount all that came from the "
        "customer since, matched or not.",
        ("listed_on", "entity_id", "customer_id", "currency"),
        (*reads(STEPS / "outcomes.sql"), "staging.run"),
        make_outcomes,
    ),
)
