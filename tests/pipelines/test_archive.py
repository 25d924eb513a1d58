"""What was said is kept: whole, unchanged, and exactly where its snapshot was published."""

import signal
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest

from models.errors import EncaisseError
from pipelines.predictions.archive import ARCHIVED, attach_archive
from pipelines.publishing import publish
from pipelines.settings import ROOT
from pipelines.workshop import Workshop
from published import snapshot
from tests.pipelines.test_publishing import build

PREDICTIONS = """
create schema predictions;
create table predictions.periods as
from (values
    (0, 'week', date '2024-03-30', date '2024-03-31', true),
    (1, 'week', date '2024-04-01', date '2024-04-07', false),
    (5, 'week', date '2024-04-29', date '2024-05-05', false),
    (6, 'week', date '2024-05-06', date '2024-05-12', false),
    (14, 'beyond', date '2024-07-01', null, false)
) as _(period, kind, first_on, last_on, is_partial);
create table predictions.cash_forecast as
select 'main' as entity_id, 'EUR' as currency, 1 as period, 'total' as source,
    {said}::decimal(18, 2) as amount, 90.00::decimal(18, 2) as low_80,
    110.00::decimal(18, 2) as high_80, 'mix' as method;
create table predictions.expected_receipts as
from (values
    ('main', 'acme', 'EUR', 'open_book', date '2024-04-02', 60.00::decimal(18, 2)),
    ('main', 'acme', 'EUR', 'open_book', date '2024-04-03', 30.00),
    ('main', null, 'EUR', 'new_invoices', date '2024-04-05', 10.00),
    ('main', 'acme', 'EUR', 'open_book', date '2031-01-01', 1.00)
) as _(entity_id, customer_id, currency, source, expected_on, amount);
create table predictions.payment_timing as
select 7::bigint as item_id, 'main' as entity_id, 'acme' as customer_id, 'EUR' as currency,
    91.00::decimal(18, 2) as open_amount;
create table predictions.payment_periods as
from (values
    (7::bigint, 1, 70.00::decimal(18, 2)), (7, 5, 20.00), (7, 6, 0.50), (7, 14, 0.50)
) as _(item_id, period, amount)
"""


@pytest.fixture
def workshop(home):
    return Workshop(home=str(home), extracts=str(home / "extracts"))


def make(workshop, said="100.00"):
    build(workshop)
    workshop.con.execute(PREDICTIONS.format(said=said))


def publish_once(workshop, run_id="0000", said="100.00"):
    with workshop.open(run_id):
        make(workshop, said)
        publish(workshop)
    return snapshot.current(workshop.folder).version


def folders(home):
    return sorted(path.name for path in (home / "predictions").iterdir())


def archived(workshop, question):
    """Ask what the next refresh would see."""
    with workshop.open("asks"):
        assert attach_archive(workshop.con, workshop.folder) == []
        return workshop.con.sql(question).fetchall()


def test_the_next_refresh_sees_what_this_one_said_and_when(workshop):
    version = publish_once(workshop)
    said = "select forecast_on, version, first_on, last_on, amount, low_80, method from "
    assert archived(workshop, f"{said} staging.archived_cash_forecast") == [
        (date(2024, 3, 31), version, date(2024, 4, 1), date(2024, 4, 7), Decimal("100.00"),
         Decimal("90.00"), "mix")
    ]  # fmt: skip


def test_what_was_said_of_customers_is_kept_by_week_and_of_documents_for_five_weeks(workshop):
    publish_once(workshop)
    customers = (
        "select customer_id, source, period, amount from staging.archived_expected_receipts "
        "order by all"
    )
    assert archived(workshop, customers) == [
        ("acme", "open_book", 1, Decimal("90.00")),
        ("acme", "open_book", 14, Decimal("1.00")),  # the last period has no end
        (None, "new_invoices", 1, Decimal("10.00")),
    ]
    documents = (
        "select item_id, period, amount, open_amount from staging.archived_payment_periods "
        "order by all"
    )
    assert archived(workshop, documents) == [
        (7, 1, Decimal("70.00"), Decimal("91.00")),
        (7, 5, Decimal("20.00"), Decimal("91.00")),
    ]


