"""How fast is the aged balance of any past day, beside the ways in which others make one?

Everybody answers the same question, what each customer owes by currency and bucket, and all agree
to the cent, by each one's own convention, which ours takes too. All run on one core, once warm.

*Ours* is the macro that every reader calls, on the published snapshot: it reads the stored rows,
joins the names of the customers, and counts the items. `the movements alone` is the same question
asked of `receivables.movements` by a SELECT, for amounts without names or counts: what the rivals
without names do.

*Rows in memory*: the rival has what it needs, in the form that suits it best, before the clock
begins: pandas and Polars their frame with a number for each item and customer, the two others their
rows as dictionaries. So what is said of them is a lower bound, and ours reads while they do not.
*From Parquet* they read that form from a file within the clock, as ours does from its snapshot; a
database and an ORM take longer.

The algorithms of ERPNext's report and of OCA's aged partner balance are restated in our own words
from what they do for each row; no code of theirs is here. ERPNext's goes through every entry up to
the day, OCA's through what is open now or was settled after it. The day is half a year before the
end of three years, as in the prototypes whose figures became the targets.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import duckdb
import polars as pl

from benchmarks.data import published, refreshed, rounds
from benchmarks.measuring import Work, agree, in_turn
from benchmarks.others import erpnext, frames, oca
from benchmarks.profiling import profile
from benchmarks.stored import Stored, ready_or_read
from benchmarks.writing import compared, growths, where

TITLE = "The aged balance of a past day"
AS_OF = date(2025, 6, 30)
OURS = "Encaisse"
ALONE = "Encaisse, the movements alone"
SUBJECTS = {
    OURS: ("encaisse",),
    ALONE: ("movements",),
    "pandas, amounts, rows in memory": ("with_pandas", "ready"),
    "pandas, amounts, from Parquet": ("with_pandas", "read"),
    "pandas, amounts and number of items, rows in memory": ("with_pandas_items", "ready"),
    "Polars, amounts and number of items, rows in memory": ("with_polars", "ready"),
    "Polars, amounts and number of items, from Parquet": ("with_polars", "read"),
}
ROW_BY_ROW = {
    "OCA's algorithm, rows in memory": ("like_oca", "ready"),
    "OCA's algorithm, from Parquet": ("like_oca", "read"),
    "ERPNext's algorithm, rows in memory": ("like_erpnext", "ready"),
    "ERPNext's algorithm, from Parquet": ("like_erpnext", "read"),
}
CONVENTIONS = {"like_oca": "oca_aged", "like_erpnext": "erpnext"}
MOST_ROW_BY_ROW = 1_000_000  # beyond it their rows do not fit in memory
ONCE_FROM = 1_000_000
AIMS = {
    "aged_pandas": "pandas, amounts, rows in memory",
    "aged_oca": "OCA's algorithm, rows in memory",
    "aged_erpnext": "ERPNext's algorithm, rows in memory",
}
QUESTION = "from receivables.aged_balances($day, _credits := $credits, _convention := $by)"

Answer = Callable[[], dict[str, Any]]


def encaisse(folder: str, convention: str = "encaisse") -> Callable[[], Answer]:
    """Ask the macro of the published snapshot."""
    return _asked(published(folder), QUESTION, **_asking(convention))


def movements(folder: str) -> Callable[[], Answer]:
    """Ask the published movements, without the macro."""
    return _asked(published(folder), MOVEMENTS, day=AS_OF)


def _asking(convention: str) -> dict[str, Any]:
    credits = "apart" if convention == "encaisse" else "net"
    return {"day": AS_OF, "credits": credits, "by": convention}


def _asked(con: duckdb.DuckDBPyConnection, question: str, **values: Any) -> Callable[[], Answer]:
    def work() -> Answer:
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


def with_pandas(folder: str, how: str = "ready") -> Callable[[], Answer]:
    """Add up the movements by customer and bucket."""
    con = published(folder)
    names = _names(con)
    rows = ready_or_read(Stored(con, FRAME).frame, how)

    def work() -> Answer:
        amounts = frames.with_pandas(rows(), AS_OF)
        return lambda: _told(_by_name(amounts.items(), names))

    work()
    return work


def with_pandas_items(folder: str, how: str = "ready") -> Callable[[], Answer]:
    """Add up the movements by item, then the items by customer and bucket, and count them."""
    con = published(folder)
    names = _names(con)
    rows = ready_or_read(Stored(con, FRAME).frame, how)

    def work() -> Answer:
        amounts = frames.items_with_pandas(rows(), AS_OF)["cents"]
        return lambda: _told(_by_name(amounts.items(), names))

    work()
    return work


def with_polars(folder: str, how: str = "ready") -> Callable[[], Answer]:
    """Do the same with Polars."""
    con = published(folder)
    names = _names(con)
    stored = Stored(con, FRAME)
    lazy = pl.scan_parquet(stored.path) if how == "read" else pl.read_parquet(stored.path).lazy()

    def work() -> Answer:
        found = frames.items_with_polars(lazy, AS_OF)
        rows = (((row["series"], row["bucket"]), row["cents"]) for row in found.to_dicts())
        return lambda: _told(_by_name(rows, names)) if stored else {}

    work()
    return work


def like_oca(folder: str, how: str = "ready") -> Callable[[], Answer]:
    """Go through what is open today or was settled later, line by line."""
    con = published(folder)
    stored = [Stored(con, each, day=AS_OF) for each in (OPEN_LINES, SETTLED_LATER, LINES_SETTLED)]
    rows = ready_or_read(lambda: [each.dicts() for each in stored], how)

    def work() -> Answer:
        open_lines, later, settled = rows()
        lines = {line["id"]: line for line in settled}
        balances = oca.aged_balance(open_lines, later, lines, AS_OF)
        return lambda: _told(_cents(balances))

    return work


def like_erpnext(folder: str, how: str = "ready") -> Callable[[], Answer]:
    """Go through the whole ledger up to the day, row by row."""
    con = published(folder)
    stored = [Stored(con, each, day=AS_OF) for each in (ENTRIES, INVOICES, PARTIES)]
    rows = ready_or_read(lambda: [list(map(erpnext.Record, each.dicts())) for each in stored], how)

    def work() -> Answer:
        entries, invoices, parties = rows()
        balances = erpnext.receivables(
            entries,
            {each.pop("voucher"): each for each in map(dict, invoices)},
            {each.pop("party"): each for each in map(dict, parties)},
            AS_OF,
        )
        return lambda: _told(_cents(balances))

    return work


MOVEMENTS = """
with balances as (
    select
        series,
        case
            when side = 'credit' then 'unapplied'
            when due_on is null then 'no_due_date'
            when due_on >= $day then 'not_due'
            when due_on >= $day - 30 then '1-30'
            when due_on >= $day - 60 then '31-60'
            when due_on >= $day - 90 then '61-90'
            when due_on >= $day - 120 then '91-120'
            else 'over_120'
        end as bucket,
        cast(sum(amount) as decimal(18, 2)) as amount
    from receivables.movements
    where event_on <= $day and open_until > $day
    group by all
)

