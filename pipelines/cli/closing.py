"""`encaisse close`: what was owed at the end of a month, frozen in the desk."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from desk.closes import CloseTotal, close_day
from desk.store import open_desk
from models.errors import EncaisseError
from pipelines.cli.figures import lay_out, money
from published import snapshot

# Books that have begun and of which nothing is open are closed with nothing: that is a fact too,
# and what becomes known of the day later is held against it.
TOTALS = """
with owed as (
    select
        entity_id, currency, sum(amount) as amount,
        sum(amount) filter (where is_overdue) as overdue, sum(item_count) as item_count
    from receivables.aged_balances($as_of, _known_on := $known_on)
    group by all
),

begun as (
    select entity_id, currency
    from ledger.items
    where booked_on <= $as_of
    group by all
    union
    select entity_id, currency
    from owed
)

select
    begun.entity_id, begun.currency, coalesce(owed.amount, 0)::decimal(18, 2),
    coalesce(owed.overdue, 0)::decimal(18, 2), coalesce(owed.item_count, 0)::int
from begun
left join owed on owed.entity_id = begun.entity_id and owed.currency = begun.currency
order by all
"""


def close_and_tell(
    home: Path, closed_on: date, known_on: date | None, *, author: str, reason: str
) -> Iterator[str]:
    """Freeze a day in the desk of a home, and tell its totals.

    Raises:
        EncaisseError: The books do not reach that day, it is closed already, or nobody says who
            closes it.
    """
    pointer = snapshot.current(home)
    if closed_on > pointer.as_of:
        raise EncaisseError(
            f"The books are as of {pointer.as_of}; {closed_on} cannot be closed yet.",
            where="the day of the close",
            fix="refresh with extracts that reach that day, then close it",
        )
    known_on = known_on or pointer.published_at.astimezone().date()
    with snapshot.connect(pointer) as con:
        rows = con.sql(TOTALS, params={"as_of": closed_on, "known_on": known_on}).fetchall()
    made = close_day(
        open_desk(home),
        closed_on=closed_on,
        known_on=known_on,
        snapshot=pointer.version,
        totals=[CloseTotal(*row) for row in rows],
        author=author,
        reason=reason,
    )
    yield f"{made.closed_on} is closed as known on {made.known_on}, by {made.author}"
    yield from lay_out(
        ("entity", "currency", "receivable", "of which overdue", "items"),
        [
            (t.entity_id, t.currency, money(t.amount), money(t.overdue), f"{t.item_count:,}")
            for t in made.totals
        ],
        right_from=2,
    )
