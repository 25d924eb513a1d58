"""Propose how to read a table that nobody described, with the reason for each guess.

The words of the headers say what a column is, the values say how it is written. What neither of
them tells is asked, and not guessed.
"""

import json
import re
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from models.errors import EncaisseError
from pipelines.intake.evidence import Values
from pipelines.intake.formats import HEAD_BYTES, TABLES, sort_of
from pipelines.intake.guesses import Answers, Guess, Guesser
from pipelines.intake.kinds import COLUMNS, plain
from pipelines.intake.plans import Manner, Plan, Stated, plan_below
from pipelines.intake.reading import Reading
from pipelines.intake.receipts import mapping_of
from pipelines.intake.sources import Source
from pipelines.intake.tables import find_plan, open_source, read_table
from pipelines.settings import ROOT, Settings, TableMapping

PREVIEW_ROWS = 5


@dataclass(frozen=True)
class Proposal:
    """How a file would be read.

    `mapping` is complete only when there are no `questions`; each question says which argument of
    `propose` answers it. `reading` and `rows` are what came of trying it, None and empty while
    questions are open. A file of a known program has a `preset`, and needs no mapping.
    """

    path: Path
    preset: str | None
    mapping: TableMapping | None
    guesses: tuple[Guess, ...]
    questions: tuple[str, ...]
    not_read: tuple[str, ...] = ()
    reading: Reading | None = None
    rows: tuple[Mapping[str, Any], ...] = ()  # the first landing rows, as they would be read
    set_aside: tuple[Mapping[str, Any], ...] = ()  # the first records of the quarantine


def propose(  # noqa: PLR0913 (each answers one question)
    path: Path,
    *,
    kind: str | None = None,
    date_format: str | None = None,
    decimal: Literal[",", "."] | None = None,
    columns: Mapping[str, str] | None = None,
    currency: str = "EUR",
) -> Proposal:
    """Propose a mapping for a table.

    Args:
        path: The file: CSV, TSV, XLSX or Parquet.
        kind: What a row is, where the user says it: invoices, open_items, payments ...
        date_format: How dates are written, where the user says it.
        decimal: The decimal mark, where the user says it.
        columns: Our name of a column and the header it has, where the user says it.
        currency: Currency of amounts that do not say theirs.

    Raises:
        EncaisseError: The file is no table, cannot be read, or has no such column.
    """
    with path.open("rb") as file:
        sort = sort_of(file.read(HEAD_BYTES))
    if sort not in TABLES:
        raise EncaisseError(
            "Only tables need a mapping: CSV, TSV, XLSX and Parquet.",
            where=str(path),
            fix="put a ledger (FEC) or a bank statement (camt.053) into the extracts folder",
        )
    source = open_source(path, sort, None)
    answers = Answers(kind, date_format, decimal, columns or {})
    known = find_plan(source, None) if answers == Answers() else None
    if known is not None:
        name = known.manner.format
        guesses = (Guess("preset", name, "the headers are its own"), *_headers_read(known))
        found = Proposal(path, name, None, guesses, (), known.unused)
        return _tried(found, sort, currency)
    whole = _whole_table(source)
    with closing(Values(source, whole)) as values:
        guesser = Guesser(whole, values, answers)
        mapping = guesser.mapping(_pattern(path.name), source.container)
    used = {plain(header) for header in guesser.columns.values()}
    found = Proposal(
        path,
        None,
        mapping,
        tuple(guesser.guesses),
        tuple(guesser.questions),
        tuple(header for header in whole.headers.values() if plain(header) not in used),
    )
    return _tried(found, sort, currency) if mapping else found


def _pattern(name: str) -> str:
    """Return a pattern for the file and for the ones that will follow it.

    >>> _pattern("ventes_2026-03.csv")
    'ventes_*.csv'
    """
    return re.sub(r"[0-9]+([-_.]?[0-9]+)*", "*", name.replace("[", "[[]"))


