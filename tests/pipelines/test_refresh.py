"""The whole shell on a handful of ledger lines: extracts in, a snapshot out."""

import hashlib
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from models.errors import EncaisseError
from pipelines.defs import checks, intake
from pipelines.defs.intake import choose_day, last_day_booked
from pipelines.defs.previous import make_previous
from pipelines.intake.receipts import Receipt
from published import snapshot
from tests.pipelines.books import Fec
from tests.pipelines.extracts import write_fec


def small_books():
    """Three invoices, one of them paid: 360.00 is owed, by two customers."""
    fec = Fec()
    fec.sale("2024-01-05", "bolt", "120.00", "F1", lettering="AA", lettered_on=date(2024, 2, 10))
    fec.receipt("2024-02-10", "bolt", "120.00", lettering="AA", lettered_on=date(2024, 2, 10))
    fec.sale("2024-03-01", "acme", "240.00", "F2")
    fec.sale("2024-05-20", "bolt", "120.00", "F3")
    return fec


@pytest.fixture
def extracts(tmp_path):
    folder = tmp_path / "extracts"
    write_fec(small_books(), folder)
    return folder


def everything(home):
    """All rows of all published tables but those that tell when it was made."""
    with snapshot.connect(snapshot.current(home)) as con:
        tables = con.sql(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('ledger', 'receivables', 'measures')"
        ).fetchall()
        return {name: con.sql(f"from {name} order by all").fetchall() for (name,) in tables}


def balances(home, as_of=None):
    pointer = snapshot.current(home)
    with snapshot.connect(pointer) as con:
        return dict(
            con.sql(
                "select customer_id, sum(amount) from receivables.aged_balances($as_of) group by 1",
                params={"as_of": as_of or pointer.as_of},
            ).fetchall()
        )


def test_a_refresh_publishes_figures_that_tie_to_the_ledger(refresh, home, extracts):
    refresh(extracts)
    pointer = snapshot.current(home)
    [total] = pointer.control_totals
    assert (total.ledger, total.open_items, total.gap) == (Decimal("360.00"),) * 2 + (0,)
    assert balances(home) == {"acme": Decimal("240.00"), "bolt": Decimal("120.00")}
    [file] = pointer.files
    assert (file.records_in, file.loaded, file.quarantined) == (11, 11, 0)


def test_a_published_snapshot_answers_for_a_past_day(refresh, home, extracts):
    refresh(extracts)
    assert balances(home, date(2024, 2, 9)) == {"bolt": Decimal("120.00")}
    assert balances(home, date(2024, 2, 10)) == {}


def test_a_snapshot_keeps_the_tables_people_read_and_no_scaffolding(refresh, home, extracts):
    refresh(extracts)
    with snapshot.connect(snapshot.current(home)) as con:
        schemas = con.sql(
            "select distinct schema_name from duckdb_tables() where not internal "
            "union select distinct schema_name from duckdb_views() where not internal"
        ).fetchall()
    assert {name for (name,) in schemas} <= {
        "intake",
        "ledger",
        "measures",
        "meta",
        "predictions",
        "receivables",
        "worklist",
    }


def test_the_same_extracts_give_the_same_rows(refresh, home, extracts):
    refresh(extracts)
    before = everything(home)
    refresh(extracts)
    assert everything(home) == before


def test_what_changed_is_told_again_when_the_same_extracts_are_refreshed_again(
    refresh, home, extracts
):
    refresh(extracts)
    first = snapshot.current(home)
    write_fec(Fec().sale("2024-05-20", "cask", "60.00", "F9"), extracts, "may.txt")
    refresh(extracts)
    changed = everything(home)
    assert [row[2:5] for row in changed["receivables.changes"]] == [
        ("cask", "new_invoices", Decimal("60.00"))
    ]
    refresh(extracts)
    assert everything(home) == changed
    assert snapshot.current(home).previous.version == first.version


def test_a_snapshot_that_named_items_by_the_whole_md5_is_compared_with_all_the_same(tmp_path):
    text = "main|VE|00001"
    whole = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    columns = "'main' as entity_id, 'cask' as customer_id, 'EUR' as currency, 'invoice' as kind"
    with duckdb.connect(str(tmp_path / "before.duckdb")) as con:
        con.execute("create schema ledger; create schema receivables")
        con.execute(
            f"create table ledger.items as select '{whole}' as item_id, {columns}, "
            "1.00::decimal(18, 2) as amount, date '2024-01-01' as booked_on"
        )
        con.execute(
            f"create table receivables.month_ends as select {columns}, "
            "'1-30' as bucket, 1 as bucket_rank, true as is_overdue, "
            "1.00::decimal(18, 2) as amount, date '2024-01-31' as month_end"
        )
    with duckdb.connect() as con:
        con.execute("create schema staging; create schema ledger; create schema receivables")
        con.execute(
            "create table staging.run as select 'before' as previous_version, "
            "date '2024-01-31' as previous_as_of"
        )
        con.execute("create table ledger.items as select 'main' as entity_id")
        assert make_previous(con, tmp_path)
        [(found,)] = con.sql("select item_id from staging.previous_items").fetchall()
    assert found == int(whole[:15], 16)


