"""What a check found, said to Dagster, which stops the run, and to whoever reads the page."""

from dataclasses import dataclass

import dagster as dg
import duckdb


@dataclass(frozen=True)
class Rule:
    """A rule of the figures: a question whose every row breaks it.

    The first column of a row says, in words, what is wrong. Where the rule is of some days, `on` is
    the SELECT of them, and the question is asked of each as `$day`.
    """

    name: str
    subject: str
    means: str
    finds: str
    blocking: bool
    also_reads: tuple[str, ...] = ()
    on: str = ""


def record_check(  # noqa: PLR0913  (a check says all of this)
    con: duckdb.DuckDBPyConnection,
    name: str,
    *,
    subject: str,
    passed: bool,
    detail: str = "",
    failing_rows: int = 0,
    blocking: bool = True,
    asset: str | None = None,
) -> dg.AssetCheckResult:
    """Write what a check found into `intake.checks`, and return it as Dagster wants it.

    Args:
        con: The workshop's connection.
        name: Name of the check, as declared to Dagster.
        subject: The table that was checked, `schema.name`.
        passed: Whether all is well.
        detail: One sentence with the figures, for a person; needed where the check failed.
        failing_rows: How many rows break the rule.
        blocking: Whether a failure stands in the way of publication. Declare the check to Dagster
            with the same word: `@dg.asset_check(..., blocking=True)`.
        asset: The asset that the check is declared on, where it is not the subject.
    """
    con.execute(
        "insert into intake.checks values ($name, $subject, $severity, $passed, $detail, $rows)",
        {
            "name": name,
            "subject": subject,
            "severity": "blocking" if blocking else "warning",
            "passed": passed,
            "detail": detail,
            "rows": failing_rows,
        },
    )
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=(asset or subject).split("."),
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        description=detail,
        metadata={"subject": subject, "failing_rows": failing_rows},
    )
