"""What became known of a past day since: the line under a past view, and what restatements say."""

from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards import documents, entities, formats, page, state, words
from dashboards.filters import Ageing, Books
from dashboards.grids import Column
from dashboards.language import mark, t

PAGE = "app_pages/restatements.py"

CAUSES = {
    "added_late": mark("Known late"),
    "removed": mark("No longer in the books"),
    "amount_changed": mark("Amount corrected"),
    "due_date_changed": mark("Due date corrected"),
    "customer_changed": mark("Customer corrected"),
    "settled_late": mark("Matched late"),
    "unsettled": mark("No longer matched"),
}

OTHER_VIEW = """
select coalesce(sum(amount), 0)::decimal(18, 2) as amount
from receivables.aged_balances($as_of, _known_on := $known_on)
where currency = $currency and ($entity::text is null or entity_id = $entity)
"""

CHANGES = """
select *
from receivables.restatements($as_of, $since, _until := $until)
where currency = $currency and ($entity::text is null or entity_id = $entity)
order by abs(difference) desc, entity_id, customer_id, document_ref, item_id
limit $limit
"""

SUMS = """
select entity_id, cause, count(*)::int as item_count,
    sum(difference)::decimal(18, 2) as difference
from receivables.restatements($as_of, $since, _until := $until)
where currency = $currency and ($entity::text is null or entity_id = $entity)
group by all
order by all
"""


def cause(code: str) -> str:
    """Return what a cause is called."""
    return words.word(CAUSES, code)


def show_difference(shown: Decimal, ageing: Ageing, books: Books) -> None:
    """Say under a past view what the other knowledge of that day gives, and lead to the list."""
    if ageing.as_of >= state.shown().as_of:
        return
    other_on = None if ageing.known_on else ageing.as_of
    asked = {**books.values, "as_of": ageing.as_of, "known_on": other_on}
    other = state.row(OTHER_VIEW, **asked)["amount"]
    now, then = (other, shown) if ageing.known_on else (shown, other)
    with st.container(horizontal=True, vertical_alignment="center"):
        page.note(
            t(
                "As we knew it then {then}; as we know it now {now}; difference {difference}.",
                then=formats.money(then, books.currency),
                now=formats.money(now, books.currency),
                difference=formats.money(now - then, books.currency),
            )
        )
        st.page_link(
            PAGE,
            label=t("What has changed since"),
            icon=":material/history:",
            query_params={"day": ageing.as_of.isoformat()},
        )


def columns(books: Books) -> list[Column]:
    """Return the columns of a list of restatements."""
    return [
        *entities.columns(books),
        Column("customer_name", t("Customer"), width="fit"),
        Column("document_ref", t("Document"), width=120),
        Column("kind", t("Kind"), word=documents.kind, width=100),
        Column("cause", t("Cause"), word=cause, width=160),
        Column("amount_before", t("Before ({currency})", currency=books.currency), "money"),
        Column("amount_after", t("After ({currency})", currency=books.currency), "money"),
        Column("difference", t("Difference ({currency})", currency=books.currency), "money"),
        Column("booked_on", t("Booked on"), "date"),
        Column("due_before", t("Due before"), "date"),
        Column("due_after", t("Due after"), "date"),
        Column("changed_on", t("Known on"), "date"),
        Column("extract_name", t("Brought by"), width=220),
    ]


def values(books: Books, **days: Any) -> dict[str, Any]:
    """Return what the questions about a day are asked with."""
    return {**books.values, **days}
