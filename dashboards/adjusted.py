"""What people add to the model's forecast, kept apart from it, with a name and a reason."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import streamlit as st

from dashboards import decisions, formats, grids, page, state, whatif, words
from dashboards.filters import Books
from dashboards.forecast import Forecast
from dashboards.grids import Column
from dashboards.language import t
from dashboards.state import Row
from desk import adjustments as desk_adjustments
from desk.adjustments import Adjustment
from models.bridge import Spread, spread_over
from models.errors import EncaisseError

FORM = "adjustment"
FIELDS = ("adjustment_name", "adjustment_reason", "adjustment_amount")

ENTITIES = """
select distinct entity_id from ledger.items
where $currency::text is null or currency = $currency
order by entity_id
"""


def in_force(books: Books) -> list[Adjustment]:
    """Return the adjustments of these books that nobody cancelled."""
    return desk_adjustments.list_adjustments(
        decisions.desk(), entity_id=books.entity, currency=books.currency
    )


def entities(books: Books) -> list[str]:
    """Return the entities that have items in the currency of these books."""
    return [row["entity_id"] for row in state.rows(ENTITIES, currency=books.currency)]


def stretches(listed: Sequence[Adjustment]) -> list[Spread]:
    """Return adjustments as amounts of a stretch of days."""
    return [Spread(each.first_on, each.last_on, int(each.amount * 100)) for each in listed]


def by_period(found: Forecast, listed: Sequence[Adjustment]) -> dict[int, Decimal]:
    """Return what the adjustments add to each period; each is spread evenly over its days."""
    periods = whatif.spans(found)
    totals = spread_over(stretches(listed), periods)
    return {
        period.period: Decimal(total) / 100
        for period, total in zip(found.periods, totals, strict=True)
    }


def show(found: Forecast, books: Books) -> None:
    """Show the adjustments in force, what they make of the forecast, and the form for another."""
    decisions.author_field()
    decisions.show_refused()
    listed = in_force(books)
    if listed:
        show_effect(found, listed, books)
        for each in listed:
            show_adjustment(each)
    else:
        page.note(t("Nobody has adjusted this forecast. An adjustment stands beside the model’s "
                    "figure, never in it, and is scored later like the model."))  # fmt: skip
    show_form(found, books)


def show_effect(found: Forecast, listed: Sequence[Adjustment], books: Books) -> None:
    """Show the model's figure, the adjustments and both together, period by period."""
    added = by_period(found, listed)
    rows: list[Row] = [
        {
            "name": period.name,
            "first_on": period.first_on,
            "last_on": period.last_on,
            "model": period.total,
            "added": added[period.period],
            "total": period.total + added[period.period],
        }
        for period in found.periods
    ]
    columns = [
        Column("name", t("Week or month"), width=170),
        Column("model", t("The model ({currency})", currency=books.currency), "money"),
        Column("added", t("Adjustments ({currency})", currency=books.currency), "money"),
        Column("total", t("Together ({currency})", currency=books.currency), "money"),
    ]
    grids.show(rows, columns, what=t("The forecast with adjustments"), height=320)
    dated = [Column("first_on", t("From"), "date"), Column("last_on", t("To"), "date"), *columns]
    name = t("adjusted forecast {day}", day=state.shown().as_of.isoformat())
    grids.downloads(lambda: grids.as_table(rows, dated), dated, name, key="adjusted_file")


def show_adjustment(each: Adjustment) -> None:
    """Show one adjustment, and the button that cancels it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        page.say(
            t(
                "{name}: {amount} from {first} to {last}, because {reason} ({author})",
                name=each.name,
                amount=formats.money(each.amount, each.currency),
                first=formats.day(each.first_on),
                last=formats.day(each.last_on),
                reason=each.reason,
                author=each.author,
            )
        )
        with st.popover(t("Cancel"), icon=":material/close:", type="tertiary"):
            why = f"cancel_why_{each.id}"
            st.text_input(t("Why it no longer counts"), key=why, max_chars=500)
            st.button(
                t("Cancel the adjustment"),
                key=f"cancel_{each.id}",
                on_click=decisions.attempt(lambda: cancel(each, decisions.typed(why, ""))),
            )


def cancel(each: Adjustment, reason: str) -> None:
    """Cancel an adjustment: a row of its own says so, with who and why."""
    desk_adjustments.cancel_adjustment(
        decisions.desk(), each.id, author=decisions.author(), reason=reason
    )


def show_form(found: Forecast, books: Books) -> None:
    """Show the form that adds an adjustment."""
    if not (part := page.unfolded(t("Add an adjustment"), key="adjustment_form")):
        return
    first = next((period for period in found.weeks if period.period == 1), found.weeks[0])
    with part, st.form(FORM, border=False):
        st.text_input(t("What it is"), key="adjustment_name", max_chars=100)
        st.text_input(
            t("Amount ({currency}); less than expected with a minus", currency=books.currency),
            key="adjustment_amount", max_chars=30,
        )  # fmt: skip
        left, right = st.columns(2)
        with left:
            decisions.days_field(t("From"), "adjustment_from", first.first_on)
        with right:
            last = first.last_on or first.first_on + timedelta(days=6)
            decisions.days_field(t("To"), "adjustment_to", last)
        st.text_input(t("Why"), key="adjustment_reason", max_chars=500)
        entity = decisions.entity_field(
            entities(books), books.entity, "adjustment_entity", words.entities()
        )
        st.form_submit_button(
            t("Save"), type="primary", key="adjustment_save",
            on_click=decisions.attempt(lambda: add(entity, books), clear=FIELDS),
        )  # fmt: skip


def add(entity: str, books: Books) -> None:
    """Add what the form says."""
    first, last = decisions.typed("adjustment_from"), decisions.typed("adjustment_to")
    if first is None or last is None:
        raise EncaisseError(
            "The days of the adjustment are missing.",
            where="what was typed",
            fix="choose its first and its last day",
        )
    desk_adjustments.add_adjustment(
        decisions.desk(),
        entity_id=books.entity or decisions.typed("adjustment_entity") or entity,
        currency=books.currency,
        first_on=first,
        last_on=last,
        amount=decisions.typed_amount("adjustment_amount"),
        name=decisions.typed("adjustment_name", ""),
        reason=decisions.typed("adjustment_reason", ""),
        author=decisions.author(),
    )
