"""Restatements: what changed about a past day since, item by item, and what was closed."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards import (
    address,
    decisions,
    entities,
    filters,
    formats,
    grids,
    page,
    revised,
    state,
)
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row
from desk.closes import Close, list_closes

THAT_DAY, ANOTHER = "day", "other"


def last_month_end() -> date:
    """Return the last day of the month before the snapshot's."""
    return state.shown().as_of.replace(day=1) - timedelta(days=1)


def choose_day(label: str, key: str, default: date, last: date) -> date:
    """Show the choice of a day, in the address under `key`."""
    first = min([default, *(row["first_on"] for row in state.rows(filters.BOOKS))])
    address.take(key, default, address.a_day(first, last))
    if not first <= (st.session_state[key] or default) <= last:
        st.session_state[key] = default
    st.date_input(
        label,
        min_value=first,
        max_value=last,
        format="DD/MM/YYYY",
        key=key,
        on_change=address.touch,
        persist_state="session",
        width=170,
    )
    address.give(key, default, date.isoformat)
    chosen: date | None = st.session_state[key]
    return chosen or default


def choose_days(closes: list[Close]) -> tuple[date, date]:
    """Show which day is looked at, and since when; return both."""
    published_on = state.shown().published_at.date()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        as_of = choose_day(t("Day"), "day", last_month_end(), state.shown().as_of)
        frozen = {f"close{close.id}": close for close in closes if close.closed_on == as_of}
        labels = {
            THAT_DAY: t("that day"),
            **{
                code: t(
                    "the close by {author}, known on {day}",
                    author=close.author,
                    day=formats.day(close.known_on),
                )
                for code, close in frozen.items()
            },
            ANOTHER: t("another day"),
        }
        since_is = filters.one_of_many(
            t("What has changed since"), list(labels), lambda code: labels[code], key="since"
        )
        if since_is in frozen:
            return as_of, frozen[since_is].known_on
        if since_is == ANOTHER:
            return as_of, choose_day(t("Known on"), "known_since", as_of, published_on)
    return as_of, as_of


def view(books: Books, as_of: date, known_on: date | None) -> Decimal:
    """Return what was open on a day, as known on another; None is now."""
    asked = {**books.values, "as_of": as_of, "known_on": known_on}
    amount: Decimal = state.row(revised.OTHER_VIEW, **asked)["amount"]
    return amount


def finding(count: int, change: Decimal, days: tuple[date, date], currency: str) -> str:
    """Say in one line how much has changed about the day."""
    as_of, since = (formats.day(each) for each in days)
    if not count:
        return t("Nothing has changed about {day} since {since}.", day=as_of, since=since)
    told = nt(
        "{count} item of {day} has changed since {since}",
        "{count} items of {day} have changed since {since}",
        count,
        count=formats.number(count),
        day=as_of,
        since=since,
    )
    if not change:
        return t("{what}; the total is the same.", what=told)
    return t("{what}: {amount}.", what=told, amount=formats.money_short(change, currency))


def show_views(then: Decimal, now: Decimal, since: date, books: Books) -> None:
    """Show both views of the day and their difference."""
    for column, (label, amount) in zip(
        st.columns(3),
        (
            (t("As known on {day}", day=formats.day_short(since)), then),
            (t("Difference"), now - then),
            (t("As known now"), now),
        ),
        strict=True,
    ):
        with column:
            page.fact(label, formats.money(amount, books.currency))


def show_sums(sums: list[Row], change: Decimal, books: Books) -> None:
    """Show what the difference is made of, and that it ties to the two views."""
    page.section(t("Why"))
    shown = [
        *entities.columns(books),
        Column("cause", t("Cause"), word=revised.cause, width=220),
        Column("item_count", t("Items"), "count"),
        Column("difference", t("Difference ({currency})", currency=books.currency), "money"),
    ]
    grids.show(sums, shown, what=t("Differences by cause"), height="content")
    listed = sum((row["difference"] for row in sums), Decimal("0.00"))
    page.note(
        t(
            "Tie-out: the items below {listed}, the two views {views}, difference {gap}.",
            listed=formats.money(listed, books.currency),
            views=formats.money(change, books.currency),
            gap=formats.money(change - listed, books.currency),
        )
    )
    if listed != change:
        page.warn(t("The list does not explain the two views: do not rely on it."))


