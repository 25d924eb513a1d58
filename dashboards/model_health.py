"""Whether the model says what happens, whether customers still pay as it learnt, and its card."""

from dashboards import (
    card_words,
    charts,
    entities,
    grids,
    page,
    score_charts,
    score_words,
    state,
    words,
)
from dashboards.grids import Column
from dashboards.language import nt, t

CALIBRATION = """
select target, method, bin, predicted, observed, count
from predictions.calibration
order by target, method, bin
"""

DRIFT = """
select
    measure, coalesce(entity_id, '*') as entity_id, 100 * value as value, 100 * low as low,
    100 * high as high, is_out, told_on
from predictions.drift
where entity_id is null or (select count(distinct entity_id) > 1 from ledger.books)
order by is_out desc, measure, entity_id
"""

CARD = """
select section, name, value from predictions.model_card order by section, name
"""

LEAST_PAIRS = 20  # of a calibration's group: fewer say nothing


def show_calibration() -> None:
    """Show whether what is said to be late so often is late so often."""
    rows = state.rows(CALIBRATION) if state.has("predictions.calibration") else []
    shown = next(
        (code for code in score_words.MODELS if any(r["method"] == code for r in rows)), None
    )
    rows = [row for row in rows if row["method"] == shown and row["count"] >= LEAST_PAIRS]
    if not rows:
        return
    title = t("Of invoices said to be late 7 times out of 10, are 7 out of 10 late?")
    page.section(title)
    page.note(t("Each point is a group of invoices: on the line, as many were late as was said."))
    charts.show(score_charts.calibration(rows), title)
    columns = [
        Column("target", t("Late by"), word=lambda code: words.word(score_words.TARGETS, code)),
        Column("predicted", t("Said (%)"), "percent"),
        Column("observed", t("Were (%)"), "percent"),
        Column("count", t("Invoices"), "count"),
    ]
    in_percent = [
        {**row, "predicted": 100 * row["predicted"], "observed": 100 * row["observed"]}
        for row in rows
    ]
    if part := page.unfolded(t("Table and download"), key="calibration"):
        with part:
            grids.show(in_percent, columns, what=title)
            grids.downloads(
                lambda: grids.as_table(in_percent, columns), columns, t("calibration"),
                key="calibration_file",
            )  # fmt: skip


def show_drift() -> None:
    """Show whether customers still pay as they did when the model learnt."""
    found = state.rows(DRIFT) if state.has("predictions.drift") else []
    if not found:
        return
    out = sum(1 for row in found if row["is_out"])
    page.section(
        nt("{n} measure has left its range: the model learns anew if it stays there",
           "{n} measures have left their range: the model learns anew if they stay there", out)
        if out
        else t("Customers pay as they did when the model learnt")
    )  # fmt: skip
    columns = [
        Column("measure", t("Measure"), word=drift_name, width=330),
        *entities.columns(),
        Column("value", t("Now (%)"), "percent"),
        Column("low", t("Low end (%)"), "percent"),
        Column("high", t("High end (%)"), "percent"),
        Column("is_out", t("Within its range"), word=lambda is_out: words.yes_or_no(not is_out)),
        Column("told_on", t("As of"), "date"),
    ]
    grids.show(found, columns, what=t("Drift"), height="content")
    grids.downloads(state.asker(DRIFT, {}), columns, t("drift"), key="drift_file")


def drift_name(code: str) -> str:
    """Return what is watched for drift."""
    return words.word(score_words.DRIFTS, code)


def show_card() -> None:
    """Show the card of the model in use: data, dates, versions."""
    found = state.rows(CARD) if state.has("predictions.model_card") else []
    if not found:
        return
    if part := page.unfolded(t("Card of the model"), key="card"):
        with part:
            columns = [
                Column("section", t("Part"), word=_part, width=170),
                Column("name", t("What"), width=430),
                Column("value", t("Value"), width=420),
            ]
            told = [card_words.row(row) for row in found]
            grids.show(told[: grids.SHOWN], columns, what=t("Card of the model"))
            grids.downloads(
                lambda: grids.as_table(told, columns), columns, t("model card"), key="card_file"
            )


def _part(code: str) -> str:
    return words.word(score_words.CARD_PARTS, code)
