"""What the values of a column say about how they are written, over all rows and not the first ones.

Nothing here decides where the values leave a doubt: 03/04/2026 is a day in March or in April, and
if every date of a file is like that, the file does not say which.
"""

from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.kinds import date_pattern
from pipelines.intake.parsing import SQL, WHITE
from pipelines.intake.plans import Plan
from pipelines.intake.sources import Source

DATE_FORMATS = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d%m%Y",
    "%d %m %Y",
)
ISO = "2026-03-31"
FEW = 0.02  # a share of values that may be wrong without making the column something else


class Verdict(NamedTuple):
    """What the values say: the answer, or the answers between which they leave a doubt."""

    answer: str | None
    reason: str
    doubts: tuple[str, ...] = ()


class Values:
    """All values of a table as texts: for each column its different values, and how often."""

    def __init__(self, source: Source, plan: Plan) -> None:
        self.names = [f"column_{position}" for position in plan.below.wanted]
        self.con = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
        for name, value in (
            ("mark", "."),
            ("white_space", WHITE),
            ("date_pattern", "x"),
            ("date_format", "%Y-%m-%d"),
            ("date_format_swapped", "%Y-%m-%d"),
            ("date_format_shown", ISO),
            ("currency", "EUR"),
            ("currencies", ["EUR"]),
        ):
            self.con.execute(f"set variable {name} = $value", {"value": value})
        self.con.execute((SQL / "parsing.sql").read_text())
        schema = pa.schema([(name, pa.string()) for name in self.names])
        self.con.register("no_values", schema.empty_table())
        self.con.execute("create table cells as from no_values")
        for chunk in source.chunks(plan.below):
            columns = [pc.utf8_trim(column, WHITE) for column in chunk.columns]
            self.con.register("arriving", pa.table(columns, names=self.names))
            self.con.execute("insert into cells from arriving")
            self.con.unregister("arriving")
        for name in self.names:
            self.con.execute(
                f"create table of_{name} as select {name} as v, count(*) as n from cells "  # noqa: S608
                f"where {name} <> '' group by all order by min(rowid)"
            )
        self.con.execute("drop table cells")

    def close(self) -> None:
        """Let go of the database that holds the values."""
        self.con.close()

    def count(self, name: str, condition: str = "true") -> int:
        """Count the values of one column that are there and meet a condition on `v`."""
        [(count,)] = self.con.sql(
            f"select coalesce(sum(n), 0) from of_{name} where {condition}"  # noqa: S608
        ).fetchall()
        return int(count)

    def example(self, names: list[str], condition: str) -> str | None:
        """Return the first value that meets a condition on `v`."""
        for name in names:
            rows = self.con.sql(
                f"select v from of_{name} where {condition} limit 1"  # noqa: S608
            ).fetchall()
            if rows:
                return rows[0][0]
        return None

    def share(self, name: str, condition: str) -> float:
        """Return the share of the values of one column that meet a condition on `v`."""
        return self.count(name, condition) / max(1, self.count(name))

    def dates(self, names: list[str]) -> Verdict:
        """Tell the format of the dates in these columns.

        Returns:
            The format, None where all dates are ISO 8601; or the formats that all dates fit.
        """
        self.con.execute("set variable date_pattern = 'x'")
        others = "day(v) is null"
        example = self.example(names, others)
        if example is None:
            return Verdict(None, f"every date is written like {ISO}")
        good = {form: self._written_in(names, form, others) for form in DATE_FORMATS}
        best = max(good.values())
        total = sum(self.count(name, others) for name in names)
        if best < total * (1 - FEW):
            return Verdict(None, f"{example} is in none of the formats known here", ("",))
        fitting = tuple(form for form, count in good.items() if count == best)
        if len(fitting) > 1:
            return Verdict(None, f"{example} and all others fit each of them", fitting)
        answer = fitting[0]
        telling = self.example(names, f"{others} and {_in(answer)} and not ({_any_other(answer)})")
        return Verdict(answer, f"{telling or example} can be nothing else")

    def _written_in(self, names: list[str], form: str, others: str) -> int:
        return sum(self.count(name, f"{others} and {_in(form)}") for name in names)

    def decimals(self, names: list[str]) -> Verdict:
        """Tell the decimal mark of the amounts in these columns."""
        if not names:
            return Verdict(".", "there are no amounts")
        digits = "clean(amount_parts(v).digits)"
        with_comma, with_dot = f"digits_with_comma({digits})", f"digits_with_dot({digits})"
        comma = sum(self.count(name, f"{with_comma} is not null") for name in names)
        dot = sum(self.count(name, f"{with_dot} is not null") for name in names)
        differing = self.example(names, f"{with_comma} is distinct from {with_dot}")
        if differing is None:
            return Verdict(".", "no amount has decimals, so that the mark does not matter")
        if comma == dot:
            return Verdict(None, f"{differing} and all others fit both", (",", "."))
        fits, other = (with_comma, with_dot) if comma > dot else (with_dot, with_comma)
        telling = self.example(names, f"{fits} is not null and {other} is null")
        return Verdict("," if comma > dot else ".", f"{telling} can be nothing else")

    def looks_like(self, name: str) -> str:
        """Say what the values of a column look like: empty, date, amount, currency or text."""
        if not self.count(name):
            return "empty"
        a_date = " or ".join(["day(v) is not null", *(_in(form) for form in DATE_FORMATS)])
        if self.share(name, a_date) >= 1 - FEW:
            return "date"
        if self.share(name, "length(v) = 3 and v = upper(v) and v not similar to '.*[0-9].*'") == 1:
            return "currency"
        digits = "clean(amount_parts(v).digits)"
        an_amount = f"coalesce(digits_with_comma({digits}), digits_with_dot({digits})) is not null"
        with_cents = self.count(name, "regexp_matches(v, '[.,][0-9]{1,2}[^0-9]*$')")
        if with_cents and self.share(name, an_amount) >= 1 - FEW:
            return "amount"
        return "text"


def _in(form: str) -> str:
    pattern = date_pattern(form).replace("'", "''")
    return f"stated_day(date_text(v), '{pattern}', '{form}') is not null"


def _any_other(form: str) -> str:
    return " or ".join(_in(other) for other in DATE_FORMATS if other != form)
