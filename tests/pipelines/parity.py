"""Two engines, one result: every table of one database against the same table of another.

As a program it measures as well: `python -m tests.pipelines.parity --items 15000` makes the sample
company, refreshes it with DuckDB and with Spark, holds every published table against the other, and
says how long each took. With `--tables` it makes the tables from the intake to the measures and the
features, and nothing after them: what is learnt and foretold takes both engines the same.
"""

import argparse
import contextlib
import json
import os
import resource
import sys
import time
from pathlib import Path

import duckdb
import psutil

CONF = Path(__file__).parent / "spark_conf"
"""For small books: what fits in half a gigabyte."""

SMALL = "1g"
LARGER = """
spark.driver.memory            {memory}
spark.executor.memory          {memory}
spark.ui.enabled               false
spark.ui.showConsoleProgress   false
spark.driver.host              127.0.0.1
spark.driver.bindAddress       127.0.0.1
spark.log.level                OFF
"""

OF_THE_RUN = {"intake.checks", "meta.snapshot", "predictions.forecast_history"}
"""What names the run, or the moment of it."""


def differences(con: duckdb.DuckDBPyConnection, ours: str, theirs: str) -> list[str]:
    """Return what differs between two tables of a connection, in names, types and rows."""
    here = con.sql(f"describe from {ours}").fetchall()
    there = con.sql(f"describe from {theirs}").fetchall()
    if [column[:2] for column in here] != [column[:2] for column in there]:
        pairs = zip([c[:2] for c in here], [c[:2] for c in there], strict=False)
        return [f"{ours}: {a} is {b}" for a, b in pairs if a != b] or [f"{ours}: other columns"]
    found = []
    for one, other, what in ((ours, theirs, "is lacking"), (theirs, ours, "is too many")):
        rows = con.sql(f"from {one} except all from {other}").fetchall()
        found += [f"{ours}: {len(rows)} rows, such as {row}: {what}" for row in rows[:1]]
    return found


def compare_snapshots(ours: Path, theirs: Path) -> tuple[dict[str, int], list[str]]:
    """Return the rows of every table that two snapshots have, and what differs between them."""
    with duckdb.connect() as con:
        for name, file in (("ours", ours), ("theirs", theirs)):
            con.execute(f"attach '{file}' as {name} (read_only)")
        tables = [
            name
            for (name,) in con.sql(
                "select schema_name || '.' || table_name as name from duckdb_tables() "
                "where database_name = 'ours' order by name"
            ).fetchall()
            if name not in OF_THE_RUN
        ]
        rows, found = {}, []
        for name in tables:
            of_the_run = " except (landed_at)" if name == "intake.files" else ""
            # What a model says is compared, in the tables it makes; not how its file is written.
            kept = " where name <> 'sha256'" if name == "predictions.model_card" else ""
            found += differences(
                con,
                f"(select *{of_the_run} from ours.{name}{kept})",
                f"(select *{of_the_run} from theirs.{name}{kept})",
            )
            [(rows[name],)] = con.sql(f"select count(*) from ours.{name}").fetchall()
        return rows, found


def current_of(home: Path) -> Path:
    """Return the file of the snapshot that is published."""
    from published import snapshot

    return snapshot.current(home).path


def refresh(
    home: Path, extracts: Path, master: str = "", *, tables: bool = False
) -> tuple[float, float]:
    """Refresh, and return its seconds and the CPU seconds of all its processes.

    Args:
        home: Where everything is kept.
        extracts: The folder to read.
        master: The master of a Spark cluster; DuckDB makes the tables where empty.
        tables: Whether to leave out what is foretold.
    """
    from pipelines.running import publish_tables, run

    began, cpu = time.monotonic(), _cpu()
    if tables:
        publish_tables(home, extracts, ("ledger", "receivables", "measures"), master)
    else:
        outcome = run(
            "refresh",
            home,
            extracts=extracts,
            as_of=None,
            spark_master=master,
            tell=lambda *_: None,
        )
        assert outcome.succeeded, (outcome.refusals, outcome.blocked_by)
    return time.monotonic() - began, _cpu() - cpu


