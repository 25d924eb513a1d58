"""When each open invoice is expected to be paid: the days, how sure, and why."""

from typing import Any

import streamlit as st

from dashboards import chances, charts, forecast_charts, formats, grids, page, reasons, state
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row

OPEN = """
select timing.*, document_ref, label, count(*) over ()::int as row_count
from predictions.payment_timing as timing
join ledger.items using (entity_id, customer_id, item_id)
where timing.entity_id = $of and timing.customer_id = $customer and timing.currency = $currency
order by p50_on nulls last, timing.open_amount desc, item_id
limit $limit
"""

DOCUMENT = """
select document_ref, p10_on, p50_on, p90_on, late_probability, timing.due_on, never_probability,
    rests_on, rests_on_count, is_doubtful
from predictions.payment_timing as timing
join ledger.items using (item_id)
where item_id = try_cast($item as bigint)
"""

DRAWN = 40


def columns(currency: str) -> list[Column]:
    """Return the columns that say when an open invoice is expected."""
    return [
        Column("due_on", t("Due"), "date"),
        Column("days_late", t("Days late"), "days_late"),
        Column("open_amount", t("Open ({currency})", currency=currency), "money"),
        Column("p50_on", t("Expected"), "date"),
        Column("p10_on", t("At the earliest"), "date"),
        Column("p90_on", t("At the latest"), "date"),
        Column("late_probability", t("Late"), word=chances.out_of_ten, width=150),
    ]


def span(row: Row) -> str:
    """Return in words when an invoice is expected: `8 times out of 10 between ... and ...`."""
    if row["is_doubtful"]:
        return t("doubtful: no cash is expected from it")
    if row["p10_on"] is None:
        return t("more likely than not, not within a year")
    if row["p90_on"] is None:
        return t(
            "9 times out of 10 after {first}, and it may take more than a year",
            first=formats.day(row["p10_on"]),
        )
    return t(
        "8 times out of 10 between {first} and {last}",
        first=formats.day(row["p10_on"]),
        last=formats.day(row["p90_on"]),
    )


def rests_on(row: Row) -> str:
    """Return on how much past behaviour a prediction rests."""
    count = row["rests_on_count"]
    if row["rests_on"] == "customer":
        return nt("It rests on {n} settled invoice of this customer.",
                  "It rests on {n} settled invoices of this customer.", count)  # fmt: skip
    if row["rests_on"] == "segment":
        return nt("It rests on {n} settled invoice of customers like this one, which has too few.",
                  "It rests on {n} settled invoices of customers like this one, which has too few.",
                  count)  # fmt: skip
    if row["rests_on"] == "terms":
        return nt("It rests on {n} settled invoice on the same terms: the customer has too few.",
                  "It rests on {n} settled invoices on the same terms: the customer has too few.",
                  count)  # fmt: skip
    return nt("It rests on {n} settled invoice of all customers: little is known of this one.",
              "It rests on {n} settled invoices of all customers: little is known of this one.",
              count)  # fmt: skip


def show_reasons(of: str, customer: str, currency: str) -> None:
    """Show why the document in the address, or else the customer, is expected to pay then."""
    item = st.query_params.get("item")
    found = state.rows(DOCUMENT, item=item) if item else []
    if found:
        [row] = found
        page.section(t("When {document} is expected, and why", document=row["document_ref"] or ""))
        page.say(_sentence(span(row)))
        told = reasons.of_items(of, customer, currency).get(int(item or 0), [])
        page.note(rests_on(row))
    else:
        told = reasons.of_customer(of, customer, currency)
        if told:
            page.section(t("Why this customer pays when it pays"))
    reasons.show(told)


def show(values: dict[str, Any], as_of_shown: bool) -> None:
    """Show when each open invoice of an account is expected to be paid, and why."""
    if not state.has("predictions.payment_timing"):
        page.empty(t("Nothing is predicted in this snapshot."), t("Run “encaisse refresh”."))
        return
    currency = values["currency"]
    found = state.rows(OPEN, **values, limit=grids.SHOWN)
    if not as_of_shown:
        day = formats.day(state.shown().as_of)
        page.note(t("What is expected is always as of {day}.", day=day))
    if not found:
        page.empty(
            t("No open invoice of this customer waits for a payment in {currency}.",
              currency=currency),
            t("All are paid, or what is open is a credit: see “Open items”. In another currency "
              "there may be some."),
        )  # fmt: skip
        return
    title = t("When each open invoice is expected to be paid")
    page.section(title)
    _show_spans(found[:DRAWN], title)
    listed = [Column("document_ref", t("Document"), width=130), *columns(currency)]

    def pick(row: int, _column: str) -> None:
        st.query_params["item"] = str(found[row]["item_id"])

    page.note(t("Pick a document to see why, and the line of the extract it comes from."))
    grids.show(found, listed, what=title, key=grids.key("predicted", values), on_pick=pick)
    if any(row["p50_on"] and not row["p90_on"] for row in found):
        page.note(t("Where no latest day stands, it may take more than a year."))
    if more := grids.first_of(len(found), found[0]["row_count"]):
        page.note(more)
    every = state.asker(OPEN, {**values, "limit": 10**9})
    what = t("expected payments")
    name = f"{what} {values['customer']} {state.shown().as_of.isoformat()}"
    grids.downloads(every, listed, name, key="predicted_file")
    show_reasons(values["of"], values["customer"], currency)


def _show_spans(rows: list[Row], title: str) -> None:
    """Draw when each invoice is expected; say it of those that are not, for want of a day."""
    drawn = [row for row in rows if row["p10_on"] is not None]
    if not drawn:
        page.empty(
            t("No payment of this customer is expected within a year: there is nothing to draw."),
            t("Its open invoices are doubtful, or such as hardly ever are paid within a year. Pick "
              "one below to see why; settle the dispute, or provide for the loss."),
        )  # fmt: skip
        return
    page.note(
        t(
            "Thick: 5 times out of 10; thin: 8 times out of 10; the point is as likely before as "
            "after; the tick is the due date, where it is near."
        )
    )
    charts.show(forecast_charts.spans(drawn, state.shown().as_of), title)
    if left_out := len(rows) - len(drawn):
        page.note(
            nt("{n} invoice is not drawn: it is expected on no day within a year.",
               "{n} invoices are not drawn: they are expected on no day within a year.", left_out)
        )  # fmt: skip


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
