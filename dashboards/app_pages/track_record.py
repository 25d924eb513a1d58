"""How right are we: past forecasts against what came in, beside simple rules, and the ranges."""

from decimal import Decimal

import streamlit as st

from dashboards import (
    about,
    charts,
    filters,
    forecast_charts,
    formats,
    grids,
    model_health,
    page,
    score_charts,
    score_words,
    state,
    words,
)
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import mark, nt, t
from dashboards.state import Row

SCORES = """
select subject, method, horizon, metric, value, low, high, count
from predictions.backtest_scores
where (entity_id is null and (subject = 'invoices' or $entity::text is null))
    or (entity_id = $entity and currency = $currency)
order by subject, method, horizon, metric
"""

WEEKS = """
select origin_on, (date_trunc('week', origin_on)::date + 7 * horizon_week)::date as first_on,
    sum(forecast_amount)::decimal(18, 2) as amount,
    case when count(low_80) = count(*) then sum(low_80) end::decimal(18, 2) as low_80,
    case when count(high_80) = count(*) then sum(high_80) end::decimal(18, 2) as high_80,
    sum(actual_amount)::decimal(18, 2) as actual, count(*)::int as entity_count
from predictions.backtest_weeks
where method = 'encaisse' and currency = $currency and horizon_week = $horizon
    and ($entity::text is null or entity_id = $entity) and actual_amount is not null
group by origin_on, horizon_week
order by origin_on
"""

LINES = """
select entity_id, origin_on, horizon_week, method, forecast_amount, low_80, high_80, actual_amount
from predictions.backtest_weeks
where currency = $currency and ($entity::text is null or entity_id = $entity)
order by entity_id, origin_on, horizon_week, method
"""

ENTITIES = "select distinct entity_id from ledger.books where currency = $currency"
CURRENCIES = "select distinct currency from ledger.books"

OURS = "encaisse"
SUBJECTS = {
    "total": mark("All receipts"),
    "open_book": mark("Invoices already issued"),
    "invoices": mark("Each invoice"),
}
LEVELS = (50, 80, 95)
OVERLAPPING = {"1-8"}  # weeks that the others hold already


def whose(books: Books) -> Books:
    """Return whose scores to show: of the one entity that has the currency, where none is chosen.

    Only the scores of an entity are of one currency.
    """
    entities = [row["entity_id"] for row in state.rows(ENTITIES, **books.values)]
    if books.entity is None and len(entities) == 1:
        return Books(entities[0], books.currency)
    return books


def say_what_is_together(books: Books) -> None:
    """Say that the scores of the whole firm are of all its currencies, where it has several."""
    if books.entity is None and len(state.rows(CURRENCIES)) > 1:
        page.note(
            t(
                "These scores are of all entities and all currencies together. Choose an entity "
                "for its own in {currency}.",
                currency=books.currency,
            )
        )


def ranked(scores: list[Row], subject: str, horizon: str, metric: str) -> list[Row]:
    """Return the methods by one score, the best first."""
    found = [
        row
        for row in scores
        if (row["subject"], row["horizon"], row["metric"]) == (subject, horizon, metric)
        and row["value"] is not None
    ]
    if metric in score_words.BEST_AT:
        return sorted(found, key=lambda row: abs(row["value"] - score_words.BEST_AT[metric]))
    best_is_high = metric in score_words.HIGH_IS_GOOD
    return sorted(found, key=lambda row: -row["value"] if best_is_high else row["value"])


def horizons(scores: list[Row], subject: str) -> list[str]:
    """Return the horizons that a subject was scored at, the whole last."""
    found = {row["horizon"] for row in scores if row["subject"] == subject} - OVERLAPPING
    return sorted(found, key=lambda horizon: (horizon == "all", len(horizon), horizon))


def finding(scores: list[Row]) -> str:
    """Say in one line how far off the forecast was, and the best of the simple rules."""
    of_total = ranked(scores, "total", _widest(scores, "total"), "wape")
    ours = next((row for row in of_total if row["method"] == OURS), None)
    rival = next((row for row in of_total if row["method"] in score_words.SIMPLE), None)
    if ours is None:
        return t("There is too little history to say how right the forecast is.")
    error = formats.percent(100 * ours["value"])
    if rival is None:
        return t("Week by week, past forecasts were off by {error} of what came in.", error=error)
    return t(
        "Week by week, past forecasts were off by {error} of what came in; the best simple rule by "
        "{rival}.",
        error=error,
        rival=formats.percent(100 * rival["value"]),
    )


