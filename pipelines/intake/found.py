"""Find what there is to take in: the files below a folder, and the members of its archives."""

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from models.errors import EncaisseError
from pipelines.intake.formats import HEAD_BYTES, sort_of
from pipelines.intake.reading import Progress, advice
from pipelines.intake.safety import holds, label, open_archive

CHUNK_BYTES = 1 << 20
UNPACKED = ".unpacked-"
MARK_DIGITS = 8  # of the SHA-256 of a path
LINKED_FOLDER = (
    "This is a link to a folder, and such links are not followed. "  # they may lead in circles
    "Put the files themselves into the folder, or a link to each of them."
)


@dataclass(frozen=True)
class Content:
    """Bytes that were found, under the name they were found by."""

    name: str  # a label: no other content of the folder has it
    path: Path
    member: zipfile.ZipInfo | None  # the part of the archive at `path`; None: all of `path`
    sha256: str
    sort: str  # what `sort_of` tells
    size: int
    written_ns: int = 0  # when the file at `path` was last written to
    problem: str | None = None  # why nothing of it can be read

    @contextmanager
    def opened(self, scratch: Path) -> Iterator[Path]:
        """Give the content as a file, unpacked below `scratch` while it is being read."""
        if self.member is None and _is_text(self.path):
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix=UNPACKED, dir=scratch) as folder:
            path = Path(folder) / "member"
            if self.member is None:  # the readers of workbooks and Parquet need a path that is text
                path.symlink_to(self.path.absolute())
            else:
                with (
                    open_archive(self.path) as archive,
                    archive.open(self.member) as packed,
                    path.open("wb") as unpacked,
                ):
                    shutil.copyfileobj(packed, unpacked, CHUNK_BYTES)
            yield path

    def facts(self) -> dict[str, str]:
        """Return what is known of the content beside what its reader says."""
        return {}

    def has_changed(self) -> bool:
        """Say whether somebody wrote to the file since it was found."""
        return self.path.stat().st_mtime_ns != self.written_ns


def contents_of(extracts: Path, progress: Progress) -> list[Content]:
    """Look at every file below the folder, and at every member of its archives.

    Names that begin with a dot or an underscore are left alone. What cannot be read is in the list
    too, with its problem: nothing that was put there is passed over in silence. No two of them have
    the same name.
    """
    paths: list[Path] = []
    closed: list[OSError] = []
    for folder, folders, files in os.walk(extracts, onerror=closed.append):
        folders[:] = [name for name in folders if name[0] not in "._"]
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        paths.extend(Path(folder) / name for name in (*files, *linked) if name[0] not in "._")
    paths.extend(Path(error.filename) for error in closed)
    found: list[Content] = []
    for number, path in enumerate(sorted(paths), 1):
        content = content_of(path, label(path.relative_to(extracts).as_posix()))
        found.extend(_members(content))
        progress(number / len(paths))
    return list(_told_apart(found, extracts))


def _is_text(path: Path) -> bool:
    """Say whether a path can be written as UTF-8: a file's name may be any bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _told_apart(found: list[Content], extracts: Path) -> Iterator[Content]:
    """Give each of those whose names look alike a name of its own.

    It is made of the path alone: what else looks like it later does not change it. A file that
    really is called so keeps its name.
    """
    paths = [content.path.relative_to(extracts).as_posix() for content in found]
    seen = Counter(content.name for content in found)
    keeps = [
        seen[content.name] == 1 or (content.member is None and content.name == path)
        for content, path in zip(found, paths, strict=True)
    ]
    taken = {content.name for content, keeps_it in zip(found, keeps, strict=True) if keeps_it}
    for content, path, keeps_it in zip(found, paths, keeps, strict=True):
        if keeps_it:
            yield content
            continue
        name = _marked(content.name, path)
        while name in taken:
            name += "'"
        taken.add(name)
        yield replace(content, name=name)


def _marked(name: str, path: str) -> str:
    """Return the name with a mark of the path, before its ending: patterns of endings still fit."""
    mark = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:MARK_DIGITS]
    return re.sub(r"(\.[^./!]*)?\Z", rf" ({mark})\g<0>", name, count=1)


def content_of(path: Path, name: str) -> Content:
    """Look at one file, which goes by this name."""
    try:
        if path.is_symlink() and path.is_dir():
            return _unreadable(path, name, LINKED_FOLDER)
        if not path.is_file():
            raise OSError("it is not a file, or it leads nowhere")
        written_ns = path.stat().st_mtime_ns
        with path.open("rb") as file:
            sha256, head, size = look(file)
        return Content(name, path, None, sha256, sort_of(head), size, written_ns)
    except OSError as error:
        problem = f"It cannot be opened: {error.strerror or error}. Check its permissions."
        return _unreadable(path, name, problem)


def _unreadable(path: Path, name: str, problem: str) -> Content:
    # There is no content to name it by, so its own name stands in.
    identity = hashlib.sha256(f"unreadable {name}".encode()).hexdigest()
    return Content(name, path, None, identity, "unreadable", 0, problem=problem)


def look(stream: IO[bytes]) -> tuple[str, bytes, int]:
    """Read a stream to its end, and return its SHA-256, its first bytes and its size."""
    head = stream.read(HEAD_BYTES)
    digest, size = hashlib.sha256(head), len(head)
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), head, size


def _members(content: Content) -> Iterator[Content]:
    """Yield the members of an archive, or the content itself where it is something else."""
    if content.sort != "zip":
        yield content
        return
    try:
        what = holds(content.path)
        if what == "workbook":
            yield content
            return
        if what == "document":
            problem = "This is an office document, not a workbook. Save the table as .xlsx or CSV."
            yield replace(content, problem=problem)
            return
        with open_archive(content.path) as archive:
            yield from _members_of(archive, content)
    except EncaisseError as error:
        yield replace(content, problem=advice(error))


def _members_of(archive: zipfile.ZipFile, content: Content) -> list[Content]:
    found: list[Content] = []
    names: set[str] = set()
    for member in archive.infolist():
        shown = label(member.filename)
        if member.is_dir() or any(part[0] in "._" for part in shown.split("/")):
            continue
        while shown in names:
            shown += "'"
        names.add(shown)
        with archive.open(member) as stream:
            sha256, head, size = look(stream)
        name, sort = f"{content.name}!{shown}", sort_of(head)
        found.append(Content(name, content.path, member, sha256, sort, size, content.written_ns))
    if not found:
        problem = "The archive holds no file. Pack it again, with the extracts in it."
        return [replace(content, problem=problem)]
    return found
