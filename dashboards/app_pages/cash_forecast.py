"""Cash forecast: what comes in over the next 13 weeks, how sure, and which customers make it."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards import (
    about,
    actuals,
    adjusted,
    bank,
    chances,
    filters,
    forecast,
    forecast_charts,
    formats,
    page,
    scenarios,
    score_words,
    state,
    words,
)
from dashboards import charts as drawn
from dashboards.filters import Books
from dashboards.forecast import Forecast, Period
from dashboards.forecast_charts import Course
from dashboards.language import mark, nt, t
from dashboards.weeks import show_weeks

PARTS = {
    "weeks": mark("Week by week"),
    "scenarios": mark("Scenarios"),
    "adjustments": mark("Adjustments"),
    "actual": mark("Against what came in"),
    "bank": mark("Bank balance"),
}
HORIZONS = (4, 13)


def finding(found: Forecast, books: Books) -> str:
    """Say in one line what comes in, and how sure that is."""
    weeks = len([week for week in found.weeks if week.period])
    amount = formats.money_short(found.of_weeks(weeks), books.currency)
    told = nt(
        "{amount} expected over the next {n} week",
        "{amount} expected over the next {n} weeks",
        weeks,
        amount=amount,
    )
    if sure := found.range_of_weeks(weeks, books.currency):
        return t("{finding}; {range}.", finding=told, range=sure)
    first = next_week(found)
    sure = range_of(first, books.currency) if first else ""
    return t("{finding}; next week, {range}.", finding=told, range=sure) if sure else f"{told}."


def next_week(found: Forecast) -> Period | None:
    """Return the first whole week ahead."""
    return next((week for week in found.weeks if week.period == 1), None)


def range_of(week: Period, currency: str) -> str:
    """Return in words how sure a week is; empty where it is not known."""
    return chances.usual_range(week.bound("low_80"), week.bound("high_80"), currency)


def show_chart(found: Forecast, books: Books, courses: list[Course]) -> None:
    """Show what came in and what is expected, on one chart."""
    as_of = state.shown().as_of
    weeks = [
        {"first_on": week.first_on, "amount": week.total,
         **{name: week.bound(name) for name in forecast.BOUNDS}}
        for week in whole(found)
    ]  # fmt: skip
    past = forecast.received(books, as_of)
    rest = next((week.total for week in found.weeks if week.period == 0), None)
    title = strongest(found, books)
    page.section(title)
    if not past and not courses and not any(week.total for week in found.weeks):
        page.empty(
            t("Nothing came in lately in {currency}, and no invoice is expected to be paid.",
              currency=books.currency),
            t("Choose another entity or currency above; what is open is under “Aged balances”."),
        )  # fmt: skip
        return
    page.note(t("{currency}, receipts by week", currency=books.currency))
    drawn.show(forecast_charts.fan(weeks, past, as_of, books.currency, courses, rest), title)


def strongest(found: Forecast, books: Books) -> str:
    """Return the title of the chart: the week in which most comes in, if anything does."""
    most = max(found.weeks, key=lambda week: week.total)
    if most.total <= 0:
        return t("Nothing is expected in the next weeks")
    if most.period == 0:
        return t(
            "Most comes in during the rest of this week: {amount}",
            amount=formats.money_short(most.total, books.currency),
        )
    return t(
        "Most comes in during the week of {day}: {amount}",
        day=formats.day(most.first_on),
        amount=formats.money_short(most.total, books.currency),
    )


def show_facts(found: Forecast, books: Books) -> None:
    """Show the sums that a treasurer plans with, each with its range."""
    ahead, month, quarter, coming = st.columns(4)
    with ahead:
        if week := next_week(found):
            show_fact(t("Next week"), week.total, week.bounds, books, week.first_on, week.last_on)
    for place, count in zip((month, quarter), HORIZONS, strict=True):
        with place:
            show_fact(
                nt("Next {n} week", "Next {n} weeks", count),
                found.of_weeks(count),
                found.sums.get(count, {}),
                books,
                state.shown().as_of + timedelta(days=1),
                found.end_of(count),
            )
    with coming:
        issued = sum(
            (week.amounts.get("open_book", Decimal(0)) for week in found.weeks), Decimal(0)
        )
        share = issued / found.of_weeks(13) if found.of_weeks(13) else Decimal(0)
        page.fact(
            t("Already invoiced"),
            formats.percent(100 * share),
            about=t(
                "Share of the next 13 weeks that comes from invoices already issued; the rest is "
                "from invoices that past months lead to expect."
            ),
        )


def show_fact(  # noqa: PLR0913, PLR0917  (a sum, and from when to when)
    label: str,
    amount: Decimal,
    bounds: Mapping[str, Any],
    books: Books,
    first_on: date,
    last_on: date | None,
) -> None:
    """Show a sum with its range under it, and its days one hover away."""
    low, high = bounds.get("low_80"), bounds.get("high_80")
    days = t("From {first} to {last}.", first=formats.day(first_on), last=formats.day(last_on))
    sure = chances.usual_range(low, high, books.currency)
    between = None
    if low is not None and high is not None:
        between = t(
            "{low} to {high}",
            low=formats.money_short(low, books.currency),
            high=formats.money_short(high, books.currency),
        )
    page.fact(
        label,
        formats.money_short(amount, books.currency),
        about=f"{days} {sure[:1].upper()}{sure[1:]}." if sure else days,
        change=between,
    )


def say_how_sure(found: Forecast, books: Books) -> None:
    """Say where the ranges come from, and what they were worth in the past."""
    if not any(week.bounds for week in found.weeks):
        page.inform(t("No range is known: there is too little history to test the forecast on."))
    elif any(week.basis == "assumed" for week in found.weeks):
        page.inform(
            t(
                "The ranges are assumed: these books are too short to test the forecast on their "
                "own past weeks."
            )
        )
    elif any(week.is_added for week in found.weeks):
        page.note(
            t(
                "The ranges of all entities are those of each, added up: as if all came in low, or "
                "all high, at once. Choose an entity for its own."
            )
        )


def say_which_rule(books: Books) -> None:
    """Say where a simple rule was closer on past weeks than the model, and is shown instead."""
    rules = {
        entity: method
        for entity, method in forecast.methods(books).items()
        if method in score_words.SIMPLE
    }
    name = words.entities()
    for entity, method in rules.items():
        page.inform(
            t(
                "{entity}: a simple rule was closer than the model on past weeks, and is what is "
                "shown: {rule}. See “How right are we”.",
                entity=name(entity),
                rule=words.word(score_words.MODELS, method),
            )
        )


def show_empty() -> None:
    """Say that nothing is predicted, and what to do."""
    page.headline(t("There is no forecast yet."), about.provenance(state.shown()))
    page.empty(
        t("This snapshot has no forecast in this currency."),
        t(
            "Run “encaisse refresh”: it learns from the payments in the extracts. It needs open "
            "invoices, and some that were paid."
        ),
    )


def show() -> None:
    """Show the page, in the order in which a CFO asks."""
    books = filters.books()
    found = forecast.read(books) if books and forecast.is_published() else None
    if books is None or found is None or not found.weeks:
        show_empty()
        return
    page.headline(finding(found, books), about.provenance(state.shown()))
    about.warnings(state.shown())
    say_how_sure(found, books)
    say_which_rule(books)
    show_facts(found, books)
    part = filters.one_of(
        t("View"),
        list(PARTS),
        lambda code: t(PARTS[code]),
        key="part",
        label_visibility="collapsed",
    )
    {
        "weeks": lambda: weeks_part(found, books),
        "scenarios": lambda: scenarios_part(found, books),
        "adjustments": lambda: adjustments_part(found, books),
        "actual": lambda: actuals.show(books),
        "bank": lambda: bank.show(found, books),
    }[part]()


def weeks_part(found: Forecast, books: Books) -> None:
    """Show the weeks, and where people adjusted them, both together beside the model's line."""
    show_chart(found, books, adjusted_course(found, books))
    show_weeks(found, books)


def scenarios_part(found: Forecast, books: Books) -> None:
    """Show the scenarios beside the forecast."""
    outcomes = scenarios.chosen(found, books)
    courses = [
        Course(each.scenario.name, {w.first_on: each.amounts[w.period] for w in whole(found)})
        for each in outcomes
    ]
    show_chart(found, books, courses)
    scenarios.show(outcomes, found, books)


def adjustments_part(found: Forecast, books: Books) -> None:
    """Show what people add to the forecast."""
    show_chart(found, books, adjusted_course(found, books))
    adjusted.show(found, books)


def adjusted_course(found: Forecast, books: Books) -> list[Course]:
    """Return the line of the forecast with its adjustments, where there are any."""
    listed = adjusted.in_force(books)
    if not listed:
        return []
    added = adjusted.by_period(found, listed)
    return [
        Course(t("With adjustments"), {w.first_on: w.total + added[w.period] for w in whole(found)})
    ]


def whole(found: Forecast) -> list[Period]:
    """Return the weeks of the forecast that are whole."""
    return [week for week in found.weeks if not week.is_partial]


show()