def show_items(count: int, asked: dict[str, Any], as_of: date, books: Books) -> None:
    """Show the list, item by item, with its downloads."""
    found = state.rows(revised.CHANGES, **asked, limit=grids.SHOWN)
    page.section(nt("{count} item", "{count} items", count, count=formats.number(count)))
    columns = revised.columns(books)
    grids.show(found, columns, what=t("Restatements"), key=grids.key("restated", asked))
    if more := grids.first_of(len(found), count):
        page.note(more)
    every = state.asker(revised.CHANGES, {**asked, "limit": 10**9})
    name = t("restatements {day}", day=as_of.isoformat())
    grids.downloads(every, columns, name, key="restatements")


def show_closes(closes: list[Close], books: Books) -> None:
    """Show each month end that was closed, beside what is known of it now."""
    page.section(t("Closed days"))
    rows = [
        {
            "closed_on": close.closed_on,
            "known_on": close.known_on,
            "entity_id": total.entity_id,
            "frozen": total.amount,
            "now": now,
            "difference": now - total.amount,
            "author": close.author,
            "reason": close.reason,
        }
        for close in closes
        for total in close.totals
        if total.currency == books.currency and books.entity in (None, total.entity_id)
        for now in [view(Books(total.entity_id, books.currency), close.closed_on, None)]
    ]
    if not rows:
        page.note(
            t(
                "No day has been closed. “encaisse close” freezes what was owed at a month end, "
                "so that it can be held against what is known later."
            )
        )
        return
    columns = [
        Column("closed_on", t("Day"), "date"),
        Column("known_on", t("Known on"), "date"),
        *entities.columns(),
        Column("frozen", t("As closed ({currency})", currency=books.currency), "exact_money"),
        Column("now", t("As known now ({currency})", currency=books.currency), "exact_money"),
        Column("difference", t("Difference ({currency})", currency=books.currency), "exact_money"),
        Column("author", t("By")),
        Column("reason", t("Reason"), width=220),
    ]
    grids.show(rows, columns, what=t("Closed days"), height="content")


def warn_of_other_closes(closes: list[Close], as_of: date, since: date, books: Books) -> None:
    """Say where the extracts no longer tell what a close froze: one was overwritten, or is gone."""
    for close in closes:
        if (close.closed_on, close.known_on) != (as_of, since):
            continue
        frozen = sum(
            (
                total.amount
                for total in close.totals
                if total.currency == books.currency and books.entity in (None, total.entity_id)
            ),
            Decimal("0.00"),
        )
        told = view(books, as_of, since)
        if frozen != told:
            page.warn(
                t(
                    "The close of {day} froze {frozen}; the extracts that are here now tell "
                    "{told} for that day of knowledge. An extract was replaced or taken out.",
                    day=formats.day(as_of),
                    frozen=formats.money(frozen, books.currency),
                    told=formats.money(told, books.currency),
                )
            )


def show() -> None:
    """Show the page."""
    books = filters.books()
    if books is None:
        page.headline(t("There is nothing in the books yet."), "")
        return
    closes = list_closes(decisions.desk())
    as_of, since = choose_days(closes)
    warn_of_other_closes(closes, as_of, since, books)
    asked = revised.values(books, as_of=as_of, since=since, until=None)
    sums = state.rows(revised.SUMS, **asked)
    then, now = view(books, as_of, since), view(books, as_of, None)
    count = sum(row["item_count"] for row in sums)
    page.headline(finding(count, now - then, (as_of, since), books.currency), entities.told(books))
    show_views(then, now, since, books)
    if sums:
        show_sums(sums, now - then, books)
        show_items(count, asked, as_of, books)
    else:
        page.empty(
            t(
                "No entry, match or correction of that day became known after {day}: it is known "
                "now as it was known then.",
                day=formats.day(since),
            ),
            t("Choose another day."),
        )
    show_closes(closes, books)


show()
