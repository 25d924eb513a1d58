"""The same SQL on another engine says the same: every table, every type, every cent."""

import os
import random
import shutil
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pytest

from models.errors import EncaisseError
from models.timing.model import fit
from pipelines.engines import spark
from pipelines.engines.batches import answer_here
from pipelines.measures import FIGURES_TABLE
from pipelines.predictions.answers import SAID
from pipelines.predictions.archive import attach_archive
from pipelines.predictions.features import ask_training, history_at
from pipelines.predictions.scoring import make_payment_timing
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable
from tests.pipelines.books import ORDERED, Fec, build, lettered
from tests.pipelines.parity import CONF, compare_snapshots, current_of, differences
from tests.pipelines.test_ledger_years import YEARS, files_of
from tests.pipelines.test_payment_timing import LAST, payers

pytestmark = pytest.mark.timeout(1200)

SETTINGS = Settings(matching={"methods": ["reference", "sum", "fifo"]})


@pytest.fixture
def with_spark(monkeypatch):
    """Spark, as small as it can be."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    if not (shutil.which("java") or "JAVA_HOME" in os.environ):
        pytest.skip("no Java: install Debian's `openjdk-17-jre-headless`")
    monkeypatch.setenv("SPARK_CONF_DIR", str(CONF))


def test_every_table_of_the_books_is_the_same_on_spark(with_spark, tmp_path):
    from pipelines.engines.cluster import Cluster

    ours = build(
        *firms_of_every_kind(),
        settings=SETTINGS,
        customers=CUSTOMERS,
        items=ITEMS,
        allocations=ALLOCATIONS,
    )
    FIGURES_TABLE.make(ours, SETTINGS)
    methods = {method for (method,) in ours.sql("select method from ledger.matches").fetchall()}
    assert methods >= {"allocation", "lettering", "reference", "sum", "fifo"}
    theirs = inputs_of(ours)
    compared, found = 0, []
    with Cluster("local[2]", theirs, tmp_path / "tables") as cluster:
        for table in (*ORDERED, FIGURES_TABLE):
            cluster.make(table, SETTINGS)
            if isinstance(table, SqlTable) and table.asks:
                continue
            rows = theirs.sql(f"from {table.full_name}").to_arrow_table()
            ours.register("on_spark", rows)
            found += differences(ours, table.full_name, "on_spark")
            ours.unregister("on_spark")
            compared += 1
    assert not found
    assert compared > 50


def test_open_items_are_scored_on_spark_as_in_one_process_to_the_bit(with_spark, tmp_path):
    from pipelines.engines.cluster import Cluster

    con = build(payers(900, every=1), as_of=LAST.isoformat())
    model = fit(history_at(con, LAST), ask_training(con, LAST).frame)
    assert model.trees is not None
    said = {}

    def scored(where, score):
        def noted(rows, answer):
            said[where] = score(rows, answer).sort_by("item_id")
            return said[where]

        make_payment_timing(con, model, LAST, noted)
        for name in ("payment_timing", "reasons"):
            con.execute(f"create table {where}_{name} as from predictions.{name}")

    with Cluster("local[2]", con, tmp_path / "tables") as cluster:
        scored("here", answer_here)
        scored("there", cluster.score)
    assert said["there"].equals(said["here"])
    assert len(said["here"]) > 30
    for name in ("payment_timing", "reasons"):
        assert not differences(con, f"here_{name}", f"there_{name}")


def test_workers_that_lack_encaisse_are_told_of_in_a_sentence(with_spark, tmp_path, monkeypatch):
    (tmp_path / "other" / "pipelines").mkdir(parents=True)
    (tmp_path / "other" / "pipelines" / "__init__.py").touch()
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncd "{tmp_path}/other" && exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    never_given = SimpleNamespace(schema=SAID)
    monkeypatch.setenv("PYSPARK_PYTHON", str(python))
    with spark.Spark.open("local[1]", tmp_path / "tables") as there:
        there.put("features.asking", pa.table({"item_id": [1, 2]}))
        for lacking in ("No module named 'pipelines.engines'", 'Cannot run program "none"'):
            with pytest.raises(EncaisseError) as refused:
                there.answer_to_parquet("features.answering", "features.asking", never_given)
            assert refused.value.what.endswith(lacking)
            assert "docs/scaling.md" in refused.value.fix
            there.session.sparkContext.pythonExec = "none"
        there.session.sparkContext.pythonExec = sys.executable
        with pytest.raises(EncaisseError) as refused:
            there.answer_to_parquet("features.answering", "features.asking", never_given)
        assert refused.value.what.endswith("'types.SimpleNamespace' object is not callable")
        assert "stderr" in refused.value.fix


def test_two_workers_publish_what_one_process_does(with_spark, sample_home, tmp_path, monkeypatch):
    from pipelines.running import run
    from tests.pipelines.spark_cluster import cluster

    home, reports = tmp_path / "home", tmp_path / "reports"
    reports.mkdir()
    monkeypatch.setattr(spark, "_answering", reporting(spark._answering, reports))
    with cluster(tmp_path / "cluster") as master:
        outcome = run(
            "refresh",
            home,
            extracts=sample_home / "extracts",
            as_of=None,
            spark_master=master,
            tell=lambda share, doing: None,
        )
    assert outcome.succeeded, (outcome.refusals, outcome.blocked_by)
    rows, found = compare_snapshots(current_of(sample_home), current_of(home))
    assert not found
    assert rows["ledger.items"] > 1500
    answered = {int(file.name): file.read_text().split() for file in reports.iterdir()}
    assert answered and os.getpid() not in answered
    items = sum(int(count) for counts in answered.values() for count in counts)
    assert items == rows["predictions.payment_timing"] > 50
    marts = home / "marts" / current_of(home).stem
    [(in_parquet,)] = duckdb.sql(
        f"select count(*) from read_parquet('{marts}/ledger/items/*.parquet')"
    ).fetchall()
    assert in_parquet == rows["ledger.items"]
    assert not (marts / "staging").exists()
    assert not list((home / "marts").glob("*.building"))


def test_who_has_no_spark_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr(spark, "find_spec", lambda name: None)
    with pytest.raises(EncaisseError) as refused:
        spark.refuse_without_spark("local[2]")
    assert "pip install 'encaisse[spark]'" in refused.value.fix


def test_who_has_no_java_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr(spark, "find_spec", lambda name: object())
    monkeypatch.setenv("JAVA_HOME", "/a folder without Java")
    with pytest.raises(EncaisseError) as refused:
        spark.refuse_without_spark("spark://127.0.0.1:7077")
    assert "openjdk-17" in refused.value.fix


def reporting(answering, reports):
    """Return the same work for the workers, who note the rows they answer by their process."""

    def sent(carried):
        work = answering(carried)

        def noted(arriving):
            for batch in arriving:
                with (reports / str(os.getpid())).open("a") as report:
                    report.write(f"{len(batch)} ")
                yield batch

        return lambda arriving: work(noted(arriving))

    return sent


def inputs_of(built: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return a database with what the tables of another were made from, and nothing else."""
    made = {table.full_name for table in (*ORDERED, FIGURES_TABLE)}
    con = duckdb.connect()
    for schema, name in built.sql(
        "select schema_name, table_name from duckdb_tables() where database_name = 'memory'"
    ).fetchall():
        if f"{schema}.{name}" not in made:
            con.execute(f"create schema if not exists {schema}")
            con.register("arriving", built.sql(f"from {schema}.{name}").to_arrow_table())
            con.execute(f"create table {schema}.{name} as from arriving")
            con.unregister("arriving")
    attach_archive(con, Path("a home where nothing was ever said"))
    return con


