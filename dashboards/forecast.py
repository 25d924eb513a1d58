"""The cash forecast as it was published: periods by source, how sure, what came in before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dashboards import chances, formats, state
from dashboards.filters import EVERY, Books
from dashboards.language import t
from dashboards.state import Row

TOTAL = "total"
PAST_WEEKS = 13

# Every period, also one in which nothing comes in.
PERIODS = """
with amounts as (
    select period, source, sum(amount)::decimal(18, 2) as amount
    from predictions.cash_forecast
    where currency = $currency and entity_id <> '*'
        and ($entity::text is null or entity_id = $entity)
    group by all
)

select period, kind, first_on, last_on, is_partial, source, amount
from predictions.periods
left join amounts using (period)
where exists (select 1 from amounts)
order by period, source
"""

RANGES = """
select period, entity_id, low_50, high_50, low_80, high_80, low_95, high_95, interval_basis
from predictions.cash_forecast
where currency = $currency and source = 'total'
    and (entity_id = '*' or $entity::text is null or entity_id = $entity)
order by period, entity_id
"""

SUMS = """
select weeks, entity_id, low_80, high_80
from predictions.cash_sums
where currency = $currency
    and (entity_id = '*' or $entity::text is null or entity_id = $entity)
order by weeks, entity_id
"""

# What the forecast of the books rests on: the model, or a rule that was closer on past weeks.
METHODS = """
select distinct entity_id, method
from predictions.cash_forecast
where currency = $currency and entity_id <> '*' and ($entity::text is null or entity_id = $entity)
order by entity_id, method
"""

RECEIVED = """
select date_trunc('week', received_on)::date as first_on, sum(amount)::decimal(18, 2) as amount
from receivables.receipts
where currency = $currency and ($entity::text is null or entity_id = $entity)
    and received_on between $since and $as_of