def test_each_snapshot_knows_the_one_before(refresh, home, extracts):
    refresh(extracts)
    first = snapshot.current(home)
    refresh(extracts, date(2024, 3, 1))
    second = snapshot.current(home)
    assert first.previous is None
    assert second.previous == snapshot.Previous(first.version, date(2024, 5, 20))
    assert second.version > first.version


def test_every_check_of_a_refresh_is_in_its_snapshot(refresh, home, extracts):
    evaluated = refresh(extracts).get_asset_check_evaluations()
    with snapshot.connect(snapshot.current(home)) as con:
        kept = con.sql("select check_name, subject, passed from intake.checks").fetchall()
    assert sorted(kept) == sorted(
        (each.check_name, each.metadata["subject"].value, each.passed) for each in evaluated
    )
    assert ("one_row_per_key", "ledger.items", True) in kept
    assert ("entries_balance", "staging.fec_entries", True) in kept


def test_a_blocking_check_that_fails_leaves_the_old_snapshot(refresh, home, extracts, monkeypatch):
    refresh(extracts)
    before = (home / "CURRENT").read_bytes()
    monkeypatch.setattr(checks, "find", lambda con, rule: (1, "all wrong"))
    result = refresh(extracts, raise_on_error=False)
    assert not result.success
    blocked = {each.check_name for each in result.get_asset_check_evaluations() if not each.passed}
    assert blocked == {rule.name for rule in checks.RULES}  # one failure does not hide another
    assert (home / "CURRENT").read_bytes() == before
    assert [path.suffix for path in (home / "snapshots").iterdir()] == [".duckdb"]


def test_checking_publishes_nothing(refresh, home, extracts):
    assert refresh(extracts, job="check").success
    assert not (home / "CURRENT").exists()
    assert list((home / "snapshots").iterdir()) == []


def test_a_refused_file_is_named_and_the_refresh_goes_on_without_it(refresh, home, extracts):
    unbalanced = Fec().entry("2024-01-05", ("411000", "acme", "100.00"), ("701000", None, "-90.00"))
    write_fec(unbalanced, extracts, "unbalanced.txt")
    refresh(extracts)
    assert balances(home) == {"acme": Decimal("240.00"), "bolt": Decimal("120.00")}
    refused = {file.name: file for file in snapshot.current(home).files}["unbalanced.txt"]
    assert refused.refused_reason
    assert (refused.loaded, refused.quarantined) == (0, refused.records_in)


def test_a_first_refresh_that_can_use_nothing_still_shows_why(refresh, home, tmp_path):
    unbalanced = Fec().entry("2024-01-05", ("411000", "acme", "100.00"), ("701000", None, "-90.00"))
    write_fec(unbalanced, tmp_path / "extracts")
    refresh(tmp_path / "extracts")
    [file] = snapshot.current(home).files
    assert file.refused_reason
    assert balances(home) == {}


def test_a_folder_that_lost_its_ledger_does_not_empty_the_screens(refresh, home, extracts):
    refresh(extracts)
    before = (home / "CURRENT").read_bytes()
    for file in extracts.iterdir():
        file.unlink()
    with pytest.raises(EncaisseError, match="None of the extracts is a ledger"):
        refresh(extracts)
    assert (home / "CURRENT").read_bytes() == before


def test_a_drive_that_blinks_is_tried_again(refresh, home, extracts, monkeypatch):
    blinks = [OSError("the drive is not there"), OSError("the drive is not there")]

    def land_folder(*args, **options):
        if blinks:
            raise blinks.pop()
        return really_land(*args, **options)

    really_land = intake.land_folder
    monkeypatch.setattr(intake, "land_folder", land_folder)
    monkeypatch.setattr(intake, "WAIT_SECONDS", 0)
    refresh(extracts)
    assert balances(home) == {"acme": Decimal("240.00"), "bolt": Decimal("120.00")}


def test_an_empty_folder_says_what_to_do(refresh, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncaisseError, match="put the firm's FEC"):
        refresh(tmp_path / "empty")


def test_a_refresh_without_a_folder_goes_on_with_the_last_one(refresh, home, extracts):
    refresh(extracts)
    write_fec(Fec().sale("2024-06-01", "cask", "60.00", "F9"), extracts, "june.txt")
    refresh(None)
    assert balances(home)["cask"] == Decimal("60.00")


def test_a_snapshot_of_the_sample_company_says_so(sample_home, refresh, home, extracts):
    refresh(extracts)
    for folder, is_sample in ((home, False), (sample_home, True)):
        with snapshot.connect(snapshot.current(folder)) as con:
            assert con.sql("select sample from meta.snapshot").fetchall() == [(is_sample,)]


