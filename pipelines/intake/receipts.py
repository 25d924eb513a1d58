"""What is known of one extract after it was taken in, and whose extract it is."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Self

from pipelines.settings import Settings, TableMapping

SIREN_IN_NAME = re.compile(r"(?<!\d)(\d{9})FEC\d{8}", re.IGNORECASE)


@dataclass(frozen=True)
class Receipt:
    """One extract taken in. `records_in = loaded + quarantined`, always.

    `name` is the file's path below the extracts folder, or `archive.zip!member`; it is a label
    only. `folder` is where its rows landed, below the landing folder; empty where the content could
    not even be read. `landed_at` is when this content was first taken in: ISO 8601, UTC.
    `entity_basis` says how the entity was told: settings, name, content, only_entity, default; the
    refresh adds accounts (pipelines.entities).
    """

    name: str
    sha256: str
    folder: str
    format: str
    records_in: int
    loaded: int
    quarantined: int
    landed_at: str
    entity_id: str | None = None
    entity_basis: str | None = None
    refused_reason: str | None = None
    first_on: date | None = None
    last_on: date | None = None
    latest_on: date | None = None
    facts: dict[str, str] = field(default_factory=dict)
    tables: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Write the receipt, so that `from_json` reads the same one."""
        return json.dumps(asdict(self), default=str, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a receipt that `to_json` wrote.

        Raises:
            ValueError: The text is not such a receipt.
        """
        try:
            values = json.loads(text)
            for day in ("first_on", "last_on", "latest_on"):
                values[day] = values[day] and date.fromisoformat(values[day])
            return cls(**{**values, "tables": tuple(values["tables"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a receipt: {error}") from error


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Say whether a file's path, or its last part alone, fits one of the shell patterns.

    >>> matches("2024/paris/ledger.txt", ["2024/paris/*"]), matches("a/b.csv", ["*.csv"])
    (True, True)
    >>> matches("bank.zip!june/camt.xml", ["camt*"]), matches("ledger.txt", ["*.csv"])
    (True, False)
    """
    last = last_part(name)
    return any(fnmatchcase(name, each) or fnmatchcase(last, each) for each in patterns)


def mapping_of(name: str, settings: Settings) -> TableMapping | None:
    """Return the first table mapping of the settings that is for a file of this name."""
    return next((each for each in settings.tables if matches(name, each.files)), None)


def stated_entity(name: str, settings: Settings) -> tuple[str, str] | None:
    """Tell whose extract this is from the settings and its name: (entity_id, basis), or None."""
    for entity in settings.entities:
        if matches(name, entity.files):
            return entity.id, "settings"
    siren = SIREN_IN_NAME.search(last_part(name))
    if siren:
        return _entity_of(siren[1], settings), "name"
    mapping = mapping_of(name, settings)
    if mapping and mapping.entity:
        return mapping.entity, "settings"
    return None


def with_entity(receipt: Receipt, settings: Settings, known: Iterable[str]) -> Receipt:
    """Settle whose extract this is. `known` are the entities that the other files tell of.

    An extract that does not say goes to the only entity there is; where there are several, to the
    default one, and the basis shows that nobody said so.
    """
    stated = stated_entity(receipt.name, settings)
    if stated is None and "owner_siren" in receipt.facts:
        stated = _entity_of(receipt.facts["owner_siren"], settings), "content"
    entities = {*known, *(entity.id for entity in settings.entities)}
    if stated is None and len(entities) == 1:
        stated = entities.pop(), "only_entity"
    entity_id, basis = stated or (settings.defaults.entity, "default")
    return replace(receipt, entity_id=entity_id, entity_basis=basis)


def _entity_of(siren: str, settings: Settings) -> str:
    known = {entity.siren: entity.id for entity in settings.entities if entity.siren}
    return known.get(siren, siren)


def last_part(name: str) -> str:
    """Return a name without the folders, or the archive, that it is in."""
    return re.split(r"[/!]", name)[-1]
