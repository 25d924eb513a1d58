"""Data health: what came in, what was set aside and why, and whether everything ties."""

from dashboards import about, entities, formats, grids, page, sayings, state, words
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row
from published.snapshot import Pointer

# The entity that a file has by default names nobody, where the books are of one entity and where
# they are all of others: a file of customers says in its lines, or not at all, whose they are.
FILES = """
select name, format, case when not names_nobody then entity_id end as entity_id,
    case when not names_nobody then entity_basis end as entity_basis, status, records_in, loaded,
    quarantined, first_on, last_on, refused_reason
from (
    select *, coalesce(entity_basis = 'default' and (
        (select count(distinct entity_id) < 2 from ledger.books)
        or entity_id not in (select entity_id from ledger.books)
    ), false) as names_nobody
    from intake.files
) as files
order by refused_reason is null, quarantined = 0, name
"""

ASIDE = """
select name, source_line, column_name, value, reason, count(*) over ()::int as row_count
from intake.quarantine
order by name, source_line nulls first, column_name
limit $limit
"""

CHECKS = """
select check_name, severity, bool_and(passed) as passed, sum(failing_rows)::int as failing_rows,
    count(*)::int as times, string_agg(detail, '; ' order by subject) filter (not passed) as detail
from intake.checks
group by check_name, severity
order by passed, severity, check_name
"""

CONTRACTS = """
select suite, column_name, detail, passed, unexpected_count, evaluated_count
from intake.contracts
order by passed, suite, column_name, detail
"""

FAILURES = """
select failures.suite, failures.column_name, detail, files.name as file_name,
    failures.source_line, failures.value, count(*) over ()::int as row_count
from intake.contract_failures as failures
left join intake.contracts as contracts
    on contracts.suite = failures.suite and contracts.column_name = failures.column_name
    and contracts.expectation = failures.expectation
left join intake.files as files on files.source_sha256 = failures.source_sha256
order by failures.suite, failures.column_name, detail, file_name, source_line
limit $limit
"""

LISTS = """
select entity_id, listed_on, basis, name, item_count, gone_count, replaced_by,
    count(*) over ()::int as row_count
from intake.open_lists
order by listed_on desc, entity_id, name
limit $limit
"""

EVERY_ROW = 10**9
WIDTH_OF_A_CHECK = 480  # pixels: 80 letters


def finding(pointer: Pointer) -> str:
    """Say in one line whether everything came in and everything ties."""
    records = sum(file.records_in for file in pointer.files)
    aside = sum(file.quarantined for file in pointer.files)
    ties = all(total.gap == 0 for total in pointer.control_totals)
    refused = sum(1 for file in pointer.files if file.refused_reason)
    told = [
        nt("{n} extract", "{n} extracts", len(pointer.files)),
        nt("{count} line", "{count} lines", records, count=formats.number(records)),
        _tie(ties),
    ]
    if refused:
        told[0] += t(", {refused} of them refused", refused=formats.number(refused))
    if aside:
        told[1] += t(", {aside} of them set aside", aside=formats.number(aside))
    return t("{extracts}; {lines}; {ties}.", extracts=told[0], lines=told[1], ties=told[2])


def show_totals(pointer: Pointer) -> None:
    """Show the control totals of the snapshot: ledger, open items and their gap."""
    has_ledger = about.has_ledger()
    page.section(t("Control totals"))
    page.note(
        t(
            "The receivable accounts in the ledger beside the open items, on {day}. A snapshot is "
            "published only where the difference is 0.00.",
            day=formats.day(pointer.as_of),
        )
        if has_ledger
        else t(
            "What the extracts say is owed beside the open items, on {day}. A snapshot is "
            "published only where the difference is 0.00.",
            day=formats.day(pointer.as_of),
        )
    )
    rows: list[Row] = [
        {**vars(total), "entity_id": total.entity} for total in pointer.control_totals
    ]
    columns = [
        *entities.columns(width=200),
        Column("currency", t("Currency")),
        Column(
            "ledger",
            t("Receivable accounts") if has_ledger else t("In the extracts"),
            "exact_money",
        ),
        Column("open_items", t("Open items"), "exact_money"),
        Column("gap", t("Difference"), "exact_money"),
    ]
    grids.show(rows, columns, what=t("Control totals"), height="content")
    grids.downloads(
        lambda: grids.as_table(rows, columns), columns, t("control totals"), key="totals"
    )


def show_lists() -> None:
    """Show the lists of open items, each with its day and how that is known."""
    found = state.rows(LISTS, limit=grids.SHOWN)
    if not found:
        return
    title = t("Lists of open items")
    page.section(title)
    page.note(
        t(
            "What is gone from one list to the next was paid or credited between the two. Put the "
            "day of a list into its name, 2024-03-31, where no column says it."
        )
    )
    columns = [
        Column("listed_on", t("Day"), "date"),
        *entities.columns(),
        Column("basis", t("Day told by"), word=_list_basis, width=170),
        Column("item_count", t("Items"), "count"),
        Column("gone_count", t("Gone since the list before"), "count"),
        Column("name", t("File"), width=230),
        Column("replaced_by", t("Replaced by"), width=230),
    ]
    grids.show(found, columns, what=title)
    if more := grids.first_of(len(found), found[0]["row_count"]):
        page.note(more)
    every = state.asker(LISTS, {"limit": EVERY_ROW})
    grids.downloads(every, columns, t("lists of open items"), key="lists")


