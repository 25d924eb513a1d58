"""How one table will be read: which of its columns is what, and how its texts are to be taken."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models.errors import EncaisseError
from pipelines.intake.kinds import COLUMNS, Column, lacking, plain
from pipelines.intake.sources import Beginning, Below
from pipelines.settings import TableMapping


@dataclass(frozen=True)
class Stated:
    """What the settings say on how to read a table file."""

    mapping: TableMapping | None  # None: none is for this file, a preset may fit
    currency: str  # of amounts that do not say theirs
    sign: str | None = None  # of credits in a list of their own; None: the list tells it

    @property
    def fingerprint(self) -> str:
        """A short name for all that is stated."""
        text = f"{self.currency}{self.mapping.model_dump_json() if self.mapping else ''}"
        name = hashlib.sha256(text.encode()).hexdigest()[:8]
        return f"{name}-{self.sign}" if self.sign else name


@dataclass(frozen=True)
class Manner:
    """What is known of a kind of file before it is seen: by a preset, or by a mapping.

    `columns` gives for each of our names the headers that may stand for it, as `plain` writes
    them; those of `needs` must all be there, and one of each group of `marks`, and none of
    `without`.
    """

    format: str
    kind: str
    columns: dict[str, tuple[str, ...]]
    needs: tuple[str, ...]
    marks: tuple[tuple[str, ...], ...] = ()
    without: frozenset[str] = frozenset()
    date_format: str | None = None
    date_is_stated: bool = False
    mark: str = "."
    currency: str | None = None
    bare_numbers: bool = False  # codes are numbers: no leading zeros, no ".0"
    delimiter: str | None = None

    def fits(self, header: Sequence[str]) -> bool:
        """Say whether a row is the header of such a file."""
        present = {plain(name) for name in header}
        groups = (*(self.columns[name] for name in self.needs), *self.marks)
        return present.isdisjoint(self.without) and all(
            not present.isdisjoint(group) for group in groups
        )


@dataclass(frozen=True)
class Plan:
    """How one file is read. `positions` has several where the file has a header twice."""

    manner: Manner
    positions: dict[str, tuple[int, ...]]
    headers: dict[str, str]  # our name: the header as it stands in the file
    unused: tuple[str, ...]
    below: Below
    above: tuple[str, ...] = field(default=())  # what stands over the header

    @property
    def columns(self) -> Iterator[Column]:
        """The columns of this kind of table that the file has, in our order."""
        return (column for column in COLUMNS[self.manner.kind] if column.name in self.positions)


def plan_for(manner: Manner, beginnings: Sequence[Beginning]) -> Plan | None:
    """Find the header that this manner knows, and plan how to read what is below it."""
    for beginning in beginnings:
        if manner.delimiter not in (None, beginning.part):
            continue
        for index, (line, cells) in enumerate(beginning.rows):
            if manner.fits(cells):
                above = [
                    ", ".join(cell.strip() for cell in row if cell.strip())
                    for _, row in beginning.rows[:index]
                ]
                return plan_below(
                    manner, beginning.part, line, cells, tuple(filter(str.strip, above))
                )
    return None


def plan_below(
    manner: Manner, part: str, line: int, header: tuple[str, ...], above: tuple[str, ...]
) -> Plan:
    """Plan to read what is below a header, whose columns are those that the manner knows."""
    names = [plain(name) for name in header]
    positions: dict[str, tuple[int, ...]] = {}
    for name, candidates in manner.columns.items():
        found = next((candidate for candidate in candidates if candidate in names), None)
        if found is not None:
            positions[name] = tuple(i for i, each in enumerate(names) if each == found)
    wanted = tuple(sorted({position for each in positions.values() for position in each}))
    return Plan(
        manner,
        positions,
        {name: header[each[0]].strip() for name, each in positions.items()},
        tuple(text.strip() for i, text in enumerate(header) if text.strip() and i not in wanted),
        Below(part, line, len(header), wanted, manner.mark or "."),
        above,
    )


def manner_of(mapping: TableMapping, preset: Manner | None) -> Manner:
    """Return what a mapping of the settings says, on top of the preset that it names.

    Raises:
        EncaisseError: The mapping does not say enough, or names a column that there is not.
    """
    kind = mapping.kind
    if preset is not None and preset.kind != kind:
        raise EncaisseError(
            f"The preset {mapping.preset} reads {preset.kind}, and the mapping says {kind}.",
            where="encaisse.toml, tables, kind",
            fix=f'write kind = "{preset.kind}"',
        )
    stated = {name: (plain(header),) for name, header in mapping.columns.items()}
    columns = {**(preset.columns if preset else {}), **stated}
    missing = lacking(kind, columns)
    if missing:
        raise EncaisseError(
            f"The mapping of {kind} does not say which column is {'; which is '.join(missing)}.",
            where="encaisse.toml, tables, columns",
            fix="add it, or let `encaisse intake propose FILE` write the mapping",
        )
    said = mapping.model_fields_set
    return Manner(
        format=preset.format if preset else kind,
        kind=kind,
        columns=columns,
        needs=tuple(dict.fromkeys((*(preset.needs if preset else ()), *stated))),
        date_format=mapping.date_format or (preset.date_format if preset else None),
        date_is_stated=mapping.date_format is not None,
        mark=mapping.decimal if preset is None or "decimal" in said else preset.mark,
        currency=mapping.currency,
        bare_numbers=preset is not None and preset.bare_numbers,
        delimiter=mapping.delimiter,
    )
