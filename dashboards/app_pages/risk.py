"""Risk: whose payment to worry about, by money at stake, and why."""

from decimal import Decimal

import streamlit as st

from dashboards import (
    about,
    chances,
    entities,
    filters,
    formats,
    grids,
    links,
    page,
    reasons,
    state,
    words,
)
from dashboards.filters import EVERY, Books
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row
from models import risk

CUSTOMERS = """
with first_ones as (
    select *
    from predictions.customer_risk
    where currency = $currency and ($entity::text is null or entity_id = $entity)
        and ($class = '*' or risk_class = $class)
    order by rank, entity_id, customer_id
    limit $limit
)

select first_ones.*, coalesce(name, customer_id) as name
from first_ones
left join ledger.customers using (entity_id, customer_id)
order by rank, entity_id, customer_id
"""

TOTALS = """
select risk_class, count(*)::int as customer_count, sum(open_amount)::decimal(18, 2) as open_amount,
    sum(due_30_amount)::decimal(18, 2) as due_30_amount,
    sum(due_30_amount::decimal(28, 2) * late_probability)::decimal(18, 2) as late_30_amount,
    sum(expected_late_amount)::decimal(18, 2) as late_amount,
    sum(expected_loss_amount)::decimal(18, 2) as loss_amount
from predictions.customer_risk
where currency = $currency and ($entity::text is null or entity_id = $entity)
group by all
"""

OWED = """
select count(*)::int as item_count
from receivables.aged_items($as_of)
where open_amount > 0 and currency = $currency and ($entity::text is null or entity_id = $entity)
"""

# The classes are words whose order is theirs, not the alphabet's.
MOVES = """
with ranked as (
    select entity_id, customer_id, risk_class, class_before, rank, rank_before, open_amount,
        expected_late_amount,
        list_position(['low', 'watch', 'high', 'critical'], risk_class) as now_at,
        list_position(['low', 'watch', 'high', 'critical'], class_before) as before_at
    from predictions.customer_risk
    where currency = $currency and ($entity::text is null or entity_id = $entity)
        and class_before is not null
)

select ranked.*, coalesce(name, customer_id) as name
from ranked
left join ledger.customers using (entity_id, customer_id)
where risk_class <> class_before
order by now_at < before_at, open_amount desc, entity_id, customer_id
limit $limit
"""

CLASSES = ("critical", "high", "watch", "low")


def finding(totals: list[Row], books: Books) -> str:
    """Say in one line what is likely to be late, and how many customers ask for attention."""
    late = sum((row["late_30_amount"] or Decimal(0) for row in totals), Decimal(0))
    due = sum((row["due_30_amount"] for row in totals), Decimal(0))
    counts = {row["risk_class"]: row["customer_count"] for row in totals}
    if due > 0:
        told = t(
            "Of {due} due within 30 days, {late} is expected to come late",
            due=formats.money_short(due, books.currency),
            late=formats.money_short(late, books.currency),
        )
    else:
        told = t("Nothing falls due within 30 days")
    critical = counts.get("critical", 0)
    if critical:
        told = t(
            "{finding}; {customers}",
            finding=told,
            customers=nt("{n} customer is critical", "{n} customers are critical", critical),
        )
    return f"{told}."


def show_facts(totals: list[Row], books: Books) -> None:
    """Show how many customers are of each class, and what they owe."""
    found = {row["risk_class"]: row for row in totals}
    for place, code in zip(st.columns(len(CLASSES)), CLASSES, strict=True):
        row = found.get(code)
        owed = row["open_amount"] if row else Decimal(0)
        with place:
            page.fact(
                words.word(words.RISK_CLASSES, code),
                nt("{n} customer", "{n} customers", row["customer_count"] if row else 0),
                about=t(
                    "They owe {amount}; {late} of it is expected to come late, {loss} never.",
                    amount=formats.money(owed, books.currency),
                    late=formats.money(row["late_amount"] if row else Decimal(0), books.currency),
                    loss=formats.money(row["loss_amount"] if row else Decimal(0), books.currency),
                ),
            )