def compare_features(ours: Path, theirs: Path, work: Path, master: str) -> tuple[int, list[str]]:
    """Make the features of one snapshot with DuckDB, those of another with Spark.

    Returns:
        How many rows there are, and what differs.
    """
    from pipelines.calendar_days import make_calendar
    from pipelines.engines.cluster import Cluster
    from pipelines.predictions.features import FEATURES, TABLES, attach, opened
    from pipelines.settings import Settings
    from pipelines.sql_tables import SqlTable

    count, found = 0, []
    with opened(ours) as here, duckdb.connect() as there:
        there.execute(f"attach '{theirs}' as books (read_only)")
        attach(there)
        there.execute("use books")
        make_calendar(there, Settings())
        with Cluster(master, there, work / "features") as spark:
            for name in TABLES:
                table = SqlTable.read(FEATURES / f"{name}.sql")
                spark.make(table, Settings())
                if table.asks:
                    continue
                here.register("on_spark", there.sql(f"from features.{name}").to_arrow_table())
                found += differences(here, f"features.{name}", "on_spark")
                here.unregister("on_spark")
                [(rows,)] = here.sql(f"select count(*) from features.{name}").fetchall()
                count += rows
    return count, found


def keep(items: int, master: str, rows: dict[str, int], found: list[str]) -> None:
    """Keep what came of it where docs/benchmarks.md is written from."""
    from benchmarks.data import FOLDER

    FOLDER.mkdir(parents=True, exist_ok=True)
    told = {"invoices": items, "master": master, "rows": sum(rows.values()), "differing": found}
    (FOLDER / "spark.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def conf_of(memory: str, work: Path) -> Path:
    """Return the folder of a configuration that lets Spark use so much memory."""
    if memory == SMALL:
        return CONF
    folder = work / "conf"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spark-defaults.conf").write_text(LARGER.format(memory=memory), encoding="utf-8")
    return folder


def _cpu() -> float:
    this = psutil.Process()
    used = [each.cpu_times() for each in (this, *this.children(recursive=True))]
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(each.user + each.system for each in used) + ended.ru_utime + ended.ru_stime


def main() -> None:
    """Make the sample, refresh it twice, compare and tell."""
    from pipelines.sample import write_sample
    from tests.pipelines.spark_cluster import cluster

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--items", type=int, default=15_000)
    asked.add_argument("--master", default="local[2]", help="or `cluster`: one with two workers")
    asked.add_argument("--memory", default=SMALL, help="Of the driver and each worker")
    asked.add_argument("--work", type=Path, required=True, help="A folder to work in")
    asked.add_argument("--tables", action="store_true", help="Nothing that is foretold")
    told = asked.parse_args()
    told.work = told.work.resolve()  # a worker writes where it stands
    os.environ.setdefault("SPARK_CONF_DIR", str(conf_of(told.memory, told.work)))
    extracts = told.work / f"extracts-{told.items}"
    if not extracts.exists():
        write_sample(extracts, items=told.items, progress=lambda _: None)
    seconds = {"duckdb": refresh(told.work / "duckdb", extracts, tables=told.tables)}
    started = (
        cluster(told.work, memory=told.memory)
        if told.master == "cluster"
        else contextlib.nullcontext(told.master)
    )
    with started as master:
        seconds["spark"] = refresh(told.work / "spark", extracts, master, tables=told.tables)
        ours, theirs = current_of(told.work / "duckdb"), current_of(told.work / "spark")
        rows, found = compare_snapshots(ours, theirs)
        if told.tables:
            rows["features"], differing = compare_features(ours, theirs, told.work, master)
            found += differing
    for name, count in rows.items():
        print(f"{name}: {count} rows")
    for engine, (wall, cpu) in seconds.items():
        print(f"{engine}: {wall:.0f} s, CPU {cpu:.0f} s")
    print("\n".join(found) or f"{len(rows)} tables are equal")
    keep(told.items, told.master, rows, found)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
