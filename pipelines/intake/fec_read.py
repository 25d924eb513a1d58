"""What becomes of a FEC whose lines are at hand: landed, set aside in part, or refused whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

from models.errors import EncaisseError
from pipelines.intake.fec_balance import Entry, explain, judge, lines_of, quarantined
from pipelines.intake.fec_header import Layout
from pipelines.intake.fec_load import Bad, Lines, Loaded, leave_out, load
from pipelines.intake.fec_reasons import lacks_fields
from pipelines.intake.reading import Progress, Quarantined, Reading, write_quarantine

_FEW = 10  # bad lines do not condemn a file, as long as they are not the most of it
_MOST_IN_ALL = Decimal(10) ** 15  # so that several years together are still counted in cents
_SHOWN = 1_000  # offending lines of a refused file that the quarantine keeps


@dataclass(frozen=True)
class Form:
    """How the lines came.

    Attributes:
        format: Name of the format in the reading.
        facts: What is known of the file beside its lines.
        is_closed: The last line has its line end.
        blank: Blank lines that are not among the lines handed out.
        problem: Why the file must be refused, if it must.
    """

    format: str
    facts: dict[str, str]
    is_closed: bool = True
    blank: int = 0
    problem: str | None = None


class _RefusedError(Exception):
    def __init__(
        self, reason: str, offending: list[Quarantined], facts: dict[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offending = offending
        self.facts = facts or {}


def read_lines(
    con: duckdb.DuckDBPyConnection,
    lines: Lines,
    out: Path,
    form_of: Callable[[], Form],
    progress: Progress,
) -> Reading:
    """Land the lines that can be trusted, and give account of the others.

    Args:
        con: A database to work in.
        lines: What the file says.
        out: The folder that receives `fec_lines.parquet` and `quarantine.parquet`.
        form_of: Asked once all lines are out: how they came.
        progress: Called with the share of the file that is read.

    Raises:
        EncaisseError: What was written is not what was read, or a line was lost on the way.
    """
    landed = out / "fec_lines.parquet"
    loaded = load(con, lines, landed, progress)
    form = form_of()
    facts = form.facts | {
        "debit": str(loaded.debit),
        "credit": str(loaded.credit),
        "blank_lines": str(loaded.blank + form.blank),
    }
    try:
        _refuse_untrustworthy(loaded, lines.layout, form)
        aside = _set_aside(con, landed, loaded, lines.layout, form)
    except _RefusedError as refused:
        landed.unlink()
        write_quarantine(out, refused.offending or [Quarantined(None, None, None, refused.reason)])
        return Reading(
            form.format,
            loaded.records,
            0,
            loaded.records,
            refused_reason=refused.reason,
            facts=facts | refused.facts,
        )
    write_quarantine(out, aside)
    kept = _leave_out(con, landed, loaded, aside)
    progress(1.0)
    return Reading(
        form.format,
        records_in=loaded.records,
        loaded=kept.lines,
        quarantined=len(aside),
        first_on=kept.first_on,
        last_on=kept.last_on,
        latest_on=kept.latest_on,
        facts=facts | {"debit": str(kept.debit), "credit": str(kept.credit)},
    )


def _refuse_untrustworthy(loaded: Loaded, layout: Layout, form: Form) -> None:
    """Refuse a file that is damaged, or of which too little can be read."""
    if form.problem is not None:
        raise _RefusedError(form.problem, [])
    if not loaded.records:
        raise _RefusedError("The file has a header and no records. Export it again.", [])
    if max(abs(loaded.debit), abs(loaded.credit)) >= _MOST_IN_ALL:
        raise _RefusedError(
            f"The debits of the file come to {loaded.debit:,}: they must be below "
            f"{_MOST_IN_ALL:,}. Check its largest amounts.",
            [],
        )
    last = loaded.bad[-1] if loaded.bad else None
    # Where most lines are like the last one, it is no cut that made it so.
    is_usual = loaded.bad_count > 1 and loaded.bad_count * 2 > loaded.records
    is_last = last is not None and last.source_line == loaded.last_line
    if last and is_last and not is_usual and _is_cut(last, layout, form):
        raise _RefusedError(
            f"The file is cut in its last line, {last.source_line}. Export it again, whole.",
            [quarantined(last, layout)],
        )
    count, records = loaded.bad_count, loaded.records
    is_explained = count == len(loaded.bad)
    if count * 2 > records or (count > _FEW and count * 10 > records) or not is_explained:
        first = quarantined(loaded.bad[0], layout)
        raise _RefusedError(
            f"{count:,} of {records:,} lines cannot be read, too many to trust the others. "
            f"The first is line {first.source_line}: {first.reason}",
            [quarantined(bad, layout) for bad in loaded.bad[:_SHOWN]],
        )


def _is_cut(bad: Bad, layout: Layout, form: Form) -> bool:
    """Say whether the last line ends before it should."""
    if bad.column == "*":
        return lacks_fields(bad.value, layout)
    is_last_column = layout.position[bad.column] == max(layout.position.values())
    return is_last_column and not form.is_closed


def _set_aside(
    con: duckdb.DuckDBPyConnection, landed: Path, loaded: Loaded, layout: Layout, form: Form
) -> list[Quarantined]:
    verdict = judge(con, landed, loaded, layout)
    if verdict.unbalanced:
        raise _RefusedError(
            explain(verdict.unbalanced, loaded, is_closed=form.is_closed),
            _offending(con, landed, verdict.unbalanced),
            {"unbalanced": str(len(verdict.unbalanced))},
        )
    if len(verdict.aside) == loaded.records:
        raise _RefusedError(
            "No entry can be read whole. The quarantine says why of each line.", verdict.aside
        )
    return verdict.aside


def _offending(
    con: duckdb.DuckDBPyConnection, landed: Path, entries: list[Entry]
) -> list[Quarantined]:
    """Return the lines of the first entries that do not balance."""
    first = {entry.key: entry for entry in entries[:_SHOWN]}
    return [
        Quarantined(line, None, None, f"The entry does not balance: {first[key]}.")
        for line, key in sorted(lines_of(con, landed, first))[:_SHOWN]
    ]


class _Totals(NamedTuple):
    lines: int
    debit: Decimal
    credit: Decimal
    first_on: date
    last_on: date
    latest_on: date


def _leave_out(
    con: duckdb.DuckDBPyConnection, landed: Path, loaded: Loaded, aside: list[Quarantined]
) -> _Totals:
    """Take what is set aside out of the landing, and hold the rest against what was read."""
    written = _totals(con, landed)
    if written[:3] != (loaded.good, loaded.debit, loaded.credit):
        raise _defect(written, f"{loaded.good} lines, debit {loaded.debit}, credit {loaded.credit}")
    with_others = len(aside) - loaded.bad_count
    if not with_others:
        return written
    rest = landed.with_name("rest.parquet")
    leave_out(landed, rest, [each.source_line for each in aside if each.source_line is not None])
    rest.replace(landed)
    kept = _totals(con, landed)
    if kept.lines != loaded.good - with_others or kept.debit != kept.credit:
        raise _defect(kept, f"{loaded.good - with_others} lines that balance")
    return kept


def _totals(con: duckdb.DuckDBPyConnection, landed: Path) -> _Totals:
    [row] = con.sql(
        """
        select
            count(*),
            coalesce(sum(debit), 0),
            coalesce(sum(credit), 0),
            min(entry_on),
            max(entry_on),
            greatest(
                max(lettered_on),
                -- What is booked ahead was there when it was validated; where most lines are dated
                -- later than validated, the dates of validation mean something else.
                case
                    when 2 * count(*) filter (where validated_on < entry_on) > count(*)
                        then greatest(max(entry_on), max(validated_on))
                    else max(coalesce(validated_on, entry_on))
                end
            )
        from read_parquet($landed)
        """,
        params={"landed": str(landed)},
    ).fetchall()
    return _Totals(*row)


def _defect(found: _Totals, expected: str) -> EncaisseError:
    return EncaisseError(
        f"{found.lines} lines were written, debit {found.debit}, credit {found.credit}; "
        f"there should be {expected}.",
        where="the FEC reader",
        fix="report this as a defect, with the file",
    )
