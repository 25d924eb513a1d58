"""Whose books is a file that does not say? A FEC names its firm only in the file's name.

Files of one firm use the same journals and accounts. A file without a SIREN in its name joins the
firm whose charts it shares; one that shares nobody's is a firm of its own. Two firms in one folder
are never added up because a name was missing.

A table of documents says of no firm whose it is. Where several give a ledger, it is of the one in
whose ledger its documents stand: as a firm of its own it would count all of them twice.
"""

from collections import defaultdict
from collections.abc import Mapping

import duckdb

from pipelines.settings import Settings

UNTOLD = ("only_entity", "default")
ENOUGH_SHARED = 0.5
"""Share of a file's journal and account pairs that another must use for both to be one firm's."""
ENOUGH_FOUND = 0.5
"""Share of a table's documents that stand in the ledger of the firm whose table it is."""


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
    """Settle in `staging.files` the entity of each file that neither name nor settings tell."""
    _tell_ledgers(con, settings)
    _tell_tables(con)
    if not settings.entities:
        con.execute(ONLY_ONE)


def _tell_ledgers(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
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


FOUND = """
with documents as (
    select distinct items.source_sha256, items.customer_id, items.document_ref
    from raw.items as items
    join staging.files as files on files.source_sha256 = items.source_sha256
    where files.entity_basis = 'default' and files.refused_reason is null
        and items.entity_id is null and items.document_ref is not null
),

ledgers as (
    select distinct
        files.entity_id,
        coalesce(lines.auxiliary, lines.account) as customer_id,
        lines.document_ref
    from raw.fec_lines as lines
    join staging.files as files on files.source_sha256 = lines.source_sha256
    where lines.document_ref in (select document_ref from documents)
)

select documents.source_sha256, ledgers.entity_id, count(*) as found_count
from documents
join ledgers
    on ledgers.customer_id = documents.customer_id
    and ledgers.document_ref = documents.document_ref
group by documents.source_sha256, ledgers.entity_id
having count(*) >= $enough * (
    select count(*) from documents as whole where whole.source_sha256 = documents.source_sha256
)
"""

ONLY_ONE = """
update staging.files
set
    entity_id = (select min(entity_id) from staging.files where entity_basis = 'content'),
    entity_basis = 'only_entity'
where
    entity_basis = 'default'
    and (
        select count(distinct entity_id) = 1 and bool_and(entity_basis = 'content')
        from staging.files
        where refused_reason is null and entity_basis <> 'default'
    )
    and not exists (select 1 from raw.fec_lines)
"""
"""The firm that a bank statement names is the only one, where no other file says whose it is."""


def _tell_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Give each table that nothing tells to the one firm whose ledger has most of its documents."""
    firms: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for sha, entity, count in con.execute(FOUND, {"enough": ENOUGH_FOUND}).fetchall():
        firms[sha].append((count, entity))
    for sha, found in sorted(firms.items()):
        most, entity = max(found)
        if [count for count, _ in found].count(most) == 1:
            con.execute(
                "update staging.files set entity_id = ?, entity_basis = 'documents' "
                "where source_sha256 = ?",
                [entity, sha],
            )
