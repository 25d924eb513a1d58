"""The day's figures, and the state of what is published, as lines of text."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from published.snapshot import Pointer

WHY = {
    "asked": "as asked",
    "last_entry": "the last day of the ledger, which ended more than a month ago",
    "today": "today",
}

REFUSED_SHOWN = 10


def money(amount: Decimal) -> str:
    """Write an amount with its cents.

    >>> money(Decimal("-1234567.5"))
    '-1,234,567.50'
    """
    return f"{amount:,.2f}"


def day_lines(con: duckdb.DuckDBPyConnection, pointer: Pointer) -> Iterator[str]:
    """Tell the day's figures: what is owed, what is late, DSO, whom to contact."""
    basis = WHY.get(pointer.as_of_basis, pointer.as_of_basis)
    yield f"As of {pointer.as_of} ({basis})"
    yield ""
    yield from lay_out(
        ("entity", "currency", "receivable", "of which overdue", "late", "unapplied", "DSO"),
        [_total(row) for row in con.sql(TOTALS, params={"as_of": pointer.as_of}).fetchall()],
        right_from=2,
    )
    yield "DSO by count-back, at the last month end. Late: overdue of what is owed, unapplied apart"
    first = con.sql(FIRST).fetchall()
    if first:
        yield ""
        yield "To contact first"
        yield from lay_out(
            ("customer", "name", "entity", "action", "currency", "late", "days", "due soon"),
            [
                (*texts, money(late), str(days) if days else "", money(due_soon))
                for *texts, late, days, due_soon in first
            ],
            right_from=5,
        )
        [(in_all, today, minutes)] = con.sql(LISTED).fetchall()
        yield (
            f"{today} of {in_all} on the collection list fit in the day: "
            f"{minutes // 60} h {minutes % 60:02}"
        )
    yield ""
    yield from intake_lines(pointer)


TOTALS = """
with balances as (
    select
        entity_id,
        currency,
        sum(amount) as receivable,
        coalesce(sum(amount) filter (is_overdue), 0) as overdue,
        coalesce(sum(amount) filter (bucket = 'unapplied'), 0) as unapplied
    from receivables.aged_balances($as_of)
    group by all
),

dso as (
    select entity_id, currency, value, is_lower_bound
    from measures.monthly
    where scope = 'entity' and measure = 'dso_countback' and month_end <= $as_of
    qualify row_number() over (partition by entity_id, currency order by month_end desc) = 1
)

select entity_id, currency, receivable, overdue, unapplied, dso.value, dso.is_lower_bound
from balances
left join dso using (entity_id, currency)
order by all
"""

FIRST = """
select
    customer_id, customer_name, entity_id, replace(action, '_', ' '), currency, late_amount,
    oldest_days_late, due_soon_amount
from worklist.priorities
order by rank
limit 5
"""

LISTED = """
select
    count(*),
    count(*) filter (fits_today),
    cast(coalesce(sum(minutes) filter (fits_today), 0) as int)
from worklist.priorities
"""


def intake_lines(pointer: Pointer) -> Iterator[str]:
    """Tell what came in, what was set aside and what was refused."""
    records = sum(file.records_in for file in pointer.files)
    aside = sum(file.quarantined for file in pointer.files)
    yield (
        f"{len(pointer.files)} extracts, {records:,} records: {records - aside:,} loaded, "
        f"{aside:,} set aside"
    )
    refused = [file for file in pointer.files if file.refused_reason]
    for file in refused[:REFUSED_SHOWN]:
        yield f"  refused: {file.name}: {file.refused_reason}"
    if len(refused) > REFUSED_SHOWN:
        yield f"  and {len(refused) - REFUSED_SHOWN} more, on the page Data health"


def status_values(pointer: Pointer) -> dict[str, Any]:
    """Return what `status --json` says."""
    return {
        "version": pointer.version,
        "as_of": pointer.as_of.isoformat(),
        "as_of_basis": pointer.as_of_basis,
        "published_at": pointer.published_at.isoformat(),
        "control_totals": [
            {
                "entity": total.entity,
                "currency": total.currency,
                "ledger": str(total.ledger),
                "open_items": str(total.open_items),
                "gap": str(total.gap),
            }
            for total in pointer.control_totals
        ],
        "list_totals": [
            {
                "entity": total.entity,
                "currency": total.currency,
                "listed_on": total.listed_on.isoformat(),
                "listed": str(total.listed),
                "open_items": str(total.open_items),
                "gap": str(total.gap),
            }
            for total in pointer.list_totals
        ],
        "files": [vars(file) for file in pointer.files],
    }


def status_lines(pointer: Pointer, now: datetime) -> Iterator[str]:
    """Tell what is published, how old it is, and whether it ties."""
    basis = WHY.get(pointer.as_of_basis, pointer.as_of_basis)
    hours = (now - pointer.published_at).total_seconds() / 3600
    age = f"{hours * 60:.0f} minutes" if hours < 2 else f"{hours:.0f} hours"
    old = f": OLD, over {pointer.stale_after_hours}" if hours > pointer.stale_after_hours else ""
    yield f"Snapshot {pointer.version}"
    yield f"As of {pointer.as_of} ({basis})"
    yield f"Published {pointer.published_at:%Y-%m-%d %H:%M %Z}, {age} ago{old}"
    yield ""
    yield from lay_out(
        ("entity", "currency", "ledger", "open items", "gap"),
        [
            (t.entity, t.currency, money(t.ledger), money(t.open_items), money(t.gap))
            for t in pointer.control_totals
        ],
        right_from=2,
    )
    if pointer.list_totals:
        yield ""
        yield from lay_out(
            ("entity", "currency", "newest list", "list", "open items", "gap"),
            [
                (
                    *(t.entity, t.currency, t.listed_on.isoformat()),
                    *(money(t.listed), money(t.open_items), money(t.gap)),
                )
                for t in pointer.list_totals
            ],
            right_from=3,
        )
    yield ""
    yield from intake_lines(pointer)


def _total(row: tuple[Any, ...]) -> tuple[str, ...]:
    entity, currency, receivable, overdue, unapplied, days, is_lower_bound = row
    owed = receivable - unapplied  # credits that no invoice has used say nothing of lateness
    share = f"{100 * overdue / owed:.0f} %" if owed > 0 else ""
    dso = "" if days is None else f"{'over ' if is_lower_bound else ''}{days:.0f} days"
    return entity, currency, money(receivable), money(overdue), share, money(unapplied), dso


def lay_out(
    header: tuple[str, ...], rows: list[tuple[str, ...]], *, right_from: int | None = None
) -> Iterator[str]:
    """Lay out rows under their header; columns from `right_from` on are flush right."""
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = [
            text.ljust(width) if right_from is None or index < right_from else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
