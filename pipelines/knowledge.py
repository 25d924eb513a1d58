"""From the books of one edition to those of the next: what is known from which day, and until when.

An edition is what a set of extracts says. Where a newer extract says otherwise, what it takes back
is retracted on the day of that extract, and what it puts in its place is known from that day. What
it only adds is known from the day it states, unless an older extract should have shown it by then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

MONEY = pa.decimal128(18, 2)

TOLD = pa.schema(
    [
        ("item_id", pa.int64()),
        ("entity_id", pa.string()),
        ("customer_id", pa.string()),
        ("account", pa.string()),
        ("currency", pa.string()),
        ("kind", pa.string()),
        ("side", pa.string()),
        ("event_on", pa.date32()),
        ("booked_on", pa.date32()),
        ("document_on", pa.date32()),
        ("due_on", pa.date32()),
        ("amount", MONEY),
        ("known_on", pa.date32()),
        ("source", pa.string()),
        # What shows the item to a person, as the edition told it.
        ("due_basis", pa.string()),
        ("document_ref", pa.string()),
        ("item_amount", MONEY),
        ("journal_code", pa.string()),
        ("entry_number", pa.string()),
        ("label", pa.string()),
        ("source_sha256", pa.string()),
        ("source_line", pa.int64()),
    ]
)
"""What an edition tells: the changes of its items, and the items."""

RETRACTED = TOLD.append(pa.field("retracted_on", pa.date32())).append(
    pa.field("retracted_by_sha256", pa.string())
)

COLUMNS = ", ".join(TOLD.names)

# A change of an item, whatever its amount and whenever it was known. `version` stands for all that
# a question may group the item by.
KEY = "item_id, event_on, source, version"
VERSION = "hash(customer_id, account, currency, kind, side, booked_on, document_on, due_on)"

BUCKET = "item_id & 1048575"
"""Items that are looked at together: about one in a million."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """What an extract covers: it should show what was booked in that time, of that kind."""

    kind: str | None  # null: every kind
    first_on: date
    last_on: date
    extracted_on: date


@dataclass(frozen=True)
class Step:
    """From one edition to the next.

    Attributes:
        on: The day of the extract that said otherwise.
        by: Its SHA-256.
        shown: What the extracts before it cover.
    """

    on: date
    by: str
    shown: Sequence[Shown]


@dataclass
class _Change:
    """A key of which the two editions tell different amounts."""

    rows: list[Row]  # live ones
    told: list[Row]  # of the newer edition

    @property
    def any(self) -> Row:
        return (self.rows or self.told)[0]

    @property
    def before(self) -> Decimal:
        return sum((row["amount"] for row in self.rows), Decimal(0))

    @property
    def after(self) -> Decimal:
        return sum((row["amount"] for row in self.told), Decimal(0))

    @property
    def is_taken_back(self) -> bool:
        """Whether the newer edition tells less of it, or nothing."""
        return bool(self.rows) and (
            not self.told or self.before * self.after < 0 or abs(self.after) < abs(self.before)
        )


def begin(bench: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a bench: `live`, what is known; `retracted`, what was."""
    for table, schema in (("live", TOLD), ("retracted", RETRACTED)):
        bench.register("arriving", schema.empty_table())
        bench.execute(f"create or replace table {table} as from arriving")
        bench.unregister("arriving")


def sums_of(rows: str) -> str:
    """Return the SELECT of what changes of items add up to, bucket by bucket.

    Each change weighs as much as the hash of its key, so that two sets of changes whose sums are
    equal say the same amount of every key: `changes` whatever the day on which each was known,
    `days` with it. That two which differ have equal sums by chance is as likely as 1 in 2^48.

    Args:
        rows: A SELECT of changes.
    """
    changes = f"hash({KEY.replace('version', VERSION)})"
    days = "hash(item_id, event_on, source, known_on)"
    cents = "cast(100 * cast(amount as decimal(28, 2)) as hugeint)"
    return (
        f"select {BUCKET} as bucket, "  # noqa: S608  (ours)
        f"sum(cast({changes} >> 16 as hugeint) * {cents}) as changes, "
        f"sum(cast({days} >> 16 as hugeint) * {cents}) as days "
        f"from ({rows}) group by 1"
    )


def advance(bench: duckdb.DuckDBPyConnection, step: Step) -> None:
    """Bring `live` and `retracted` from one edition to the next, and name what `changed`.

    Args:
        bench: The connection with both tables, and `told`: what the newer edition tells.
        step: What brought it.
    """
    bench.execute(
        f"""
        create or replace temp table changed as
        select {KEY}
        from (
            select *, {VERSION} as version, true as is_live from live
            union all by name
            select *, {VERSION} as version, false as is_live from told
        )
        group by {KEY}
        having sum(case when is_live then amount else -amount end) <> 0
            or count(distinct is_live) = 1
        """  # noqa: S608  (names of our own)
    )
    retracted: list[Row] = []
    added: list[Row] = []
    gone: list[Row] = []
    for group in _groups(_changes(bench)):
        gone += [change.any for change in group if change.is_taken_back]
        took_back, brought = _balanced(_retracted(group, step), _added(group, step))
        retracted += took_back
        added += brought
    _insert(bench, "retracted", retracted, RETRACTED)
    _delete(bench, gone)
    _insert(bench, "live", added, TOLD)


def _retracted(group: Sequence[_Change], step: Step) -> list[Row]:
    """Return what the newer edition takes back of a group, with the day and the extract."""
    return [
        {**row, "retracted_on": step.on, "retracted_by_sha256": step.by}
        for change in group
        if change.is_taken_back
        for row in change.rows
        if row["known_on"] < step.on
    ]


