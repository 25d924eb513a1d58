"""What a contract is made of: one clause, one expectation of Great Expectations, one sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

Severity = Literal["critical", "warning"]
"""`critical`: the ledger would be wrong. `warning`: something is missing, or asks for a look."""

Test = Callable[[str], bool | None]
"""Tells whether a text is right; None where that cannot be told."""

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)
"""The years that the tax office accepts in a FEC."""


@dataclass(frozen=True)
class Clause:
    """One thing that the rows of a source keep to.

    Attributes:
        expectation: Its class in `great_expectations.expectations`.
        columns: What it is about, the first before all: shown with the rows that fail.
        means: A plain sentence: what is so when all is well.
        arguments: Those of the expectation.
        severity: What a failure does to the ledger.
        only_where_given: Rows in which this column is empty are not looked at.
        test: Decides, value by value, where no expectation can; `arguments` then name the column
            that `tested` gives.
    """

    expectation: str
    columns: tuple[str, ...]
    means: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "warning"
    only_where_given: str | None = None
    test: Test | None = None


def given(column: str, means: str, *, severity: Severity = "warning", mostly: float = 1) -> Clause:
    """Every row says it; or, with `mostly`, at least that share of them."""
    arguments = {"column": column, "mostly": mostly}
    return Clause("ExpectColumnValuesToNotBeNull", (column,), means, arguments, severity)


def given_beside(column: str, other: str, means: str) -> Clause:
    """Every row that says the other says it too."""
    return replace(given(column, means), only_where_given=other)


def shaped(column: str, regex: str, means: str, *, severity: Severity = "warning") -> Clause:
    """Where it is given, it has this shape."""
    arguments = {"column": column, "regex": regex}
    return Clause("ExpectColumnValuesToMatchRegex", (column,), means, arguments, severity)


def one_of(
    column: str, values: tuple[str, ...], means: str, *, severity: Severity = "warning"
) -> Clause:
    """Where it is given, it is one of these."""
    arguments = {"column": column, "value_set": list(values)}
    return Clause("ExpectColumnValuesToBeInSet", (column,), means, arguments, severity)


def plausible_day(column: str, what: str, *, severity: Severity = "warning") -> Clause:
    """Where it is given, it is a day of the years in which there can be books."""
    return Clause(
        "ExpectColumnValuesToBeBetween",
        (column,),
        f"{what} lies between {FIRST_DAY.year} and {LAST_DAY.year}.",
        {"column": column, "min_value": FIRST_DAY, "max_value": LAST_DAY},
        severity,
    )


def not_negative(column: str, means: str) -> Clause:
    """Where it is given, it is zero or more."""
    arguments = {"column": column, "min_value": 0}
    return Clause("ExpectColumnValuesToBeBetween", (column,), means, arguments)


def not_after(first: str, last: str, means: str, *, mostly: float = 1) -> Clause:
    """Where both days are given, `first` is not after `last`."""
    return Clause(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        (first, last),
        means,
        {
            "column_A": last,
            "column_B": first,
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
            "mostly": mostly,
        },
    )


def unique(columns: tuple[str, ...], means: str, *, severity: Severity = "warning") -> Clause:
    """No two rows of a file have the same."""
    arguments = {"column_list": ["source_sha256", *columns], "ignore_row_if": "never"}
    return Clause("ExpectCompoundColumnsToBeUnique", columns, means, arguments, severity)


def tested(column: str, test: Test, means: str) -> Clause:
    """Where it is given, and can be told, the test finds it right."""
    arguments = {"column": f"{column}_is_right", "value_set": [True]}
    return Clause("ExpectColumnValuesToBeInSet", (column,), means, arguments, test=test)


@dataclass(frozen=True)
class Contract:
    """What the rows of one source keep to.

    Attributes:
        suite: Its name, and that of the source.
        rows: The rows, as SQL, each with its `source_sha256` and `source_line`.
        reads: The tables that `rows` selects from.
        newest_first: The column that says how new a row is, for where not all can be looked at.
        clauses: What is agreed.
    """

    suite: str
    rows: str
    reads: tuple[str, ...]
    newest_first: str
    clauses: tuple[Clause, ...]
