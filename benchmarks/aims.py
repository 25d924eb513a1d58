"""What was aimed at, row by row, and what came of it."""

from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.writing import number, table


class Aim(NamedTuple):
    """A figure to reach: as much or more, or as much or less."""

    key: str
    what: str
    limit: float
    unit: str
    is_floor: bool

    @property
    def text(self) -> str:
        """The aim in words."""
        return f"at {'least' if self.is_floor else 'most'} {self.limit:,g}{self.unit}"

    def is_met(self, measured: float) -> bool:
        """Say whether a figure reaches it."""
        return measured >= self.limit if self.is_floor else measured <= self.limit


def _at_least(key: str, what: str, limit: float, unit: str = "x") -> Aim:
    return Aim(key, what, limit, unit, is_floor=True)


def _at_most(key: str, what: str, limit: float, unit: str = "") -> Aim:
    return Aim(key, what, limit, unit, is_floor=False)


AIMS = (
    _at_least("fec_rate", "FEC to landing, 1M items, one core", 100, " MB per CPU s"),
    _at_least("fec_exact", "FEC to landing: pandas, the same work, in our CPU time, 1M items", 7),
    _at_least("fec_read", "FEC to landing: pandas.read_csv to memory, in ours, 1M items", 7),
    _at_least("aged_pandas", "aged balance: pandas, rows in memory, in our CPU time, 1M items", 3),
    _at_least("aged_oca", "aged balance: OCA's algorithm, rows in memory, 1M items", 40),
    _at_least("aged_oca_alone", "the same without names and numbers of items, 1M items", 40),
    _at_least("aged_erpnext", "aged balance: ERPNext's algorithm, rows in memory, 1M items", 400),
    _at_most("known_on", "two clocks: both, in the CPU time of one, 1M items", 2, "x"),
    _at_least("history_naive", "daily history: days x movements, in our CPU time, 1M items", 100),
    _at_least("history_reports", "daily history: a report per day, in our CPU time, 1M items", 200),
    _at_most("history_scan", "daily history, in the CPU time of a scan, 1M items", 15, "x"),
    _at_most("history_10m", "daily history, 10M items, one core", 1, " s"),
    _at_most("history_growth", "daily history, growth exponent", 1.0),
    _at_least("months_naive", "customer x month: month ends x movements, in ours, 1M items", 5),
    _at_most("months_growth", "customer x month, growth exponent", 1.1),
    _at_most("months_memory", "customer x month, peak at 10M items", 1_500, " MB"),
    _at_least("features_pandas", "as-of features: pandas, vectorised, in ours, 1M items", 1.5),
    _at_most("features_growth", "as-of features, growth exponent", 1.1),
    _at_most("features_memory", "as-of features, peak at 10M items", 2_500, " MB"),
    _at_least("matching_rate", "matching without sums, 1M items, lines per CPU s", 200_000, ""),
    _at_most("subset_sum", "matching: several invoices that add up to a payment", 10, " ms"),
    _at_most("one_more_day", "one more day on 10M items, in the CPU time of a rebuild", 0.1, "x"),
    _at_most("marts_1m", "ledger tables to all marts, 1M items, two cores", 6, " s"),
    _at_most("marts_10m", "ledger tables to all marts, 10M items, two cores", 45, " s"),
    _at_most("marts_memory_10m", "ledger tables to all marts, peak at 10M items", 2_200, " MB"),
    _at_most("page_slowest_1m", "the slowest page, first visit, 1M items", 1, " s"),
    _at_most("page_tables_10m", "questions of a page to its tables, p95, 10M items", 30, " ms"),
    _at_most("page_days_10m", "questions of a page about any day, p95, 10M items", 200, " ms"),
    _at_most("any_day_10m", "aged balances of any day, p95, 10M items", 200, " ms"),
    _at_most("opening_10m", "open and first question, 10M items", 60, " ms"),
    _at_most("training_1m", "training of payment timing, 1M invoices", 600, " s"),
    _at_most("training_memory_1m", "peak of training, 1M invoices", 8_192, " MB"),
    _at_most("scoring_1m", "scoring of 1M open items", 60, " s"),
    _at_most("spark", "Spark, two workers: rows that differ from DuckDB's", 0, ""),
)
"""In the order of the design; nothing is left out because it was not measured."""


def against(measured: Mapping[str, float], page: str = "") -> str:
    """Write every aim with what was measured of it.

    Args:
        measured: Figures by the key of their aim.
        page: What is published: what it says of an aim stands where nothing new is known of it.
    """
    published = {tuple(row[:2]): tuple(row) for row in map(_cells, page.splitlines())}
    rows = []
    for aim in AIMS:
        value = measured.get(aim.key)
        if value is None:
            nothing = (aim.what, aim.text, "not measured", "")
            rows.append(published.get((aim.what, aim.text), nothing))
        else:
            met = "yes" if aim.is_met(value) else "**no**"
            rows.append((aim.what, aim.text, f"{number(value)}{aim.unit}", met))
    return table(("what", "aim", "measured", "met"), rows)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
