"""How fast is the aged balance of any past day, beside the ways in which others make one?

Ours is the macro that every reader calls, on the published snapshot, with names of customers and
number of items. The others have what they need in memory, in the form that suits them best: pandas
its frame, the two others their rows, without the SQL and the ORM that fetch them. Getting it ready
is not measured, so what is said of them is a lower bound. All run on one core, once warm. All agree
to the cent, for each customer, currency and bucket, by each one's own convention, which ours takes
too.

The algorithms of ERPNext's report and of OCA's aged partner balance are restated in our own words
from what they do; no code of theirs is here.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import others
from benchmarks.data import home, rounds
from benchmarks.measuring import Work, agree, growth, in_turn
from benchmarks.writing import Target, number, table, times
from published.snapshot import connect, current

TITLE = "The aged balance of a past day"
AS_OF = date(2024, 6, 30)  # the middle of the three years
OURS = "Encaisse"
SUBJECTS = {
    OURS: "encaisse",
    "pandas, amounts": "with_pandas",
    "pandas, amounts and number of items": "with_pandas_items",
    "OCA's algorithm": "like_oca",
    "ERPNext's algorithm": "like_erpnext",
}
ROW_BY_ROW = {"OCA's algorithm": "oca_aged", "ERPNext's algorithm": "erpnext"}
MOST_ROW_BY_ROW = 1_000_000  # beyond it their rows do not fit in memory
TARGETS = {"pandas, amounts": 3, "OCA's algorithm": 40, "ERPNext's algorithm": 400}

Answer = Callable[[], dict[str, Any]]


def encaisse(folder: str, convention: str = "encaisse") -> Callable[[], Answer]:
    """Ask the macro of the published snapshot."""
    con = connect(current(Path(folder)))
    question = "from receivables.aged_balances($day, _credits := $credits, _convention := $by)"
    credits = "apart" if convention == "encaisse" else "net"

    def work() -> Answer:
        values = {"day": AS_OF, "credits": credits, "by": convention}
        balances = con.sql(question, params=values).to_arrow_table()
        return lambda: _told(
            {
                (row["entity_id"], row["customer_id"], row["currency"], row["bucket"]): int(
                    row["amount"].scaleb(2)
                )
                for row in balances.to_pylist()
            }
        )

    work()
    return work


def with_pandas(folder: str) -> Callable[[], Answer]:
    """Add up the movements by customer and bucket."""
    frame, names = _frame(folder)

    def work() -> Answer:
        amounts = others.aged_with_pandas(frame, AS_OF)
        return lambda: _told(_by_name(amounts, names))

    work()
    return work


def with_pandas_items(folder: str) -> Callable[[], Answer]:
    """Add up the movements by item, then the items by customer and bucket, and count them."""
    frame, names = _frame(folder)

    def work() -> Answer:
        amounts = others.aged_items_with_pandas(frame, AS_OF)["cents"]
        return lambda: _told(_by_name(amounts, names))

    work()
    return work


def like_oca(folder: str) -> Callable[[], Answer]:
    """Go through what is open today or was settled later, line by line."""
    con = connect(current(Path(folder)))
    lines = _dicts(con, OPEN_OR_SETTLED_LATER)
    later = _dicts(con, SETTLED_LATER)

    def work() -> Answer:
        balances = others.like_oca(lines, later, AS_OF)
        return lambda: _told(_cents(balances))

    return work


def like_erpnext(folder: str) -> Callable[[], Answer]:
    """Go through the whole ledger up to the day, row by row."""
    con = connect(current(Path(folder)))
    entries = _dicts(con, LEDGER_ENTRIES)
    due_on = dict(con.sql("select item_id, due_on from ledger.items").fetchall())

    def work() -> Answer:
        balances = others.like_erpnext(entries, due_on, AS_OF)
        return lambda: _told(_cents(balances))

    return work


# What ERPNext fetches: one entry for each document, and one for each payment on it. What a payment
# has left stands for itself.
LEDGER_ENTRIES = """
with settling as (
    select debit_item_id, matched_on, min(credit_item_id) as credit_item_id
    from ledger.matches
    group by all
),

debits as (
    select
        coalesce(settling.credit_item_id, movements.item_id) as voucher,
        movements.item_id as against,
        movements.entity_id, movements.customer_id, movements.currency,
        movements.event_on as posted_on, sum(movements.amount) as amount
    from receivables.movements as movements
    left join settling
        on settling.debit_item_id = movements.item_id
        and settling.matched_on = movements.event_on
        and movements.source = 'matched'
    where movements.side = 'debit'
    group by all
),

credits as (
    select
        item_id as voucher, item_id as against, entity_id, customer_id, currency,
        event_on as posted_on, sum(amount) as amount
    from receivables.movements
    where side = 'credit'
    group by all
    having sum(amount) <> 0
)

