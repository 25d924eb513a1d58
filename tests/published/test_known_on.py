"""What was known on a day, asked by scripts and by the command line of the small snapshot.

Of 12 June 2024 the first export told an invoice F-099 of 150.00, which the next one, of 20 June,
took back: 150.00 less is known of that day now.
"""

import csv
from datetime import date
from decimal import Decimal

import pytest

from desk.closes import list_closes
from desk.store import open_desk
from models.errors import EncaisseError
from published.questions import ask, restatements
from published.snapshot import connect, current, rows
from tests.published.small_snapshot import publish

DAY = date(2024, 6, 12)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of each test alone, in which the small snapshot is published."""
    monkeypatch.setenv("ENCAISSE_HOME", str(tmp_path))
    return publish(tmp_path)


def total(rows, column):
    return sum(row[column] for row in rows.to_pylist())


def test_a_past_day_is_asked_as_it_was_known(home):
    with connect(current(home)) as con:
        asked = {"as_of": DAY, "entity": "nord", "currency": "EUR"}
        now = ask(con, "aged_balances", **asked)
        then = ask(con, "aged_balances", **asked, known_on=DAY)
        items = ask(con, "open_items", **asked, known_on=DAY)
        changes = restatements(con, since=DAY, **asked)
    assert total(then, "amount") - total(now, "amount") == Decimal("150.00")
    assert total(items, "open_amount") == total(then, "amount")
    [gone] = [row for row in items.to_pylist() if row["document_ref"] == "F-099"]
    assert (gone["customer_name"], gone["bucket"]) == ("Garage Lefèvre", "1-30")
    [change] = changes.to_pylist()
    assert (change["cause"], change["difference"]) == ("removed", Decimal("-150.00"))
    assert change["document_ref"] == "F-099"
    assert change["extract_name"] == "111111111FEC20241231.txt"


def test_what_has_no_second_clock_says_so(home):
    with connect(current(home)) as con:
        with pytest.raises(EncaisseError, match="no day of knowledge"):
            ask(con, "ledger.customers", known_on=DAY)
        with pytest.raises(EncaisseError, match="less than what was known"):
            restatements(con, as_of=DAY, since=DAY, until=date(2024, 6, 1))


def test_a_snapshot_of_an_older_version_says_what_to_do(home):
    with connect(current(home)) as con, pytest.raises(EncaisseError, match="older version"):
        rows(con, "from receivables.what_comes_later($day)", day=DAY)


def test_the_command_line_takes_both_clocks(encaisse, tmp_path):
    files = [tmp_path / "then.csv", tmp_path / "now.csv"]
    for file, clock in zip(files, (["--known-on", DAY], []), strict=True):
        code, _, _ = encaisse(
            *("export", "open_items", "--as-of", DAY, *clock, "--currency", "EUR", "--out", file)
        )
        assert code == 0
    told = [{row["document_ref"] for row in read(file)} for file in files]
    assert told[0] - told[1] == {"F-099"}


def test_restatements_are_written_and_summed_up(encaisse, tmp_path):
    out = tmp_path / "changes.csv"
    code, said, _ = encaisse("restatements", "--as-of", DAY, "--since", DAY, "--out", out)
    assert code == 0
    assert [row["cause"] for row in read(out)] == ["removed"]
    lines = [line.split() for line in said.splitlines()]
    amounts = [Decimal(line[-1].replace(",", "")) for line in lines if line[:2] == ["nord", "EUR"]]
    before, change, after = amounts
    assert change == Decimal("-150.00")
    assert before + change == after


def test_a_day_about_which_nothing_changed_says_so(encaisse, tmp_path):
    asked = ("--as-of", "2024-03-31", "--since", "2024-03-31", "--out", tmp_path / "none.xlsx")
    code, said, _ = encaisse("restatements", *asked, "--format", "xlsx")
    assert code == 0
    assert "Nothing changed about that day." in said


def test_restatements_that_cannot_be_are_refused_and_what_cannot_be_read_is_wrong_usage(
    encaisse, tmp_path
):
    out = ("--out", tmp_path / "x.csv")
    code, _, err = encaisse(
        "restatements", "--as-of", DAY, "--since", DAY, "--until", "2024-01-01", *out
    )
    assert code == 1
    assert "fix:" in err
    code, _, _ = encaisse("restatements", "--as-of", "June", "--since", DAY, *out)
    assert code == 2


def test_a_month_end_is_frozen_once_and_again_only_with_a_reason(encaisse, home):
    code, said, _ = encaisse("close", "--month", "2024-05", "--author", "Léa")
    assert code == 0
    assert "2024-05-31 is closed as known on" in said
    [close] = list_closes(open_desk(home))
    assert {(t.entity_id, t.currency): t.amount for t in close.totals} == {
        ("nord", "EUR"): Decimal("3700.00"),
        ("nord", "USD"): Decimal("999.99"),
        ("sud", "EUR"): Decimal("100.00"),
    }
    code, _, err = encaisse("close", "--month", "2024-05", "--author", "Léa")
    assert code == 1
    assert "closed already" in err
    again = ("--known-on", "2024-05-31", "--reason", "auditor's adjustment")
    code, _, _ = encaisse("close", "--as-of", "2024-05-31", "--author", "Ali", *again)
    assert code == 0
    newest, oldest = list_closes(open_desk(home))
    assert (newest.author, oldest.author) == ("Ali", "Léa")
    assert newest.totals[0].amount == Decimal("3850.00")  # F-099 was known then


def test_a_day_that_the_books_do_not_reach_is_not_closed(encaisse):
    code, _, err = encaisse("close", "--month", "2024-07", "--author", "Léa")
    assert code == 1
    assert "cannot be closed yet" in err
    assert encaisse("close", "--author", "Léa")[0] == 2


def read(file):
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return list(csv.DictReader(rows))