def test_a_folder_that_is_gone_is_not_replaced_by_another(refresh, home, extracts):
    refresh(extracts)
    write_fec(Fec().sale("2024-06-01", "cask", "60.00", "F9"), home / "extracts")
    extracts.rename(extracts.with_name("elsewhere"))
    with pytest.raises(EncaisseError, match="There is no folder with extracts"):
        refresh(None)
    assert "cask" not in balances(home)


def test_a_damaged_snapshot_is_healed_by_the_next_refresh(refresh, home, extracts):
    refresh(extracts)
    pointer = snapshot.current(home)
    whole = everything(home)
    content = bytearray(pointer.path.read_bytes())
    content[4096:] = b"\0" * (len(content) - 4096)
    pointer.path.write_bytes(content)
    refresh(extracts)
    assert everything(home) == whole


def receipt(last_on, *tables):
    return Receipt("f", "0" * 64, "", "fec", 1, 1, 0, "", last_on=last_on, tables=tables)


@pytest.mark.parametrize(
    ("asked", "last_on", "day", "basis"),
    [
        ("2024-02-29", date(2024, 6, 30), date(2024, 2, 29), "asked"),
        ("", date(2024, 6, 30), date(2024, 7, 31), "today"),  # 31 days ago: the books go on
        ("", date(2024, 6, 29), date(2024, 6, 29), "last_entry"),
        ("", date(2024, 9, 30), date(2024, 7, 31), "today"),  # entries booked ahead
        ("", None, date(2024, 7, 31), "today"),
    ],
)
def test_the_day_of_a_snapshot(asked, last_on, day, basis):
    receipts = [receipt(last_on, "fec_lines"), receipt(date(2024, 7, 30), "bank_lines")]
    assert choose_day(asked, receipts, today=date(2024, 7, 31)) == (day, basis)


@pytest.mark.parametrize(
    ("booked", "made_on", "last"),
    [
        (["2023-12-20", "2099-01-01"], "2023-12-31", "2023-12-20"),
        (["2023-12-20", "2023-12-31", "2024-01-25"], "2023-12-31", "2024-01-25"),
        # Validated long ago, and booked ever since.
        (["2023-01-31", "2023-02-28", "2023-03-20", "2024-03-20"], "2023-01-31", "2023-03-20"),
        # A pause before the last validation is none of our business.
        (["2023-01-31", "2023-06-30", "2023-07-15"], "2023-06-30", "2023-07-15"),
        (["2099-01-01"], "2023-12-31", None),
    ],
)
def test_what_a_fec_dates_far_ahead_is_no_end_of_the_ledger(booked, made_on, last):
    days = [date.fromisoformat(day) for day in booked]
    assert last_day_booked(days, date.fromisoformat(made_on)) == (last and date.fromisoformat(last))


def test_books_that_were_validated_long_ago_end_with_their_last_entry(refresh, home, tmp_path):
    fec = Fec().sale("2023-01-05", "bolt", "120.00", "F1", validated_on=date(2023, 1, 31))
    for month in range(2, 13):
        fec.sale(f"2023-{month:02}-28", "acme", "60.00", f"F{month}", validated_on=None)
    write_fec(fec, tmp_path / "unvalidated")
    refresh(tmp_path / "unvalidated")
    assert snapshot.current(home).as_of == date(2023, 12, 28)
    with snapshot.connect(snapshot.current(home)) as con:
        [(passed,)] = con.sql(
            "select passed from intake.checks where check_name = 'entries_are_not_dated_ahead'"
        ).fetchall()
    assert passed


@pytest.mark.parametrize("typed", ["2099-01-01", "2025-01-05"])
def test_one_mistyped_date_does_not_move_the_snapshot_by_years(refresh, home, tmp_path, typed):
    fec = Fec().sale("2023-01-05", "bolt", "120.00", "F1").sale("2023-12-20", "acme", "60.00", "F2")
    lines = [("411000", "bolt", "24.00"), ("701000", None, "-24.00")]
    fec.entry(typed, *lines, validated_on=date(2024, 1, 15))
    write_fec(fec, tmp_path / "typed")
    refresh(tmp_path / "typed")
    assert snapshot.current(home).as_of == date(2023, 12, 20)
    with snapshot.connect(snapshot.current(home)) as con:
        [(detail,)] = con.sql(
            "select detail from intake.checks where check_name = 'entries_are_not_dated_ahead'"
        ).fetchall()
    told = f"dated {typed}, more than 31 days after the extract was made"
    assert detail == f"732829320FEC20241231.txt, line 8: {told}"


def test_a_day_that_is_no_day_is_refused():
    with pytest.raises(EncaisseError, match="31/03/2024 is not a date"):
        choose_day("31/03/2024", [], today=date(2024, 7, 31))