def _added(group: Sequence[_Change], step: Step) -> list[Row]:
    """Return what the newer edition tells of a group that was not known, from when it is known."""
    is_dirty = any(change.is_taken_back for change in group)
    late = {id(change) for change in group if _should_have_been_shown(change, step)}
    # What is booked anew has its own day, whatever becomes of older matches with it.
    rebooked = {
        id(change)
        for booked in _groups([each for each in group if each.any["source"] == "booked"])
        if any(change.is_taken_back for change in booked)
        for change in booked
    }
    matched = {each.any["item_id"] for each in group if each.any["source"] == "matched"}
    added = []
    for change in group:
        # Rows of a key that cancel out are all new, or were all there.
        cancels = not change.after and not change.rows
        if cancels and change.any["item_id"] not in matched:
            continue  # what lay between its matches was over before: they are told as they were
        if change.any["source"] == "booked":
            waits = id(change) in rebooked or id(change) in late
        else:
            waits = is_dirty or bool(late)
        kept = Decimal(0) if change.is_taken_back else change.before
        for row in change.told if cancels else _newest(change.told, change.after - kept):
            known_on = max(row["known_on"], step.on) if waits else row["known_on"]
            added.append({**row, "known_on": known_on})
    return added


def _balanced(retracted: list[Row], added: list[Row]) -> tuple[list[Row], list[Row]]:
    """Have what settles each other change on one day, where it does not balance day by day.

    What is matched adds up to nothing on every day of knowledge. A payment that turns up before
    another takes over what that one had settled, whose own matches go elsewhere: each part by
    itself is dated by its match, but what changes of an item is the difference of two.
    """
    sums: dict[date, Decimal] = {}
    for rows, day, sign in ((retracted, "retracted_on", -1), (added, "known_on", 1)):
        for row in rows:
            if row["source"] == "matched":
                sums[row[day]] = sums.get(row[day], Decimal(0)) + sign * row["amount"]
    if not any(sums.values()):
        return retracted, added
    last = max(sums)
    return (
        [_on(row, "retracted_on", last) for row in retracted],
        [_on(row, "known_on", last) for row in added],
    )


def _on(row: Row, day: str, last: date) -> Row:
    return {**row, day: last} if row["source"] == "matched" else row


def _changes(bench: duckdb.DuckDBPyConnection) -> list[_Change]:
    found: dict[tuple[Any, ...], _Change] = {}
    for table, is_live in (("live", True), ("told", False)):
        rows = bench.sql(
            f"select rows_in.* from (select *, {VERSION} as version from {table}) as rows_in "  # noqa: S608
            f"join changed using ({KEY}) order by {KEY}, known_on, amount"
        ).to_arrow_table()
        for row in rows.to_pylist():
            key = (row["item_id"], row["event_on"], row["source"], row.pop("version"))
            change = found.setdefault(key, _Change([], []))
            (change.rows if is_live else change.told).append(row)
    return list(found.values())


def _newest(told: Sequence[Row], amount: Decimal) -> Iterator[Row]:
    """Yield parts of the rows that add up to `amount`, those known last first."""
    left = amount
    for row in sorted(told, key=lambda row: row["known_on"], reverse=True):
        if not left:
            return
        part = row["amount"] if abs(row["amount"]) <= abs(left) else left
        yield {**row, "amount": part}
        left -= part


def _groups(changes: Sequence[_Change]) -> list[list[_Change]]:
    """Put changes together that belong together, so that they are known on one day.

    Those of one item; of one document and one entry of the books; and what settles each other,
    which is of one customer and one day.
    """
    parents: dict[Any, Any] = {}

    def top(node: Any) -> Any:
        while parents.setdefault(node, node) != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    for change in changes:
        first, *others = _names(change.any)
        for other in others:
            parents[top(other)] = top(first)
    groups: dict[Any, list[_Change]] = {}
    for change in changes:
        groups.setdefault(top(next(_names(change.any))), []).append(change)
    return list(groups.values())


def _names(row: Row) -> Iterator[tuple[Any, ...]]:
    yield ("item", row["item_id"])
    if row["source"] != "booked":
        yield ("settled", row["customer_id"], row["currency"], row["event_on"])
        return
    if row["document_ref"] is not None:
        yield ("document", row["document_ref"])
    if row["entry_number"] is not None:
        yield ("entry", row["journal_code"], row["entry_number"], row["booked_on"])


def _should_have_been_shown(change: _Change, step: Step) -> bool:
    """Say whether an older extract covers the item, and was taken once this was known, it says."""
    if not change.told or change.is_taken_back:
        return False
    known_on = max(row["known_on"] for row in change.told)
    item = change.told[0]
    return any(
        shown.kind in (None, item["kind"])
        and shown.first_on <= item["booked_on"] <= shown.last_on
        and known_on <= shown.extracted_on
        for shown in step.shown
    )


def _insert(
    bench: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row], schema: pa.Schema
) -> None:
    bench.register("arriving", pa.Table.from_pylist(list(rows), schema))
    bench.execute(f"insert into {table} from arriving")
    bench.unregister("arriving")


def _delete(bench: duckdb.DuckDBPyConnection, keys: Iterable[Row]) -> None:
    bench.register("arriving", pa.Table.from_pylist(list(keys), TOLD))
    bench.execute(
        f"delete from live where ({KEY.replace('version', VERSION)}) in "  # noqa: S608
        f"(select ({KEY.replace('version', VERSION)}) from arriving)"
    )
    bench.unregister("arriving")
