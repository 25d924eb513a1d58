"""The contracts with whoever sends the extracts: what they keep to, and the lines that do not."""

from collections.abc import Iterator, Sequence
from functools import partial

import dagster as dg
import duckdb

from pipelines.checks import record_check
from pipelines.contracts.agreed import CONTRACTS
from pipelines.contracts.clauses import Contract
from pipelines.contracts.validation import Finding, validate
from pipelines.room import with_room
from pipelines.workshop import Workshop

KEPT = dg.AssetKey(["intake", "contracts"])
FAILURES = dg.AssetKey(["intake", "contract_failures"])

TABLES = """
create or replace table intake.contracts (
    suite varchar, expectation varchar, column_name varchar, passed boolean,
    unexpected_count bigint, evaluated_count bigint, detail varchar, severity varchar
);
create or replace table intake.contract_failures (
    suite varchar, expectation varchar, column_name varchar, source_sha256 varchar,
    source_line bigint, value varchar
)
"""


def keep(con: duckdb.DuckDBPyConnection, suite: str, findings: Sequence[Finding]) -> None:
    """Add what became of a contract to `intake.contracts` and `intake.contract_failures`."""
    for found in findings:
        name = [suite, found.expectation, found.column_name]
        con.execute(
            "insert into intake.contracts values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *name,
                found.passed,
                found.unexpected_count,
                found.evaluated_count,
                found.detail,
                found.clause.severity,
            ],
        )
        if found.failures:
            con.executemany(
                "insert into intake.contract_failures values (?, ?, ?, ?, ?, ?)",
                [[*name, *failure] for failure in found.failures],
            )


def tell(findings: Sequence[Finding]) -> str:
    """Return in words what became of a contract."""
    broken = [found for found in findings if not found.passed]
    if not findings:
        return "No such rows among the extracts."
    if not broken:
        return f"All {len(findings)} clauses are kept."
    return " ".join(
        f"{found.detail} ({found.unexpected_count:,} of {found.evaluated_count:,} rows do not.)"
        for found in broken
    )


def check_name(contract: Contract) -> str:
    """Return what the check of a contract is called."""
    return f"{contract.suite}_keep_their_contract"


@dg.multi_asset(
    name="contracts",
    group_name="intake",
    specs=[
        dg.AssetSpec(
            KEPT,
            deps=[
                table.split(".")
                for table in sorted({name for contract in CONTRACTS for name in contract.reads})
            ],
            description="What the rows of each source keep to, and how many do not.",
        ),
        dg.AssetSpec(
            FAILURES,
            deps=[KEPT],
            description="Up to 100 rows of each clause that do not keep to it, by file and line.",
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(
            check_name(contract),
            asset=KEPT,
            description=f"The {contract.suite} keep to what is agreed; the figures do not need it.",
        )
        for contract in CONTRACTS
    ],
)
def contracts(workshop: Workshop) -> Iterator[dg.MaterializeResult]:
    """Hold the rows of each source against its contract, and keep what is found."""
    con = workshop.con
    con.execute(TABLES)
    checks = []
    for contract in CONTRACTS:
        findings = with_room(con, partial(validate, con, contract))
        keep(con, contract.suite, findings)
        checks.append(
            record_check(
                con,
                check_name(contract),
                subject="intake.contracts",
                passed=all(found.passed for found in findings),
                detail=tell(findings),
                failing_rows=sum(f.unexpected_count for f in findings if not f.passed),
                blocking=False,
            )
        )
    yield dg.MaterializeResult(asset_key=KEPT, check_results=checks)
    yield dg.MaterializeResult(asset_key=FAILURES)
