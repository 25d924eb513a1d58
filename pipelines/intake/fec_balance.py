"""Hold the entries of a FEC against each other: debit equals credit, in every entry.

An entry is a number within a journal. What is loaded always balances: where one line of an entry
cannot be read, the whole entry is set aside with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from pipelines.intake.fec_header import Layout
from pipelines.intake.fec_load import Bad, Loaded
from pipelines.intake.fec_reasons import reason_for
from pipelines.intake.reading import Quarantined

Key = tuple[str, str]
"""Journal and number of an entry."""

_NAMED = 3  # entries, or lines, that a reason spells out
_MOST = 200_001  # entries that do not balance; of so many, some are always unexplained
_SHOWN = 500  # characters of a value that the quarantine keeps
_KEYS = pa.schema([("journal_code", pa.string()), ("entry_number", pa.string())])


class Entry(NamedTuple):
    """An entry that does not balance."""

    journal_code: str
    entry_number: str
    debit: Decimal
    credit: Decimal
    first_line: int
    last_line: int

    @property
    def key(self) -> Key:
        """Return what names it."""
        return self.journal_code, self.entry_number

    def __str__(self) -> str:
        """Name it so that a person finds it."""
        return (
            f"entry {self.entry_number} of journal {self.journal_code} "
            f"({_span(self.first_line, self.last_line)}), "
            f"debit {self.debit:,}, credit {self.credit:,}"
        )


@dataclass(frozen=True)
class Verdict:
    """Either entries that condemn the file, or the lines to set aside with those that are bad."""

    unbalanced: list[Entry]
    aside: list[Quarantined]


def judge(con: duckdb.DuckDBPyConnection, landed: Path, loaded: Loaded, layout: Layout) -> Verdict:
    """Say which lines are set aside, so that every entry that is left balances.

    A line that cannot be read takes the other lines of its entry with it. Where it does not say
    its entry, an entry that does not balance is taken to be the one that lacks it; there can be no
    more such entries than such lines, else they do not balance for another reason.

    Args:
        con: A database to work in.
        landed: The lines that could be read.
        loaded: What came of all lines.
        layout: What the file calls its columns.
    """
    if not loaded.bad and loaded.runs.balance:
        return Verdict([], [])
    told: dict[Key, Bad] = {}
    for bad in loaded.bad:
        if (key := _entry_of(bad)) is not None:
            told.setdefault(key, bad)
    unbalanced = _unbalanced(con, landed)
    lacking = {entry.key for entry in unbalanced}
    lost = [
        bad
        for bad in loaded.bad
        if (key := _entry_of(bad)) is None or (bad.column == "*" and key not in lacking)
    ]
    unexplained = [entry for entry in unbalanced if entry.key not in told]
    if len(unexplained) > len(lost):
        return Verdict(unexplained, [])
    return Verdict(
        [], _set_aside(con, landed, _Causes(loaded.bad, told, lost, unexplained), layout)
    )


def _entry_of(bad: Bad) -> Key | None:
    """Return the entry that a line says it belongs to, if it says one."""
    if bad.journal_code is None or bad.entry_number is None:
        return None
    return bad.journal_code, bad.entry_number


def explain(entries: list[Entry], loaded: Loaded, *, is_closed: bool) -> str:
    """Say that a file does not balance, by how much and where."""
    totals = f"debit {loaded.debit:,}, credit {loaded.credit:,}"
    what = (
        f"The file does not balance: {totals}"
        if loaded.debit != loaded.credit
        else f"The file balances as a whole ({totals}), but not entry by entry"
    )
    where = "; ".join(str(entry) for entry in entries[:_NAMED])
    more = f"; and at least {len(entries) - _NAMED:,} more" if len(entries) > _NAMED else ""
    cut = ""
    if len(entries) == 1 and entries[0].last_line == loaded.last_line:
        end = "" if is_closed else ", which has no line end"
        cut = f" It is the last entry of the file{end}: the file may have been cut."
    return f"{what}. Look at {where}{more}.{cut} Export the file again, whole."


class _Causes(NamedTuple):
    """Why lines that could be read are set aside."""

    bad: list[Bad]
    told: dict[Key, Bad]  # of an entry, the first line that cannot be read
    lost: list[Bad]  # lines that do not say, or not surely, which entry they belong to
    unbalanced: list[Entry]  # entries that lack one of those


def _unbalanced(con: duckdb.DuckDBPyConnection, landed: Path) -> list[Entry]:
    """Return the entries that do not balance, in the order of the file, up to `_MOST` of them."""
    rows = con.sql(
        """
        select
            journal_code, entry_number, sum(debit), sum(credit), min(source_line), max(source_line)
        from read_parquet($landed)
        group by journal_code, entry_number
        having sum(debit) <> sum(credit)
        order by min(source_line)
        limit $most
        """,
        params={"landed": str(landed), "most": _MOST},
    ).fetchall()
    return [Entry(*row) for row in rows]


def _set_aside(
    con: duckdb.DuckDBPyConnection, landed: Path, causes: _Causes, layout: Layout
) -> list[Quarantined]:
    """Return the quarantine: entry by entry, and in each the lines that cannot be read first."""
    first_line = {key: bad.source_line for key, bad in causes.told.items()}
    first_line |= {entry.key: entry.first_line for entry in causes.unbalanced}
    rows = []
    for bad in causes.bad:
        key = _entry_of(bad)
        place = bad.source_line if key is None else first_line[key]
        rows.append((place, False, quarantined(bad, layout)))
    for line, key in lines_of(con, landed, first_line):
        reason = _of_companion(key, causes, layout)
        rows.append((first_line[key], True, Quarantined(line, None, None, reason)))
    rows.sort(key=lambda row: (row[0], row[1], row[2].source_line))
    return [row for _, _, row in rows]


def lines_of(
    con: duckdb.DuckDBPyConnection, landed: Path, entries: Iterable[Key]
) -> list[tuple[int, Key]]:
    """Return the landed lines of some entries, in no order."""
    keys = [{"journal_code": journal, "entry_number": number} for journal, number in entries]
    con.register("wanted", pa.Table.from_pylist(keys, schema=_KEYS))
    rows = con.sql(
        """
        select source_line, journal_code, entry_number
        from read_parquet($landed)
        semi join wanted using (journal_code, entry_number)
        """,
        params={"landed": str(landed)},
    ).fetchall()
    return [(line, (journal, number)) for line, journal, number in rows]


def quarantined(bad: Bad, layout: Layout) -> Quarantined:
    """Return how a line that cannot be read is shown to people."""
    reason = reason_for(bad.column, bad.value, layout)
    if bad.column == "*":
        return Quarantined(bad.source_line, None, bad.value[:-1][:_SHOWN], reason)
    return Quarantined(bad.source_line, layout.called(bad.column), bad.value[:_SHOWN], reason)


def _of_companion(key: Key, causes: _Causes, layout: Layout) -> str:
    """Say why a line that could be read is set aside."""
    journal, number = key
    bad = causes.told.get(key)
    if bad is not None:
        what = "number of fields" if bad.column == "*" else layout.called(bad.column)
        return (
            f"Line {bad.source_line} of the same entry ({journal} {number}) cannot be read, "
            f"for its {what}. The whole entry is set aside, so that what is loaded balances."
        )
    some = ", ".join(str(bad.source_line) for bad in causes.lost[:_NAMED])
    return (
        f"The entry {journal} {number} does not balance. It may lack a line that cannot be read "
        f"and does not say its entry (line {some}), so the whole entry is set aside."
    )


def _span(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"
