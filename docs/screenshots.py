"""Take the pictures of the README: the sample company, refreshed and shown as `make run` shows it.

    python -m docs.screenshots

Two refreshes, a week of the sample company apart, so that the first page has a change to tell of.
The pictures go to `docs/images`, one for each page and language.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from published import snapshot

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
A_WEEK_BEFORE = "2025-12-23"  # the sample company's books end with the year
A_QUARTER_END = "2025-09-30"
ENCAISSE = Path(sys.executable).parent / "encaisse"
WIDTH, HEIGHT = 1280, 1000
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

LARGEST = """
select entity_id, customer_id from receivables.aged_items((select as_of from meta.snapshot))
where is_overdue and currency = 'EUR'
group by all order by sum(open_amount) desc, entity_id, customer_id limit 1
"""


def main() -> None:
    """Make the sample company, show it, and take a picture of each page in each language."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for arguments in (
            ["sample", "--out", str(home / "extracts")],
            ["refresh", "--as-of", A_WEEK_BEFORE],
            ["refresh"],
        ):
            subprocess.run([ENCAISSE, "--home", home, *arguments], cwd=ROOT, check=True)
        with _app(home) as address, _browser() as browser:
            for language in ("fr", "en"):
                for name, path in _pages(home).items():
                    file = IMAGES / f"{name}-{language}.png"
                    _picture(browser, f"{address}/{path}", language, file)
                    print(file.relative_to(ROOT))


def _pages(home: Path) -> dict[str, str]:
    """Return the address of each page by the name of its picture."""
    with snapshot.connect(snapshot.current(home)) as con:
        [(entity, customer)] = con.sql(LARGEST).fetchall()
    account = f"account={customer}&of={entity}"
    return {
        "overview": "",
        "cash_forecast": f"cash_forecast?entity={entity}",
        "collection_list": "collection_list",
        "risk": f"risk?{account}",
        "expected_payments": f"customer?{account}&view=expected",
        "track_record": "track_record",
        "aged_balances": f"aged_balances?{account}",
        "restatements": f"restatements?day={A_QUARTER_END}",
        "customer": f"customer?{account}&view=statement",
        "measures": "measures",
        "data_health": "data_health",
    }


def _picture(browser: Browser, address: str, language: str, file: Path) -> None:
    context = browser.new_context(
        locale="fr-FR" if language == "fr" else "en-GB",
        timezone_id="Europe/Paris",
        viewport={"width": WIDTH, "height": HEIGHT},
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("h1")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(1500)  # charts are drawn after the page is there
    page.screenshot(path=file)
    context.close()


@contextmanager
def _app(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboards/streamlit_app.py"]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "ENCAISSE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/_stcore/health")
            yield address
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"The app does not answer at {url}.")


@contextmanager
def _browser() -> Iterator[Browser]:
    """Open Debian's browser, or the one that Playwright brought."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


if __name__ == "__main__":
    main()
