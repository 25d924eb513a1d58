"""Take extracts in: each content is read once, into its own folder of the landing, for ever."""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.errors import EncaisseError
from pipelines.intake.at_once import at_once
from pipelines.intake.formats import TABLES, read
from pipelines.intake.found import UNPACKED, Content, content_of, contents_of, look
from pipelines.intake.listed import is_open_list, with_list_days
from pipelines.intake.originals import ORIGINAL, keep_original, opened_original
from pipelines.intake.parts import cut_apart
from pipelines.intake.plans import Stated
from pipelines.intake.reading import BESIDE, LANDING, Progress, Reading, advice, refuse
from pipelines.intake.receipts import Receipt, mapping_of, stated_entity, with_entity
from pipelines.intake.signs import SIGN, signs_together
from pipelines.settings import Settings
from published.machine import cores

__all__ = ["Receipt", "land_file", "land_folder", "sha256_of"]

RECIPE = "r11"  # part of every landing folder's name: raise it when a reader writes other rows
LISTS_ALIKE = frozenset({"r9", "r10", "r11"})
"""Recipes by which a list of open items names its documents as it does now."""
BUILDING = ".building-"
FINDING_SHARE = 0.1  # of the time that taking in a folder takes
AT_ONCE_FROM = 64 << 20
"""Bytes to read from which several files are read at once: processes take seconds to start."""


@dataclass(frozen=True)
class _Intake:
    """Where contents land, and what is the same for all of them."""

    landing: Path
    settings: Settings
    now: datetime

    sign: str | None = None  # of credits in lists of their own, where others tell it

    def stated(self, name: str) -> Stated:
        """Return what the settings say on how to read a file of this name."""
        mapping = mapping_of(name, self.settings)
        return Stated(mapping, self.settings.defaults.book_currency, self.sign)

    def folder_of(self, content: Content) -> Path:
        """Return where a content lands: all that decides how it is read is in the name."""
        return self.folder_for(content.sha256, content.name, is_table=content.sort in TABLES)

    def folder_for(self, sha256: str, name: str, *, is_table: bool) -> Path:
        """Return where a content of this name lands."""
        recipe = f"{RECIPE}-{self.stated(name).fingerprint}" if is_table else RECIPE
        return self.landing / f"{sha256}.{recipe}"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal: the file's identity."""
    with path.open("rb") as file:
        return look(file)[0]


def land_file(  # noqa: PLR0913 (each of them is a fact that only the caller knows)
    path: Path, landing: Path, settings: Settings, *, name: str, now: datetime, progress: Progress
) -> Receipt:
    """Take one file in, unless its content was taken in before, and return its receipt.

    A file that cannot be read is refused: its receipt says why. For the arguments see
    `land_folder`.
    """
    landing.mkdir(parents=True, exist_ok=True)
    content = content_of(path, name)
    receipt = _land(content, _Intake(landing, settings, now), progress)
    return with_list_days(with_entity(receipt, settings, known=()), settings)


def land_folder(
    extracts: Path, landing: Path, settings: Settings, *, now: datetime, progress: Progress
) -> list[Receipt]:
    """Take in every file below a folder, and what is inside its zip archives.

    A file's name means nothing, its content does: the same content under two names is one receipt,
    and `facts["also"]` lists the other names. One bad file never stops the others: it is refused,
    with the reason. Names that begin with a dot or an underscore are left alone.

    Args:
        extracts: The folder. Nothing is written to it.
        landing: Where each content gets its folder `<sha256>.<recipe>`, once and for ever.
        settings: Which entity owns which files, and how to read tables.
        now: When this is done, with its time zone.
        progress: Called with the share that is done, 0.0 to 1.0.

    Returns:
        One receipt for each content, in the order of their names.

    Raises:
        EncaisseError: There is no such folder, or no room on the disk.
    """
    if not extracts.is_dir():
        raise EncaisseError(
            "There is no folder of extracts.",
            where=str(extracts),
            fix="make the folder, and put the ledger extracts (FEC, CSV, XLSX ...) into it",
        )
    landing.mkdir(parents=True, exist_ok=True)
    for leftover in (*landing.glob(f"{BUILDING}*"), *landing.glob(f"{UNPACKED}*")):
        shutil.rmtree(leftover)  # of a run that was killed

    contents = contents_of(extracts, lambda share: progress(FINDING_SHARE * share))
    told = {each: stated_entity(each.name, settings) for each in contents}
    known = {entity for entity, _ in filter(None, told.values())}
    same: dict[str, list[Content]] = defaultdict(list)
    for content in contents:
        same[content.sha256].append(content)

    chosen = [
        min(
            found,
            key=lambda each: (told[each] is None, mapping_of(each.name, settings) is None),
        )
        for found in same.values()
    ]
    intake = _Intake(landing, settings, now)
    total, done = max(1, sum(content.size for content in chosen)), 0

    def advance(done: int, size: int, share: float) -> None:
        progress(FINDING_SHARE + (1 - FINDING_SHARE) * (done + share * size) / total)

    landed: set[str] = set()
    for content in _land_at_once(chosen, intake):
        landed.add(content.sha256)
        done += content.size
        advance(done, 0, 1.0)
    read: list[Receipt] = []
    for content in chosen:
        size = 0 if content.sha256 in landed else content.size
        read.append(_land(content, intake, partial(advance, done, size)))
        done += size
    taken_in: list[tuple[Content, Receipt]] = []
    for content, of_it in zip(chosen, _of_one_sign(chosen, read, intake), strict=True):
        others = [each.name for each in same[content.sha256] if each is not content]
        also = {"also": "; ".join(others)} if others else {}
        receipt = replace(of_it, facts=of_it.facts | also)
        receipt = with_list_days(with_entity(receipt, settings, known), settings)
        taken_in.append((content, receipt))
    receipts = _parts_together(taken_in, intake, known)
    progress(1.0)
    return sorted(receipts, key=lambda receipt: receipt.name)


