"""The scenarios of the forecast page: compared side by side, made and changed in plain words."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards import address, decisions, formats, grids, page, state, whatif
from dashboards.filters import Books
from dashboards.forecast import Forecast
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row
from dashboards.whatif import Outcome
from desk import scenarios as saved
from desk.scenarios import Scenario
from models.levers import CollectMore, Default, PayLater, SalesChange, TermsChange
from models.scenarios import Lever

COMPARED = 4
FORM = "scenario"
FIELDS: dict[str, Any] = {
    "scenario_name": "",
    "scenario_reason": "",
    "scenario_main_count": 0,
    "scenario_main_days": 15,
    "scenario_who": [],
    "scenario_who_days": 15,
    "scenario_default": [],
    "scenario_sales": 0.0,
    "scenario_from": None,
    "scenario_to": 30,
    "scenario_effort": 0,
}
CHANGED = "scenario_changed"


def chosen(found: Forecast, books: Books) -> list[Outcome]:
    """Show which of the saved scenarios to compare, and return what each makes of the forecast."""
    every = {str(each.id): each for each in saved.list_scenarios(decisions.desk())}
    if not every:
        return []
    first = list(every)[:COMPARED]
    address.take("scenarios", first, lambda text: [n for n in text.split(",") if n in every])
    kept = [number for number in st.session_state["scenarios"] or [] if number in every]
    st.session_state["scenarios"] = kept
    st.multiselect(
        t("Scenarios to compare"),
        list(every),
        format_func=lambda number: every[number].name,
        key="scenarios",
        max_selections=COMPARED,
        on_change=address.touch,
        placeholder=t("Choose scenarios"),
    )
    address.give("scenarios", first, ",".join)
    return [whatif.outcome(every[number], found, books) for number in st.session_state["scenarios"]]


def show(outcomes: Sequence[Outcome], found: Forecast, books: Books) -> None:
    """Show what the scenarios change, their table, and the forms to make and change them."""
    decisions.author_field()
    decisions.show_refused()
    names = whatif.customers(books)
    if outcomes:
        page.bullets([effect(each, found, books) for each in outcomes])
        show_table(outcomes, found, books)
        for each in outcomes:
            show_scenario(each.scenario, names)
    else:
        page.note(t("No scenario is compared. Make one below: it is kept, with your name."))
    show_form(books, names)


def effect(made: Outcome, found: Forecast, books: Books) -> str:
    """Return in a sentence what a scenario changes."""
    parts = []
    for weeks in (4, 13):
        change = made.of_weeks(weeks) - found.of_weeks(weeks)
        amount = formats.money_short(abs(change), books.currency)
        if change < 0:
            parts.append(t("{amount} less in {n} weeks", amount=amount, n=weeks))
        elif change > 0:
            parts.append(t("{amount} more in {n} weeks", amount=amount, n=weeks))
        else:
            parts.append(t("no change in {n} weeks", n=weeks))
    return t("{scenario}: {effects}", scenario=made.scenario.name, effects=", ".join(parts))


def show_table(outcomes: Sequence[Outcome], found: Forecast, books: Books) -> None:
    """Show the forecast and the scenarios, week by week."""
    rows: list[Row] = [
        {
            "name": period.name,
            "first_on": period.first_on,
            "last_on": period.last_on,
            "total": period.total,
            **{str(n): each.amounts[period.period] for n, each in enumerate(outcomes)},
        }
        for period in found.periods
    ]
    columns = [
        Column("name", t("Week or month"), width=170),
        Column("total", t("As forecast ({currency})", currency=books.currency), "money"),
        *(Column(str(n), each.scenario.name, "money") for n, each in enumerate(outcomes)),
    ]
    what = t("Scenarios side by side")
    grids.show(rows, columns, what=what, height=420)
    dated = [Column("first_on", t("From"), "date"), Column("last_on", t("To"), "date"), *columns]
    name = t("scenarios {day}", day=state.shown().as_of.isoformat())
    grids.downloads(lambda: grids.as_table(rows, dated), dated, name, key="scenarios_file")


def show_scenario(scenario: Scenario, names: dict[str, str]) -> None:
    """Show what a scenario supposes, who saved it, and the buttons to change or remove it."""
    if part := page.unfolded(t("What “{name}” supposes", name=scenario.name),
                             key=f"scenario_{scenario.id}"):  # fmt: skip
        with part:
            page.bullets([said(lever, names) for lever in scenario.levers])
            page.note(
                t("Saved by {author} on {moment}.", author=scenario.author,
                  moment=formats.moment(scenario.at))
                + (f" {scenario.reason}" if scenario.reason else "")
            )  # fmt: skip
            with st.container(horizontal=True):
                st.button(
                    t("Change"), icon=":material/edit:", type="tertiary",
                    key=f"change_{scenario.id}", on_click=begin_change, args=(scenario,),
                )  # fmt: skip
                st.button(
                    t("Remove"), icon=":material/delete:", type="tertiary",
                    key=f"remove_{scenario.id}",
                    on_click=decisions.attempt(lambda: remove(scenario)),
                )  # fmt: skip


def remove(scenario: Scenario) -> None:
    """Take a scenario off the list; its history stays."""
    saved.remove_scenario(decisions.desk(), scenario, author=decisions.author())


def said(lever: Lever, names: dict[str, str]) -> str:
    """Return a lever in plain words."""
    if isinstance(lever, PayLater):
        return _later(lever, names)
    if isinstance(lever, Default):
        return t(
            "{customer} pays nothing any more",
            customer=names.get(lever.customer_id, lever.customer_id),
        )
    if isinstance(lever, SalesChange):
        percent = formats.percent(abs(lever.percent), 1)
        if lever.percent < 0:
            return t("sales fall by {percent} from tomorrow on", percent=percent)
        return t("sales rise by {percent} from tomorrow on", percent=percent)
    if isinstance(lever, TermsChange):
        return t(
            "terms of {old} become {new} for new invoices",
            old=formats.days(lever.from_days),
            new=formats.days(lever.to_days),
        )
    return t(
        "collection effort: late customers lose {percent} of their delay (an assumption)",
        percent=formats.percent(Decimal(lever.percent)),
    )


def _later(lever: PayLater, names: dict[str, str]) -> str:
    days = formats.days(lever.days)
    if lever.main_count:
        return nt(
            "the {n} main customer pays {days} later",
            "the {n} main customers pay {days} later",
            lever.main_count,
            days=days,
        )
    who = ", ".join(names.get(each, each) for each in lever.customer_ids)
    return t("{customers}: payment {days} later", customers=who, days=days)


def show_form(books: Books, names: dict[str, str]) -> None:
    """Show the form that makes a scenario, or changes the one that was chosen."""
    changed: Scenario | None = st.session_state.get(CHANGED)
    label = t("Change “{name}”", name=changed.name) if changed else t("Make a scenario")
    part = page.unfolded(label, key="scenario_form")
    if not part and not changed:
        return
    for key, value in FIELDS.items():
        st.session_state.setdefault(key, value)
    with part or st.container(border=True), st.form(FORM, border=False):
        st.text_input(t("Name"), key="scenario_name", max_chars=100)
        show_levers(books, names)
        st.text_input(t("Why (may stay empty)"), key="scenario_reason", max_chars=500)
        st.form_submit_button(
            t("Save"), type="primary", on_click=decisions.attempt(save), key="scenario_save"
        )
    if changed:
        st.button(t("Leave it as it was"), type="tertiary", on_click=forget_change)


def show_levers(books: Books, names: dict[str, str]) -> None:
    """Show the levers: each in plain words, each of no effect until it is set."""
    codes = list(names)

    def name(code: str) -> str:
        return f"{names.get(code, code)} ({code})"

    left, right = st.columns(2)
    with left:
        st.number_input(t("Main customers who pay later: how many"), 0, 1000,
                        key="scenario_main_count")  # fmt: skip
        st.multiselect(t("Customers who pay later"), codes, format_func=name,
                       key="scenario_who", placeholder=t("Nobody"))  # fmt: skip
        st.multiselect(t("Customers who pay nothing any more"), codes, format_func=name,
                       key="scenario_default", placeholder=t("Nobody"))  # fmt: skip
        st.selectbox(
            t("Terms that change for new invoices: from (days)"),
            [None, *whatif.terms_in_use(books)],
            key="scenario_from",
            format_func=lambda days: t("None") if days is None else formats.days(days),
        )
    with right:
        st.number_input(t("Days later (main customers)"), 1, 365, key="scenario_main_days")
        st.number_input(t("Days later (these customers)"), 1, 365, key="scenario_who_days")
        st.number_input(t("Sales more or less (%)"), -100.0, 500.0, step=1.0, format="%.1f",
                        key="scenario_sales")  # fmt: skip
        st.number_input(t("To (days)"), 0, 365, key="scenario_to")
    st.slider(t("Collection effort: how much of each late customer’s delay goes (%)"), 0, 100,
              step=5, key="scenario_effort")  # fmt: skip
    page.note(
        t("Collection effort is an assumption until what calls bring has been measured. Main "
          "customers are those of whom most is expected, in each entity.")
    )  # fmt: skip


def levers() -> list[Lever]:
    """Return the levers that the form sets."""
    set_to: list[Lever] = []
    typed = decisions.typed
    set_to += [Default(customer) for customer in typed("scenario_default", [])]
    if sales := round(Decimal(str(typed("scenario_sales", 0))), 1):
        set_to.append(SalesChange(sales))
    if typed("scenario_from") is not None:
        set_to.append(TermsChange(int(typed("scenario_from")), int(typed("scenario_to"))))
    if typed("scenario_effort"):
        set_to.append(CollectMore(int(typed("scenario_effort"))))
    if typed("scenario_main_count"):
        count, days = int(typed("scenario_main_count")), int(typed("scenario_main_days"))
        set_to.append(PayLater(days, main_count=count))
    if typed("scenario_who"):
        set_to.append(PayLater(int(typed("scenario_who_days")), tuple(typed("scenario_who"))))
    return set_to


def save() -> None:
    """Save what the form says, and put it among those that are compared."""
    changed: Scenario | None = st.session_state.get(CHANGED)
    scenario = saved.save_scenario(
        decisions.desk(),
        decisions.typed("scenario_name", ""),
        levers(),
        author=decisions.author(),
        reason=decisions.typed("scenario_reason", ""),
        replaces=changed,
    )
    number = str(scenario.id)
    compared = [each for each in st.session_state.get("scenarios") or [] if each != number]
    st.session_state["scenarios"] = [*compared, number][-COMPARED:]
    address.touch()
    forget_change()


def begin_change(scenario: Scenario) -> None:
    """Fill the form with a saved scenario."""
    forget_change()
    st.session_state[CHANGED] = scenario
    told = {**FIELDS, "scenario_name": scenario.name, "scenario_reason": scenario.reason}
    for lever in scenario.levers:
        if isinstance(lever, Default):
            told["scenario_default"] = [*told["scenario_default"], lever.customer_id]
        elif isinstance(lever, SalesChange):
            told["scenario_sales"] = float(lever.percent)
        elif isinstance(lever, TermsChange):
            told |= {"scenario_from": lever.from_days, "scenario_to": lever.to_days}
        elif isinstance(lever, CollectMore):
            told["scenario_effort"] = lever.percent
        elif lever.main_count:
            told |= {"scenario_main_count": lever.main_count, "scenario_main_days": lever.days}
        else:
            told |= {"scenario_who": list(lever.customer_ids), "scenario_who_days": lever.days}
    st.session_state.update(told)


def forget_change() -> None:
    """Empty the form."""
    st.session_state.pop(CHANGED, None)
    for key in FIELDS:
        st.session_state.pop(key, None)
