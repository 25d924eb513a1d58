"""Lists of open items, one after the other: what is gone was settled in between."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from pipelines.defs.checks import find
from pipelines.list_rules import LIST_RULES
from pipelines.predictions import features
from pipelines.settings import Settings, TableMapping
from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import Fec, build
from tests.pipelines.open_lists import (
    COLUMNS,
    HEADER,
    LISTS,
    is_open,
    ledger_of,
    settlements,
    written,
)

THREE = {
    "encours 2024-03-03.csv": written(
        [
            "F1;A;10/01/2024;09/02/2024;100,00;100,00;EUR",
            "F2;A;20/01/2024;19/02/2024;250,00;200,00;EUR",
            "F3;B;01/03/2024;31/03/2024;80,00;80,00;EUR",
            "AV1;B;15/02/2024;;-30,00;-30,00;EUR",
        ]
    ),
    "encours 2024-03-10.csv": written(
        [
            "F2;A;20/01/2024;19/02/2024;250,00;150,00;EUR",
            "F3;B;01/03/2024;31/03/2024;80,00;80,00;EUR",
            "AV1;B;15/02/2024;;-30,00;-30,00;EUR",
            "F4;B;05/03/2024;04/04/2024;60,00;60,00;EUR",
            "F5;A;28/02/2024;29/03/2024;40,00;40,00;EUR",
        ]
    ),
    "encours 2024-03-17.csv": written(
        [
            "F1;A;10/01/2024;09/02/2024;100,00;100,00;EUR",
            "F2;A;20/01/2024;19/02/2024;250,00;170,00;EUR",
            "F4;B;05/03/2024;30/04/2024;60,00;60,00;EUR",
            "F5;A;28/02/2024;29/03/2024;40,00;40,00;EUR",
        ]
    ),
}


def test_three_lists_worked_by_hand(tmp_path):
    con = ledger_of(tmp_path, THREE)
    assert settlements(con) == [
        ("F2", "settlement", D("-50.00"), None, "2024-03-03"),
        ("F1", "settlement", D("-100.00"), "2024-03-03", "2024-03-10"),
        ("F2", "settlement", D("-50.00"), "2024-03-03", "2024-03-10"),
        ("AV1", "settlement", D("30.00"), "2024-03-10", "2024-03-17"),
        ("F1", "reopening", D("100.00"), None, "2024-03-17"),
        ("F2", "reopening", D("20.00"), None, "2024-03-17"),
        ("F3", "settlement", D("-80.00"), "2024-03-10", "2024-03-17"),
    ]
    assert is_open(con, "2024-03-03") == {
        "F1": D(100), "F2": D(200), "F3": D(80), "AV1": D(-30),
    }  # fmt: skip
    assert is_open(con, "2024-03-10") == {
        "F2": D(150), "F3": D(80), "AV1": D(-30), "F4": D(60), "F5": D(40),
    }  # fmt: skip
    assert is_open(con, "2024-03-17") == {"F1": D(100), "F2": D(170), "F4": D(60), "F5": D(40)}


def one(day, *rows):
    """A file of that day, as its name says."""
    return {f"open {day}.csv": written(rows)}


def invoice(ref, amount, *, due="30/01/2024", currency="EUR", on="01/01/2024"):
    return f"{ref};A;{on};{due};;{amount};{currency}"


def checks(con):
    """The checks of lists that find something, with what they say first."""
    found = {rule.name: find(con, rule) for rule in LIST_RULES}
    return {name: told for name, (count, told) in found.items() if count}


def test_what_is_on_no_list_any_more_is_open_until_the_day_before_that_list(tmp_path):
    con = ledger_of(
        tmp_path, one("2024-02-01", invoice("F1", 10)) | one("2024-02-08", invoice("F2", 5))
    )
    assert is_open(con, "2024-02-07") == {"F1": D(10)}
    assert is_open(con, "2024-02-08") == {"F2": D(5)}


def test_a_document_that_a_list_did_not_show_yet_was_booked_later(tmp_path):
    late = invoice("F2", 5, on="15/01/2024")
    con = ledger_of(
        tmp_path,
        one("2024-02-01", invoice("F1", 10)) | one("2024-02-08", invoice("F1", 10), late),
    )
    assert is_open(con, "2024-02-01") == {"F1": D(10)}
    [row] = con.sql(
        "select booked_on::varchar, document_on::varchar, known_on::varchar from ledger.items "
        "where document_ref = 'F2'"
    ).fetchall()
    assert row == ("2024-02-08", "2024-01-15", "2024-02-08")


def test_a_document_dated_after_its_list_was_booked_by_then(tmp_path):
    con = ledger_of(tmp_path, one("2024-02-01", invoice("F1", 10, on="15/02/2024")))
    assert is_open(con, "2024-02-01") == {"F1": D(10)}


def test_an_empty_list_says_that_nothing_is_open(tmp_path):
    con = ledger_of(tmp_path, one("2024-02-01", invoice("F1", 10)) | one("2024-02-08"))
    assert is_open(con, "2024-02-08") == {}
    assert settlements(con) == [("F1", "settlement", D(-10), "2024-02-01", "2024-02-08")]
    assert checks(con) == {}


def test_each_entity_has_its_own_empty_lists_though_all_have_one_content(tmp_path):
    entities = [LISTS.model_copy(update={"files": (f"{e}/*",), "entity": e}) for e in ("e1", "e2")]
    files = {
        "e1/encours 2024-02-01.csv": written([invoice("F1", 10)]),
        "e1/encours 2024-02-15.csv": written([invoice("F1", 10)]),
        "e1/encours 2024-02-22.csv": written([]),
        "e2/encours 2024-02-01.csv": written([invoice("G1", 7)]),
        "e2/encours 2024-02-08.csv": written([]),
    }
    con = ledger_of(tmp_path, files, *entities)
    assert settlements(con) == [
        ("G1", "settlement", D(-7), "2024-02-01", "2024-02-08"),
        ("F1", "settlement", D(-10), "2024-02-15", "2024-02-22"),
    ]
    assert is_open(con, "2024-02-08") == {"F1": D(10)}


def test_an_empty_list_that_says_no_day_does_not_count_and_is_named(tmp_path):
    files = one("2024-02-01", invoice("F1", 10)) | {"open.csv": written([])}
    con = ledger_of(tmp_path, files, as_of="2024-03-01")
    assert is_open(con, "2024-03-01") == {"F1": D(10)}
    assert checks(con) == {
        "lists_say_their_day": "open.csv: the list is empty and says no day, so it does not count"
    }


def test_the_same_list_on_two_days_is_one_file_and_two_lists(tmp_path):
    rows = [invoice("F1", 10)]
    con = ledger_of(
        tmp_path, one("2024-02-01", *rows) | one("2024-02-08") | one("2024-02-15", *rows)
    )
    assert settlements(con) == [
        ("F1", "settlement", D(-10), "2024-02-01", "2024-02-08"),
        ("F1", "reopening", D(10), None, "2024-02-15"),
    ]
    assert is_open(con, "2024-02-08") == {}
    assert is_open(con, "2024-02-15") == {"F1": D(10)}


def test_what_is_back_on_a_later_list_had_not_been_paid(tmp_path):
    rows = [invoice("F1", 10)]
    con = ledger_of(
        tmp_path,
        one("2024-02-01", *rows) | one("2024-02-08") | one("2024-02-15", *rows) | one("2024-02-22"),
    )
    for name in ("payments_made", "payments"):
        SqlTable.read(SQL / "measures" / f"{name}.sql").create(con)
    paid = con.sql("select paid_on::varchar, amount, days_late from measures.payments").fetchall()
    assert paid == [("2024-02-22", D(10), 23)]


@pytest.mark.parametrize(
    ("shown", "paid"),
    [((100, 0, 100, 0, 100), []), ((100, 70, 40, 70, 100), []), ((100, 60, 0, 60, 0, 60), [40])],
)
def test_what_is_gone_and_back_twice_had_not_been_paid_twice(tmp_path, shown, paid):
    files = {}
    for week, amount in enumerate(shown):
        rows = [invoice("F1", amount)] if amount else []
        files |= one(str(date(2024, 2, 1) + timedelta(weeks=week)), *rows, invoice("F2", 7))
    con = ledger_of(tmp_path, files)
    for name in ("payments_made", "payments"):
        SqlTable.read(SQL / "measures" / f"{name}.sql").create(con)
    features.attach(con)
    features.make_tables(con, Settings())
    standing = [(D(amount),) for amount in paid]
    assert con.sql("select amount from measures.payments order by all").fetchall() == standing
    assert (
        con.sql("select amount from features.slices where returned_on is null").fetchall()
        == standing
    )


def test_files_of_one_day_make_one_list(tmp_path):
    euro, dollar = invoice("F1", 10), invoice("F2", 7, currency="USD")
    con = ledger_of(
        tmp_path,
        {
            "eur 2024-02-01.csv": written([euro]),
            "usd 2024-02-01.csv": written([dollar]),
            "eur 2024-02-08.csv": written([invoice("F1", 4)]),
            "usd 2024-02-08.csv": written([dollar]),
        },
    )
    assert is_open(con, "2024-02-08") == {"F1": D(4), "F2": D(7)}
    assert checks(con) == {}


def test_a_list_that_lacks_a_file_of_the_one_before_is_named(tmp_path):
    con = ledger_of(
        tmp_path,
        {
            "eur 2024-02-01.csv": written([invoice("F1", 10)]),
            "usd 2024-02-01.csv": written([invoice("F2", 7, currency="USD")]),
            "eur 2024-02-08.csv": written([invoice("F1", 10)]),
        },
    )
    assert checks(con) == {
        "lists_are_whole": "main, list of 2024-02-08: it is in 1 of the 2 files that the list "
        "before was in"
    }


def test_a_list_without_a_currency_that_the_one_before_had_is_named(tmp_path):
    euro = invoice("F1", 10)
    dollars = [invoice(f"G{number}", 7, currency="USD") for number in range(5)]
    con = ledger_of(tmp_path, one("2024-02-01", euro, *dollars) | one("2024-02-08", euro))
    assert checks(con) == {
        "lists_are_whole": "main, list of 2024-02-08: nothing in USD is open any more"
    }


def test_a_list_of_which_a_record_was_set_aside_is_named(tmp_path):
    files = one("2024-02-01", invoice("F1", 10), invoice("F2", 5))
    files |= one("2024-02-08", invoice("F1", "ten"), invoice("F2", 5), "Total;;;;;15;")
    con = ledger_of(tmp_path, files)
    assert checks(con) == {
        "lists_are_whole": "open 2024-02-08.csv: 1 of its records were set aside; what they say is "
        "open counts as settled"
    }


def test_each_entity_of_a_file_has_its_own_list(tmp_path):
    header = f"{HEADER};societe"
    mapping = LISTS.model_copy(update={"columns": {**COLUMNS, "entity_id": "societe"}})
    con = ledger_of(
        tmp_path,
        {
            "2024-02-01.csv": written(
                [f"{invoice('F1', 10)};nord", f"{invoice('F1', 7)};sud"], header
            ),
            "2024-02-08.csv": written([f"{invoice('F1', 4)};nord"], header),
        },
        mapping,
    )
    rows = con.sql(
        "select entity_id, open_amount from receivables.open_items(date '2024-02-08') order by all"
    ).fetchall()
    assert rows == [("nord", D(4)), ("sud", D(7))]


def test_the_same_day_exported_again_counts_once_the_later_name(tmp_path):
    con = ledger_of(
        tmp_path,
        {
            "open 2024-02-01 0900.csv": written([invoice("F1", 10), invoice("F2", 5)]),
            "open 2024-02-01 1800.csv": written([invoice("F1", 8)]),
        },
    )
    assert is_open(con, "2024-02-01") == {"F1": D(8)}
    assert checks(con) == {
        "lists_are_whole": "open 2024-02-01 0900.csv: open 2024-02-01 1800.csv shows the same day "
        "again, and counts instead"
    }


def test_a_list_without_a_day_has_that_of_its_newest_date_and_is_named(tmp_path):
    files = {"b.csv": written([invoice("F1", 10)]), "a.csv": written([invoice("F2", 5)])}
    files["a.csv"] = written([invoice("F2", 5, on="03/02/2024")])
    con = ledger_of(tmp_path, files)
    assert settlements(con) == [("F1", "settlement", D(-10), "2024-01-01", "2024-02-03")]
    assert set(checks(con)) == {"lists_say_their_day"}


def test_a_column_says_the_day_of_each_row_whatever_the_name_says(tmp_path):
    header = f"{HEADER};arrete"
    mapping = LISTS.model_copy(update={"columns": {**COLUMNS, "extracted_on": "arrete"}})
    rows = [
        "F1;A;01/01/2024;30/01/2024;;10;EUR;01/02/2024",
        "F2;A;01/01/2024;30/01/2024;;5;EUR;01/02/2024",
        "F1;A;01/01/2024;30/01/2024;;6;EUR;08/02/2024",
    ]
    con = ledger_of(tmp_path, {"open 2023-12-31.csv": written(rows, header)}, mapping)
    assert settlements(con) == [
        ("F1", "settlement", D(-4), "2024-02-01", "2024-02-08"),
        ("F2", "settlement", D(-5), "2024-02-01", "2024-02-08"),
    ]


def test_the_latest_due_date_counts(tmp_path):
    files = one("2024-02-01", invoice("F1", 10))
    files |= one("2024-02-08", invoice("F1", 10, due="30/03/2024"))
    con = ledger_of(tmp_path, files)
    assert con.sql("select due_on::varchar from ledger.items").fetchall() == [("2024-03-30",)]
    assert settlements(con) == []


def test_a_document_in_another_currency_is_another_item(tmp_path):
    files = one("2024-02-01", invoice("F1", 10))
    files |= one("2024-02-08", invoice("F1", 11, currency="USD"))
    con = ledger_of(tmp_path, files)
    rows = con.execute(
        "select currency, open_amount from receivables.open_items(date '2024-02-08')"
    ).fetchall()
    assert rows == [("USD", D(11))]


def test_each_due_date_of_a_document_is_an_item_on_every_list(tmp_path):
    first, second = invoice("F1", 10), invoice("F1", 20, due="28/02/2024")
    con = ledger_of(tmp_path, one("2024-02-01", first, second) | one("2024-02-08", second))
    assert settlements(con) == [("F1", "settlement", D(-10), "2024-02-01", "2024-02-08")]
    assert is_open(con, "2024-02-08") == {"F1": D(20)}


def test_an_older_list_that_comes_in_late_changes_what_it_should(tmp_path):
    early, late = one("2024-02-01", invoice("F1", 10)), one("2024-02-15", invoice("F2", 5))
    ledger_of(tmp_path, early | late)
    between = one("2024-02-08", invoice("F1", 4), invoice("F2", 5))
    con = ledger_of(tmp_path, early | late | between)
    assert settlements(con) == [
        ("F1", "settlement", D(-6), "2024-02-01", "2024-02-08"),
        ("F1", "settlement", D(-4), "2024-02-08", "2024-02-15"),
    ]


def test_beside_a_fec_lists_only_lend_their_due_dates(tmp_path):
    fec = Fec().sale("2024-01-01", "A", "10.00", "F1")
    con = build(
        fec,
        items=[
            {
                **{"entity_id": "main", "item_key": "invoice|A|F1", "customer_id": "A"},
                **{"kind": "invoice", "document_ref": "F1", "amount": D(10), "currency": "EUR"},
                **{"document_on": date(2024, 1, 1), "due_on": date(2024, 2, 20)},
                **{"booked_on": date(2024, 1, 1), "is_open_list": True},
            }
        ],
    )
    rows = con.sql("select kind, due_on::varchar from ledger.items").fetchall()
    assert rows == [("invoice", "2024-02-20")]


def test_what_another_table_says_is_paid_is_that_tables(tmp_path):
    paid = TableMapping(
        files=("paid*",),
        kind="open_items",
        columns={**COLUMNS, "settled_on": "regle"},
        date_format="%d/%m/%Y",
        decimal=",",
    )
    rows = ["F1;A;01/01/2024;30/01/2024;10,00;10,00;EUR;05/02/2024"]
    files = one("2024-02-01", invoice("F1", 10), invoice("F2", 5))
    files |= one("2024-02-08", invoice("F2", 5))
    files |= {"paid.csv": written(rows, f"{HEADER};regle")}
    con = ledger_of(tmp_path, files, paid, LISTS)
    assert is_open(con, "2024-02-04") == {"F1": D(10), "F2": D(5)}
    assert is_open(con, "2024-02-05") == {"F2": D(5)}
    assert set(checks(con)) == {"lists_stand_alone"}
