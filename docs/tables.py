"""Write docs/tables.md: every published table, from the comments of the SQL and from a snapshot.

`python -m docs.tables [home]`, once there is a snapshot.
"""

import sys
from itertools import groupby
from pathlib import Path

import duckdb

from pipelines.definitions import defs
from pipelines.sql_tables import KNOWN, SqlTable, read_all
from published import snapshot

PAGE = Path(__file__).parent / "tables.md"
A_DAY = "date '2024-03-31'"

HEAD = """# Tables

Everything a snapshot holds, for a notebook, a BI tool or an export (`encaisse export TABLE`).
Written by `python -m docs.tables` from the comments of the SQL files; a test keeps it fresh.

Money is DECIMAL(18,2) in the currency of its row; positive is owed to us. A table with parameters
is a macro: `from receivables.aged_balances(date '2024-03-31', _basis := 'document')`.
"""

# What is no asset of its own: it is written while the others are made, and at the end.
OTHERS = {
    "intake.checks": "What each check of the refresh found.",
    "meta.snapshot": "The one row that says what this snapshot is, and which came before it.",
    "measures.at": "Every measure but lawful terms, of any day, as it was known on another: by "
    "the rules of measures.monthly.\n\n- parameters: as_of; known_on=null",
}


def page(home: Path) -> str:
    """Return the page, for the snapshot that is published in `home`."""
    described = _described()
    sql = {table.full_name: table for table in read_all()}
    with snapshot.connect(snapshot.current(home)) as con:
        tables = [name for (name,) in con.sql(PUBLISHED).fetchall()]
        parts = [HEAD]
        for schema, names in groupby(tables, key=lambda name: name.partition(".")[0]):
            parts.append(f"## {schema}\n")
            parts += [_section(con, name, sql.get(name), described) for name in names]
    return "\n".join(parts)


PUBLISHED = """
select schema_name || '.' || table_name from duckdb_tables() where not internal
union all
select schema_name || '.' || view_name from duckdb_views() where not internal
union all
select schema_name || '.' || function_name from duckdb_functions()
where function_type = 'table_macro' and not internal
order by 1
"""


def _described() -> dict[str, str]:
    """Return what each asset says of itself, by name."""
    specs = defs().resolve_all_asset_specs()
    return OTHERS | {".".join(spec.key.path): spec.description or "" for spec in specs}


def _section(
    con: duckdb.DuckDBPyConnection, name: str, table: SqlTable | None, described: dict[str, str]
) -> str:
    asked = name if name != "measures.at" else f"{name}({A_DAY})"
    if table is None and name in described:
        lines = [described[name]]
    elif table is None:
        asked = f"{name}({A_DAY})"
        lines = [f"{name.removesuffix(KNOWN)} of any day, as it was known on another.", ""]
        lines.append("- parameters: as_of; known_on=null")
    else:
        lines = _told(table)
        if table.asks:
            days = [A_DAY for _, default in table.asks if default is None]
            asked = f"{name}({', '.join(days)})"
    columns = con.sql(f"describe from {asked}").fetchall()
    rows = "\n".join(f"| {column} | {kind} |" for column, kind, *_ in columns)
    text = "\n".join(lines)
    return f"### {name}\n\n{text}\n\n| column | type |\n|---|---|\n{rows}\n"


def _told(table: SqlTable) -> list[str]:
    """Return the comment at the head of an SQL file, its facts as a list."""
    lines: list[str] = []
    for line in table.select.splitlines():
        if not line.startswith("--"):
            break
        said = line.removeprefix("--").strip()
        key, colon, rest = said.partition(":")
        if key in ("in ranges of", "kind"):  # how it is made is nothing to a reader
            continue
        if key == "asks too":
            lines.append(f"- of another day: {table.full_name}{KNOWN}")
        elif colon and key in ("grain", "units", "rule", "asks"):
            lines.append(f"- {'parameters' if key == 'asks' else key}: {rest.strip()}")
        elif lines and lines[-1].startswith("- ") and said:
            lines[-1] += f" {said}"
        else:
            lines.append(said)
    return lines


if __name__ == "__main__":
    PAGE.write_text(page(Path(sys.argv[1] if len(sys.argv) > 1 else "data")), encoding="utf-8")
