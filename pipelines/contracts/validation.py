"""Hold the rows of a source against its contract, with Great Expectations."""

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import duckdb
import pyarrow as pa

from pipelines.contracts.clauses import Clause, Contract, Test

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.datasource.fluent.interfaces import Batch

ROWS_AT_MOST = 200_000
"""How many rows of a source are looked at, the newest first: older ones were looked at when they
were new, and every row costs a refresh some forty microseconds."""

FAILURES_KEPT = 100
"""How many failing rows of a clause are kept; the count tells of the rest."""

SOURCE = ("source_sha256", "source_line")


@dataclass(frozen=True)
class Finding:
    """What became of one clause.

    Attributes:
        clause: The clause.
        expectation: Its name in Great Expectations.
        passed: Whether enough of the rows keep to it.
        unexpected_count: How many do not.
        evaluated_count: How many say something that it is about.
        detail: What it means, and what was not looked at.
        failures: (source_sha256, source_line, value) of up to 100 rows that do not.
    """

    clause: Clause
    expectation: str
    passed: bool
    unexpected_count: int
    evaluated_count: int
    detail: str
    failures: list[tuple[str, int, str | None]]

    @property
    def column_name(self) -> str:
        """The columns it is about."""
        return ", ".join(self.clause.columns)


def validate(
    con: duckdb.DuckDBPyConnection, contract: Contract, *, rows_at_most: int = ROWS_AT_MOST
) -> list[Finding]:
    """Return what became of each clause of a contract, in its order.

    Nothing is written to disk, and nothing is sent to anybody.

    Args:
        con: A connection to the database that holds the source.
        contract: What its rows keep to.
        rows_at_most: How many rows to look at, the newest first.

    Returns:
        Nothing for a source without rows: nobody sent it.
    """
    rows, row_count = _newest(con, contract, rows_at_most)
    if row_count == 0:
        return []
    looked_at = (
        f" Looked at the newest {len(rows):,} of {row_count:,} rows."
        if len(rows) < row_count
        else ""
    )
    return [
        _finding(clause, result, rows, looked_at)
        for clause, result in zip(
            contract.clauses, _results(contract, _frame(rows, contract)), strict=True
        )
    ]


def _newest(
    con: duckdb.DuckDBPyConnection, contract: Contract, rows_at_most: int
) -> tuple[pa.Table, int]:
    """Return the newest rows of a source, and how many it has in all."""
    columns = {column for clause in contract.clauses for column in clause.columns}
    columns |= {clause.only_where_given for clause in contract.clauses if clause.only_where_given}
    [(row_count,)] = con.sql(f"select count(*) from ({contract.rows})").fetchall()  # noqa: S608
    rows = con.sql(
        f"select {', '.join((*SOURCE, *sorted(columns)))} from ({contract.rows}) "  # noqa: S608  (ours)
        f"order by {contract.newest_first} desc nulls last, {', '.join(SOURCE)} "
        "limit $rows_at_most",
        params={"rows_at_most": rows_at_most},
    ).to_arrow_table()
    return rows, row_count


def _frame(rows: pa.Table, contract: Contract) -> "pd.DataFrame":
    """Return the rows with Arrow types, in which no amount becomes a float."""
    import pandas as pd

    for clause in contract.clauses:
        if clause.test is not None:
            answers = _asked(rows.column(clause.columns[0]), clause.test)
            rows = rows.append_column(clause.arguments["column"], answers)
    return rows.to_pandas(types_mapper=pd.ArrowDtype)


def _asked(column: pa.ChunkedArray, test: Test) -> pa.Array:
    """Ask the test of every value. Each text is asked once: terms and accounts repeat."""
    answers = {text: test(text) for text in column.unique().to_pylist() if text is not None}
    return pa.array([answers.get(text) for text in column.to_pylist()], pa.bool_())


def _results(contract: Contract, frame: "pd.DataFrame") -> list[Any]:
    """Return what Great Expectations says of each clause, in their order."""
    gx = _great_expectations()
    from great_expectations.expectations.row_conditions import Column

    expectations = []
    for place, clause in enumerate(contract.clauses):
        arguments = {**clause.arguments, "severity": clause.severity, "meta": {"place": place}}
        if clause.only_where_given is not None:
            arguments["row_condition"] = Column(clause.only_where_given).is_not_null()
        expectations.append(getattr(gx.expectations, clause.expectation)(**arguments))
    found = _batch(frame).validate(
        gx.ExpectationSuite(name=contract.suite, expectations=expectations),
        result_format={"result_format": "SUMMARY", "partial_unexpected_count": FAILURES_KEPT},
    )
    return sorted(found.results, key=lambda result: result.expectation_config.meta["place"])


def _great_expectations() -> ModuleType:
    """Import Great Expectations: it takes seconds, and only a refresh needs it.

    Where PySpark is installed, it would import that too, and end the process where what PySpark's
    client needs is not: so it is told that there is none.
    """
    there = sys.modules.get("pyspark")
    sys.modules["pyspark"] = cast("ModuleType", None)
    try:
        return importlib.import_module("great_expectations")
    finally:
        if there is None:
            del sys.modules["pyspark"]
        else:
            sys.modules["pyspark"] = there


def _batch(frame: "pd.DataFrame") -> "Batch":
    gx = _great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return (
        context.data_sources.add_pandas("extracts")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": frame})
    )


def _finding(clause: Clause, result: Any, rows: pa.Table, looked_at: str) -> Finding:
    counts = result.result
    if "element_count" not in counts:  # a metric raised: say so, and let the refresh go on
        return Finding(
            clause,
            result.expectation_config.type,
            passed=False,
            unexpected_count=0,
            evaluated_count=0,
            detail=f"{clause.means} It could not be looked at.",
            failures=[],
        )
    return Finding(
        clause,
        result.expectation_config.type,
        passed=bool(result.success),
        unexpected_count=counts["unexpected_count"],
        evaluated_count=counts["element_count"] - counts.get("missing_count", 0),
        detail=clause.means + looked_at,
        failures=list(_failures(clause, rows, counts["partial_unexpected_index_list"])),
    )


def _failures(
    clause: Clause, rows: pa.Table, places: list[int]
) -> Iterator[tuple[str, int, str | None]]:
    for row in rows.take(pa.array(places, pa.int64())).to_pylist():
        values = {column: row[column] for column in clause.columns}
        if len(values) == 1:
            [value] = values.values()
            told = None if value is None else str(value)
        else:
            told = ", ".join(f"{column} {value}" for column, value in values.items())
        yield row["source_sha256"], row["source_line"], told
