"""Read a table of any container into landing rows: items and allocations, or customers."""

import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.errors import EncaisseError
from pipelines.intake.kinds import plain
from pipelines.intake.parsing import SQL, Parser
from pipelines.intake.plans import Manner, Plan, Stated, manner_of, plan_for
from pipelines.intake.presets import NAMED, PRESETS
from pipelines.intake.reading import LANDING, QUARANTINE, Progress, Quarantined, Reading, refuse
from pipelines.intake.sheets import ParquetSource, SheetSource
from pipelines.intake.signs import SIGN, WRITTEN
from pipelines.intake.sources import Chunk, Source, TextSource
from pipelines.intake.words import KIND_OF
from pipelines.settings import TableMapping

PARSED = "parsed.parquet"
SHOWN_HEADERS = 12
GRAIN = {
    "items": "source_line, item_key",
    "allocations": "source_line, credit_key",
    "customers": "source_line",
}


class Found(NamedTuple):
    """A table whose header was found: where its records come from, and how to read them."""

    source: Source
    plan: Plan


def read_table(path: Path, sort: str, out: Path, *, stated: Stated, progress: Progress) -> Reading:
    """Read a table by the mapping that is stated for it, else by the preset that knows its header.

    Args:
        path: The file.
        sort: text, zip (a workbook) or parquet.
        out: Where `items`, `allocations` or `customers`, and `quarantine` are written.
        stated: What the settings say of this file.
        progress: Called with the share that is read.

    Returns:
        A reading in the file's records: one record may give several items. Refused where no header
        is known, where the dates show that their format is another, or where no record counts.

    Raises:
        EncaisseError: The file or the mapping cannot be used; the reason of a refusal.
    """
    mapping = stated.mapping
    source = open_source(path, sort, mapping.encoding if mapping else None)
    plan = find_plan(source, mapping)
    if plan is None:
        return replace(refuse(out, "unknown", not_known(source)), facts=source.facts)
    work = out / "work"
    work.mkdir()
    reader = _Reader(Found(source, plan), stated, out, work)
    try:
        return reader.read(progress)
    finally:
        reader.parser.close()
        shutil.rmtree(work)


def open_source(path: Path, sort: str, encoding: str | None) -> Source:
    """Open a file of a sort that tables come in.

    Raises:
        EncaisseError: It is dangerous or damaged.
    """
    if sort == "zip":
        return SheetSource(path)
    return ParquetSource(path) if sort == "parquet" else TextSource(path, encoding)


def find_plan(source: Source, mapping: TableMapping | None) -> Plan | None:
    """Plan how to read a table, by its mapping or by the first preset that knows its header.

    Returns:
        None where no mapping is stated and no preset knows the header.

    Raises:
        EncaisseError: A mapping is stated, and the table is not as it says.
    """
    beginnings = list(source.beginnings(mapping.delimiter if mapping else None))
    if mapping is None:
        plans = (plan_for(preset, beginnings) for preset in PRESETS)
        return next((plan for plan in plans if plan), None)
    preset = NAMED.get(mapping.preset or "")
    if mapping.preset and preset is None:
        raise EncaisseError(
            f"There is no preset {mapping.preset}.",
            where="encaisse.toml, tables, preset",
            fix=f"use one of {', '.join(NAMED)}",
        )
    manner = manner_of(mapping, preset)
    plan = plan_for(manner, beginnings)
    if plan is None:
        seen = {plain(name) for each in beginnings for _, row in each.rows for name in row}
        absent = [
            mapping.columns.get(name, name)
            for name in manner.needs
            if seen.isdisjoint(manner.columns[name])
        ]
        raise EncaisseError(
            f"The table has no header with {_quoted(absent) or 'all columns of its mapping'}.",
            where="encaisse.toml, tables, columns",
            fix=f"correct the mapping: {headers_of(source)}",
        )
    return plan


def not_known(source: Source) -> str:
    """Say that nobody told how to read this table, and what to do about it."""
    return (
        f"No mapping and no preset is for this table: {headers_of(source)}. "
        "Run `encaisse intake propose FILE` to make a mapping."
    )


def headers_of(source: Source) -> str:
    """Say what the first line with several cells is, which should be the header."""
    rows = [row for each in source.beginnings(None) for _, row in each.rows[:10]]
    widest = max(rows, key=lambda row: sum(bool(cell.strip()) for cell in row), default=())
    names = [cell.strip()[:40] for cell in widest if cell.strip()]
    more = f" and {len(names) - SHOWN_HEADERS} more" if len(names) > SHOWN_HEADERS else ""
    return f"its headers seem to be {_quoted(names[:SHOWN_HEADERS])}{more}"


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


