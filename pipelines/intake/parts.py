"""A FEC that came in several files, which the authority allows where one would be too large.

They are called SIRENFECAAAAMMJJ_1, _2 and so on. Each is read as a FEC of its own, unless the cut
goes through an entry: then a part does not balance, and they are read as the one file they were.
"""

import codecs
import hashlib
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from models.errors import EncaisseError
from pipelines.intake.found import CHUNK_BYTES, UNPACKED, Content
from pipelines.intake.receipts import Receipt, last_part

_PART = re.compile(r"(?P<whole>.*(?<!\d)\d{9}FEC\d{8})_(?P<number>\d{1,4})\.\w+", re.IGNORECASE)
_MOST_HEADER = 64 * 1024  # bytes


@dataclass(frozen=True)
class Whole(Content):
    """The parts of one FEC, as the content that they make one after the other."""

    parts: tuple[Content, ...] = ()
    begins: list[str] = field(default_factory=list, compare=False)  # known once it was opened
    alone: str = ""  # what was wrong with a part by itself

    def facts(self) -> dict[str, str]:
        """Say where each part begins, and why they are read together."""
        return {"parts": "; ".join(self.begins), "alone": self.alone}

    @contextmanager
    def opened(self, scratch: Path) -> Iterator[Path]:
        """Give the parts as one file, under the header of the first, while it is being read.

        Raises:
            EncaisseError: The parts do not have the same header.
        """
        with tempfile.TemporaryDirectory(prefix=UNPACKED, dir=scratch) as folder:
            path = Path(folder) / "whole"
            header = b""
            lines = 0
            self.begins.clear()
            with path.open("wb") as whole:
                for part in self.parts:
                    with part.opened(scratch) as found, found.open("rb") as file:
                        first = file.readline(_MOST_HEADER)
                        if not self.begins:
                            whole.write(first)
                            header, lines = first, 1
                        elif _bare(first) != _bare(header):
                            raise EncaisseError(
                                "The parts of this FEC do not have the same header.",
                                where=part.name,
                                fix="export the FEC again, all its parts in one go",
                            )
                        self.begins.append(f"{part.name} from line {lines + 1}")
                        lines += _append(file, whole)
            yield path

    def has_changed(self) -> bool:
        """Say whether somebody wrote to one of the parts since they were found."""
        return any(part.has_changed() for part in self.parts)


def cut_apart(taken_in: Iterable[tuple[Content, Receipt]]) -> list[Whole]:
    """Return the FEC of which a part does not balance, and all parts, from 1 on, are there.

    Parts have the same folder, SIREN and closing date in their names, and their numbers follow each
    other. They must be written in one encoding.
    """
    groups: dict[str, dict[int, tuple[Content, Receipt]]] = defaultdict(dict)
    for content, receipt in taken_in:
        named = _PART.fullmatch(content.name)
        if named and receipt.format == "fec":
            groups[named["whole"]].setdefault(int(named["number"]), (content, receipt))
    return [
        _whole(name, [each for _, each in sorted(group.items())])
        for name, group in sorted(groups.items())
        if len(group) > 1 and sorted(group) == [*range(1, len(group) + 1)] and _belong(group)
    ]


def _belong(group: dict[int, tuple[Content, Receipt]]) -> bool:
    """Say whether to try parts together: nothing but an entry cut in two is wrong with them."""
    receipts = [receipt for _, receipt in group.values()]
    refused = [receipt for receipt in receipts if receipt.refused_reason is not None]
    encodings = {receipt.facts.get("encoding") for receipt in receipts} - {"ascii"}
    return (
        bool(refused)
        and all("unbalanced" in receipt.facts for receipt in refused)
        and len(encodings) <= 1
        and "utf-16" not in encodings
    )


def _whole(name: str, parts: list[tuple[Content, Receipt]]) -> Whole:
    contents = tuple(content for content, _ in parts)
    first, *others = (content.name for content in contents)
    alone = (f"{last_part(r.name)}: {r.refused_reason}" for _, r in parts if r.refused_reason)
    return Whole(
        name=" + ".join([first, *map(last_part, others)]),
        path=contents[0].path,
        member=None,
        sha256=hashlib.sha256(" ".join(each.sha256 for each in contents).encode()).hexdigest(),
        sort=contents[0].sort,
        size=sum(each.size for each in contents),
        parts=contents,
        alone=next(alone),
    )


def _bare(header: bytes) -> bytes:
    return header.removeprefix(codecs.BOM_UTF8).strip()


def _append(file: IO[bytes], whole: IO[bytes]) -> int:
    """Copy the rest of a file, with an end for its last line, and count the lines."""
    lines, last = 0, b"\n"
    while chunk := file.read(CHUNK_BYTES):
        whole.write(chunk)
        lines += chunk.count(b"\n")
        last = chunk[-1:]
    if last != b"\n":
        whole.write(b"\n")
        lines += 1
    return lines
