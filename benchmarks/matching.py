"""How many lines a second are matched, and how rightly?

The SELECTs of `ledger.matches` that a firm without lettering relies on, on one core, over every
item of the firm as if nothing were matched yet: first the credits that name one invoice of their
customer, by its document or in the words of their label; then, if asked for, the payments that one
set of invoices alone adds up to; then what is left, oldest first. Lines are the items that go in.
*Right* is the share of the debits and credits put together, sums included, that the accountant
lettered together.

*At worst* is the cost of one payment whose customer has twenty invoices open, the most that sums
are looked for in: a thousand such customers, whose invoices and payments have nothing to do with
each other. A sum that is found there is found by chance.
"""

from collections.abc import Callable
from typing import Any, Literal

import duckdb

from benchmarks.books import opened
from benchmarks.data import refreshed, rounds
from benchmarks.measuring import Work, in_fresh_process, in_turn
from benchmarks.writing import growths, number, table
from pipelines.settings import Matching, Settings
from pipelines.sql_tables import SqlTable, make_functions
from pipelines.staging import MATCHES, MATCHES_TABLE, match_steps, run_steps

TITLE = "Matching"
Methods = tuple[Literal["reference", "sum", "fifo"], ...]
METHODS: Methods = ("reference", "sum", "fifo")
STEPS_OF_A_METHOD = 3
PLAIN, WITH_SUMS = "reference, then oldest first", "reference, sums, then oldest first"
SUBJECTS: dict[str, Methods] = {PLAIN: ("reference", "fifo"), WITH_SUMS: METHODS}
CUSTOMERS_AT_WORST = 1_000

# Amounts that follow from the rows' own numbers: the same ones every time.
AT_WORST = """
create schema matching;
create table matching.unsettled as
select
    21 * customer + place as item_id, 'main' as entity_id, customer::varchar as customer_id,
    '411000' as account, case when place = 0 then 'payment' else 'invoice' end as kind,
    'EUR' as currency, date '2025-01-01' + place::int % 20 as booked_on,
    date '2025-01-01' as document_on, null::varchar as document_ref, null::varchar as label,
    date '2025-01-31' as known_on,
    (case when place = 0 then -6 else 1 end
        * (100000 + number_of(concat(customer, '|', place)) % 1000000) / 100)::decimal(18, 2)
        as amount
from range($customers) as customers (customer), range(21) as places (place);
update matching.unsettled set booked_on = date '2025-01-31' where kind = 'payment'
"""

Answer = Callable[[], dict[str, Any]]


def encaisse(folder: str, subject: str) -> Callable[[], Answer]:
    """Match every item of a firm."""
    con = opened(folder, {"ledger.matches"})
    methods = SUBJECTS[subject]
    steps = match_steps(Settings(matching=Matching(methods=methods)))
    con.execute(MATCHES_TABLE)

    def work() -> Answer:
        run_steps(con, steps[-STEPS_OF_A_METHOD * len(methods) :])

        def told() -> dict[str, Any]:
            [(items,)] = con.sql("select count(*) from ledger.items").fetchall()
            found = con.sql(
                "select found.method, count(*), count(lettered.item_id) "
                "from ledger.matches as found left join (select distinct debit_item_id as item_id, "
                "credit_item_id from books.ledger.matches where method = 'lettering') as lettered "
                "on lettered.item_id = found.debit_item_id "
                "and lettered.credit_item_id = found.credit_item_id group by all order by 1"
            )
            return {"items": items, "matched": {name: rest for name, *rest in found.fetchall()}}

        return told

    return work


def at_worst() -> Callable[[], Answer]:
    """Look for sums where there is most to look through."""
    con = duckdb.connect()
    make_functions(con)
    con.execute(AT_WORST.replace("$customers", str(CUSTOMERS_AT_WORST)))
    select = SqlTable.read(MATCHES / "members_sum.sql").select

    def work() -> Answer:
        found = con.sql(select).fetchall()
        return lambda: {"found": len({group for _, group, *_ in found})}

    return work


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Match the items of each firm."""
    rows: list[dict[str, Any]] = []
    for items in sizes:
        folder = str(refreshed(items))
        works = {name: Work("benchmarks.matching:encaisse", (folder, name)) for name in SUBJECTS}
        runs = in_turn(works, rounds(items))
        rows += [{"items": items, "subject": name, **vars(run)} for name, run in runs.items()]
    worst = in_fresh_process(Work("benchmarks.matching:at_worst", ()))
    for row in rows:
        row["worst_ms"] = 1000 * worst.cpu_seconds / CUSTOMERS_AT_WORST
        row["by_chance"] = worst.answer["found"]
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    head = ("methods", "items", "wall s", "CPU s", "peak MB", "lines per CPU s")
    lines = [
        (
            row["subject"],
            f"{row['items']:,}",
            number(row["wall_seconds"]),
            number(row["cpu_seconds"]),
            number(row["peak_mb"]),
            number(row["answer"]["items"] / row["cpu_seconds"]),
        )
        for row in rows
    ]
    found = [
        (f"{row['items']:,}", method, f"{count:,}", f"{right:,}", f"{100 * right / count:.1f} %")
        for row in rows
        if row["subject"] == WITH_SUMS
        for method in METHODS
        for count, right in [row["answer"]["matched"].get(method, (0, 0))]
        if count
    ]
    last = rows[-1]
    return f"""{(__doc__ or "").split(chr(10), 2)[2].strip()}

{table(head, lines)}

{table(("items", "method", "put together", "lettered together", "right"), found)}

At worst: {number(last["worst_ms"])} ms of CPU time for each payment; of {CUSTOMERS_AT_WORST:,},
{last["by_chance"]:,} were found by chance.

{growths(rows)}
"""


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return what was aimed at, at a million items."""
    found = {
        row["items"]: row["answer"]["items"] / row["cpu_seconds"]
        for row in rows
        if row["subject"] == PLAIN
    }
    worst = {"subset_sum": rows[-1]["worst_ms"]}
    return worst | ({"matching_rate": found[1_000_000]} if 1_000_000 in found else {})