def _widest(scores: list[Row], subject: str) -> str:
    """Return the horizon that holds all weeks, or else the nearest weeks."""
    found = horizons(scores, subject)
    return found[-1] if found and found[-1] == "all" else (found[0] if found else "all")


def say_where_a_rule_won(scores: list[Row]) -> None:
    """Say where a simple rule was closer than the forecast: it is what to look at then."""
    told = []
    for subject in ("total", "open_book"):
        for horizon in horizons(scores, subject):
            best = ranked(scores, subject, horizon, "wape")
            ours = next((row for row in best if row["method"] == OURS), None)
            if ours is None or best[0]["method"] not in score_words.SIMPLE:
                continue
            if best[0]["value"] < ours["value"]:
                told.append(
                    t(
                        "{subject}, {weeks}: {rule} was closer ({rival} against {ours})",
                        subject=t(SUBJECTS[subject]),
                        weeks=score_words.horizon(horizon),
                        rule=words.word(score_words.MODELS, best[0]["method"]),
                        rival=formats.percent(100 * best[0]["value"], 1),
                        ours=formats.percent(100 * ours["value"], 1),
                    )
                )
    if told:
        page.inform(t("A simple rule did better in places. {places}.", places=t("; ").join(told)))


def show_scores(scores: list[Row], books: Books) -> None:
    """Show every method beside ours, horizon by horizon."""
    present = [code for code in SUBJECTS if any(row["subject"] == code for row in scores)]
    subject = filters.one_of(
        t("Forecast of"), present, lambda code: t(SUBJECTS[code]), key="subject"
    )
    known = {row["metric"] for row in scores if row["subject"] == subject}
    metrics = [code for code in score_words.METRICS if code in known]
    if not metrics:
        return
    metric = filters.one_of_many(t("Score"), metrics, score_words.metric, key="metric", width=360)
    spans = horizons(scores, subject)
    widest = _widest(scores, subject)
    found = ranked(scores, subject, widest, metric)
    best = next(iter(found), None)
    if best is None:
        return
    title = (
        t("What is shown is closest to what came in")
        if best["method"] == OURS
        else t("Closest: {method}", method=words.word(score_words.MODELS, best["method"]))
    )
    page.section(title)
    page.note(about_score(metric))
    rows = [_across(scores, subject, metric, row["method"], spans) for row in found]
    charts.show(score_charts.methods(found, metric, OURS), title)
    columns = [
        Column("method", t("Method"), word=method_name, width="fit"),
        *(Column(span, score_words.horizon(span), _kind(metric), width=120) for span in spans),
        Column("count", t("Compared"), "count"),
    ]
    grids.show(rows, columns, what=title, height="content")
    name = t("scores {day}", day=state.shown().as_of.isoformat())
    every = [
        Column("subject", t("Forecast of"), word=lambda code: t(SUBJECTS.get(code, code))),
        Column("method", t("Method"), word=method_name),
        Column("horizon", t("Weeks ahead"), word=score_words.horizon),
        Column("metric", t("Score"), word=score_words.metric),
        Column("value", t("Value"), "score"),
        Column("low", t("Low end"), "score"),
        Column("high", t("High end"), "score"),
        Column("count", t("Compared"), "count"),
    ]
    grids.downloads(state.asker(SCORES, books.values), every, name, key="scores_file")


def about_score(metric: str) -> str:
    """Return what a score measures, and which way is better."""
    about = score_words.about_metric(metric)
    if metric in score_words.BEST_AT:
        return about
    if metric in score_words.HIGH_IS_GOOD:
        return t("{about} Higher is better.", about=about)
    return t("{about} Lower is better.", about=about)


def method_name(code: str) -> str:
    """Return what a method of forecasting is called."""
    return words.word(score_words.MODELS, code)


def _kind(metric: str) -> grids.Kind:
    return "percent" if metric in score_words.SHARES else "score"


def _across(scores: list[Row], subject: str, metric: str, method: str, spans: list[str]) -> Row:
    """Return the score of one method at every horizon, shares in percent."""
    found = {
        row["horizon"]: row
        for row in scores
        if (row["subject"], row["metric"], row["method"]) == (subject, metric, method)
    }
    scale = 100 if metric in score_words.SHARES else 1
    values = {
        span: found[span]["value"] * scale if span in found and found[span]["value"] is not None
        else None
        for span in spans
    }  # fmt: skip
    counts = [row["count"] for row in found.values() if row["count"] is not None]
    return {"method": method, **values, "count": max(counts, default=None)}


