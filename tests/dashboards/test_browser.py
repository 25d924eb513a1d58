"""The running app in a real browser: what AppTest cannot see."""

import csv
import io
import re
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright
from python_calamine import CalamineWorkbook

from tests.dashboards.reading import change, serving
from tests.published.small_firm import HOSTILE
from tests.published.small_snapshot import publish

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # the machine may have other things to do

QUIET = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ROW = 35  # pixels of a row of a grid at its standard height
FOCUSED = """() => {
    const element = document.activeElement;
    return element.getAttribute('aria-label') || element.innerText || '';
}"""
FITS = """() => {
    const page = document.querySelector('[data-testid=stMain]');
    return page.scrollWidth <= page.clientWidth;
}"""
PAGES = (
    *("", "cash_forecast", "collection_list", "risk", "aged_balances", "customer", "measures"),
    *("restatements", "track_record", "data_health"),
)


@pytest.fixture(scope="module")
def address(published_home):
    with serving(published_home) as running:
        yield running


@pytest.fixture(scope="module")
def chromium(chromium_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium):
    """Open a tab: `with reader("fr-FR") as tab`. No request may leave this machine."""

    @contextmanager
    def open_tab(locale="en-GB", **options):
        context = chromium.new_context(
            locale=locale, viewport={"width": 1280, "height": 1400}, **options
        )
        tab = context.new_page()
        tab.foreign = []

        def note(request):
            url = urlsplit(request.url)
            if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1":
                tab.foreign.append(request.url)

        tab.on("request", note)
        yield tab
        assert tab.foreign == []
        context.close()

    return open_tab


def visit(tab, url):
    tab.goto(url)
    settle(tab)


def settle(tab):
    """Wait until the page has been made and shown."""
    tab.wait_for_selector("h1, [data-testid=stAlert]")
    tab.wait_for_timeout(200)  # what was just clicked reaches the app
    tab.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    tab.wait_for_timeout(200)


def pick(tab, grid, row, x):
    """Click into a grid, which is a drawing: `row` counts from 0, `x` is in pixels."""
    region = tab.get_by_role("region", name=grid)
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    tab.mouse.click(box["x"] + x, box["y"] + ROW * (row + 1) + ROW / 2)
    settle(tab)


def chosen(tab):
    return {name: values[0] for name, values in parse_qs(urlsplit(tab.url).query).items()}


@pytest.mark.parametrize(
    ("locale", "overview"), [("fr-FR", "Vue d’ensemble"), ("de-DE", "Overview")]
)
def test_every_page_is_shown_in_the_browsers_language_and_nothing_leaves(
    reader, address, locale, overview
):
    with reader(locale) as tab:
        for page in PAGES:
            visit(tab, f"{address}/{page}")
            expect(tab.get_by_role("link", name=overview)).to_be_visible()
            expect(tab.locator("h1")).to_have_count(1)
            expect(tab.get_by_text("Traceback")).to_have_count(0)
            expect(tab.get_by_test_id("stException")).to_have_count(0)
            for width in (1280, 820):
                tab.set_viewport_size({"width": width, "height": 1400})
                tab.wait_for_function(FITS, timeout=20_000)


def test_the_switch_changes_the_language_and_the_address_keeps_it(reader, address):
    with reader("en-GB") as tab:
        visit(tab, f"{address}/aged_balances")
        tab.get_by_text("Français", exact=True).click()
        expect(tab.get_by_role("link", name="Balance âgée")).to_be_visible()
        settle(tab)
        assert chosen(tab) == {"lang": "fr"}
        tab.get_by_role("link", name="Indicateurs").click()
        expect(tab.get_by_text("Par segment")).to_be_visible()
        settle(tab)
        assert chosen(tab)["lang"] == "fr"
    with reader("en-GB") as other:
        visit(other, f"{address}/aged_balances?lang=fr")
        expect(other.get_by_role("link", name="Balance âgée")).to_be_visible()


def test_a_link_shows_the_view_of_whoever_sent_it(reader, address):
    with reader() as sender:
        visit(sender, f"{address}/aged_balances")
        sender.get_by_text("USD", exact=True).click()
        settle(sender)
        sender.get_by_role("button", name="Ageing rules").click()
        sender.get_by_text("Document date", exact=True).click()
        settle(sender)
        link = sender.url
        finding = sender.locator("h1").inner_text()
        assert chosen(sender) == {"currency": "USD", "by": "document"}
    with reader() as colleague:
        visit(colleague, link)
        assert colleague.locator("h1").inner_text() == finding
        expect(colleague.get_by_text("by document date")).to_be_visible()
    with reader("fr-FR") as french:
        visit(french, link)
        expect(french.get_by_text("par date de pièce")).to_be_visible()


