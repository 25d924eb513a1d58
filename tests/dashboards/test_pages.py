"""What holds of every page: in both languages, and in words where something is missing or wrong."""

import json
import shutil

import pytest

from dashboards import state
from tests.dashboards.reading import bare, texts
from tests.published.small_snapshot import publish

PAGES = (
    *("overview", "cash_forecast", "collection_list", "risk", "aged_balances", "customer"),
    *("restatements", "measures", "track_record", "data_health"),
)


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_there_in_both_languages(open_page, page, lang):
    app = open_page(page, lang)
    assert not app.error
    assert len(app.title) == 1


@pytest.mark.parametrize(
    ("page", "address", "says"),
    [
        ("customer", {"account": "C999", "of": "nord"}, "There is no such customer."),
        ("customer", {"account": "' or 1=1 --", "of": "nord"}, "There is no such customer."),
        ("aged_balances", {"item": "nothing"}, "The document of this link is not in the books"),
        ("aged_balances", {"as_of": "1990-01-01"}, "15 Jan 2024"),  # the first entry
        ("aged_balances", {"as_of": "soon", "currency": "XYZ", "by": "luck"}, "€3,350 open"),
        ("aged_balances", {"buckets": "30, 10"}, "Buckets need whole numbers that rise"),
        ("aged_balances", {"entity": "sud", "currency": "USD"}, "Nothing was open on"),
        ("aged_balances", {"account": "C001", "of": "sud", "cell": "1-30"}, "has no open document"),
        ("overview", {"entity": "sud", "currency": "USD"}, "Nothing is owed in USD."),
        ("measures", {"currency": "USD"}, "There are no measures in USD"),
        ("measures", {"scope": "customer"}, "No customer has a figure"),
    ],
)
def test_a_link_to_what_is_not_there_says_so(open_page, page, address, says):
    app = open_page(page, **address)
    assert not app.error
    assert says in " ".join(texts(app))


def test_an_empty_home_says_what_to_do_in_the_readers_language(open_page, tmp_path, monkeypatch):
    monkeypatch.setenv("ENCAISSE_HOME", str(tmp_path / "nothing"))
    assert "Nothing has been published yet. Run “make run” once" in " ".join(texts(open_page()))
    french = " ".join(texts(open_page(lang="fr")))
    assert french.startswith("Rien n’a encore été publié. Lancez une fois «\u202fmake run\u202f»")


def test_a_damaged_snapshot_is_said_to_be_damaged(open_page, tmp_path, monkeypatch):
    home = publish(tmp_path)
    [file] = (home / "snapshots").glob("*.duckdb")
    file.write_bytes(file.read_bytes()[:5000])
    (home / "CURRENT").write_text(
        (home / "CURRENT").read_text().replace('"sha256": "', '"sha256": "x', 1)
    )
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    for page in PAGES:
        app = open_page(page)
        assert bare(app.error[0].value).startswith("The published snapshot cannot be")
    (home / "CURRENT").write_text("{")
    assert "The pointer to the published snapshot" in texts(open_page())[0]


def test_whatever_goes_wrong_no_stack_is_shown(open_page, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(state, "rows", fail)
    app = open_page()
    said = " ".join(texts(app))
    assert "Something went wrong while this page was being prepared." in said
    assert "secret detail" not in said
    assert "secret detail" in caplog.text


def test_a_new_snapshot_is_shown_on_the_next_run(open_page, tmp_path, monkeypatch):
    home = publish(tmp_path)
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    app = open_page()
    assert "This is the first snapshot" in " ".join(texts(app))
    publish(home, "20240702T060000Z-next", previous="20240701T060000Z")
    app.run()
    assert "€250 less owed than on 29 Jun 2024" in texts(app)


def test_todays_books_are_said_to_be_old_once_a_refresh_is_overdue(
    open_page, tmp_path, monkeypatch
):
    home = publish(tmp_path)
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    assert not any("days old" in text for text in texts(open_page()))  # historical books
    told = json.loads((home / "CURRENT").read_text())
    (home / "CURRENT").write_text(json.dumps({**told, "as_of_basis": "today"}))
    assert any(
        "days old: the last refresh was on 1 Jul 2024" in text for text in texts(open_page())
    )


def test_books_without_receivables_say_what_to_do(open_page, tmp_path, monkeypatch):
    import duckdb

    home = publish(tmp_path)
    [file] = (home / "snapshots").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:
        for table in ("books", "items"):
            con.execute(f"delete from ledger.{table}")
        for table in ("movements", "month_ends"):
            con.execute(f"delete from receivables.{table}")
    told = json.loads((home / "CURRENT").read_text())
    (home / "CURRENT").write_text(json.dumps({**told, "sha256": "empty"}))
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    for page in PAGES:
        assert not open_page(page).error
    assert "Put the ledger extract (FEC) in the folder" in " ".join(texts(open_page()))


def test_books_of_which_nothing_was_ever_overdue_are_shown(open_page, tmp_path, monkeypatch):
    import duckdb

    home = publish(tmp_path)
    [file] = (home / "snapshots").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:
        con.execute("delete from receivables.month_ends where is_overdue")
    told = json.loads((home / "CURRENT").read_text())
    (home / "CURRENT").write_text(json.dumps({**told, "sha256": "young"}))
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    for page in PAGES:
        opened = open_page(page)
        assert not opened.error
        assert not opened.exception


def test_an_old_snapshot_can_be_deleted_while_it_is_shown(open_page, tmp_path, monkeypatch):
    home = publish(tmp_path)
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    app = open_page()
    shutil.rmtree(home / "snapshots")
    app.switch_page("app_pages/aged_balances.py").run()
    assert not app.error
