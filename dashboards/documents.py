"""Documents in a list, and one of them down to the line of the extract it came from."""

from datetime import date

import streamlit as st

from dashboards import formats, grids, page, state, words
from dashboards.grids import Column
from dashboards.language import t
from dashboards.state import Row

LINE = """
select items.*, customers.name as customer_name, files.name as file_name, files.format,
    nullif(concat_ws('/', items.settled_after, items.settled_by), '') as between_lists
from ledger.items as items
left join ledger.customers as customers
    on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
left join intake.files as files on files.source_sha256 = items.source_sha256
where item_id = try_cast($item as bigint)
"""

SETTLED_BY = """
select matches.matched_on, matches.amount, matches.method, others.kind, others.document_ref,
    others.booked_on, others.item_id,
    nullif(concat_ws('/', others.settled_after, others.settled_by), '') as between_lists
from ledger.matches as matches
join ledger.items as others
    on others.item_id = case when debit_item_id = $item then credit_item_id else debit_item_id end
where debit_item_id = $item or credit_item_id = $item
order by matched_on, others.item_id
limit 200
"""


def kind(code: str) -> str:
    """Return what a kind of item is called."""
    return words.word(words.KINDS, code)


def open_item_columns(currency: str, *, of_one_customer: bool) -> list[Column]:
    """Return the columns of a list of open items."""
    whose = [
        Column("customer_name", t("Customer"), width="fit"),
        Column("customer_id", t("Number"), width=90),
    ]
    return [
        Column("document_ref", t("Document"), width=130),
        Column("kind", t("Kind"), word=kind, width=110),
        *([] if of_one_customer else whose),
        Column("document_on", t("Dated"), "date"),
        Column("due_on", t("Due"), "date"),
        Column("days_late", t("Days late"), "days_late"),
        Column("amount", t("Amount ({currency})", currency=currency), "money"),
        Column("open_amount", t("Open ({currency})", currency=currency), "money"),
        Column("bucket", t("Bucket"), word=words.bucket),
        Column("label", t("Label"), width=220),
    ]


def between(days: str) -> str:
    """Return between which days something was settled: `between 3 Mar 2026 and 10 Mar 2026`.

    Args:
        days: Both days with a stroke between them, or the later one alone: `2026-03-03/2026-03-10`.
    """
    *after, by = (formats.day(date.fromisoformat(day)) for day in days.split("/"))
    return (
        t("between {first} and {last}", first=after[0], last=by) if after else t("by {day}", day=by)
    )


def between_columns(found: list[Row]) -> list[Column]:
    """Return the column that says between which days, where the lists of a firm are all we know."""
    if not any(row["between_lists"] for row in found):
        return []
    return [Column("between_lists", t("Settled"), word=between, width=230)]


def show_open_items(items: list[Row], columns: list[Column], *, key: str) -> None:
    """Show open items; picking one leads to its line in the extract."""

    def pick(row: int, _column: str) -> None:
        st.query_params["item"] = str(items[row]["item_id"])

    page.note(t("Pick a document to see the line of the extract it comes from."))
    grids.show(items, columns, what=t("Documents"), key=key, on_pick=pick)


def show_line() -> None:
    """Show the document in the address: where it stands in the extract, and what settled it."""
    item = st.query_params.get("item")
    if not item:
        return
    found = state.rows(LINE, item=item)
    if not found:
        page.note(t("The document of this link is not in the books that are published now."))
        return
    [line] = found
    if line["source_line"] is None:
        page.section(t("Gone from {file}", file=line["file_name"] or ""))
    else:
        page.section(
            t("Line {line} of {file}", line=line["source_line"], file=line["file_name"] or "")
        )
    left, right = st.columns(2, gap="large")
    with left:
        facts = [{"what": what, "value": value} for what, value in line_facts(line) if value]
        grids.show(
            facts,
            [Column("what", t("What the line says"), width=180), Column("value", t("Value"))],
            what=t("The line in the extract"),
            height="content",
        )
    with right:
        show_settlements(state.rows(SETTLED_BY, item=line["item_id"]), line["currency"])


def line_facts(line: Row) -> list[tuple[str, str]]:
    """Return what the extract says in one line, with the names of its columns."""
    return [
        (t("File"), line["file_name"] or ""),
        (t("Line number"), str(line["source_line"] or "")),
        (t("Journal"), line["journal_code"] or ""),
        (t("Entry"), line["entry_number"] or ""),
        (t("Booked on"), formats.day_short(line["booked_on"])),
        (t("Settled"), between(line["between_lists"]) if line["between_lists"] else ""),
        (t("Account"), line["account"] or ""),
        (t("Customer"), f"{line['customer_name'] or ''} ({line['customer_id']})"),
        (t("Kind"), kind(line["kind"])),
        (t("Document"), line["document_ref"] or ""),
        (t("Dated"), formats.day_short(line["document_on"])),
        (t("Due"), due(line)),
        (t("Amount"), formats.money(line["amount"], line["currency"])),
        (t("Label"), line["label"] or ""),
    ]


def due(line: Row) -> str:
    """Return the due date of a document and where it comes from."""
    if line["due_on"] is None:
        return ""
    basis = words.word(words.DUE_BASES, line["due_basis"])
    return f"{formats.day_short(line['due_on'])} ({basis})"


def show_settlements(settlements: list[Row], currency: str) -> None:
    """Show what a document was matched with."""
    if not settlements:
        page.note(t("Nothing is matched with this document."))
        return
    grids.show(
        settlements,
        [
            Column("matched_on", t("Matched on"), "date"),
            Column("amount", t("Amount ({currency})", currency=currency), "money"),
            Column("kind", t("With"), word=kind),
            Column("document_ref", t("Document")),
            *between_columns(settlements),
            Column("method", t("Method"), word=lambda code: words.word(words.METHODS, code)),
        ],
        what=t("Matches"),
        height="content",
    )