class _Reader:
    """Reads one table: parses it chunk by chunk to `work`, then judges it as a whole."""

    def __init__(self, found: Found, stated: Stated, out: Path, work: Path) -> None:
        self.source, self.plan = found
        self.out, self.work = out, work
        self.parser = Parser(self.plan, stated.currency)
        self.con = self.parser.con
        self.con.execute("set variable credits_are = $sign", {"sign": stated.sign})
        self.con.execute("set temp_directory = $work", {"work": str(work)})
        self.con.register("no_records", QUARANTINE.empty_table())
        self.con.execute("create temp table refused as from no_records")
        self.swapped = 0

    @property
    def manner(self) -> Manner:
        return self.plan.manner

    def read(self, progress: Progress) -> Reading:
        """Read the whole table, and return what came of it."""
        self._parse(progress)
        self._judge()
        records = self._count("parsed") + self._count("(select distinct source_line from refused)")
        self._write_quarantine()
        aside = pq.read_table(self.out / "quarantine.parquet", columns=["source_line"])
        quarantined = len(pc.unique(aside["source_line"]))
        reason = self._reason_to_refuse(records, quarantined)
        if reason:
            return Reading(self.manner.format, records, 0, records, reason, facts=self._facts(None))
        written = self._write_landing()
        first, last, latest = self._dates(written)
        return Reading(
            format=self.manner.format,
            records_in=records,
            loaded=records - quarantined,
            quarantined=quarantined,
            first_on=first,
            last_on=last,
            latest_on=latest,
            facts=self._facts(written),
        )

    def _parse(self, progress: Progress) -> None:
        """Parse every chunk into one passing Parquet file, so that memory does not grow."""
        blank = 0
        writer: pq.ParquetWriter | None = None
        for chunk in self.source.chunks(self.plan.below):
            parsed, aside = self.parser.parse(_without_cut(chunk, self.plan))
            if writer is None:
                writer = pq.ParquetWriter(self.work / PARSED, parsed.schema, compression="lz4")
            writer.write_table(parsed)
            self.swapped += pc.sum(parsed["is_swapped"]).as_py() or 0
            blank += chunk.blank
            if aside or chunk.aside:
                rows = [record._asdict() for record in (*chunk.aside, *aside)]
                self.con.register("arriving", pa.Table.from_pylist(rows, QUARANTINE))
                self.con.execute("insert into refused from arriving")
                self.con.unregister("arriving")
            progress(0.8 * chunk.share)
        if writer is not None:
            writer.close()
        self.source.facts["blank_lines"] = str(blank)

    def _judge(self) -> None:
        """Make the views that say of each record what it is, or why it does not count."""
        self.con.execute(
            "create temp view parsed as from read_parquet(" + _literal(self.work / PARSED) + ")"
        )
        words = pa.table({"word": list(KIND_OF), "kind": list(KIND_OF.values())})
        self.con.register("kind_words", words)
        headers = self.plan.headers
        self.con.register(
            "headers", pa.table({"name": list(headers), "header": list(headers.values())})
        )
        script = self.manner.kind if (SQL / f"{self.manner.kind}.sql").exists() else "items"
        self.con.execute((SQL / f"{script}.sql").read_text())

    def _write_quarantine(self) -> None:
        self.con.execute(
            (SQL / "quarantine.sql").read_text().rstrip()
            + _copy_to(self.out / "quarantine.parquet")
        )

    def _reason_to_refuse(self, records: int, quarantined: int) -> str | None:
        """Say why the file as a whole cannot be trusted, if it cannot."""
        if self.swapped and not self.manner.date_is_stated:
            return (
                f"{self.swapped} dates are no dates in the format {self.manner.date_format} that "
                "such files have, and are with day and month the other way round. State "
                "`date_format` for this file in a [[tables]] section."
            )
        if records and quarantined == records:
            [(reason, count)] = self.con.sql(
                "select reason, count(*) from read_parquet($file) "
                "group by all order by 2 desc, 1 limit 1",
                params={"file": str(self.out / "quarantine.parquet")},
            ).fetchall()
            return f"None of its {records} records counts; {count} times: {reason}"
        return None

    def _write_landing(self) -> list[str]:
        """Write the landing tables, and check that what was written adds up."""
        tables = {"customers": ["customers"], "allocations": ["allocations"]}.get(
            self.manner.kind, ["items", "allocations"]
        )
        for table in tables:
            columns = ", ".join(LANDING[table].names)
            file = self.out / f"{table}.parquet"
            self.con.execute(
                f"copy (select {columns} from {table} order by {GRAIN[table]})"  # noqa: S608
                f"{_copy_to(file)}"
            )
        if "items" in tables:
            differing = self.con.sql(
                "select currency from control full join (select currency, sum(amount) as amount "
                "from read_parquet($file) group by all) as written using (currency) "
                "where control.amount is distinct from written.amount",
                params={"file": str(self.out / "items.parquet")},
            ).fetchall()
            if differing:
                raise RuntimeError(f"the items written do not add up to the records: {differing}")
        return tables

    def _dates(self, written: list[str]) -> tuple[date | None, date | None, date | None]:
        """Return the first and last day of what was read, and the newest day it knows of."""
        if "allocations" in written and "items" not in written:
            [(latest,)] = self.con.sql(
                "select max(allocated_on) from read_parquet($file)",
                params={"file": str(self.out / "allocations.parquet")},
            ).fetchall()
            return None, None, latest
        if "items" not in written:
            return None, None, None
        [row] = self.con.sql(
            "select min(booked_on), max(booked_on), "
            "greatest(max(booked_on), max(document_on), max(updated_on), max(extracted_on)) "
            "from read_parquet($file)",
            params={"file": str(self.out / "items.parquet")},
        ).fetchall()
        return row

    def _facts(self, written: list[str] | None) -> dict[str, str]:
        """Return what is worth knowing of how the file was read, and its control totals."""
        facts = {"container": self.source.container, **self.source.facts}
        facts["columns_read"] = "; ".join(
            f"{name} = {header}" for name, header in sorted(self.plan.headers.items())
        )
        if self.plan.unused:
            facts["columns_not_read"] = "; ".join(self.plan.unused)
        if self.plan.above:
            facts["above_header"] = " / ".join(self.plan.above)[:1000]
        if self.source.container == "csv":
            facts["delimiter"] = {"\t": "tab"}.get(self.plan.below.part, self.plan.below.part)
        if self.manner.kind == "open_items":
            [(facts["shows_settled"],)] = self.con.sql(
                "select case when shows_settled then 'yes' else 'no' end from convention"
            ).fetchall()
        if self.manner.kind in ("payments", "credit_notes"):
            [(facts[SIGN],)] = self.con.sql(
                "select case when credits_are_negative then 'negative' else 'positive' end "
                "from convention"
            ).fetchall()
            for currency, amount, count in self.con.sql(
                "select currency, cast(cast(sum(written_total) as decimal(18, 2)) as varchar), "
                "count(*) from written where written_total <> 0 group by all order by all"
            ).fetchall():
                facts[f"{WRITTEN}{currency}"] = f"{amount} ({count})"
        if written and "items" in written:
            totals = self.con.sql(
                "select kind, currency, cast(sum(amount) as varchar), count(*) "
                "from read_parquet($file) group by all order by all",
                params={"file": str(self.out / "items.parquet")},
            ).fetchall()
            for kind, currency, amount, count in totals:
                facts[f"total_{kind}_{currency}"] = f"{amount} ({count})"
        return facts

    def _count(self, rows: str) -> int:
        [(count,)] = self.con.sql(f"select count(*) from {rows}").fetchall()  # noqa: S608
        return count