def test_choices_stay_from_page_to_page_and_back_goes_back(reader, address):
    with reader() as tab:
        visit(tab, f"{address}/?entity=sud")
        expect(tab.locator("h1")).to_contain_text("€100")
        tab.get_by_role("link", name="Aged balances").click()
        expect(tab.locator("h1")).to_contain_text("€100 open")
        settle(tab)
        assert chosen(tab)["entity"] == "sud"
        for _ in range(2):  # the page and its choices may have come as two steps of the history
            if urlsplit(tab.url).path != "/":
                tab.go_back()
                settle(tab)
        expect(tab.locator("h1")).to_contain_text("€100 receivable")


def test_two_clicks_lead_from_an_amount_to_the_line_of_the_extract(reader, address):
    with reader() as tab:
        visit(tab, f"{address}/aged_balances?entity=nord")
        pick(tab, "Aged balance by customer", 2, 60)  # Boulangerie Martin
        expect(tab.get_by_text("2 documents")).to_be_visible()
        pick(tab, "Documents", 0, 60)
        expect(tab.get_by_text("Line 5 of 111111111FEC20241231.txt")).to_be_visible()
        assert chosen(tab)["item"] == "101"
        link = tab.url
    with reader() as colleague:
        visit(colleague, link)
        expect(colleague.get_by_text("Line 5 of 111111111FEC20241231.txt")).to_be_visible()


def test_the_drill_works_with_the_keyboard_alone(reader, address):
    with reader() as tab:
        visit(tab, f"{address}/aged_balances?entity=nord")
        tab.get_by_role("region", name="Aged balance by customer").locator("canvas").first.focus()
        for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"):
            tab.keyboard.press(key)
            tab.wait_for_timeout(150)
        settle(tab)
        expect(tab.get_by_role("button", name="Close")).to_be_visible()
        assert chosen(tab)["account"] in ("C001", "C002", "C003")


def test_every_control_can_be_reached_with_the_tab_key(reader, address):
    wanted = {"Overview", "Entity", "EUR", "Français", "day, As of", "Ageing rules", "All"}
    wanted |= {"Excel", "CSV"}
    with reader() as tab:
        visit(tab, f"{address}/aged_balances")
        tab.wait_for_timeout(1000)
        for _ in range(60):
            tab.keyboard.press("Tab")
            wanted -= set(tab.evaluate(FOCUSED).split("\n"))
            if not wanted:
                break
    assert wanted == set()


def test_the_button_of_a_row_opens_the_account(reader, address):
    with reader() as tab:
        visit(tab, f"{address}/")
        grid = tab.get_by_role("region", name="Largest overdue customers")
        box = grid.bounding_box()
        pick(tab, "Largest overdue customers", 0, box["width"] - 40)
        expect(tab.locator("h1")).to_have_text("Garage Lefèvre")
        assert {"account": "C002", "of": "nord"}.items() <= chosen(tab).items()


@pytest.mark.parametrize(
    ("locale", "delimiter", "decimal"), [("en-GB", ",", "."), ("fr-FR", ";", ",")]
)
def test_what_is_downloaded_is_what_is_shown(reader, address, locale, delimiter, decimal):
    with reader(locale) as tab:
        visit(tab, f"{address}/aged_balances?entity=nord")
        buttons = tab.get_by_test_id("stDownloadButton")
        with tab.expect_download() as csv_file:
            tab.locator(".st-key-aged_balance_csv button").first.click()
        with tab.expect_download() as excel_file:
            tab.locator(".st-key-aged_balance_xlsx button").first.click()
        visit(tab, f"{address}/")
        with tab.expect_download() as overdue_file:
            buttons.filter(has_text="CSV").first.click()
        assert "Maison du Nord SAS" in overdue_file.value.path().read_text(encoding="utf-8-sig")
        text = csv_file.value.path().read_bytes().decode("utf-8-sig")
        book = CalamineWorkbook.from_path(excel_file.value.path())
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    total = next(index for index, name in enumerate(header) if name.startswith("Total"))
    amounts = {row[1]: row[total].replace(decimal, ".") for row in rows}
    assert amounts == {"C002": "1700.00", "C001": "1500.00", "C003": "50.00"}
    [top, *cells] = book.get_sheet_by_index(0).to_python()
    assert top == header
    assert {row[1]: row[total] for row in cells} == {"C002": 1700.0, "C001": 1500.0, "C003": 50.0}
    assert any(row[0].startswith("'=HYPERLINK") for row in rows)
    assert any(str(row[0]).startswith("=HYPERLINK") for row in cells)
    assert re.fullmatch(
        r"(aged_balance|balance_agee)_2024-06-30\.csv", csv_file.value.suggested_filename
    )


def test_a_week_of_the_forecast_leads_to_the_invoices_that_make_it(reader, address):
    with reader() as tab:
        visit(tab, f"{address}/cash_forecast?entity=nord")
        expect(tab.locator("h1")).to_contain_text("8 times out of 10 between")
        expect(tab.get_by_test_id("stVegaLiteChart")).to_be_visible()
        pick(tab, "Expected receipts by week", 0, 60)
        expect(tab.get_by_text("Week of 1 Jul: €550.00")).to_be_visible()
        pick(tab, "Customers expected to pay", 0, 60)
        expect(tab.get_by_text("2 documents expected then")).to_be_visible()
        pick(tab, "Documents", 1, 60)
        expect(tab.get_by_text("When F-101 is expected, and why")).to_be_visible()
        link = tab.url
    with reader("fr-FR") as colleague:
        visit(colleague, link)
        expect(colleague.get_by_text("Quand F-101 est attendue, et pourquoi")).to_be_visible()