def define_classes() -> None:
    """Show the button behind which stand the thresholds of the classes."""
    with st.popover(t("How customers are classed"), icon=":material/help:", type="tertiary"):
        page.bullets(
            [
                t(
                    "Critical: a doubtful account, or {share} of what is open expected to be lost, "
                    "or payment expected {days} late or more.",
                    share=formats.percent(100 * risk.CRITICAL_LOSS),
                    days=formats.days(risk.CRITICAL_DAYS),
                ),
                t(
                    "High: {share} expected to be lost, or payment expected {days} late or more.",
                    share=formats.percent(100 * risk.HIGH_LOSS),
                    days=formats.days(risk.HIGH_DAYS),
                ),
                t(
                    "Watch: what falls due within 30 days is more likely late than not, or payment "
                    "expected {days} late or more, or paying later than a quarter ago.",
                    days=formats.days(risk.WATCH_DAYS),
                ),
                t("Low: none of these."),
            ]
        )
        page.note(
            t(
                "The first that holds is the class. The order is by money at stake: what is "
                "expected to be lost, and what the wait for the rest costs."
            )
        )


def show_customers(totals: list[Row], books: Books) -> None:
    """Show the customers, most at stake first; picking one tells why."""
    chosen = filters.one_of(
        t("Class"),
        [EVERY, *CLASSES],
        lambda code: t("All") if code == EVERY else words.word(words.RISK_CLASSES, code),
        key="class",
    )
    asked = {**books.values, "class": chosen}
    found = state.rows(CUSTOMERS, **asked, limit=grids.SHOWN)
    with st.container(horizontal=True, vertical_alignment="center"):
        page.section(t("Customers by money at stake"))
        define_classes()
    if not found:
        page.note(t("No customer is of this class."))
        return
    page.note(t("{currency}. Pick a customer to see why.", currency=books.currency))

    def pick(row: int, _column: str) -> None:
        st.query_params["account"] = found[row]["customer_id"]
        st.query_params["of"] = found[row]["entity_id"]

    columns = customer_columns(books)
    grids.show(
        found, columns, what=t("Customers by money at stake"), key=grids.key("risk", asked),
        on_pick=pick, action=links.account_of(found), height=460 if len(found) > 10 else "content",
    )  # fmt: skip
    count = sum(row["customer_count"] for row in totals if chosen in (EVERY, row["risk_class"]))
    if more := grids.first_of(len(found), count):
        page.note(more)
    every = state.asker(CUSTOMERS, {**asked, "limit": 10**9})
    name = t("risk {day}", day=state.shown().as_of.isoformat())
    grids.downloads(every, columns, name, key="risk_file")
    show_chosen(found, books)


def customer_columns(books: Books) -> list[Column]:
    """Return the columns of the ranking."""
    currency = books.currency
    return [
        Column("rank", t("Rank"), "count"),
        Column("name", t("Customer"), width="fit"),
        *entities.columns(books),
        Column("risk_class", t("Class"), word=class_name, width="fit"),
        Column("open_amount", t("Open ({currency})", currency=currency), "money"),
        Column("expected_late_amount", t("Expected late ({currency})", currency=currency), "money"),
        Column("expected_loss_amount", t("Expected loss ({currency})", currency=currency), "money"),
        Column("late_probability", t("Late within 30 days"), word=chances.out_of_ten, width=140),
        Column("trend", t("Trend"), word=trend_name),
        Column("expected_days_late", t("Expected days late"), "days"),
        Column("usual_days_late", t("Usual days late"), "days"),
        Column("rank_before", t("Rank before"), "count"),
    ]


def class_name(code: str) -> str:
    """Return what a class of risk is called."""
    return words.word(words.RISK_CLASSES, code)


def trend_name(code: str) -> str:
    """Return what a trend is called."""
    return words.word(words.TRENDS, code)


