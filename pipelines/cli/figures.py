"""The day's figures, and the state of what is published, as lines of text."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from published.snapshot import Pointer

WHY = {
    "asked": "as asked",
    "last_entry": "the last day of the ledger, which ended more than a month ago",
    "today": "today",
}

DSO_AND_LATE = (
    "DSO by count-back, at the last month end. Late: overdue of what is owed, unapplied apart"
)

REFUSED_SHOWN = 10


def money(amount: Decimal) -> str:
    """Write an amount with its cents.

    >>> money(Decimal("-1234567.5"))
    '-1,234,567.50'
    """
    return f"{amount:,.2f}"


def counted(number: int, what: str) -> str:
    """Write how many there are of something.

    >>> counted(1, "extract"), counted(1200, "record")
    ('1 extract', '1,200 records')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def day_lines(con: duckdb.DuckDBPyConnection, pointer: Pointer) -> Iterator[str]:
    """Tell the day's figures: what is owed, what is late, DSO, whom to contact."""
    basis = WHY.get(pointer.as_of_basis, pointer.as_of_basis)
    yield f"As of {pointer.as_of} ({basis})"
    yield ""
    totals = con.sql(TOTALS, params={"as_of": pointer.as_of}).fetchall()
    yield from lay_out(
        ("entity", "currency", "receivable", "of which overdue", "late", "unapplied", "DSO"),
        [_total(row) for row in totals],
        right_from=2,
    )
    if totals:
        yield DSO_AND_LATE
    else:
        yield "Nothing is owed."
    first = con.sql(FIRST).fetchall()
    if first:
        yield ""
        yield "To contact first"
        yield from lay_out(
            (
                *("customer", "name", "entity", "action", "currency"),
                *("late", "days", "due soon", "disputed"),
            ),
            [
                (*texts, money(late), str(days) if days else "", money(due_soon), money(disputed))
                for *texts, late, days, due_soon, disputed in first
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
    oldest_days_late, due_soon_amount, disputed_amount
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


VIEWS = """
with then_known as (
    select entity_id, currency, sum(amount) as amount
    from receivables.aged_balances($as_of, _known_on := $since)
    where $customer is null or customer_id = $customer
    group by all
),

later_known as (
    select entity_id, currency, sum(amount) as amount
    from receivables.aged_balances($as_of, _known_on := $until)
    where $customer is null or customer_id = $customer
    group by all
)

select entity_id, currency, coalesce(then_known.amount, 0), coalesce(later_known.amount, 0)
from then_known
full join later_known using (entity_id, currency)
order by all
"""


def restatement_lines(  # noqa: PLR0913  (what was asked)
    con: duckdb.DuckDBPyConnection,
    changes: pa.Table,
    *,
    as_of: date,
    since: date,
    until: date | None,
    customer: str | None,
) -> Iterator[str]:
    """Tell both views of a day, and what their differences are made of.

    Args:
        con: A connection to the snapshot.
        changes: What `published.questions.restatements` answered.
        as_of: The day looked at.
        since: The day of knowledge of the first view.
        until: That of the second; None is now.
        customer: The one customer that was asked for; None is all.
    """
    later = f"as known on {until}" if until else "as known now"
    causes: dict[tuple[str, str], dict[str, tuple[int, Decimal]]] = {}
    for row in changes.select(["entity_id", "currency", "cause", "difference"]).to_pylist():
        of_books = causes.setdefault((row["entity_id"], row["currency"]), {})
        count, amount = of_books.get(row["cause"], (0, Decimal(0)))
        of_books[row["cause"]] = count + 1, amount + row["difference"]
    yield f"Receivable on {as_of}, as known on {since} and {later}"
    if not causes:
        yield "Nothing changed about that day."
        return
    yield ""
    asked = {"as_of": as_of, "since": since, "until": until, "customer": customer}
    views = con.sql(VIEWS, params=asked).fetchall()
    table: list[tuple[str, ...]] = []
    for entity, currency, before, after in views:
        found = causes.get((entity, currency), {})
        if not found:
            continue
        table.append((entity, currency, f"as known on {since}", "", money(before)))
        table += [
            (entity, currency, cause.replace("_", " "), f"{count:,}", money(amount))
            for cause, (count, amount) in sorted(found.items())
        ]
        table.append((entity, currency, later, "", money(after)))
    yield from lay_out(("entity", "currency", "what", "items", "amount"), table, right_from=3)


def intake_lines(pointer: Pointer) -> Iterator[str]:
    """Tell what came in, what was set aside and what was refused."""
    records = sum(file.records_in for file in pointer.files)
    aside = sum(file.quarantined for file in pointer.files)
    yield (
        f"{counted(len(pointer.files), 'extract')}, {counted(records, 'record')}: "
        f"{records - aside:,} loaded, {aside:,} set aside"
    )
    if aside:
        yield (
            "  why: `encaisse export quarantine --out FILE` lists each with its reason, "
            "and so does the page Data health"
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
    age = counted(round(hours * 60), "minute") if hours < 2 else counted(round(hours), "hour")
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
    dso = "" if days is None else ("over " if is_lower_bound else "") + counted(round(days), "day")
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
