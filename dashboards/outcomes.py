"""The collection list before this one, against what was paid since."""

from decimal import Decimal

from dashboards import formats, grids, links, page, state, words
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import t

OUTCOMES = """
select outcomes.*, coalesce(name, customer_id) as name
from worklist.outcomes as outcomes
left join ledger.customers using (entity_id, customer_id)
where outcomes.currency = $currency and ($entity::text is null or entity_id = $entity)
    and listed_on = (select max(listed_on) from worklist.outcomes)
order by rank, entity_id, customer_id
"""


def show(books: Books) -> None:
    """Show the list before this one against what was paid since."""
    found = state.rows(OUTCOMES, **books.values) if state.has("worklist.outcomes") else []
    if not found:
        page.section(t("The list before"))
        page.note(t("No earlier list is kept yet; the next refresh holds this one against what is "
                    "paid."))  # fmt: skip
        return
    listed = sum((row["listed_amount"] for row in found), Decimal(0))
    paid = sum((row["paid_amount"] for row in found), Decimal(0))
    page.section(
        t(
            "Of {listed} on the list of {day}, {paid} has been paid since",
            listed=formats.money_short(listed, books.currency),
            day=formats.day(found[0]["listed_on"]),
            paid=formats.money_short(paid, books.currency),
        )
    )
    page.note(t("Paid since, whether or not somebody called: a ledger does not say why."))
    columns = [
        Column("rank", t("Rank"), "count"),
        Column("name", t("Customer"), width="fit"),
        Column("action", t("What to do"), width=170,
               word=lambda code: words.word(words.ACTIONS, code)),
        Column("listed_amount", t("Listed ({currency})", currency=books.currency), "money"),
        Column("paid_amount", t("Paid since ({currency})", currency=books.currency),
               "money"),
    ]  # fmt: skip
    grids.show(found[: grids.SHOWN], columns, what=t("The list before"), key="before",
               action=links.account_of(found))  # fmt: skip
    every = state.asker(OUTCOMES, books.values)
    grids.downloads(every, columns, t("list before"), key="before_file")
