"""The sample company at any size: the same bytes, in bounded memory, and plausible."""

import hashlib
import time
import tracemalloc
from collections import defaultdict

import pyarrow.parquet as pq
import pytest

import pipelines.sample
from models.errors import EncaisseError
from pipelines.sample import days, fec, statements, write_sample, writing
from tests.pipelines.sample_company import make, read_fecs


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def elsewhere(monkeypatch):
    """A machine on the other side of the world."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return digests(make(tmp_path_factory.mktemp("first"), items=600))


def test_the_same_seed_gives_the_same_bytes_anywhere(first, tmp_path, elsewhere):
    assert digests(make(tmp_path, items=600)) == first
    assert len(first) == 3 * 2 + 2 + 4 * 36 + 3


def test_another_seed_gives_another_firm(first, tmp_path):
    other = digests(make(tmp_path, items=600, seed=2))
    assert set(other) == set(first)
    assert other["customers.csv"] != first["customers.csv"]


def test_how_much_is_worked_out_at_once_changes_nothing(first, tmp_path, monkeypatch):
    monkeypatch.setattr(pipelines.sample, "INVOICES_AT_ONCE", 40)
    monkeypatch.setattr(writing, "LINES_AT_ONCE", 30)
    monkeypatch.setattr(fec, "LINES_AT_ONCE", 7)
    monkeypatch.setattr(statements, "ENTRIES_AT_ONCE", 3)
    other = digests(make(tmp_path, items=600))
    rows_in_groups = "_truth/invoices.parquet"  # the same rows, in more row groups
    assert other.pop(rows_in_groups) != first[rows_in_groups]
    assert other == {name: digest for name, digest in first.items() if name != rows_in_groups}


def test_a_second_sample_replaces_the_first_and_nothing_else(first, tmp_path):
    own = tmp_path / "mine.txt"
    own.write_text("mine")
    make(tmp_path, items=300)
    make(tmp_path, items=600)
    assert own.read_text() == "mine"
    own.unlink()
    assert digests(tmp_path) == first


def peak_bytes(folder, items):
    tracemalloc.start()
    make(folder, items=items)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_number_of_invoices(tmp_path, monkeypatch):
    monkeypatch.setattr(pipelines.sample, "INVOICES_AT_ONCE", 1000)
    small, large = (peak_bytes(tmp_path / str(items), items) for items in (2_500, 20_000))
    assert large < 2 * small


def test_the_smallest_sample_is_whole(tmp_path):
    lines = read_fecs(make(tmp_path, items=100))
    assert sum(line.amount for line in lines) == 0
    with pytest.raises(EncaisseError, match="A sample of 99 invoices cannot be made"):
        make(tmp_path, items=99)


def test_progress_only_goes_forward_and_ends(tmp_path):
    told = []
    made = write_sample(tmp_path, items=300, progress=told.append)
    assert told == sorted(told) and told[0] >= 0 and told[-1] == 1.0
    assert len(told) > 50
    assert made.ledger_lines == len(read_fecs(tmp_path))
    assert set(made.files) == {path.name for path in tmp_path.iterdir()} - {"_truth"}


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The sample that a new user gets."""
    folder = tmp_path_factory.mktemp("usual")
    made = write_sample(folder, progress=lambda share: None)
    return folder, made


def test_the_usual_sample_is_a_plausible_french_firm(usual):
    folder, made = usual
    assert (made.invoices, made.customers) == (15_000, 300)
    lines = [line for line in read_fecs(folder) if line.year == 2025]
    owed = sum(line.amount for line in lines if line.account.startswith("41"))
    sold = sum(
        line.amount for line in lines if line.journal == "VE" and line.account.startswith("411")
    )
    assert 45 <= owed / sold * 365 <= 65  # days sales outstanding, gross of VAT

    invoices = pq.read_table(folder / "_truth" / "invoices.parquet").to_pylist()
    end = days.as_date(days.END)
    still_open = [
        one
        for one in invoices
        if one["issued_on"] <= end
        and (one["settled_on"] is None or one["settled_on"] > end)
        and (one["first_on"] is None or one["first_on"] > end)
        and (one["lost_on"] is None or one["lost_on"] > end)
    ]
    late = sum(one["gross_cents"] for one in still_open if one["due_on"] < end)
    assert 0.15 <= late / sum(one["gross_cents"] for one in still_open) <= 0.30


def test_the_last_year_closes_with_every_kind_of_claim_still_open(usual):
    folder, _ = usual
    closing = defaultdict(int)
    for line in read_fecs(folder):
        if line.year == 2025:
            closing[line.account[:4]] += line.amount
    for account in ("4110", "4130", "4160", "4181"):
        assert closing[account] > 0, account
    for account in ("4191", "4710", "4910"):
        assert closing[account] < 0, account


def test_a_few_customers_make_most_of_the_sales(usual):
    folder, _ = usual
    table = pq.read_table(folder / "_truth" / "invoices.parquet", columns=["customer_id"])
    counts = sorted(
        (row["counts"] for row in table.column(0).value_counts().to_pylist()), reverse=True
    )
    assert sum(counts[:60]) > 0.45 * sum(counts)
    assert counts[0] < 0.1 * sum(counts)