def show_files() -> None:
    """Show what each extract brought, and where it was refused, why."""
    files = state.rows(FILES)
    page.section(t("Extracts received"))
    columns = [
        Column("name", t("File"), width=230),
        Column("format", t("Format"), word=words.file_format, width=130),
        Column("status", t("State"), word=lambda code: words.word(words.STATUSES, code)),
        Column("records_in", t("Lines"), "count"),
        Column("loaded", t("Loaded"), "count"),
        Column("quarantined", t("Set aside"), "count"),
        Column("first_on", t("From"), "date"),
        Column("last_on", t("To"), "date"),
        Column("entity_id", t("Entity"), word=words.entities()),
        Column("entity_basis", t("Entity told"), word=_entity_basis),
        Column("refused_reason", t("Why it was refused"), word=sayings.say, width=300),
    ]
    grids.show(files, columns, what=t("Extracts received"))
    page.note(t("Lines = loaded + set aside, for every file: nothing is lost."))
    grids.downloads(state.asker(FILES, {}), columns, t("extracts"), key="files")


def show_aside() -> None:
    """Show the lines that were set aside, each with what is wrong and how to put it right."""
    found = state.rows(ASIDE, limit=grids.SHOWN)
    count = found[0]["row_count"] if found else 0
    page.section(
        nt("{count} line set aside", "{count} lines set aside", count, count=formats.number(count))
        if found
        else t("No line was set aside")
    )
    if not found:
        return
    columns = [
        Column("name", t("File"), width=210),
        Column("source_line", t("Line"), "count"),
        Column("column_name", t("Column")),
        Column("value", t("Value"), width=150),
        Column("reason", t("Reason"), word=sayings.say, width=480),
    ]
    grids.show(found, columns, what=t("Lines set aside"))
    if more := grids.first_of(len(found), count):
        page.note(more)
    every = state.asker(ASIDE, {"limit": EVERY_ROW})
    grids.downloads(every, columns, t("lines set aside"), key="aside")


def show_checks() -> None:
    """Show the checks of the refresh and what they found."""
    checks = state.rows(CHECKS)
    broken = sum(not row["passed"] for row in checks)
    page.section(
        nt("{n} check asks for a look", "{n} checks ask for a look", broken)
        if broken
        else t("Every check holds")
    )
    page.note(
        t(
            "A blocking check stands before publication: what is published has passed it. "
            "The others are warnings: the figures are right, but something asks for a person."
        )
    )
    page.bullets(  # what asks for a person is read whole, and not in a cell of the table
        [
            t("Broken: “{check}”. {detail}", check=_check(row["check_name"]),
              detail=sayings.say_list(row["detail"]))
            for row in checks
            if not row["passed"]
        ]
    )  # fmt: skip
    columns = [
        Column("check_name", t("Check"), word=_check, width=WIDTH_OF_A_CHECK),
        Column("passed", t("Result"), word=words.holds),
        Column("times", t("Times looked"), "count"),
        Column("failing_rows", t("Rows"), "count"),
        Column("severity", t("Weight"), word=_severity),
        Column("detail", t("Detail"), word=sayings.say_list, width=400),
    ]
    grids.show(checks, columns, what=t("Checks"), height="content")
    grids.downloads(state.asker(CHECKS, {}), columns, t("checks"), key="checks")


def show_contracts() -> None:
    """Show what was expected of each kind of extract, and the rows that are otherwise."""
    contracts = state.rows(CONTRACTS) if state.has("intake.contracts") else []
    if not contracts:
        return
    broken = sum(not row["passed"] for row in contracts)
    page.section(
        nt("{n} expectation is broken", "{n} expectations are broken", broken)
        if broken
        else t("The extracts are as expected")
    )
    expected = Column("detail", t("Expected"), word=sayings.say, width=400)
    columns = [
        Column("suite", t("Contract"), word=_suite),
        Column("column_name", t("Column"), word=words.columns),
        expected,
        Column("passed", t("Result"), word=words.holds),
        Column("unexpected_count", t("Otherwise"), "count"),
        Column("evaluated_count", t("Looked at"), "count"),
    ]
    grids.show(contracts, columns, what=t("Contracts"))
    grids.downloads(state.asker(CONTRACTS, {}), columns, t("contracts"), key="contracts")
    failures = state.rows(FAILURES, limit=grids.SHOWN)
    if not failures:
        return
    if part := page.unfolded(t("Rows that are otherwise"), key="failures"):
        with part:
            columns = [
                Column("file_name", t("File"), width=230),
                Column("source_line", t("Line"), "count"),
                Column("column_name", t("Column")),
                Column("value", t("Value")),
                expected,
            ]
            grids.show(failures, columns, what=t("Rows that are otherwise"))
            if more := grids.first_of(len(failures), failures[0]["row_count"]):
                page.note(more)
            every = state.asker(FAILURES, {"limit": EVERY_ROW})
            grids.downloads(every, columns, t("contract failures"), key="failures")


def _tie(ties: bool) -> str:
    if about.has_ledger():
        return (
            t("every total ties to the ledger")
            if ties
            else t("the totals do not tie to the ledger")
        )
    return (
        t("every total ties to the extracts")
        if ties
        else t("the totals do not tie to the extracts")
    )


def _entity_basis(code: str) -> str:
    return words.word(words.ENTITY_BASES, code)


def _list_basis(code: str) -> str:
    return words.word(words.LIST_BASES, code)


def _check(code: str) -> str:
    return words.word(words.CHECKS, code)


def _severity(code: str) -> str:
    return words.word(words.SEVERITIES, code)


def _suite(code: str) -> str:
    return words.word(words.SUITES, code)


def show() -> None:
    """Show the page."""
    pointer = state.shown()
    page.headline(finding(pointer), about.provenance(pointer))
    about.warnings(pointer)
    show_totals(pointer)
    show_files()
    show_lists()
    show_aside()
    show_checks()
    show_contracts()


show()
