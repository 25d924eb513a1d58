"""From which day to which an item was called disputed or promised, and what is learnt from it."""

from datetime import date

import pytest

from models.timing.features import NAMES
from pipelines.predictions import features
from pipelines.settings import Settings
from tests.pipelines.books import Fec, build
from tests.pipelines.open_lists import COLUMNS, HEADER, LISTS, ledger_of, written
from tests.pipelines.table_files import INVOICE_COLUMNS, mapping

SAYING = LISTS.model_copy(update={"columns": {**COLUMNS, "status": "etat"}})
OTHERS = ["F8;B;01/01/2025;31/01/2025;70,00;70,00;EUR;"]


def lists(tmp_path, **said):
    """The ledger of lists of some days, on which F1 of A stands as said; None: it is not shown."""
    files = {}
    for day, state in said.items():
        shown = [] if state is None else [f"F1;A;02/01/2025;01/02/2025;100,00;100,00;EUR;{state}"]
        files[f"encours 2025-{day[1:3]}-{day[3:]}.csv"] = written(
            [*shown, *OTHERS], header=f"{HEADER};etat"
        )
    return ledger_of(tmp_path, files, SAYING)


def spans(con):
    return con.sql(
        """
        select document_ref, standing, strftime(said_on, '%m-%d'), strftime(until_on, '%m-%d')
        from ledger.standing_spans join ledger.items using (item_id) order by all
        """
    ).fetchall()


def test_a_dispute_stands_from_the_first_list_that_says_it_until_one_says_otherwise(tmp_path):
    con = lists(tmp_path, d0105="", d0205="Litige", d0212="Litige", d0219="", d0305="Litige")
    assert spans(con) == [
        ("F1", "disputed", "02-05", "02-19"),
        ("F1", "disputed", "03-05", None),
    ]


def test_a_promise_that_becomes_a_dispute_ends_there(tmp_path):
    con = lists(tmp_path, d0205="Promesse du 12/02", d0212="Contesté")
    assert spans(con) == [
        ("F1", "disputed", "02-12", None),
        ("F1", "promised", "02-05", "02-12"),
    ]


def test_an_invoice_that_a_list_no_longer_shows_is_said_nothing_of(tmp_path):
    con = lists(tmp_path, d0205="Litige", d0212=None)
    assert spans(con) == [("F1", "disputed", "02-05", None)]


INVOICES = mapping(columns={**INVOICE_COLUMNS, "status": "etat", "updated_on": "modifie"})
TABLE = "facture;client;date;echeance;montant;etat;modifie"


def test_a_table_says_it_from_its_own_day_and_not_from_that_of_its_row(tmp_path):
    """The row says 3 January; of others disputed then and settled since, no extract is left."""
    files = {
        "ventes 1.csv": f"{TABLE}\nF1;A;02/01/2025;01/02/2025;100,00;Litige;03/01/2025\n"
        "F2;A;20/02/2025;22/03/2025;50,00;;20/02/2025\n",
        "ventes 2.csv": f"{TABLE}\nF1;A;02/01/2025;01/02/2025;100,00;;03/03/2025\n"
        "F2;A;20/02/2025;22/03/2025;50,00;;20/02/2025\n",
    }
    con = ledger_of(tmp_path, files, INVOICES)
    assert spans(con) == [("F1", "disputed", "02-20", "03-03")]


def test_a_table_beside_a_fec_lends_its_words_and_a_label_speaks_for_good():
    said = {
        "customer_id": "C1",
        "kind": "invoice",
        "document_on": date(2025, 1, 10),
        "due_on": date(2025, 2, 9),
        "currency": "EUR",
        "is_open_list": False,
        "status": "Litige",
    }
    rows = [
        {**said, "item_key": f"invoice|C1|{ref}", "document_ref": ref, "amount": 100}
        for ref in ("F1", "F2")
    ]
    fec = (
        Fec()
        .sale("2025-01-10", "C1", "100.00", "F1")
        .sale("2025-01-10", "C1", "100.00", "F2", label="Facture en litige F2")
    )
    con = build(fec, items=rows)
    assert spans(con) == [
        ("F1", "disputed", "01-01", None),  # the table's newest day, 2026-01-01
        ("F2", "disputed", "01-10", None),
    ]


def known(con, ref, day, names=("disputed", "promised", "disputed_count", "promises_broken_count")):
    """What is known of an open document at the end of a day."""
    features.attach(con)
    features.make_tables(con, Settings())
    asked = features.ask_book_as_known(con, date.fromisoformat(day))
    [(item,)] = con.execute(
        "select item_id from ledger.items where document_ref = ? and kind = 'invoice'", [ref]
    ).fetchall()
    [row] = asked.frame.features[asked.frame.item == item]
    con.execute("detach features")
    return [int(row[NAMES.index(name)]) for name in names]


def test_what_is_said_is_known_from_the_evening_it_is_said_and_not_before(tmp_path):
    con = lists(tmp_path, d0105="", d0205="Litige", d0219="", d0305="Promesse")
    assert known(con, "F1", "2025-02-04") == [0, 0, 0, 0]
    assert known(con, "F1", "2025-02-05") == [1, 0, 1, 0]
    assert known(con, "F1", "2025-02-18") == [1, 0, 1, 0]
    assert known(con, "F1", "2025-02-19") == [0, 0, 1, 0]
    assert known(con, "F1", "2025-03-05") == [0, 1, 1, 0]
    assert known(con, "F8", "2025-03-05") == [0, 0, 0, 0]  # another customer


def test_a_promise_is_broken_when_the_invoice_is_open_thirty_days_later(tmp_path):
    con = lists(tmp_path, d0205="Promesse", d0219="Promesse", d0310="Promesse")
    assert known(con, "F1", "2025-03-06") == [0, 1, 0, 0]
    assert known(con, "F1", "2025-03-07") == [0, 1, 0, 1]
    assert known(con, "F1", "2026-03-07") == [0, 1, 0, 0]  # remembered for a year


@pytest.mark.parametrize("paid_by, broken", [("d0225", 0), ("d0315", 1)])
def test_a_promise_that_was_kept_is_not_broken(tmp_path, paid_by, broken):
    con = lists(tmp_path, d0205="Promesse", **{paid_by: None}, d0401="")
    assert known(con, "F1", "2025-04-01")[3] == broken
