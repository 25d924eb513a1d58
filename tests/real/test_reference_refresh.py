"""Real and published data through the front door: extracts in, a snapshot out."""

import shutil
from decimal import Decimal

import pytest

from published import snapshot

pytestmark = pytest.mark.reference


@pytest.fixture
def published(refresh, home, tmp_path):
    """Refresh on copies of some files; return a connection to what was published."""
    opened = []

    def publish(*files):
        folder = tmp_path / "extracts"
        folder.mkdir()
        for file in files:
            shutil.copy(file, folder / file.name)
        refresh(folder)
        opened.append(snapshot.connect(snapshot.current(home)))
        return opened[-1]

    yield publish
    for con in opened:
        con.close()


def totals(home):
    return {
        (total.entity, total.currency): (total.ledger, total.open_items, total.gap)
        for total in snapshot.current(home).control_totals
    }


def test_a_french_firms_ledger_gives_its_open_items_to_the_cent(published, home, reference_data):
    con = published(reference_data / "fec" / "111111111FEC20231231.txt")
    assert str(snapshot.current(home).as_of) == "2023-07-31"
    owed = Decimal("14416.52")
    assert totals(home) == {("111111111", "EUR"): (owed, owed, Decimal("0.00"))}
    [(items, customers, amount)] = con.sql(
        "select count(*), count(distinct customer_id), sum(open_amount) "
        "from receivables.open_items(date '2023-07-31')"
    ).fetchall()
    assert (items, customers, amount) == (34, 19, owed)
    [(settled,)] = con.sql(
        "select count(*) from ledger.items where item_id in (select debit_item_id from "
        "ledger.matches union select credit_item_id from ledger.matches)"
    ).fetchall()
    assert settled == 117  # the lettered lines, in 45 groups


def test_its_invoices_are_paid_in_fifty_days_at_the_median(published, reference_data):
    con = published(reference_data / "fec" / "111111111FEC20231231.txt")
    [(days,)] = con.sql(
        """
        select median(days) from (
            select max(matches.matched_on) - min(debits.document_on) as days
            from ledger.matches as matches
            join ledger.items as debits on debits.item_id = matches.debit_item_id
            group by matches.debit_item_id
        )
        """
    ).fetchall()
    assert round(days + 0.01) == 50  # half of them in 49 days, half in 50 or more


def test_a_ledger_that_does_not_balance_is_refused_and_the_others_are_published(
    published, home, reference_data
):
    con = published(*sorted((reference_data / "fec").iterdir()))
    refused = con.sql(
        "select name, records_in, loaded, quarantined, refused_reason from intake.files "
        "where status = 'refused'"
    ).fetchall()
    [(name, records_in, loaded, quarantined, reason)] = refused
    assert name == "casskai_dougs_validdate_with_time.txt"
    assert (records_in, loaded, quarantined) == (3, 0, 3)
    assert "8,200.44" in reason
    assert "1,000.00" in reason
    assert totals(home)["111111111", "EUR"][1] == Decimal("14416.52")


def test_firms_whose_files_do_not_name_them_are_not_added_up(published, home, reference_data):
    published(*sorted((reference_data / "fec").iterdir()))
    assert totals(home)["main", "EUR"] == (Decimal("7760.45"), Decimal("7760.45"), 0)


def test_xero_tables_give_what_xero_says_is_due(published, home, reference_data):
    published(
        reference_data / "xero" / "xero_invoice_data.csv",
        reference_data / "xero" / "xero_contact_data.csv",
    )
    assert {key: open_items for key, (_, open_items, _) in totals(home).items()} == {
        ("main", "GBP"): Decimal("12735.00"),
        ("main", "USD"): Decimal("30106.00"),
    }


def test_ibms_invoices_were_all_paid_in_the_end(published, home, reference_data):
    con = published(reference_data / "ibm" / "WA_Fn-UseC_-Accounts-Receivable.csv")
    assert all(open_items == 0 for _, open_items, _ in totals(home).values())
    [(invoices, late)] = con.sql(
        """
        select count(*), count(*) filter (matched_on > due_on)
        from ledger.matches join ledger.items on item_id = debit_item_id
        """
    ).fetchall()
    assert (invoices, late) == (2466, 877)