def _of_one_sign(
    contents: Sequence[Content], receipts: Sequence[Receipt], intake: _Intake
) -> Iterator[Receipt]:
    """Yield the receipts; a list of credits that others read otherwise is read as they are."""
    signs = signs_together(receipts)
    for content, receipt in zip(contents, receipts, strict=True):
        sign = signs.get(receipt.sha256)
        if sign is None or sign == receipt.facts[SIGN]:
            yield receipt
        else:
            yield _land(content, replace(intake, sign=sign), lambda _: None)


def land_again(receipt: Receipt, landing: Path, settings: Settings) -> Receipt | None:
    """Return the receipt of a content that is in the folder no more, as it would be read now.

    A list of open items that was read in another way is read again from what was kept of it: its
    rows are only held against the next list's if both name their documents alike. An entry of a
    FEC stands for itself, and one that an older program read counts for as long as its tables are
    those of now.

    Args:
        receipt: What the content's landing folder says of it.
        landing: The landing.
        settings: Which entity owns which files, and how to read tables.

    Returns:
        The receipt, with the time at which the content first landed; None where it cannot be read.
    """
    intake = _Intake(landing, settings, datetime.fromisoformat(receipt.landed_at))
    is_list = is_open_list(receipt)
    kept = _kept(intake.folder_for(receipt.sha256, receipt.name, is_table=is_list))
    if kept is not None:
        return replace(kept, name=receipt.name, landed_at=receipt.landed_at)
    if not is_list:
        return receipt if _is_whole(landing / receipt.folder) else None
    with opened_original(landing, receipt.sha256) as path:
        content = content_of(path, receipt.name) if path else None
        if content is not None and content.sha256 == receipt.sha256:
            return _land(content, intake, lambda _: None)
    recipe, _, fingerprint = receipt.folder.partition(".")[2].partition("-")
    is_alike = recipe in LISTS_ALIKE and fingerprint == intake.stated(receipt.name).fingerprint
    return receipt if is_alike and _is_whole(landing / receipt.folder) else None


def _land_at_once(contents: list[Content], intake: _Intake) -> Iterator[Content]:
    """Land the files of a large intake several at a time; yield each that is done.

    Whatever does not come to an end here is read again by itself, and what is wrong is told then.
    """
    unread = [each for each in contents if _kept(intake.folder_of(each)) is None]
    if len(unread) > 1 and cores() > 1 and sum(each.size for each in unread) >= AT_ONCE_FROM:
        # The largest first: none of them is then begun when the others are done.
        unread.sort(key=lambda each: -each.size)
        work = partial(_land_unwatched, intake=intake)
        yield from at_once(work, unread, cores())


def _land_unwatched(content: Content, intake: _Intake) -> None:
    with suppress(EncaisseError):
        _land(content, intake, lambda _: None)


def _parts_together(
    taken_in: list[tuple[Content, Receipt]], intake: _Intake, known: set[str]
) -> list[Receipt]:
    """Put one receipt for those of the parts of a FEC that only together can be read."""
    receipts = dict(taken_in)
    for whole in cut_apart(taken_in):
        receipt = _land(whole, intake, lambda _: None)
        parts = {part: receipts.pop(part) for part in whole.parts}
        if receipt.refused_reason is None:
            # The settings may name the first part as it is called.
            told = with_entity(replace(receipt, name=whole.parts[0].name), intake.settings, known)
            receipts[whole] = replace(told, name=whole.name)
        else:
            together = {"together": receipt.refused_reason}
            receipts |= {
                part: replace(each, facts=each.facts | together) for part, each in parts.items()
            }
    return list(receipts.values())


