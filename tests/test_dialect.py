"""Every SQL file keeps to the dialect that both engines read in the same way: docs/dialect.md."""

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from pipelines.sql_tables import FUNCTIONS, SQL

ROOT = Path(__file__).parent.parent
FILES = sorted(SQL.rglob("*.sql"))

ON_DUCKDB_ALONE = {
    "receivables/aged_items.sql": "a question of the snapshot, whose buckets are a list",
    "receivables/bucket_spans.sql": "a question of the snapshot, of a list of bounds",
    "receivables/aged_balances.sql": "a question of the snapshot, that asks the one before by name",
    "features/steps/asked_new.sql": "what training asks, which is done where the model is",
    "features/steps/asked_open.sql": "what training asks, which is done where the model is",
}
"""Files that never go to a cluster, with the reason why."""

FORBIDDEN = {
    r"cast\([\w.]+_on - [\w.]+_on as string\)": "cast(cast(d1 - d2 as int) as string)",
    r"::": "cast(x as type): Spark knows no type without its size behind ::",
    r"\bvarchar\b": "string: Spark wants the length of a varchar",
    r"\* *(exclude|replace)\b": "* except (...), and the column anew",
    r"\bfilter *\((?! *where\b)": "filter (where ...)",
    r"\brow *\(": "(a, b): Spark has no row()",
    r"'0x'": "number_of(text)",
    r"\bover +\w+ +[-+*/]": "(sum(x) over place) - y: Spark reads `place - y` as one name",
    r"\b(ignore|respect) +nulls\b": "min(case ...) over the rows that follow",
    r"\basof\b": "an equi-join on rows of state",
    r"\b(date_diff|datediff)\b": "cast(d1 - d2 as int); months: 12 * year + month",
    r"\b(isodow|dayofweek|weekday)\s*\(": "the column of features.calendar",
    r"\b(list|array_agg|string_agg|group_concat)\s*\([^)]*order +by": "Spark drops the order",
    r"\b(list|list_\w+)\s*\(|\blambda\b": "array_..., and no lambda",
    r"\b(hash|approx_\w+|quantile\w*|median)\s*\(": "number_of(text); median_of(numbers)",
    r"\b(strftime|strptime|date_part|epoch\w*)\s*\(": "extract(... from ...), cast",
    r"\bselect\b[^;]*\blimit +\?": "a number",
    r"\\": "no backslash: in a text of Spark's it is not itself",
    r'"': "no quoted names: a double quote is a text in Spark",
}
"""What both engines do not say alike, and what to write instead. Each was seen to differ."""

PARTED = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
"""Comments and texts."""


def code_of(file: Path) -> str:
    """Return the SQL of a file without its comments; texts are emptied, but for a lone 0x."""

    def emptied(found: re.Match[str]) -> str:
        if found[0].startswith("--"):
            return ""
        return found[0] if found[0] == "'0x'" or "\\" in found[0] else "''"

    return PARTED.sub(emptied, file.read_text(encoding="utf-8")).lower()


def text_of(file: Path) -> str:
    """Return the text of a file; SQLGlot takes a `$` for a quote."""
    return re.sub(r"\$(\w+)", r"asked_\1", file.read_text(encoding="utf-8"))


def name_of(file: Path) -> str:
    return str(file.relative_to(SQL))


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_is_one_select_that_can_be_written_for_either_engine(file):
    [tree] = sqlglot.parse(text_of(file), read="duckdb")
    assert isinstance(tree, exp.Query)
    assert tree.sql(dialect="spark")


@pytest.mark.parametrize(
    "file", [file for file in FILES if name_of(file) not in ON_DUCKDB_ALONE], ids=name_of
)
def test_a_file_says_nothing_that_the_engines_understand_differently(file):
    code = code_of(file)
    assert not [instead for form, instead in FORBIDDEN.items() if re.search(form, code)]


@pytest.mark.parametrize(
    "file", [file for file in FILES if name_of(file) not in ON_DUCKDB_ALONE], ids=name_of
)
def test_a_window_over_what_may_be_null_says_where_null_stands(file):
    tree = sqlglot.parse_one(text_of(file), read="duckdb")
    silent = []
    for ordered in tree.find_all(exp.Ordered):
        column = ordered.this.name if isinstance(ordered.this, exp.Column) else ""
        if column in MAY_BE_NULL and "nulls" not in _as_written(ordered, file):
            silent.append(column)
    assert not silent


MAY_BE_NULL = {
    "latest_on",
    "remittance",
    "counterparty_name",
    "end_to_end_id",
    "segment",
    "group_id",
    "due_on",
    "noted_on",
    "document_ref",
    "label",
}
"""Columns that a window may be ordered by, and that a row need not have."""


def _as_written(ordered: exp.Ordered, file: Path) -> str:
    text = code_of(file)
    return " ".join(
        re.findall(rf"\b{ordered.this.name}\b( (?:asc |desc )?nulls (?:first|last))?", text)
    )


def test_the_engines_have_the_same_words_of_our_own():
    from pipelines.engines import spark

    named = re.compile(r"^\w+")
    ours = {named.match(function)[0] for function in FUNCTIONS}
    theirs = {named.match(function)[0] for function in spark.FUNCTIONS}
    assert ours <= theirs


def test_the_document_of_the_dialect_names_every_file_that_is_left_out():
    told = (ROOT / "docs" / "dialect.md").read_text(encoding="utf-8")
    assert not [name for name in ON_DUCKDB_ALONE if name not in told]
