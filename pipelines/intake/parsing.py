"""Turn the texts of a table into amounts, dates and names, or say of each why it cannot be done."""

from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from babel.numbers import list_currencies

from pipelines.intake.kinds import NEEDED, Column, date_pattern, parsed_columns
from pipelines.intake.plans import Plan
from pipelines.intake.reading import Quarantined
from pipelines.intake.sources import Chunk
from pipelines.intake.text import WHITE_SPACE

SQL = Path(__file__).parent / "sql"
NO_DATE = "x"  # no format is stated: ISO 8601 alone is read
WHITE = WHITE_SPACE + "\n\u2009\ufeff"
AMOUNTS = ("amount", "open_amount", "debit", "credit")
SQL_TYPES = {"text": "varchar", "id": "varchar", "money": "decimal(18, 2)", "date": "date"}


@cache
def currencies() -> frozenset[str]:
    """Return the codes of ISO 4217, those of the past included: old invoices are in them."""
    return frozenset(list_currencies())


class Parser:
    """Parses the chunks of one table.

    A parsed record has every column of its kind of table, null where the file has none, and
    `problems`: what is wrong with it, column by column; a record with problems does not count.
    """

    def __init__(self, plan: Plan, currency: str) -> None:
        self.plan = plan
        self.con = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
        manner = plan.manner
        stated = manner.date_format
        swapped = (stated or "%Y-%m-%d").translate(str.maketrans("dm", "md"))
        for name, value in (
            ("mark", manner.mark),
            ("white_space", WHITE),
            ("date_pattern", date_pattern(stated) if stated else NO_DATE),
            ("date_format", stated or "%Y-%m-%d"),
            ("date_format_swapped", swapped),
            ("date_format_shown", stated or "2026-03-31 (ISO 8601)"),
            ("table_kind", manner.kind),
            ("stated_currency", manner.currency),
            ("currency", currency),
            ("currencies", sorted(currencies())),
        ):
            self.con.execute(f"set variable {name} = $value", {"value": value})
        self.con.execute((SQL / "parsing.sql").read_text())
        self._select = _parsing_select(plan)

    def close(self) -> None:
        """Let go of the database that parses."""
        self.con.close()

    def parse(self, chunk: Chunk) -> tuple[pa.Table, list[Quarantined]]:
        """Return the parsed records of a chunk, and those whose columns contradict each other."""
        place = {position: i for i, position in enumerate(self.plan.below.wanted)}
        columns: dict[str, pa.Array] = {"source_line": chunk.lines}
        keep: pa.Array | None = None
        aside: list[Quarantined] = []
        for name, positions in self.plan.positions.items():
            first, *others = (
                pc.utf8_trim(chunk.columns[place[position]], WHITE) for position in positions
            )
            columns[name] = first
            for other in others:
                same = pc.equal(first, other)
                keep = same if keep is None else pc.and_(keep, same)
                for i in pc.indices_nonzero(pc.invert(same)).to_pylist():
                    reason = "Two columns have this header and say different things. Rename one."
                    value = f"{first[i]} | {other[i]}"
                    line = chunk.lines[i].as_py()
                    aside.append(Quarantined(line, self.plan.headers[name], value, reason))
        texts = pa.table(columns)
        if keep is not None:
            texts = texts.filter(keep)
        self.con.register("texts", texts)
        try:
            return self.con.sql(self._select).to_arrow_table(), aside
        finally:
            self.con.unregister("texts")