select * replace (amount::double as amount)
from (from debits union all from credits)
where posted_on <= $day
order by posted_on
"""

# What OCA fetches: lines that are open now, those that a later settlement touches, and these.
SETTLED_LATER = """
select movements.item_id as line, movements.amount::double as amount
from receivables.movements as movements
join ledger.items as items on items.item_id = movements.item_id
where movements.event_on > $day and movements.source <> 'booked' and items.booked_on <= $day
"""
OPEN_OR_SETTLED_LATER = """
with moved as (
    select
        item_id,
        sum(amount) as residual,
        bool_or(event_on > $day and source <> 'booked') as is_settled_later
    from receivables.movements
    group by all
)

select
    item_id as line, entity_id, customer_id, currency,
    case when amount < 0 then coalesce(due_on, document_on) else due_on end as due_on,
    moved.residual::double as residual
from ledger.items
join moved using (item_id)
where booked_on <= $day and (moved.residual <> 0 or moved.is_settled_later)
"""
FRAME = """
with keys as (
    select *, row_number() over (order by entity_id, customer_id, currency) - 1 as key
    from (select distinct entity_id, customer_id, currency from receivables.movements)
)

select
    keys.key, dense_rank() over (order by item_id) as item, event_on, due_on,
    side = 'credit' as is_credit, (100 * amount)::bigint as cents
from receivables.movements
join keys using (entity_id, customer_id, currency)
order by item
"""
KEYS = """
select distinct entity_id, customer_id, currency from receivables.movements order by all
"""


def _frame(folder: str) -> tuple[Any, list[tuple[str, ...]]]:
    con = connect(current(Path(folder)))
    return con.sql(FRAME).df(), con.sql(KEYS).fetchall()  # whole cents: nothing is lost in .df()


def _dicts(con: duckdb.DuckDBPyConnection, question: str) -> list[dict[str, Any]]:
    return con.sql(question, params={"day": AS_OF}).to_arrow_table().to_pylist()


def _by_name(amounts: Any, names: list[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    return {(*names[key], bucket): cents for (key, bucket), cents in amounts.items()}


def _cents(balances: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], int]:
    return {key: round(100 * amount) for key, amount in balances.items()}


def _told(cents: Mapping[tuple[str, ...], int]) -> dict[str, Any]:
    """Return the total of each currency and bucket, and a digest of every single amount."""
    kept = sorted((key, amount) for key, amount in cents.items() if amount)
    totals: dict[str, int] = {}
    for (*_, currency, bucket), amount in kept:
        name = f"{currency} {bucket}"
        totals[name] = totals.get(name, 0) + int(amount)
    lines = "\n".join(f"{'|'.join(key)} {int(amount)}" for key, amount in kept)
    return {"totals": totals, "digest": hashlib.sha256(lines.encode()).hexdigest()}


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Ask everybody, on one core."""
    rows = []
    for items in sizes:
        folder = str(home(items))
        by_rows = {} if items > MOST_ROW_BY_ROW else ROW_BY_ROW
        medians = in_turn(
            {
                name: Work(f"benchmarks.aged:{function}", (folder,))
                for name, function in SUBJECTS.items()
                if name in by_rows or name not in ROW_BY_ROW
            },
            rounds(items),
        )
        agree({name: run.answer for name, run in medians.items() if name not in ROW_BY_ROW})
        for name, convention in by_rows.items():
            work = Work("benchmarks.aged:encaisse", (folder, convention))
            ours = in_turn({OURS: work}, 1)[OURS]
            agree({f"{OURS}, {convention}": ours.answer, name: medians[name].answer})
        for name, run in medians.items():
            rows.append({"items": items, "subject": name, **vars(run)})
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    sizes = sorted({row["items"] for row in rows})
    cpu = {(row["items"], row["subject"]): row["cpu_seconds"] for row in rows}
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

As of {AS_OF}, one core:

{
        table(
            ("who", "invoices", "wall s", "CPU s", "peak MB", "CPU, of ours"),
            [
                (
                    row["subject"],
                    f"{row['items']:,}",
                    number(row["wall_seconds"]),
                    number(row["cpu_seconds"]),
                    number(row["peak_mb"]),
                    times(row["cpu_seconds"] / cpu[row["items"], OURS]),
                )
                for row in rows
            ],
        )
    }

Growth exponent of our CPU time: {growth(sizes, [cpu[size, OURS] for size in sizes]):.2f}.
"""


def targets(rows: list[dict[str, Any]]) -> list[Target]:
    """Hold the largest size that all were measured at against what was aimed at."""
    largest = max(row["items"] for row in rows if row["subject"] in ROW_BY_ROW)
    cpu = {row["subject"]: row["cpu_seconds"] for row in rows if row["items"] == largest}
    return [
        Target.at_least(
            f"aged balance: {name}, in our CPU time, {largest:,} invoices",
            aim,
            cpu[name] / cpu[OURS],
            "x",
        )
        for name, aim in TARGETS.items()
    ]