def test_a_home_where_nothing_was_said_has_empty_views_with_all_their_columns(workshop):
    for table in ARCHIVED:
        with workshop.open("asks"):
            attach_archive(workshop.con, workshop.folder)
            answer = workshop.con.sql(f"from staging.archived_{table.name}")
            names = [name for name, _ in (("forecast_on", ""), ("version", ""), *table.columns)]
            assert answer.columns == names
            assert answer.fetchall() == []


def test_of_two_snapshots_of_one_day_both_are_kept_and_the_last_is_seen(workshop, home):
    first = publish_once(workshop, "0000", said="100.00")
    second = publish_once(workshop, "0001", said="120.00")
    assert folders(home) == [f"2024-03-31-{first}", f"2024-03-31-{second}"]
    amounts = "select version, amount from staging.archived_cash_forecast"
    assert archived(workshop, amounts) == [(second, Decimal("120.00"))]


def test_an_archive_never_changes(workshop, home):
    first = publish_once(workshop)
    before = {
        path: path.read_bytes() for path in (home / "predictions").rglob("*") if path.is_file()
    }
    publish_once(workshop, "0001", said="1.00")
    assert all(first in str(path) and path.read_bytes() == was for path, was in before.items())


def test_an_older_archive_lacks_columns_that_came_later_and_is_still_read(workshop):
    publish_once(workshop)
    with workshop.open("0001"):
        build(workshop)
        workshop.con.execute(PREDICTIONS.format(said="1.00"))
        workshop.con.execute("update staging.run set as_of = date '2024-04-07'")
        workshop.con.execute("alter table predictions.cash_forecast add column is_doubtful boolean")
        workshop.con.execute("update predictions.cash_forecast set is_doubtful = true")
        publish(workshop)
    doubtful = "select forecast_on, is_doubtful from staging.archived_cash_forecast order by all"
    assert archived(workshop, doubtful) == [
        (date(2024, 3, 31), None),
        (date(2024, 4, 7), True),
    ]


def test_a_snapshot_that_was_not_published_said_nothing(workshop, home):
    publish_once(workshop)
    was = folders(home)
    newer = (home / "CURRENT").read_text().replace("2024", "2025")
    with (
        workshop.open("0001"),
        pytest.raises(EncaisseError, match="Another snapshot was published"),
    ):
        make(workshop)
        (home / "CURRENT").write_text(newer)
        publish(workshop)
    assert folders(home) == was


def test_a_damaged_file_is_left_out_and_named(workshop, home):
    publish_once(workshop)
    [file] = (home / "predictions").rglob("cash_forecast.parquet")
    file.write_bytes(b"not parquet")
    with workshop.open("0001"):
        assert attach_archive(workshop.con, workshop.folder) == [file]
        assert workshop.con.sql("from staging.archived_cash_forecast").fetchall() == []
        assert workshop.con.sql("from staging.archived_payment_periods").fetchall() != []


# Python announces every file it opens, renames or removes; this kills it before the nth of them.
KILLED = """
import os, signal, sys

home, dies_at = sys.argv[1], int(sys.argv[2])
from pipelines.publishing import publish
from pipelines.workshop import Workshop
from tests.pipelines.test_archive import make

steps = 0
is_publishing = False

def watch(event, args):
    global steps
    told = event in ("open", "os.mkdir", "os.rename", "os.remove")
    if is_publishing and told and home in str(args[0]):
        if steps == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1

sys.addaudithook(watch)
workshop = Workshop(home=home, extracts=home + "/extracts")
with workshop.open("abcd"):
    make(workshop, "250.00")
    is_publishing = True
    publish(workshop)
    is_publishing = False
print(steps)
"""


def run_publication(home, dies_at):
    return subprocess.run(
        [sys.executable, "-c", KILLED, home, str(dies_at)],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip


def test_killed_at_any_step_the_archive_is_there_exactly_if_the_snapshot_was_published(
    workshop, home
):
    """Once the next refresh has looked after what was left."""
    published = {publish_once(workshop)}
    steps = int(run_publication(home, 10_000).stdout)
    published.add(snapshot.current(home).version)
    assert steps > 10
    for dies_at in range(steps):
        killed = run_publication(home, dies_at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        with workshop.open("next"):
            said = snapshot.current(home).version
            assert not list((home / "predictions").glob(".*"))
            published.add(said)
            assert {name.removeprefix("2024-03-31-") for name in folders(home)} == published
            attach_archive(workshop.con, home)
            rows = workshop.con.sql("select version from staging.archived_cash_forecast")
            assert rows.fetchall() == [(said,)]