def _land(content: Content, intake: _Intake, progress: Progress) -> Receipt:
    """Return the receipt of this content, reading it first unless that was done before."""
    folder = intake.folder_of(content)
    kept = _kept(folder)
    if kept is not None:
        if is_open_list(kept) and not (folder / ORIGINAL).exists():  # landed before it was kept
            with content.opened(intake.landing) as path:
                keep_original(path, folder, content.sha256)
        progress(1.0)
        return replace(kept, name=content.name)

    building = intake.landing / f"{BUILDING}{content.sha256}"
    _make_empty(building)
    reading = _read(content, building, intake.stated(content.name), progress)
    receipt = Receipt(
        name=content.name,
        sha256=content.sha256,
        folder=folder.name,
        format=reading.format,
        records_in=reading.records_in,
        loaded=reading.loaded,
        quarantined=reading.quarantined,
        landed_at=intake.now.astimezone(UTC).isoformat(timespec="seconds"),
        refused_reason=reading.refused_reason,
        first_on=reading.first_on,
        last_on=reading.last_on,
        latest_on=reading.latest_on,
        facts=reading.facts | content.facts(),
        tables=tuple(_written(building)),
    )
    (building / "receipt.json").write_text(receipt.to_json(), encoding="utf-8")
    for file in (*building.iterdir(), building):
        _sync(file)
    if folder.exists():  # damaged, or of a reader that failed
        shutil.rmtree(folder)
    building.rename(folder)
    _sync(intake.landing)
    return receipt


def _is_whole(folder: Path) -> bool:
    """Say whether a landing folder holds a content whole, in tables as they are now."""
    kept = _kept(folder)
    return kept is not None and all(_has_landing_schema(folder, each) for each in kept.tables)


def _kept(folder: Path) -> Receipt | None:
    """Return the receipt of a landing folder that is whole."""
    try:
        receipt = Receipt.from_json((folder / "receipt.json").read_text(encoding="utf-8"))
        for table in (*receipt.tables, "quarantine"):
            pq.read_metadata(folder / f"{table}.parquet")
    except (OSError, ValueError):  # pyarrow's ArrowInvalid is a ValueError
        return None
    return None if "defect" in receipt.facts else receipt


def _read(content: Content, building: Path, stated: Stated, progress: Progress) -> Reading:
    """Read the content into `building`. Whatever happens, the answer is a reading.

    A refusal with the fact `defect` is not the content's own: the next refresh tries again.
    """
    if content.problem is not None:
        retry = {"defect": "not read"} if content.sort == "unreadable" else {}
        return replace(refuse(building, content.sort, content.problem), facts=retry)
    try:
        with content.opened(building.parent) as path:
            reading = read(path, content.sort, building, stated=stated, progress=progress)
            if is_open_list(reading):
                keep_original(path, building, content.sha256)
        _check(reading, building)
        if not content.has_changed():
            return reading
        reason = "The file changed while it was being read. The next refresh reads it again."
        defect = {"defect": "changed while it was read"}
    except EncaisseError as error:
        reason, defect = advice(error), {}
    except Exception as error:
        if "No space left" in str(error):
            raise EncaisseError(
                "There is no room left on the disk.",
                where=str(building.parent),
                fix="free some room, then refresh again: nothing that was published has changed",
            ) from error
        reason = "The reader failed on this file. Report it as a defect, with the file."
        defect = {"defect": f"{type(error).__name__}: {error}"[:1000]}
    _make_empty(building)
    return replace(refuse(building, content.sort, reason), facts=defect)


def _check(reading: Reading, building: Path) -> None:
    """Count what was written: a reader that says one thing and writes another is a defect."""
    written = _written(building)
    for table in written:
        if not _has_landing_schema(building, table):
            raise RuntimeError(f"{table} was written with another schema than LANDING")
    if reading.refused_reason is not None:
        if written:
            raise RuntimeError(f"the file is refused, but {written} were written")
        return
    records = [table for table in written if table not in BESIDE]
    loaded, quarantined = _lines(building, records), _lines(building, ["quarantine"])
    if (loaded, quarantined) != (reading.loaded, reading.quarantined):
        raise RuntimeError(
            f"{loaded} records were written as loaded and {quarantined} as quarantined; "
            f"the reader counted {reading.loaded} and {reading.quarantined}"
        )


def _has_landing_schema(folder: Path, table: str) -> bool:
    """Say whether a landed table has the columns that such tables have now."""
    schema, now = pq.read_schema(folder / f"{table}.parquet"), LANDING.get(table)
    return now is not None and (schema.names, schema.types) == (now.names, now.types)


def _written(building: Path) -> list[str]:
    return [table for table in LANDING if (building / f"{table}.parquet").exists()]


def _lines(building: Path, tables: list[str]) -> int:
    """Count the records that stand in these tables. One record may be a row in several."""
    files = [building / f"{table}.parquet" for table in tables]
    if tables == ["fec_lines"]:  # millions of lines, and one row for each
        return pq.read_metadata(files[0]).num_rows
    lines = [pq.read_table(file, columns=["source_line"])["source_line"] for file in files]
    return len(pc.unique(pa.chunked_array([c for line in lines for c in line.chunks], pa.int64())))


def _make_empty(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()


def _sync(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk and not on their way."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
