"""Whose books is a FEC that does not say? A FEC names its firm only in the file's name.

Files of one firm use the same journals and accounts. A file without a SIREN in its name joins the
firm whose charts it shares; one that shares nobody's is a firm of its own. Two firms in one folder
are never added up because a name was missing.
"""

from collections.abc import Mapping

import duckdb

from pipelines.settings import Settings

UNTOLD = ("only_entity", "default")
ENOUGH_SHARED = 0.5
"""Share of a file's journal and account pairs that another must use for both to be one firm's."""


def assign(
    charts: Mapping[str, frozenset[str]], told: Mapping[str, str], default: str
) -> dict[str, tuple[str, str]]:
    """Say whose each untold file is, and how that was told.

    Args:
        charts: What each FEC uses (journal and account), by content, in the order of their names.
        told: The entity of the files whose entity is known.
        default: The name of the first firm that nothing names; the next are numbered.

    Returns:
        Entity and basis by content, of the untold files only. The basis is `accounts` where the
        file joins another, `default` where it begins a firm of its own.

    >>> ours = frozenset({"VE 411", "VE 701", "BQ 512"})
    >>> assign({"a": ours, "b": ours | {"AN 120"}, "c": frozenset({"INV 411"})}, {"a": "1"}, "main")
    {'b': ('1', 'accounts'), 'c': ('main', 'default')}
    """
    entities = {content: told[content] for content in charts if content in told}
    assigned: dict[str, tuple[str, str]] = {}
    own = 0
    for content, chart in charts.items():
        if content in told:
            continue
        shared, entity = max(
            (
                (len(chart & charts[other]) / max(1, min(len(chart), len(charts[other]))), entity)
                for other, entity in entities.items()
            ),
            default=(0.0, ""),
        )
        basis = "accounts"
        if shared < ENOUGH_SHARED:
            own += 1
            entity, basis = (default if own == 1 else f"{default}-{own}"), "default"
        entities[content] = entity
        assigned[content] = (entity, basis)
    return assigned


def tell_entities(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Settle in `staging.files` the entity of each FEC that neither name nor settings tell."""
    files = con.execute(
        "select source_sha256, entity_id, entity_basis from staging.files "
        "where format in ('fec', 'fec_xml') and refused_reason is null order by name"
    ).fetchall()
    told = {sha: entity for sha, entity, basis in files if basis not in UNTOLD}
    if len(told) == len(files):
        return
    used = dict(
        con.sql(
            "select source_sha256, list(distinct journal_code || ' ' || account) "
            "from raw.fec_lines group by all"
        ).fetchall()
    )
    charts = {sha: frozenset(used.get(sha, ())) for sha, _, _ in files}
    assigned = assign(charts, told, settings.defaults.entity)
    con.executemany(
        "update staging.files set entity_id = ?, entity_basis = ? where source_sha256 = ?",
        [(entity, basis, sha) for sha, (entity, basis) in assigned.items()],
    )