def show_chosen(found: list[Row], books: Books) -> None:
    """Show why the customer in the address stands where it stands."""
    customer, of = st.query_params.get("account"), st.query_params.get("of")
    row = next(
        (row for row in found if (row["entity_id"], row["customer_id"]) == (of, customer)), None
    )
    if row is None or not customer or not of:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        page.section(row["name"])
        st.button(
            t("Customer account"),
            icon=":material/contact_page:",
            type="tertiary",
            on_click=links.open_account,
            args=(of, customer),
        )
        st.button(
            t("Close"), icon=":material/close:", type="tertiary", on_click=links.forget_account
        )
    page.say(outlook(row, books.currency))
    told = reasons.of_customer(of, customer, books.currency)
    if told:
        reasons.show(told)
    else:
        page.note(t("No reason is told for this customer: too little is known of how it pays."))


def outlook(row: Row, currency: str) -> str:
    """Return in a sentence what is expected of a customer."""
    owed = {
        "risk": class_name(row["risk_class"]),
        "amount": formats.money(row["open_amount"], currency),
    }
    late = formats.money(row["overdue_amount"], currency)
    parts = [
        t("{risk}: owes {amount}, of which {late} is late", **owed, late=late)
        if row["overdue_amount"]
        else t("{risk}: owes {amount}, nothing of it late", **owed)
    ]
    if row["late_probability"] is not None:
        parts.append(
            t(
                "{amount} falls due within 30 days and {times} comes late",
                amount=formats.money(row["due_30_amount"], currency),
                times=chances.out_of_ten(row["late_probability"]),
            )
        )
    if row["expected_days_late"] is not None:
        parts.append(
            t("payment is expected {days} after the due date on average",
              days=formats.days(row["expected_days_late"]))
            if row["expected_days_late"] >= 0
            else t("payment is expected before the due date")
        )  # fmt: skip
    if row["trend"] == "worse":
        parts.append(t("{days} later than a quarter ago", days=formats.days(row["trend_days"])))
    if row["trend"] == "better":
        parts.append(t("{days} earlier than a quarter ago", days=formats.days(-row["trend_days"])))
    return t("; ").join(parts) + "."


def show_moves(books: Books) -> None:
    """Show whose class changed since the snapshot before."""
    moves = state.rows(MOVES, **books.values, limit=grids.SHOWN)
    page.section(t("What changed"))
    if state.shown().previous is None and not moves:
        page.note(t("This is the first snapshot; the next refresh will say what changed and why."))
        return
    if not moves:
        page.note(t("No customer changed class since the last snapshot that is kept."))
        return
    columns = [
        Column("name", t("Customers who changed class"), width="fit"),
        Column("class_before", t("From"), word=class_name),
        Column("risk_class", t("To"), word=class_name, width="fit"),
        Column("open_amount", t("Open ({currency})", currency=books.currency), "money"),
        Column("rank_before", t("Rank before"), "count"),
        Column("rank", t("Rank"), "count"),
    ]
    grids.show(
        moves, columns, what=t("Customers who changed class"), key="class_moves",
        action=links.account_of(moves), height="content" if len(moves) < 10 else "auto",
    )  # fmt: skip
    name = t("class changes {day}", day=state.shown().as_of.isoformat())
    every = state.asker(MOVES, {**books.values, "limit": 10**9})
    grids.downloads(every, columns, name, key="class_moves_file")


def show_nobody(books: Books | None) -> None:
    """Say why nobody is ranked: nobody owes anything, or the snapshot has no ranking."""
    if books and state.has("predictions.customer_risk"):
        owed = state.row(OWED, **books.values, as_of=state.shown().as_of)["item_count"]
        if not owed:
            page.headline(
                t("Nobody owes anything in {currency}: nobody is ranked.", currency=books.currency),
                about.provenance(state.shown()),
            )
            return
    page.headline(t("No customer has been ranked yet."), about.provenance(state.shown()))
    page.empty(
        t("This snapshot ranks nobody in this currency."),
        t("Run “encaisse refresh”, or choose another currency or entity."),
    )


def show() -> None:
    """Show the page."""
    books = filters.books()
    totals = (
        state.rows(TOTALS, **books.values)
        if books and state.has("predictions.customer_risk")
        else []
    )
    if books is None or not totals:
        show_nobody(books)
        return
    page.headline(finding(totals, books), about.provenance(state.shown()))
    about.warnings(state.shown())
    show_facts(totals, books)
    show_customers(totals, books)
    show_moves(books)


show()