def _without_cut(chunk: Chunk, plan: Plan) -> Chunk:
    """Set the last record aside where the file ends in the middle of something that we read.

    `1234` may be the beginning of `1234.56`. Where no line end follows, the last value is only
    whole when it shows it: two decimals, a sign or a currency at the end, a code as long as others.
    """
    last = plan.below.width - 1
    names = [name for name, positions in plan.positions.items() if last in positions]
    if not (chunk.ends_open and names and len(chunk.lines)):
        return chunk
    values = chunk.columns[plan.below.wanted.index(last)]
    value = values[-1].as_py()
    types = {column.type for column in plan.columns if column.name in names}
    others = pc.utf8_length(values[:-1])
    is_whole = (
        re.search(r"[.,][0-9]{2}$|[^0-9.,]$", value) is not None
        if "money" in types
        else "id" not in types or len(value) in others.to_pylist()
    )
    if is_whole or not value:
        return chunk
    reason = (
        "The file ends right after this value, without a line end: it may be cut. "
        "Export it again, or add a line end if it is complete."
    )
    record = Quarantined(chunk.lines[-1].as_py(), plan.headers[names[0]], value, reason)
    chunk.aside.append(record)
    chunk.lines = chunk.lines[:-1]
    chunk.columns = [column[:-1] for column in chunk.columns]
    return chunk


def _copy_to(file: Path) -> str:
    return f" to {_literal(file)} (format parquet, compression zstd)"


def _literal(path: Path) -> str:
    text = str(path).replace("'", "''")
    return f"'{text}'"