def test_the_plan_pastes_into_a_french_spreadsheet(reader, address):
    with reader("fr-FR") as tab:
        visit(tab, f"{address}/cash_forecast?entity=nord")
        buttons = tab.get_by_test_id("stDownloadButton")
        with tab.expect_download() as csv_file:
            buttons.filter(has_text="CSV").nth(1).click()
        with tab.expect_download() as excel_file:
            buttons.filter(has_text="Excel").nth(1).click()
        text = csv_file.value.path().read_bytes().decode("utf-8-sig")
        book = CalamineWorkbook.from_path(excel_file.value.path())
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert header[:3] == ["Encaissements", "01/07/2024", "08/07/2024"]
    expected = next(row for row in rows if row[0] == "Attendu")
    assert expected[1:4] == ["550,00", "540,00", "350,00"]
    [top, *cells] = book.get_sheet_by_index(0).to_python()
    assert top[:2] == ["Encaissements", "01/07/2024"]
    assert next(row for row in cells if row[0] == "Attendu")[1:4] == [550.0, 540.0, 350.0]


def test_the_collection_list_is_shared_by_its_address(reader, address):
    with reader() as tab:
        visit(tab, f"{address}/collection_list")
        expect(tab.get_by_text("1 of 2 today: Garage Lefèvre")).to_be_visible()
        tab.get_by_role("button", name="Next").click()
        expect(tab.get_by_text("2 of 2 today: Boulangerie Martin")).to_be_visible()
        settle(tab)
        link = tab.url
    with reader("fr-FR") as colleague:
        visit(colleague, link)
        expect(colleague.get_by_text("2 sur 2 aujourd’hui", exact=False)).to_be_visible()


def test_a_scenario_is_made_in_plain_words(reader, tmp_path):
    with serving(publish(tmp_path)) as own, reader() as tab:
        visit(tab, f"{own}/cash_forecast?entity=nord&part=scenarios")
        tab.get_by_label("Your name, for what you save").fill("Claire Roussel")
        tab.get_by_label("Your name, for what you save").press("Enter")
        settle(tab)
        tab.get_by_text("Make a scenario", exact=True).click()
        settle(tab)
        tab.get_by_label("Name", exact=True).fill("Fewer sales")
        tab.get_by_label("Sales more or less (%)").fill("-10")
        tab.get_by_role("button", name="Save").click()
        expect(tab.get_by_text("Fewer sales: no change in 4 weeks, €360 less")).to_be_visible()
        settle(tab)
        visit(tab, tab.url)
        expect(tab.get_by_text("Fewer sales: no change in 4 weeks, €360 less")).to_be_visible()


def test_a_hostile_name_is_only_a_name(reader, address):
    with reader() as tab:
        dialogs = []
        tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        visit(tab, f"{address}/customer?account=C003&of=nord")
        assert tab.locator("h1").inner_text().replace("\N{WORD JOINER}", "").strip() == HOSTILE
        for view in ("statement", "terms"):
            visit(tab, f"{address}/customer?account=C003&of=nord&view={view}")
        visit(tab, f"{address}/aged_balances?account=C003&of=nord&item=104")
        for page in PAGES:
            visit(tab, f"{address}/{page}")
            assert tab.locator("a[href*=evil], img[src*=evil], h1 strong, .katex").count() == 0
        assert dialogs == []


def test_an_empty_home_says_what_to_do(reader, tmp_path):
    with serving(tmp_path) as empty, reader("fr-FR") as tab:
        visit(tab, empty)
        expect(tab.get_by_text("Rien n’a encore été publié.")).to_be_visible()
        expect(tab.get_by_test_id("stException")).to_have_count(0)
        publish(tmp_path)
        tab.get_by_text("English", exact=True).click()
        expect(tab.locator("h1")).to_contain_text("receivable")


def test_the_app_listens_on_this_machine_alone(address):
    import socket

    port = urlsplit(address).port
    with socket.socket() as probe:
        probe.connect(("127.0.0.1", port))
    own = [info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    for outside in {name for name in own if not name.startswith("127.")}:
        with socket.socket() as probe, pytest.raises(OSError):
            probe.settimeout(2)
            probe.connect((outside, port))


def test_the_language_is_switched_in_the_same_place_where_there_is_nothing_to_choose(
    reader, tmp_path
):
    publish(tmp_path)
    change(tmp_path, "delete from ledger.books where entity_id = 'sud' or currency <> 'EUR'")
    with serving(tmp_path) as own, reader() as tab:
        places = set()
        for page in ("", "data_health"):
            visit(tab, f"{own}/{page}")
            places.add(round(tab.get_by_text("Français", exact=True).bounding_box()["x"]))
        assert len(places) == 1
