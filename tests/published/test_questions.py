"""What scripts and screens ask of a snapshot, worked by hand on the small one."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from models.ageing import Convention
from models.errors import EncaisseError
from published import questions
from published.questions import ask


def total(table: pa.Table, column: str = "amount") -> Decimal:
    return sum(table.column(column).to_pylist(), Decimal("0.00"))


def by_bucket(table: pa.Table) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in table.to_pylist():
        found[row["bucket"]] = found.get(row["bucket"], Decimal(0)) + row["amount"]
    return found


def test_the_aged_balance_of_the_snapshots_day(con):
    assert by_bucket(ask(con, "aged_balances", entity="nord", currency="EUR")) == {
        "not_due": Decimal("500.00"),
        "1-30": Decimal("1000.00"),
        "over_120": Decimal("2000.00"),
        "no_due_date": Decimal("50.00"),
        "unapplied": Decimal("-300.00"),
    }


def test_a_past_day_does_not_know_what_came_after(con):
    then = ask(con, "aged_balances", as_of=date(2024, 3, 19), entity="nord", currency="EUR")
    assert by_bucket(then) == {"1-30": Decimal("2700.00")}
    assert ask(con, "aged_balances", as_of=date(2000, 1, 1)).num_rows == 0


def test_open_items_and_aged_balances_give_the_same_total(con):
    for basis in ("due", "document"):
        items = ask(con, "open_items", basis=basis, bounds=[10, 20])
        balances = ask(con, "aged_balances", basis=basis, bounds=[10, 20])
        assert total(items, "open_amount") == total(balances) == Decimal("4349.99")
        assert set(items.column("bucket").to_pylist()) == set(balances.column("bucket").to_pylist())


def test_ageing_by_document_date_and_in_other_buckets(con):
    found = ask(con, "aged_balances", basis="document", bounds=[30, 60], customer="C001")
    assert by_bucket(found) == {
        "1-30": Decimal("500.00"),
        "31-60": Decimal("1000.00"),
        "over_60": Decimal("100.00"),
    }


@pytest.mark.parametrize(
    ("convention", "buckets"),
    [  # 500.00 due today, 1,000.00 30 days late, 50.00 without a due date, booked 29 days ago
        ("encaisse", {"not_due": "500.00", "1-30": "1000.00", "no_due_date": "50.00"}),
        ("erpnext", {"0-30": "1550.00"}),
        ("oca_aged", {"not_due": "550.00", "1-30": "1000.00"}),
        ("oca_statement", {"not_due": "500.00", "1-30": "50.00", "31-60": "1000.00"}),
    ],
)
def test_ageing_by_the_boundaries_of_another_system(con, convention, buckets):
    asked = {"convention": Convention(convention), "entity": "nord", "currency": "EUR"}
    balances = ask(con, "aged_balances", **asked)
    wanted = {**buckets, "over_120": "2000.00", "unapplied": "-300.00"}
    assert by_bucket(balances) == {code: Decimal(amount) for code, amount in wanted.items()}
    assert total(ask(con, "open_items", **asked), "open_amount") == total(balances)


def test_money_stays_exact_and_the_same_question_gives_the_same_rows(con):
    for name in ("open_items", "aged_balances", "items", "matches"):
        first, second = ask(con, name), ask(con, name)
        assert first.equals(second)
        money = [field.type for field in first.schema if "amount" in field.name]
        assert money and set(money) == {pa.decimal128(18, 2)}


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("customers", 6),
        ("ledger.customers", 6),
        ("items", 10),
        ("matches", 2),
        ("quarantine", 3),
        ("measures", 91),
        ("monthly", 91),
        ("receivables.aged_balances", 7),
        ("snapshot", 1),
    ],
)
def test_every_published_table_can_be_asked_with_its_schema_or_without(con, table, rows):
    assert ask(con, table).num_rows == rows


def test_a_name_that_is_known_and_has_nothing_gives_an_empty_table(con):
    assert ask(con, "open_items", customer="H001").num_rows == 0
    assert ask(con, "customers", customer="H001").num_rows == 1
    assert ask(con, "matches", currency="USD").num_rows == 0


def test_everything_that_is_listed_can_be_asked(con):
    for name in questions.tables(con):
        assert ask(con, name).num_columns > 0


def test_dated_facts_stop_at_the_day_asked_for(con):
    assert ask(con, "items", as_of=date(2024, 2, 29), entity="sud").num_rows == 1
    assert ask(con, "items", as_of=date(2024, 2, 28), entity="sud").num_rows == 0
    assert ask(con, "matches", as_of=date(2024, 6, 9)).num_rows == 1
    assert ask(con, "measures", as_of=date(2024, 5, 31)).num_rows == 72


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"table": "nothing"}, "There is no published table called nothing"),
        ({"table": "items; drop table x"}, "There is no published table"),
        ({"table": "open_items", "entity": "est"}, "no entity called est"),
        ({"table": "open_items", "currency": "eur"}, "no currency called eur"),
        ({"table": "items", "customer": "' or 1=1 --"}, "no customer called ' or 1=1 --"),
        ({"table": "quarantine", "entity": "nord"}, "has no entity_id to choose by"),
        ({"table": "customers", "as_of": date(2024, 1, 1)}, "has no date to choose by"),
        ({"table": "items", "bounds": [30]}, "has no age"),
        ({"table": "matches", "basis": "document"}, "has no age"),
        ({"table": "items", "convention": Convention.OCA_AGED}, "has no age"),
        ({"table": "open_items", "bounds": [60, 30]}, "do not follow one another"),
        ({"table": "open_items", "bounds": [0, 30]}, "do not follow one another"),
    ],
)
def test_a_question_without_a_meaning_is_refused_with_what_to_do(con, filters, message):
    with pytest.raises(EncaisseError, match=message) as caught:
        ask(con, **filters)
    assert caught.value.fix