group by all
order by first_on
"""

BOUNDS = ("low_50", "high_50", "low_80", "high_80", "low_95", "high_95")


@dataclass(frozen=True)
class Period:
    """One week or month of the forecast.

    Attributes:
        period: Its number: 0 is what is left of this week, 1 to 13 the weeks after it.
        kind: `week`, `month` or `beyond`.
        amounts: Expected receipts by source, without the total.
        total: All of them.
        bounds: `low_80` and the like; empty where no range is known.
        basis: Where the range comes from: `backtest` or `assumed`; None without a range.
        is_added: Whether the range is that of several entities added up.
    """

    period: int
    kind: str
    first_on: date
    last_on: date | None
    is_partial: bool
    amounts: dict[str, Decimal]
    total: Decimal
    bounds: dict[str, Decimal] = field(default_factory=dict)
    basis: str | None = None
    is_added: bool = False

    @property
    def name(self) -> str:
        """What the period is called."""
        if self.kind == "beyond" or self.last_on is None:
            return t("After a year, or never")
        if self.kind == "month":
            if self.is_partial:
                return t("{first} to {last}", first=formats.day_of_year(self.first_on),
                         last=formats.day_of_year(self.last_on))  # fmt: skip
            return formats.month(self.first_on)
        if self.is_partial:
            return t("Rest of this week")
        return t("Week of {day}", day=formats.day_of_year(self.first_on))

    def bound(self, name: str) -> Decimal | None:
        """Return `low_80` and the like; None where no range is known."""
        return self.bounds.get(name)


@dataclass(frozen=True)
class Forecast:
    """The forecast of one currency, of one entity or of all."""

    periods: tuple[Period, ...]
    sums: dict[int, Row]

    @property
    def weeks(self) -> list[Period]:
        """The weeks, what is left of this one included."""
        return [period for period in self.periods if period.kind == "week"]

    @property
    def dated(self) -> list[Period]:
        """Weeks and months: all but what comes after a year, or never."""
        return [period for period in self.periods if period.kind != "beyond"]

    def of_weeks(self, count: int) -> Decimal:
        """Return what is expected to the end of the next `count` whole weeks."""
        return sum((week.total for week in self.weeks if week.period <= count), Decimal("0.00"))

    def range_of_weeks(self, count: int, currency: str) -> str:
        """Return in words how sure `of_weeks` is; empty where it is not known."""
        known = self.sums.get(count, {})
        return chances.usual_range(known.get("low_80"), known.get("high_80"), currency)

    def end_of(self, count: int) -> date | None:
        """Return the last day of the next `count` whole weeks."""
        return next((week.last_on for week in self.weeks if week.period == count), None)

    @property
    def sources(self) -> list[str]:
        """The sources that have an amount in some period, invoices already issued first."""
        present = {source for period in self.periods for source in period.amounts}
        return sorted(present, key=lambda source: (source != "open_book", source))


def is_published() -> bool:
    """Return whether the snapshot has a forecast at all."""
    return state.has("predictions.cash_forecast") and state.has("predictions.periods")


def read(books: Books) -> Forecast:
    """Return the forecast of these books; without periods where there is none."""
    ranges = _by(state.rows(RANGES, **books.values), "period")
    found: dict[int, list[Row]] = {}
    for row in state.rows(PERIODS, **books.values):
        found.setdefault(row["period"], []).append(row)
    sums = state.rows(SUMS, **books.values) if state.has("predictions.cash_sums") else []
    periods = (
        _period(rows, _together(ranges.get(number, []), books, BOUNDS))
        for number, rows in sorted(found.items())
    )
    told = {
        weeks: _together(rows, books, BOUNDS[2:4]) for weeks, rows in _by(sums, "weeks").items()
    }
    return Forecast(tuple(periods), told)


def methods(books: Books) -> dict[str, str]:
    """Return by which method the forecast of each entity is made."""
    return {row["entity_id"]: row["method"] for row in state.rows(METHODS, **books.values)}


def _by(rows: Sequence[Row], name: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def _together(rows: Sequence[Row], books: Books, bounds: Sequence[str]) -> Row:
    """Return the range of these books: that of one entity, or of several together.

    Several together have rows of their own (entity `*`). Where those are missing, the bounds of
    the entities are added up: as if all came in low, or all high, at once; `is_added` says so.
    """
    own = [row for row in rows if row["entity_id"] != EVERY]
    together = [row for row in rows if row["entity_id"] == EVERY]
    if books.entity is None and len(own) > 1 and together:
        own = together
    found: Row = {}
    for name in bounds:
        values = [row[name] for row in own if row[name] is not None]
        if values and len(values) == len(own):
            found[name] = sum(values, Decimal("0.00"))
    bases = {row.get("interval_basis") for row in own} - {None}
    found["basis"] = "assumed" if "assumed" in bases else next(iter(bases), None)
    found["is_added"] = len(own) > 1
    return found


def _period(rows: Sequence[Row], told: Row) -> Period:
    amounts = {row["source"]: row["amount"] for row in rows if row["source"]}
    total = amounts.pop(TOTAL, None)
    first = rows[0]
    return Period(
        first["period"],
        first["kind"],
        first["first_on"],
        first["last_on"],
        first["is_partial"],
        amounts,
        sum(amounts.values(), Decimal("0.00")) if total is None else total,
        {name: told[name] for name in BOUNDS if name in told},
        told["basis"],
        told["is_added"],
    )


def received(books: Books, as_of: date) -> list[Row]:
    """Return what came in, by the first day of each of the past weeks; 0.00 where nothing did."""
    this_week = as_of - timedelta(days=as_of.weekday())
    since = this_week - timedelta(weeks=PAST_WEEKS - 1)
    if not state.has("receivables.receipts"):
        return []
    values: dict[str, Any] = {**books.values, "since": since, "as_of": as_of}
    found = {row["first_on"]: row["amount"] for row in state.rows(RECEIVED, **values)}
    if not found:
        return []
    weeks = [since + timedelta(weeks=n) for n in range(PAST_WEEKS)]
    return [{"first_on": week, "amount": found.get(week, Decimal("0.00"))} for week in weeks]