select entity_id, customer_id, currency, bucket, amount
from balances
join receivables.series using (series)
"""

FRAME = """
select
    series, dense_rank() over (order by item_id) as item, event_on, due_on,
    side = 'credit' as is_credit, cast(100 * amount as bigint) as cents
from receivables.movements
order by item
"""
SERIES = "select series, entity_id, customer_id, currency from receivables.series"

# What ERPNext reads: one entry for each document, and one for each payment on it. What a payment
# has left stands for itself.
ENTRIES = """
with settling as (
    select debit_item_id, matched_on, min(credit_item_id) as credit_item_id
    from ledger.matches
    group by all
),

debits as (
    select
        coalesce(settling.credit_item_id, movements.item_id) as voucher,
        case when settling.credit_item_id is null then 'invoice' else 'payment' end as voucher_type,
        movements.item_id as against,
        concat_ws('|', movements.entity_id, movements.customer_id, movements.currency) as party,
        movements.account, movements.currency,
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
        item_id as voucher, 'payment' as voucher_type, item_id as against,
        concat_ws('|', entity_id, customer_id, currency) as party, account, currency,
        event_on as posted_on, sum(amount) as amount
    from receivables.movements
    where side = 'credit'
    group by all
    having sum(amount) <> 0
)

select
    voucher_type, voucher, case when voucher_type = 'payment' and voucher = against then 'payment'
    else 'invoice' end as against_type, against, party, account, currency, posted_on,
    amount::double as amount, amount::double as account_amount