def firms_of_every_kind() -> list[Fec]:
    """Return three years of several firms, each with other openings; and one with every oddity."""
    draw = random.Random(20260331)
    files = []
    for style in ("none", "detail", "summed up", "pooled", "wrong", "partly missing"):
        years = [
            (
                [
                    (
                        draw.choice(["sale", "receipt"]),
                        draw.choice(["A", "B", None]),
                        draw.randint(1, 12),
                        draw.randint(1, 300),
                        draw.choice([None, "AA", "AB", "ac"]),
                    )
                    for _ in range(6)
                ],
                "none" if year == YEARS[0] else style,
            )
            for year in YEARS
        ]
        for fec in files_of(years):
            fec.entity_id = style
            files.append(fec)
    return [*files, odd_firm(), odd_firm("again")]


def odd_firm(name: str = "odd") -> Fec:
    """Return a firm whose payments come back, whose bills move, and whose words have accents."""
    fec = Fec(name, entity_id="odd")
    for month in range(1, 12):
        ref = f"F-{month:03}"
        paid = lettered(f"P{month}", f"2025-{month:02}-26") if month % 3 == 0 else {}
        fec.sale(f"2025-{month:02}-10", "ÉTÉ", "1200.00", ref, label=f"Facture n° {ref}", **paid)
        fec.sale(f"2025-{month:02}-12", "BILL", f"{100 * month}.10", f"B-{month:03}")
        fec.sale(f"2025-{month:02}-13", "SEVERAL", f"{2**month}.00", f"S-{month:03}")
        fec.receipt(f"2025-{month:02}-25", "ÉTÉ", "1200.00", ref if month % 2 else None, **paid)
        if month % 3 == 0:
            fec.entry(
                f"2025-{month:02}-27",
                ("411000", "ÉTÉ", "1200.00", {"document_ref": ref, "label": "Impayé rejeté"}),
                ("512000", None, "-1215.00"),
                ("627000", None, "15.00"),
                journal="BQ",
            )
        if month % 4 == 0:
            amount, code = f"{100 * month}.10", lettered(f"L{month}", f"2025-{month:02}-28")
            fec.entry(
                f"2025-{month:02}-28",
                ("411000", "BILL", f"-{amount}", {"document_ref": f"B-{month:03}", **code}),
                ("413000", "BILL", amount, {"document_ref": f"B-{month:03}"}),
                journal="EF",
            )
    fec.receipt("2025-06-28", "SEVERAL", "42.00").receipt("2025-09-28", "SEVERAL", "660.00")
    foreign = {"currency": "USD", "currency_amount": Decimal(550)}
    fec.sale("2025-05-05", "US", "500.00", "U-1", **foreign, **lettered("U", "2025-07-01"))
    fec.receipt("2025-06-30", "US", "480.00", "U-1", **foreign, **lettered("U", "2025-07-01"))
    fec.sale("2025-08-01", "ÉTÉ", "77.77", "D-1", label="Litige en cours")
    return fec


