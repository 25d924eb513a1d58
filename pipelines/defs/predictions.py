"""When what is owed will be paid: the model of the day, and what it says of every open document."""

from collections.abc import Iterator

import dagster as dg

from pipelines.defs.tables import check_grain, grain_spec
from pipelines.predictions import cards, scoring
from pipelines.predictions.features import TABLES
from pipelines.predictions.training import model_in_use, model_of_the_day
from pipelines.room import with_room
from pipelines.workshop import Workshop

FEATURES = [f"features.{name}" for name in ("calendar", *TABLES)]

MODEL = {
    "predictions.model_card": (
        ("model_id", "section", "name"),
        "The model in use: what it learnt from, its features, its versions, and when it is trained "
        "anew.",
    ),
    "predictions.calibration": (
        ("method", "target", "bin"),
        "What was said of how likely lateness is, in ten bins, and how often it came; measured on "
        "days that the model had not seen.",
    ),
    "predictions.drift": (
        ("measure", "entity_id"),
        "Whether what the model says still fits what happens: each measure against the range it "
        "had before the model was trained. entity_id is null for the firm.",
    ),
    "staging.invoice_scores": (
        ("subject", "method", "horizon", "metric"),
        "How well payment days were foretold, document by document, on days not learnt from.",
    ),
}
TIMING = {
    "predictions.payment_timing": (
        ("item_id",),
        "When each open debit is expected to be paid. A day is null where it is later than a year "
        "after the due day, or never; probabilities are given that it is open today. rests_on says "
        "whose payments the answer rests on, and rests_on_count how many. is_doubtful: on a "
        "doubtful account, or doubtful as the extract says; no cash is expected of it.",
    ),
    "predictions.reasons": (
        ("entity_id", "customer_id", "currency", "item_id", "rank"),
        "What moves the expected day of a document most, and of a customer (item_id null): up to "
        "three groups of facts, each with the days by which it moves it and the facts themselves.",
    ),
}


def _specs(tables: dict[str, tuple[tuple[str, ...], str]], deps: list[str]) -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            dg.AssetKey(name.split(".")),
            deps=[dg.AssetKey(each.split(".")) for each in deps],
            description=comment,
            group_name=name.partition(".")[0],
            kinds={"duckdb", "python"},
        )
        for name, (_, comment) in tables.items()
    ]


def _results(
    workshop: Workshop, tables: dict[str, tuple[tuple[str, ...], str]]
) -> Iterator[dg.MaterializeResult]:
    for name, (grain, _) in tables.items():
        [(count,)] = workshop.con.sql(f"select count(*) from {name}").fetchall()  # noqa: S608
        yield dg.MaterializeResult(
            asset_key=name.split("."),
            metadata={"dagster/row_count": count},
            check_results=[check_grain(workshop.con, name, grain)],
        )


@dg.multi_asset(
    name="timing_model",
    specs=_specs(MODEL, [*FEATURES, "staging.run"]),
    check_specs=[grain_spec(name, grain) for name, (grain, _) in MODEL.items()],
)
def timing_model(
    context: dg.AssetExecutionContext, workshop: Workshop
) -> Iterator[dg.MaterializeResult]:
    """The model of the day: the one there is, or a new one where the rule says so."""
    con, folder = workshop.con, workshop.folder
    card, _, checks = with_room(
        con, lambda: model_of_the_day(con, folder, workshop.settings, workshop.as_of)
    )
    context.log.info(f"model {card.model_id}, {card.method}, trained because: {card.reason}")
    cards.make_tables(con, card, checks, workshop.as_of)
    yield from _results(workshop, MODEL)


@dg.multi_asset(
    name="payment_timing",
    specs=_specs(
        TIMING,
        [*FEATURES, "features.open_book", "predictions.model_card", "ledger.standings"],
    ),
    check_specs=[grain_spec(name, grain) for name, (grain, _) in TIMING.items()],
)
def payment_timing(workshop: Workshop) -> Iterator[dg.MaterializeResult]:
    """When every open document is expected to be paid, and why then."""
    con, model = workshop.con, model_in_use(workshop.con, workshop.folder)
    with_room(con, lambda: scoring.make_payment_timing(con, model, workshop.as_of, workshop.score))
    yield from _results(workshop, TIMING)