from (from debits union all from credits)
where posted_on <= $day
order by posted_on, party
"""
INVOICES = (
    "select item_id as voucher, due_on, document_ref from ledger.items where booked_on <= $day"
)
PARTIES = """
select distinct
    concat_ws('|', items.entity_id, items.customer_id, items.currency) as party,
    customers.name as customer_name, customers.segment as customer_group,
    customers.country as territory
from ledger.items as items
left join ledger.customers as customers using (entity_id, customer_id)
"""

# What OCA reads. A payment that came back opens its invoices again, where the other product keeps
# it apart: what touches those is told side by side, so that the balances are of the same items.
SETTLED_LATER = """
with touched as (
    select reopened_item_id as item_id from ledger.reopenings
    union
    select returned_item_id from ledger.reopenings
)

select
    case when debit_item_id in (from touched) then 0 else debit_item_id end as debit,
    credit_item_id as credit, amount::double as amount
from ledger.matches
where matched_on > $day
union all
select item_id, 0, -amount::double
from receivables.movements
where event_on > $day and source <> 'booked' and item_id in (from touched)
"""
LINES = """
select
    items.item_id as id, items.booked_on as date, items.account, items.label as name,
    items.document_ref as ref,
    concat_ws('|', items.entity_id, items.customer_id, items.currency) as partner,
    case
        when items.amount < 0 then coalesce(items.due_on, items.document_on) else items.due_on
    end as due_on,
    moved.residual::double as residual
from (
    select
        item_id, sum(amount) as residual,
        bool_or(event_on > $day and source <> 'booked') as is_settled_later
    from receivables.movements
    group by all
) as moved
join ledger.items as items using (item_id)
"""
OPEN_LINES = f"{LINES} where moved.residual <> 0"
LINES_SETTLED = f"{LINES} where moved.is_settled_later"


def _names(con: duckdb.DuckDBPyConnection) -> dict[int, tuple[str, ...]]:
    return {series: tuple(names) for series, *names in con.sql(SERIES).fetchall()}


def _by_name(amounts: Any, names: dict[int, tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    return {(*names[series], bucket): cents for (series, bucket), cents in amounts}


def _cents(balances: Mapping[tuple[str, str], float]) -> dict[tuple[str, ...], int]:
    return {
        (*party.split("|"), bucket): round(100 * amount)
        for (party, bucket), amount in balances.items()
    }


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
    """Ask everybody, on one core; what takes seconds, once at the largest size."""
    rows = []
    for items in sizes:
        folder = str(refreshed(items))
        by_rows = ROW_BY_ROW if items <= MOST_ROW_BY_ROW else {}
        works = {
            name: Work(f"benchmarks.aged:{function}", (folder, *how))
            for name, (function, *how) in (SUBJECTS | by_rows).items()
        }
        medians = in_turn(works, rounds(items), once=list(by_rows) if items >= ONCE_FROM else ())
        agree({name: run.answer for name, run in medians.items() if name not in by_rows})
        for function, convention in CONVENTIONS.items() if by_rows else ():
            work = Work("benchmarks.aged:encaisse", (folder, convention))
            ours = in_turn({OURS: work}, 1)[OURS].answer
            theirs = {n: medians[n].answer for n, (each, _) in by_rows.items() if each == function}
            agree({f"{OURS}, {convention}": ours, **theirs})
        rows += [{"items": items, "subject": name, **vars(run)} for name, run in medians.items()]
    seconds = profile(published(str(refreshed(sizes[-1]))), QUESTION, **_asking("encaisse"))
    rows[0]["profile"] = {"items": sizes[-1], "seconds": seconds}
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    told = rows[0]["profile"]
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

As of {AS_OF}, one core. At {ONCE_FROM:,} items and more the row by row ones ran once:

{compared(rows, OURS)}

{growths(rows)}

{where(told["seconds"], told["items"], "by operator, on all cores")}
"""


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return what was aimed at, in our CPU time."""
    cpu = {row["subject"]: row["cpu_seconds"] for row in rows if row["items"] == 1_000_000}
    found = {key: cpu[name] / cpu[OURS] for key, name in AIMS.items() if name in cpu}
    oca = AIMS["aged_oca"]
    return found | ({"aged_oca_alone": cpu[oca] / cpu[ALONE]} if oca in cpu else {})