def write_mapping(proposal: Proposal, home: Path) -> Path:
    """Add the mapping of a proposal to `home/encaisse.toml`, and return that file.

    Raises:
        EncaisseError: Questions are open, no mapping is needed, or one is there for this file.
    """
    if proposal.mapping is None or proposal.questions:
        raise EncaisseError(
            "There is no mapping to write: "
            + (" ".join(proposal.questions) or "files of this program are read without one."),
            where=str(proposal.path),
            fix="answer what is asked, then propose again",
        )
    if mapping_of(proposal.path.name, Settings.load(home)) is not None:
        raise EncaisseError(
            "The settings have a mapping for a file of this name already.",
            where=str(home / "encaisse.toml"),
            fix="correct that one, or rename the file",
        )
    file = home / "encaisse.toml"
    # The first file that is found holds all settings: a new one must not hide those at the root.
    before = next((each for each in (file, ROOT / "encaisse.toml") if each.exists()), None)
    text = before.read_text(encoding="utf-8").rstrip() + "\n\n" if before else ""
    building = file.with_suffix(".building")
    building.write_text(text + to_toml(proposal.mapping), encoding="utf-8")
    building.replace(file)
    return file


def to_toml(mapping: TableMapping) -> str:
    """Return a mapping as the section of `encaisse.toml` that says it."""
    values = mapping.model_dump(exclude_defaults=True, exclude={"columns"})
    values["decimal"] = mapping.decimal
    lines = ["[[tables]]"]
    for name, value in values.items():
        text = json.dumps(list(value) if name == "files" else value, ensure_ascii=False)
        lines.append(f"{name} = {text}")
    lines.append("\n[tables.columns]")
    for name, header in mapping.columns.items():
        lines.append(f"{name} = {json.dumps(header, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _whole_table(source: Source) -> Plan:
    """Plan to read every column, below the row that looks most like a header.

    Raises:
        EncaisseError: No row looks like one.
    """
    words = {header for columns in COLUMNS.values() for each in columns for header in each.headers}

    def likeness(cells: tuple[str, ...]) -> tuple[int, int]:
        names = [plain(cell) for cell in cells if cell.strip()]
        return sum(name in words for name in names), len(set(names))

    candidates = [
        (likeness(cells), -line, beginning, cells)
        for beginning in source.beginnings(None)
        for line, cells in beginning.rows
    ]
    best = max(candidates, key=lambda each: each[:2], default=None)
    if best is None or best[0][1] < 2:
        raise EncaisseError(
            "No row of this file looks like the header of a table.",
            where=source.container,
            fix="export it again with the names of the columns in one row",
        )
    _, line, beginning, cells = best
    columns: dict[str, tuple[str, ...]] = {
        f"column_{i}": (plain(cell),) for i, cell in enumerate(cells) if plain(cell)
    }
    manner = Manner("unknown", "customers", columns, tuple(columns))
    return plan_below(manner, beginning.part, -line, cells, ())


def _headers_read(plan: Plan) -> tuple[Guess, ...]:
    return tuple(
        Guess(name, header, "the preset says so") for name, header in sorted(plan.headers.items())
    )


def _tried(found: Proposal, sort: str, currency: str) -> Proposal:
    """Read the file as proposed, to a passing place, and show what comes of it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        stated = Stated(found.mapping, currency)
        reading = read_table(found.path, sort, out, stated=stated, progress=lambda share: None)
        tables = (out / f"{name}.parquet" for name in ("items", "customers", "allocations"))
        table = next((file for file in tables if file.exists()), None)
        return replace(
            found,
            reading=reading,
            rows=_first_rows(table) if table else (),
            set_aside=_first_rows(out / "quarantine.parquet"),
        )


def _first_rows(file: Path) -> tuple[Mapping[str, Any], ...]:
    rows = next(pq.ParquetFile(file).iter_batches(PREVIEW_ROWS), None)
    return tuple(rows.to_pylist()) if rows else ()