def show_coverage(scores: list[Row]) -> None:
    """Show how often each range held what came in."""
    found = [
        {
            "horizon": row["horizon"],
            "weeks": score_words.horizon(row["horizon"]),
            "level": Decimal(level),
            "held": 100 * row["value"],
            "count": row["count"],
        }
        for level in LEVELS
        for row in scores
        if row["subject"] == "total" and row["method"] == OURS
        and row["metric"] == f"coverage_{level}" and row["value"] is not None
        and row["horizon"] not in {"all", *OVERLAPPING}
    ]  # fmt: skip
    if not found:
        return
    eighty = [row["held"] for row in found if row["level"] == 80]
    if eighty:
        title = t(
            "What was said for 8 times out of 10 held {low} to {high} times out of 100",
            low=formats.number(round(min(eighty))),
            high=formats.number(round(max(eighty))),
        )
    else:
        title = t("How often the ranges held")
    page.section(title)
    page.note(t("Each point is one range at one distance: on the line, it held as often as said."))
    charts.show(score_charts.coverage(found), title)
    columns = [
        Column("weeks", t("Weeks ahead")),
        Column("level", t("Said (%)"), "percent"),
        Column("held", t("Held (%)"), "percent"),
        Column("count", t("Compared"), "count"),
    ]
    if part := page.unfolded(t("Table and download"), key="coverage"):
        with part:
            grids.show(found, columns, what=title, height="content")
            grids.downloads(
                lambda: grids.as_table(found, columns), columns, t("ranges"), key="coverage_file"
            )


def show_past_weeks(books: Books) -> None:
    """Show what was said so many weeks before, beside what came in."""
    horizon = filters.one_of(
        t("Said how many weeks before"),
        ["1", "4", "8", "13"],
        lambda code: nt("{n} week before", "{n} weeks before", int(code)),
        key="before",
        default="4",
    )
    found = state.rows(WEEKS, **books.values, horizon=int(horizon))
    if not found:
        page.note(t("No past week was forecast that far ahead in {currency}.",
                    currency=books.currency))  # fmt: skip
        return
    if not any(row["amount"] or row["actual"] for row in found):
        page.note(t("In {currency} nothing was expected in past weeks, and nothing came in.",
                    currency=books.currency))  # fmt: skip
        return
    inside = [row for row in found if row["low_80"] is not None]
    held = sum(1 for row in inside if row["low_80"] <= row["actual"] <= row["high_80"])
    is_added = any(row["entity_count"] > 1 for row in found)
    if inside and not is_added:
        title = t(
            "{held} of {count} past weeks came in within the range",
            held=formats.number(held),
            count=formats.number(len(inside)),
        )
    else:
        title = t("What was said, and what came in")
    page.section(title)
    page.note(t("{currency}; every forecast knew only what was known that day.",
                currency=books.currency))  # fmt: skip
    if is_added and inside:
        page.note(t("The ranges are those of each entity, added up."))
    came = [{"first_on": row["first_on"], "amount": row["actual"]} for row in found]
    charts.show(forecast_charts.past(found, came, books.currency), title)
    columns = [
        Column("entity_id", t("Entity"), word=words.entities()),
        Column("origin_on", t("Said on"), "date"),
        Column("horizon_week", t("Weeks ahead"), "count"),
        Column("method", t("Method"), word=method_name),
        Column("forecast_amount", t("Said ({currency})", currency=books.currency), "money"),
        Column("low_80", t("Low end"), "exact_money"),
        Column("high_80", t("High end"), "exact_money"),
        Column("actual_amount", t("Came in ({currency})", currency=books.currency), "money"),
    ]
    page.note(t("Every method, week by week:"))
    name = t("past forecasts {day}", day=state.shown().as_of.isoformat())
    grids.downloads(state.asker(LINES, books.values), columns, name, key="past_file")


def show() -> None:
    """Show the page."""
    chosen = filters.books()
    books = whose(chosen) if chosen else None
    known = books is not None and state.has("predictions.backtest_scores")
    scores = state.rows(SCORES, **books.values) if books and known else []
    if books is None or not scores:
        page.headline(
            t("There is too little history to say how right the forecast is."),
            about.provenance(state.shown()),
        )
        page.empty(
            t("No past forecast could be held against what came in."),
            t("Add the extracts of earlier years and refresh: a year of payments is enough."),
        )
        model_health.show_drift()
        model_health.show_card()
        return
    page.headline(finding(scores), about.provenance(state.shown()))
    say_what_is_together(books)
    say_where_a_rule_won(scores)
    show_scores(scores, books)
    if state.has("predictions.backtest_weeks"):
        show_past_weeks(books)
    ranges, chances = st.columns(2, gap="large")
    with ranges:
        show_coverage(scores)
    with chances:
        model_health.show_calibration()
    model_health.show_drift()
    model_health.show_card()


show()