def _parsing_select(plan: Plan) -> str:
    """Write the SELECT that parses this table. Its names are those of `kinds`, no others.

    It goes in steps, so that nothing is worked out twice: clean texts, parts of amounts, values
    (`amount_value`, `due_on_value`), then the record and its problems.
    """
    kind = plan.manner.kind
    columns = {column.name: column for column in plan.columns}
    clean, parts, values = [], [], []
    for name, column in columns.items():
        text = f"nullif({name}, '')"
        is_code = column.type == "id" and plan.manner.bare_numbers
        clean.append(f"{f'bare_number({text})' if is_code else text} as {name}")
        if column.type == "money":
            parts.append(f"parts_if_needed({name}) as {name}_parts")
            values.append(f"amount_from({name}, {name}_parts) as {name}_value")
        elif column.type == "date":
            values.append(f"day({name}) as {name}_value")
    record = []
    for column in parsed_columns(kind):
        value = _value(column, columns, kind)
        record.append(f"cast({value} as {SQL_TYPES[column.type]}) as {column.name}")
        if column.name in ("kind", "status"):
            word = f"plain({column.name})" if column.name in columns else "null"
            record.append(f"cast({word} as varchar) as {column.name}_word")
    problems = [problem for column in columns.values() for problem in _problems(column, columns)]
    problems += _needs(kind, columns)
    total = _any(f"says_total({name})" for name, each in columns.items() if each.type != "money")
    swapped = _any(
        f"case when {name}_value is null then day_swapped({name}) end is not null"
        for name, each in columns.items()
        if each.type == "date"
    )
    return (
        f"with cleaned as (select source_line, {', '.join(clean)} from texts), "  # noqa: S608
        f"parted as (select {', '.join(('*', *parts))} from cleaned), "
        f"valued as (select {', '.join(('*', *values))} from parted) "
        f"select source_line, {', '.join(record)}, {total} as says_total, {swapped} as is_swapped, "
        f"list_filter([{', '.join(problems)}], lambda problem: problem is not null) as problems "
        "from valued"
    )


def _value(column: Column, present: Container[str], kind: str) -> str:
    """Write the value of one column of the kind, whether the file has it or not."""
    name, is_there = column.name, column.name in present
    if name == "currency":
        known = ["currency_code(currency)"] if is_there else []
        if kind != "customers":
            units = [f"unit_of({money}_parts)" for money in AMOUNTS if money in present]
            known += ["getvariable('stated_currency')", *units, "getvariable('currency')"]
        return f"coalesce(null, {', '.join(known)})" if known else "null"
    if not is_there:
        return "null"
    return f"{name}_value" if column.type in ("money", "date") else name


def _problems(column: Column, present: Container[str]) -> list[str]:
    """Write what can be wrong with one column: expressions that are null when all is well."""
    name = column.name
    wrong = f"{name} is not null and {name}_value is null"
    if column.type == "date":
        return [_problem(wrong, name, f"date_reason({name})")]
    if column.type == "money":
        stated = "currency_code(currency)" if "currency" in present else "null"
        code = f"coalesce({stated}, getvariable('stated_currency'))"
        other = f"not unit_agrees(unit_of({name}_parts), {code})"
        reason = "'The amount says another currency than its record. Correct one of them.'"
        return [
            _problem(wrong, name, f"amount_reason({name}_parts)"),
            _problem(other, name, reason),
        ]
    if name == "currency":
        wrong = "currency is not null and currency_code(currency) not in getvariable('currencies')"
        reason = "'This is no currency code. Write three letters, for example EUR.'"
        return [_problem(wrong, name, reason)]
    return []


def _needs(kind: str, present: Container[str]) -> list[str]:
    """Write what a record of this kind lacks.

    A payment on a list of what is open often has no number: there, the kind of the item decides.
    """
    reason = "'It is missing. Complete it in the source.'"
    groups = ([name for name in group if name in present] for group in NEEDED[kind])
    return [
        _problem(" and ".join(f"{name} is null" for name in group), group[0], reason)
        for group in groups
        if group and not (kind == "open_items" and group == ["document_ref"])
    ]


def _problem(condition: str, name: str, reason: str) -> str:
    packed = f"struct_pack(name := '{name}', value := {name}, reason := {reason})"
    return f"case when {condition} then {packed} end"


def _any(conditions: Iterable[str]) -> str:
    return " or ".join(f"coalesce({each}, false)" for each in conditions) or "false"
