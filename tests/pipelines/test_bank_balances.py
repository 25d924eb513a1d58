"""What is in the bank, as the statements say: each account's last balance, and their sum."""

from datetime import date
from decimal import Decimal

from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import Fec, build
from tests.pipelines.table_files import land
from tests.pipelines.test_camt import IBAN, document, entry, statement

OTHER = "DE89370400440532013000"


def test_a_statement_tells_what_the_account_holds_when_it_ends(tmp_path):
    first = statement(entry("10.00"), opening="5.00", closing="15.00")
    second = statement(
        entry("40.00", "DBIT"), opening="15.00", closing="-25.00", id="S2", on="2026-03-03"
    )
    silent = statement(entry("1.00"), opening=None, account=OTHER)
    landed = land(tmp_path, document(first, second, silent))
    told = [
        (row["statement_id"], row["bank_account"], row["balance_on"], str(row["amount"]))
        for row in landed.bank_balances
    ]
    assert told == [
        ("S1", IBAN, date(2026, 3, 2), "15.00"),
        ("S2", IBAN, date(2026, 3, 3), "-25.00"),
    ]


def banked(*balances):
    """Books with these balances: account, currency, day, amount, statement's line."""
    con = build(Fec(name="bank"), Fec(name="again"))
    for account, currency, day, amount, file, line in balances:
        con.execute(
            "insert into raw.bank_balances by name select ? as source_sha256, ? as bank_account, "
            "? as currency, ?::date as balance_on, ?::decimal(18, 2) as amount, "
            "? as statement_number",
            [f"fec{file}-{'again' if file else 'bank'}", account, currency, day, amount, line],
        )
    for name in ("bank_balances", "bank_positions"):
        SqlTable.read(SQL / "ledger" / f"{name}.sql").create(con)
    return con


def positions(con, day):
    return con.execute(
        "select currency, amount, account_count, oldest_on, balance_on "
        "from ledger.bank_positions(?) order by all",
        [day],
    ).fetchall()


def test_the_position_is_the_last_balance_of_each_account():
    con = banked(
        ("A", "EUR", "2024-03-01", "10.00", 0, 1),
        ("A", "EUR", "2024-03-31", "-7.00", 0, 2),
        ("B", "EUR", "2024-02-29", "100.50", 0, 3),
        ("A", "USD", "2024-03-31", "3.00", 0, 4),
        ("B", "EUR", "2024-04-30", "1.00", 0, 5),
    )
    assert positions(con, date(2024, 4, 15)) == [
        ("EUR", Decimal("93.50"), 2, date(2024, 2, 29), date(2024, 3, 31)),
        ("USD", Decimal("3.00"), 1, date(2024, 3, 31), date(2024, 3, 31)),
    ]
    assert positions(con, date(2024, 2, 28)) == []


def test_a_statement_received_again_replaces_the_one_before():
    """Of files received together, the last by name."""
    con = banked(
        ("A", "EUR", "2024-03-31", "10.00", 1, 1),
        ("A", "EUR", "2024-03-31", "99.00", 0, 1),
    )
    assert [row[1] for row in positions(con, date(2024, 4, 15))] == [Decimal("99.00")]
