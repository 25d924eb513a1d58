"""The bank balance: what is in the bank, what comes in, what is paid, and the lowest point."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards import (
    adjusted,
    charts,
    decisions,
    forecast_charts,
    formats,
    grids,
    page,
    sayings,
    state,
    whatif,
    words,
)
from dashboards.filters import Books
from dashboards.forecast import Forecast, Period
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row
from desk import balances, payment_files, payments
from models.bridge import Dated, Expected, Opening, Step, bridge, carried_forward, choose_opening
from models.errors import EncaisseError

STATEMENT = """
select amount, balance_on
from ledger.bank_positions($as_of)
where entity_id = $entity and currency = $currency
"""

SINCE = """
select received_on, amount
from receivables.receipts
where entity_id = $entity and currency = $currency and received_on <= $as_of
    and received_on > $since
"""

FIELDS = ("balance_amount", "limit_amount")


@dataclass(frozen=True)
class Bank:
    """What the bridge begins with, for one entity and currency.

    Attributes:
        opening: The balance that is known, and its day; None where nobody said one.
        cents: The balance at the close of the snapshot's day.
        planned: Payments that are planned after it.
        limit: How far below zero the bank goes.
    """

    opening: Opening | None
    cents: int
    planned: list[Dated]
    limit: int | None


def show(found: Forecast, books: Books) -> None:
    """Show the balance week by week, its lowest point, and what it is made of."""
    known = adjusted.entities(books)
    entity = books.entity or (known[0] if len(known) == 1 else None)
    if entity is None:
        page.empty(
            t("A bank balance is that of one entity."),
            t("Choose an entity at the top of the page."),
        )
        return
    decisions.author_field()
    decisions.show_refused()
    bank = read(entity, books.currency)
    if bank.opening is None:
        page.empty(
            t("No bank balance is known of {entity} in {currency}.",
              entity=words.entities()(entity), currency=books.currency),
            t("Type it below, or put the bank statements (camt.053) with the extracts."),
        )  # fmt: skip
    else:
        show_bridge(found, bank, entity, books)
    show_balance_form(entity, books)
    show_payments(entity, books)


def read(entity: str, currency: str) -> Bank:
    """Return what is known of the bank: from statements, from what was typed and imported."""
    as_of = state.shown().as_of
    desk = decisions.desk()
    asked: dict[str, Any] = {"entity": entity, "currency": currency, "as_of": as_of}
    told = state.rows(STATEMENT, **asked) if state.has("ledger.bank_balances") else []
    statement = (
        Opening(_cents(told[0]["amount"]), told[0]["balance_on"], "statement") if told else None
    )
    typed = [
        Opening(_cents(each.amount), each.balance_on, "typed")
        for each in balances.typed_balances(desk)
        if (each.entity_id, each.currency) == (entity, currency)
    ]
    planned = [
        Dated(each.paid_on, _cents(each.amount))
        for each in payments.list_payments(desk, entity_id=entity, currency=currency)
    ]
    limit = balances.overdraft_limit(desk, entity, currency)
    opening = choose_opening(statement, typed, as_of=as_of)
    cents = 0
    if opening:
        since = state.rows(SINCE, **asked, since=opening.on)
        came = [Dated(row["received_on"], _cents(row["amount"])) for row in since]
        cents = carried_forward(opening, came, planned, as_of=as_of)
    ahead = [each for each in planned if each.on > as_of]
    return Bank(opening, cents, ahead, None if limit is None else _cents(limit))


def show_bridge(found: Forecast, bank: Bank, entity: str, books: Books) -> None:
    """Show the balance at the end of each week, the lowest flagged."""
    weeks = found.weeks
    steps = steps_of(weeks, bank, entity, books)
    title = finding(weeks, steps, books.currency)
    page.section(title)
    for line in warnings(weeks, steps, bank, books.currency):
        page.warn(line)
    page.note(begins(bank, books.currency))
    if not bank.planned:
        page.note(t("No payment is planned: the balance shows receipts alone until a file of "
                    "planned payments is imported below."))  # fmt: skip
    rows = [bridge_row(week, step) for week, step in zip(weeks, steps, strict=True)]
    charts.show(forecast_charts.balance(rows, bank.limit, books.currency), title)
    currency = books.currency
    columns = [
        Column("name", t("Week"), width=170),
        Column("opening", t("In the bank ({currency})", currency=currency), "exact_money"),
        Column("receipts", t("Comes in ({currency})", currency=currency), "money"),
        Column("adjustments", t("Adjustments ({currency})", currency=currency), "money"),
        Column("payments", t("Is paid ({currency})", currency=currency), "money"),
        Column("closing", t("At the end ({currency})", currency=currency), "exact_money"),
        Column("low", t("With caution ({currency})", currency=currency), "exact_money"),
        Column("flag", t("Remark"), width=150),
    ]
    grids.show(rows, columns, what=t("Bank balance by week"), height=420)
    page.note(
        t("With caution: as if every week came in at its low end. That is more cautious than 8 "
          "times out of 10.")
    )  # fmt: skip
    dated = [Column("first_on", t("From"), "date"), Column("last_on", t("To"), "date"), *columns]
    name = t("bank balance {day}", day=state.shown().as_of.isoformat())
    grids.downloads(lambda: grids.as_table(rows, dated), dated, name, key="bank_file")


def steps_of(weeks: list[Period], bank: Bank, entity: str, books: Books) -> list[Step]:
    """Return the bridge over the weeks of the forecast."""
    expected = [
        Expected(
            span,
            _cents(week.total),
            _cents(week.bounds.get("low_80", week.total)),
            _cents(week.bounds.get("high_80", week.total)),
        )
        for week, span in zip(weeks, whatif.week_spans(weeks), strict=True)
    ]
    listed = adjusted.in_force(Books(entity, books.currency))
    return bridge(
        bank.cents,
        expected,
        adjustments=adjusted.stretches(listed),
        payments=bank.planned,
        overdraft_limit=bank.limit,
    )


def bridge_row(week: Period, step: Step) -> Row:
    """Return a week of the bridge as a row of its table."""
    flag = ""
    if step.is_lowest:
        flag = t("The lowest point")
    if step.is_uncovered:
        flag = t("Not covered")
    return {
        "name": week.name,
        "first_on": week.first_on,
        "last_on": week.last_on,
        "opening": _amount(step.opening),
        "receipts": _amount(step.receipts),
        "adjustments": _amount(step.adjustments),
        "payments": _amount(step.payments),
        "closing": _amount(step.closing),
        "low": _amount(step.low),
        "high": _amount(step.high),
        "is_lowest": step.is_lowest,
        "flag": flag,
    }


def finding(weeks: list[Period], steps: list[Step], currency: str) -> str:
    """Say in one line where the balance is lowest: at the end of a week, or as it is today."""
    week, step = next(
        (week, step) for week, step in zip(weeks, steps, strict=True) if step.is_lowest
    )
    today = steps[0].opening
    if today <= step.closing:
        return t(
            "At no week’s end is the balance below today’s: {amount}",
            amount=formats.money_short(_amount(today), currency),
        )
    return t(
        "The balance is lowest on {day}: {amount}",
        day=formats.day(week.last_on),
        amount=formats.money_short(_amount(step.closing), currency),
    )


def warnings(weeks: list[Period], steps: list[Step], bank: Bank, currency: str) -> list[str]:
    """Return what the bank would not cover, as sentences."""
    limit = formats.money_short(_amount(bank.limit or 0), currency)
    short = [week for week, step in zip(weeks, steps, strict=True) if step.is_uncovered]
    if short:
        return [
            t("From the week of {day} the balance is below what the bank covers ({limit} below "
              "zero).", day=formats.day(short[0].first_on), limit=limit)
        ]  # fmt: skip
    maybe = [week for week, step in zip(weeks, steps, strict=True) if step.may_be_uncovered]
    if maybe:
        return [
            t("If every week came in at its low end, the balance would be below what the bank "
              "covers from the week of {day} ({limit} below zero).",
              day=formats.day(maybe[0].first_on), limit=limit)
        ]  # fmt: skip
    return []


def begins(bank: Bank, currency: str) -> str:
    """Return in words what the bridge begins with."""
    opening = bank.opening
    if opening is None:
        return ""
    amount = formats.money(_amount(opening.cents), currency)
    told = (
        t("The statement says {amount} on {day}.", amount=amount, day=formats.day(opening.on))
        if opening.basis == "statement"
        else t("Typed: {amount} on {day}.", amount=amount, day=formats.day(opening.on))
    )
    as_of: date = state.shown().as_of
    if opening.on < as_of:
        told += " " + t(
            "With what came in and was planned since, that is {amount} on {day}.",
            amount=formats.money(_amount(bank.cents), currency),
            day=formats.day(as_of),
        )
    return told


def show_balance_form(entity: str, books: Books) -> None:
    """Show the form that types a balance, and how far below zero the bank goes."""
    if not (part := page.unfolded(t("Type the bank balance"), key="balance_form")):
        return
    with part, st.form("balance", border=False):
        left, right = st.columns(2)
        with left:
            st.text_input(
                t("Balance of all accounts ({currency})", currency=books.currency),
                key="balance_amount",
                max_chars=30,
            )
            decisions.days_field(t("At the close of"), "balance_on", state.shown().as_of)
        with right:
            st.text_input(
                t("The bank covers so much below zero ({currency}); may stay empty",
                  currency=books.currency),
                key="limit_amount",
                max_chars=30,
            )  # fmt: skip
        st.form_submit_button(
            t("Save"), type="primary", key="balance_save",
            on_click=decisions.attempt(lambda: type_balance(entity, books), clear=FIELDS),
        )  # fmt: skip


def type_balance(entity: str, books: Books) -> None:
    """Keep what the form says: a balance, a limit, or both."""
    desk, who = decisions.desk(), decisions.author()
    if decisions.typed("limit_amount"):
        limit = decisions.typed_amount("limit_amount")
        balances.set_overdraft_limit(
            desk, entity_id=entity, currency=books.currency, amount=limit, author=who
        )
        if not decisions.typed("balance_amount"):
            return
    balances.type_balance(
        desk,
        entity_id=entity,
        currency=books.currency,
        balance_on=decisions.typed("balance_on") or state.shown().as_of,
        amount=decisions.typed_amount("balance_amount"),
        author=who,
    )


def show_payments(entity: str, books: Books) -> None:
    """Show the files of planned payments that count, and take in another."""
    if not (part := page.unfolded(t("Planned payments"), key="payments_form")):
        return
    with part:
        for file in payments.list_payment_files(decisions.desk()):
            with st.container(horizontal=True, vertical_alignment="center"):
                page.say(
                    nt("{name}: {n} payment, imported by {author} on {moment}",
                       "{name}: {n} payments, imported by {author} on {moment}",
                       file.payment_count, name=file.name, author=file.author,
                       moment=formats.moment(file.at))
                )  # fmt: skip
                st.button(
                    t("Take out"), icon=":material/delete:", type="tertiary",
                    key=f"payments_{file.id}", on_click=decisions.attempt(taking_out(file.id)),
                )  # fmt: skip
        page.note(
            t("A CSV or XLSX file whose first line names the columns: date, amount, and where "
              "there are several, currency and entity; label if you like. Amounts are what you "
              "pay, above zero.")
        )  # fmt: skip
        given = st.file_uploader(
            t("File of planned payments"), type=["csv", "xlsx"], key="payments_upload"
        )
        if given is not None:
            show_given(given.name, given.getvalue(), entity, books)


def taking_out(file_id: int) -> Any:
    """Return what takes a file out."""
    return lambda: payments.remove_payments(decisions.desk(), file_id, author=decisions.author())


def show_given(name: str, content: bytes, entity: str, books: Books) -> None:
    """Show what a file holds before it counts: its sum, or what is wrong with its lines."""
    known = [row["entity_id"] for row in state.rows(adjusted.ENTITIES, currency=None)]
    try:
        read = payment_files.read_payments(
            name, content, entities=known, entity_id=entity, currency=books.currency
        )
    except EncaisseError as error:
        page.refused(error)
        return
    if read.bad:
        page.warn(
            nt("{n} line cannot be read, so nothing can be imported yet.",
               "{n} lines cannot be read, so nothing can be imported yet.", len(read.bad))
        )  # fmt: skip
        rows = [
            {"line": bad.line, "column": bad.column, "value": bad.value, "reason": bad.reason}
            for bad in read.bad[: grids.SHOWN]
        ]
        columns = [
            Column("line", t("Line"), "count"),
            Column("column", t("Column")),
            Column("value", t("Value")),
            Column("reason", t("Reason"), word=sayings.say, width=420),
        ]
        grids.show(rows, columns, what=t("Lines that cannot be read"), height="content")
        return
    here = [row for row in read.rows if (row.entity_id, row.currency) == (entity, books.currency)]
    total = _amount(sum(row.cents for row in here))
    page.say(
        nt("{n} payment of {entity}, {amount}", "{n} payments of {entity}, {amount}", len(here),
           entity=words.entities()(entity), amount=formats.money(total, books.currency))
    )  # fmt: skip
    st.button(
        t("Import"), type="primary", key="payments_import",
        on_click=decisions.attempt(
            lambda: payments.import_payments(
                decisions.desk(), name, content, read, author=decisions.author()
            )
        ),
    )  # fmt: skip


def _cents(amount: Decimal) -> int:
    return int(amount * 100)


def _amount(cents: int) -> Decimal:
    return Decimal(cents) / 100
