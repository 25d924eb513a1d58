"""Turn the texts of a table into amounts, dates and names, or say of each why it cannot be done."""

from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from babel.numbers import list_currencies

from pipelines.intake.kinds import NEEDED, Column, parsed_columns
from pipelines.intake.plans import Plan, date_expression
from pipelines.intake.reading import Quarantined
from pipelines.intake.sources import Chunk
from pipelines.intake.text import WHITE_SPACE

SQL = Path(__file__).parent / "sql"
NO_DATE = "^()()()$"  # no format is stated: ISO 8601 alone is read
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
        pattern, parts = NO_DATE, ["y", "m", "d"]
        if manner.date_format:
            pattern, parts = date_expression(manner.date_format)
        for name, value in (
            ("mark", manner.mark),
            ("white_space", WHITE_SPACE + "\n\u2009\ufeff"),
            ("date_pattern", pattern),
            ("date_parts", parts),
            ("date_format", manner.date_format or "2026-03-31 (ISO 8601)"),
            ("table_kind", manner.kind),
            ("date_parts_swapped", [{"d": "m", "m": "d"}.get(part, part) for part in parts]),
            ("stated_currency", manner.currency),
            ("currency", currency),
            ("currencies", sorted(currencies())),
        ):
            self.con.execute(f"set variable {name} = $value", {"value": value})
        self.con.execute((SQL / "parsing.sql").read_text())
        self._select = _parsing_select(plan)

    def parse(self, chunk: Chunk) -> tuple[pa.Table, list[Quarantined]]:
        """Return the parsed records of a chunk, and those whose columns contradict each other."""
        place = {position: i for i, position in enumerate(self.plan.below.wanted)}
        columns: dict[str, pa.Array] = {"source_line": chunk.lines}
        keep: pa.Array | None = None
        aside: list[Quarantined] = []
        for name, positions in self.plan.positions.items():
            first, *others = (chunk.columns[place[position]] for position in positions)
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
    """Write the SELECT that parses this table. Its names are those of `kinds`, no others."""
    kind = plan.manner.kind
    present = {column.name for column in plan.columns}
    clean = ["source_line"]
    for column in plan.columns:
        text = f"clean({column.name})"
        is_code = column.type == "id" and plan.manner.bare_numbers
        clean.append(f"{f'bare_number({text})' if is_code else text} as {column.name}")
    typed = ["source_line"]
    for column in parsed_columns(kind):
        value = _value(column, present, kind)
        typed.append(f"cast({value} as {SQL_TYPES[column.type]}) as {column.name}")
        if column.name in ("kind", "status"):
            word = f"plain({column.name})" if column.name in present else "null"
            typed.append(f"cast({word} as varchar) as {column.name}_word")
    problems = [problem for column in plan.columns for problem in _problems(column, present)]
    for group in NEEDED[kind]:
        if absent := " and ".join(f"{name} is null" for name in group if name in present):
            name = next(name for name in group if name in present)
            reason = "'It is missing. Complete it in the source.'"
            problems.append(_problem(absent, name, "null", reason))
    cells = " or ".join(
        f"coalesce(says_total({column.name}), false)"
        for column in plan.columns
        if column.type != "money"
    )
    swapped = " or ".join(
        f"coalesce(day({column.name}) is null and day_swapped({column.name}) is not null, false)"
        for column in plan.columns
        if column.type == "date"
    )
    return (
        f"with cleaned as (select {', '.join(clean)} from texts) "  # noqa: S608
        f"select {', '.join(typed)}, {cells or 'false'} as says_total, "
        f"{swapped or 'false'} as is_swapped, "
        f"list_filter([{', '.join(problems)}], lambda problem: problem is not null) as problems "
        "from cleaned"
    )


def _value(column: Column, present: set[str], kind: str) -> str:
    """Write the value of one column of the kind, whether the file has it or not."""
    name, is_there = column.name, column.name in present
    if name == "currency":
        units = [f"unit_of({money})" for money in AMOUNTS if money in present]
        known = ["currency_code(currency)"] if is_there else []
        if kind != "customers":
            known += ["getvariable('stated_currency')", *units, "getvariable('currency')"]
        return f"coalesce(null, {', '.join(known)})" if known else "null"
    if not is_there:
        return "null"
    return {"money": f"amount({name})", "date": f"day({name})"}.get(column.type, name)


def _problems(column: Column, present: set[str]) -> list[str]:
    """Write what can be wrong with one column: expressions that are null when all is well."""
    name = column.name
    if column.type == "date":
        wrong = f"{name} is not null and day({name}) is null"
        return [_problem(wrong, name, name, "date_reason(" + name + ")")]
    if column.type == "money":
        wrong = f"{name} is not null and amount({name}) is null"
        found = [_problem(wrong, name, name, f"amount_reason({name})")]
        stated = "currency_code(currency)" if "currency" in present else "null"
        code = f"coalesce({stated}, getvariable('stated_currency'))"
        other = f"not unit_agrees(unit_of({name}), {code})"
        reason = "'The amount says another currency than its record. Correct one of them.'"
        return [*found, _problem(other, name, name, reason)]
    if name == "currency":
        wrong = "currency is not null and currency_code(currency) not in getvariable('currencies')"
        reason = "'This is no currency code. Write three letters, for example EUR.'"
        return [_problem(wrong, name, name, reason)]
    return []


def _problem(condition: str, name: str, value: str, reason: str) -> str:
    packed = f"struct_pack(name := '{name}', value := cast({value} as varchar), reason := {reason})"
    return f"case when {condition} then {packed} end"
