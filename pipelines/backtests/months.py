"""How right the months were that a firm would have been told a year ago.

The weeks are judged on every Sunday of the past. Of months up to a year ahead there are not that
many: one refresh of a year ago is run, and its months are held against what came.
"""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from models.cash.backtest import SHOWN, Score
from models.cash.intervals import LEVELS
from models.errors import EncaisseError
from pipelines.running import run
from published import snapshot

A_YEAR = timedelta(days=365)
BANDS = {"4-6": (0, 184), "7-9": (184, 275), "10-12": (275, 366)}
"""Months ahead, by how many days after the forecast a month ends: more than, and at most."""

TOLD = """
select
    concat_ws(' ', forecast.entity_id, forecast.currency) as series,
    entities.book_currency = forecast.currency as is_of_books,
    periods.last_on - $as_of as days_ahead,
    cast(forecast.amount as double), cast(coalesce(sum(receipts.amount), 0) as double),
    cast(low_50 as double), cast(high_50 as double),
    cast(low_80 as double), cast(high_80 as double),
    cast(low_95 as double), cast(high_95 as double)
from earlier.predictions.cash_forecast as forecast
join earlier.predictions.periods as periods using (period)
join later.ledger.entities as entities on entities.entity_id = forecast.entity_id
left join later.receivables.receipts as receipts
    on receipts.entity_id = forecast.entity_id and receipts.currency = forecast.currency
    and receipts.received_on between periods.first_on and periods.last_on
where forecast.source = 'total' and forecast.entity_id <> '*'
    and periods.kind = 'month' and periods.last_on <= $until
group by all
order by all
"""


class Month(NamedTuple):
    """One month of one entity and currency, foretold and come. Amounts in that currency.

    Attributes:
        series: Which entity and currency.
        is_of_books: Whether that is the currency of its books.
        days_ahead: Days from the forecast to the month's last day.
        told: What was foretold.
        came: What came in.
        bounds: Low and high of each of `models.cash.intervals.LEVELS`.
    """

    series: str
    is_of_books: bool
    days_ahead: int
    told: float
    came: float
    bounds: tuple[tuple[float, float], ...]


def of_a_year_ago(extracts: Path, published: Path) -> list[Score]:
    """Refresh from the extracts as of a year before their last day, and score the months it told.

    Args:
        extracts: Those of the firm, with the year that was to come.
        published: The snapshot of the same extracts, as of their last day.

    Raises:
        EncaisseError: The refresh did not publish.
    """
    with tempfile.TemporaryDirectory(prefix="encaisse-months-") as home, duckdb.connect() as con:
        con.execute(f"attach '{published}' as later (read_only)")
        [(last,)] = con.sql("select as_of from later.meta.snapshot").fetchall()
        outcome = run(
            "refresh",
            Path(home),
            extracts=extracts,
            as_of=last - A_YEAR,
            tell=lambda share, doing: None,
        )
        if not outcome.succeeded or outcome.blocked_by:
            raise EncaisseError(
                f"The refresh as of {last - A_YEAR} did not publish.",
                where=str(extracts),
                fix="run `encaisse refresh` on this folder and read what it says",
            )
        con.execute(f"attach '{snapshot.current(Path(home)).path}' as earlier (read_only)")
        return scored(_months(con, last - A_YEAR, last))


def _months(con: duckdb.DuckDBPyConnection, as_of: date, until: date) -> list[Month]:
    rows = con.execute(TOLD, {"as_of": as_of, "until": until}).fetchall()
    return [
        Month(series, main, days, told, came, tuple(zip(bounds[::2], bounds[1::2], strict=True)))
        for series, main, days, told, came, *bounds in rows
    ]


def scored(months: Sequence[Month]) -> list[Score]:
    """Return how often the bounds held and how far off the months were, by how far ahead.

    Bounds count alike in every month of every entity and currency; months for which nothing was
    foretold are left out. Errors are of the entities in the currency of their books, added up
    within one and averaged over them: where a firm sells twice a year, errors are of another kind.

    >>> said = ((90.0, 110.0), (80.0, 120.0), (50.0, 150.0))
    >>> told = ((100, 115), (130, 85))
    >>> for each in scored([Month("a EUR", True, days, 100.0, came, said) for days, came in told]):
    ...     print(each.horizon, each.metric, each.value)
    4-6 coverage_50 0.0
    4-6 coverage_80 1.0
    4-6 coverage_95 1.0
    4-6 wape 0.15
    4-6 bias 0.0
    """
    return [score for band in BANDS for score in _of_band(band, months)]


def _of_band(band: str, months: Sequence[Month]) -> Iterator[Score]:
    after, until = BANDS[band]
    mine = [each for each in months if after < each.days_ahead <= until and each.told > 0]
    if not mine:
        return
    count = len(mine)
    for place, level in enumerate(LEVELS):
        held = sum(each.bounds[place][0] <= each.came <= each.bounds[place][1] for each in mine)
        yield _score(band, f"coverage_{level * 100:.0f}", held / count, count)
    errors, biases = [], []
    for series in sorted({each.series for each in mine if each.is_of_books}):
        off = [each.told - each.came for each in mine if each.series == series]
        came = sum(each.came for each in mine if each.series == series)
        if came > 0:
            errors.append(sum(map(abs, off)) / came)
            biases.append(sum(off) / came)
    if errors:
        yield _score(band, "wape", sum(errors) / len(errors), len(errors))
        yield _score(band, "bias", sum(biases) / len(biases), len(biases))


def _score(band: str, metric: str, value: float, cases: int) -> Score:
    return Score("months", SHOWN, band, metric, value, None, None, cases)