CUSTOMERS = [
    {
        "customer_id": "C1",
        "name": "Première",
        "payment_terms": "30 days end of month",
        "segment": "gros",
    },
    {"customer_id": "C2", "name": "Deuxième", "parent_id": "C1", "country": "FR"},
    {"customer_id": "C3", "name": "Troisième", "parent_id": "C2", "payment_terms": "45 jours"},
]
ITEMS = [
    {
        "item_key": f"I{number}",
        "customer_id": f"C{number % 3 + 1}",
        "kind": "payment" if number % 4 == 3 else "invoice",
        "document_ref": f"INV-{number}",
        "booked_on": date(2025, 1 + number % 11, 1 + number % 27),
        "document_on": date(2025, 1 + number % 11, 1 + number % 27),
        "due_on": None if number % 5 else date(2025, 12, 1),
        "amount": Decimal(-number * 10)
        if number % 4 == 3
        else Decimal(number * 10) + Decimal("0.25"),
        "currency": "USD" if number % 7 == 0 else "EUR",
        "label": f"paid INV-{number - 3}" if number % 4 == 3 else "goods",
        "status": "Contesté" if number == 8 else None,
        "is_open_list": False,
    }
    for number in range(1, 60)
]
ALLOCATIONS = [
    {
        "debit_key": "I1",
        "credit_key": "I3",
        "amount": Decimal("10.25"),
        "allocated_on": date(2025, 5, 2),
    },
    {"debit_key": "I2", "credit_key": "I3", "amount": Decimal("15.00"), "allocated_on": None},
]
