"""Text files as bytes: what they are written in, and their lines, each with its physical number.

Nothing is guessed from a file's name. A file is read twice: once to survey it, once to hand out its
lines as UTF-8. Both passes stream, so memory does not grow with the file.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

BLOCK = 512 * 1024  # small enough for the processor's cache, where the passes below run
LONGEST_LINE = 16 * 1024 * 1024

WHITE_SPACE = " \t\v\f\r\x1a\u00a0\u202f"  # 1A: the end-of-file mark of DOS programs

_LINE_END = re.compile(rb"\r\r?\n|\r")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NBSP = (b"\xc2\xa0", b"\xe2\x80\xaf")

# Windows-1252 as browsers read it: the five bytes that it leaves open are control characters.
_CP1252 = "".join(
    bytes([byte]).decode("cp1252" if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "latin-1")
    for byte in range(256)
)
_ESCAPED = {0xDC00 + byte: _CP1252[byte] for byte in range(0x80, 0x100)}


@dataclass
class Survey:
    """What a text file is written in.

    Attributes:
        encoding: ascii, utf-8, utf-16, iso-8859-15 or cp1252; unreadable when it is none of them.
        bom_size: Bytes of the byte order mark.
        odd_bytes: Bytes of a UTF-8 file that are not UTF-8; they are read as Windows-1252.
        line_count: Physical lines, blank ones included. CR CR LF is one line end.
        line_end: LF, CRLF, CR, CR CR LF or mixed; none when there is one line without an end.
        is_closed: The last line has its line end.
        has_nul: There are NUL bytes, which no text has.
        has_long_line: A line is longer than `LONGEST_LINE`. It is not text that a person wrote.
        white_space: The characters that fields may begin or end with: none, a space, or any of
            `WHITE_SPACE`.
    """

    encoding: str = "ascii"
    bom_size: int = 0
    odd_bytes: int = 0
    line_count: int = 0
    line_end: str = "none"
    is_closed: bool = True
    has_nul: bool = False
    has_long_line: bool = False
    white_space: str = ""


class Block(NamedTuple):
    """Whole lines of a file as UTF-8, each ended by one LF.

    Attributes:
        first_line: Physical number of the first of them; the first line of the file is 1.
        data: The bytes, which may be written to.
        ends: Where in `data` the line ends are.
        size: Bytes of the file that the block stands for, nearly.
    """

    first_line: int
    data: np.ndarray
    ends: np.ndarray
    size: int


def decode_head(head: bytes) -> str:
    """Return the beginning of a file as text, good enough to recognise it by."""
    if head.startswith(_UTF_16):
        return head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    text = head.removeprefix(codecs.BOM_UTF8)
    return text.decode("utf-8", errors="surrogateescape").translate(_ESCAPED)


def survey(path: Path, separator: str) -> Survey:
    """Find out what a file is written in, in one pass over its bytes.

    A file that is not UTF-8 is ISO 8859-15, unless it holds bytes that are characters in
    Windows-1252 alone (80 to 9F). A file with more UTF-8 characters than bytes that are none is
    UTF-8 with a few strangers.

    Args:
        path: The file.
        separator: The one-byte character between fields.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(4)
    found = Survey()
    if head.startswith(_UTF_16):
        found.encoding, found.bom_size = "utf-16", 2
    elif head.startswith(codecs.BOM_UTF8):
        found.encoding, found.bom_size = "utf-8", 3
    tally = _Tally(ord(separator))
    try:
        for data in _cut_at_line_ends(_pieces(path, found)):
            tally.add(data)
    except UnicodeDecodeError:
        found.encoding = "unreadable"
    except _LineTooLongError:
        found.has_long_line = True
    tally.settle(found)
    return found


def blocks(path: Path, found: Survey) -> Iterator[Block]:
    """Hand out a file's lines in blocks, decoded as the survey found.

    Raises:
        OSError: The file cannot be read.
    """
    line = 1
    for piece in _cut_at_line_ends(_pieces(path, found)):
        text = _as_utf8(piece, found)
        if found.line_end in ("CRLF", "CR CR LF"):
            text = text.replace(b"\r", b"")
        elif found.line_end == "CR":
            text = text.replace(b"\r", b"\n")
        elif found.line_end == "mixed":
            text = bytearray(_LINE_END.sub(b"\n", text))
        if not text.endswith(b"\n"):
            text += b"\n"
        data = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(data == ord("\n"))
        yield Block(line, data, ends, len(piece))
        line += len(ends)


class _LineTooLongError(Exception):
    """There is no line end where one must be."""


def _pieces(path: Path, found: Survey) -> Iterator[bytes]:
    """Yield the bytes of a file after its byte order mark; UTF-16 already as UTF-8."""
    utf_16 = codecs.getincrementaldecoder("utf-16")() if found.encoding == "utf-16" else None
    with path.open("rb", buffering=0) as file:
        file.seek(0 if utf_16 else found.bom_size)
        while piece := file.read(BLOCK):
            yield utf_16.decode(piece).encode() if utf_16 else piece
    if utf_16:
        yield utf_16.decode(b"", final=True).encode()


def _cut_at_line_ends(pieces: Iterable[bytes]) -> Iterator[bytearray]:
    """Put pieces together so that each ends where a line ends, and none cuts a line end in two."""
    rest = bytearray()
    for piece in pieces:
        data = rest + piece
        cut = data.rfind(b"\n") + 1 or _after_last_cr(data)
        rest = data[cut:]
        if cut:
            del data[cut:]
            yield data
        if len(rest) > LONGEST_LINE:
            raise _LineTooLongError
    if rest:
        yield rest


def _after_last_cr(data: bytearray) -> int:
    """Return the position after the last CR that another line follows, or 0."""
    end = len(data)
    while (found := data.rfind(b"\r", 0, end)) >= 0:
        if found + 1 < len(data) and data[found + 1] != ord("\r"):
            return found + 1
        end = found
    return 0


def _as_utf8(data: bytearray, found: Survey) -> bytearray:
    if data.isascii():
        return data
    if found.encoding == "iso-8859-15":
        return bytearray(data.decode("iso-8859-15").encode())
    if found.encoding == "cp1252":
        return bytearray(codecs.charmap_decode(data, "strict", _CP1252)[0].encode())
    if found.odd_bytes:
        text = data.decode("utf-8", errors="surrogateescape").translate(_ESCAPED)
        return bytearray(text.encode())
    return data


def _places(array: np.ndarray, sought: bytes) -> np.ndarray:
    """Return where a few bytes stand, as a mask. Where the first is common, `in` is slow."""
    found = array[: len(array) - len(sought) + 1] == sought[0]
    for offset, byte in enumerate(sought[1:], 1):
        found &= array[offset : offset + len(found)] == byte
    return found


def _touches(edge: np.ndarray, space: np.ndarray, scratch: np.ndarray) -> bool:
    """Say whether a space is beside an edge, or at an end."""
    both = scratch[1:]
    return bool(
        space[0]
        or space[-1]
        or np.logical_and(space[:-1], edge[1:], out=both).any()
        or np.logical_and(edge[:-1], space[1:], out=both).any()
    )


@dataclass
class _Tally:
    """What is counted while a file is surveyed."""

    separator: int
    lf: int = 0
    crlf: int = 0
    crcrlf: int = 0
    cr: int = 0
    has_nul: bool = False
    is_ascii: bool = True
    white_space: str = ""
    has_a0: bool = False  # a space that does not break, in files of one byte a character
    utf_8_bytes: int = 0  # beyond ASCII and well-formed: two or more make a character
    odd_bytes: int = 0
    has_c1: bool = False  # bytes 80 to 9F
    last: bytes = b"\n"
    # New arrays for each block would cost more than the counting.
    scratch: np.ndarray = field(default_factory=lambda: np.empty((5, 0), bool))

    def add(self, data: bytearray) -> None:
        """Count a block of whole lines."""
        array = np.frombuffer(data, np.uint8)
        if self.scratch.shape[1] < len(array):
            self.scratch = np.empty((5, 2 * len(array)), bool)
        line_end = np.equal(array, 10, out=self.scratch[0, : len(array)])
        line_ends = int(np.count_nonzero(line_end))
        self.lf += line_ends
        self.has_nul = self.has_nul or b"\0" in data
        if b"\r" in data:
            cr, crlf = array == 13, _places(array, b"\r\n")
            self.cr += int(np.count_nonzero(cr))
            self.crlf += int(np.count_nonzero(crlf))
            self.crcrlf += int(np.count_nonzero(cr[:-2] & crlf[1:]))
            line_ends += int(np.count_nonzero(cr))
            line_end |= cr
        self.last = bytes(data[-1:])
        if self.white_space != WHITE_SPACE:
            self._look_for_white_space(array, line_end, line_ends)
        if not data.isascii():
            self._add_beyond_ascii(data, array)

    def _add_beyond_ascii(self, data: bytearray, array: np.ndarray) -> None:
        self.is_ascii = False
        try:
            data.decode()
            odd = 0
        except UnicodeDecodeError:
            odd = len(data) - len(data.decode("utf-8", errors="ignore").encode())
        self.odd_bytes += odd
        self.utf_8_bytes += int(np.count_nonzero(array >= 0x80)) - odd
        if self.odd_bytes:
            self.has_c1 = self.has_c1 or bool(((array >= 0x80) & (array < 0xA0)).any())
            self.has_a0 = self.has_a0 or bool((array == 0xA0).any())
        if any(_places(array, space).any() for space in _NBSP):
            self.white_space = WHITE_SPACE

    def _look_for_white_space(self, array: np.ndarray, edge: np.ndarray, line_ends: int) -> None:
        """Look beside the edges of fields. Makes `edge` out of the line ends."""
        _, tab, separator, space, both = (each[: len(array)] for each in self.scratch)
        tabs = int(np.count_nonzero(np.equal(array, 9, out=tab)))
        if np.count_nonzero(np.less(array, 32, out=space)) != line_ends + tabs:
            self.white_space = WHITE_SPACE  # there are control characters
            return
        if self.separator == ord("\t"):
            edge |= tab
        else:
            edge |= np.equal(array, self.separator, out=separator)
            if tabs and _touches(edge, tab, both):
                self.white_space = WHITE_SPACE
                return
        if not self.white_space and _touches(edge, np.equal(array, 32, out=space), both):
            self.white_space = " "

    def settle(self, found: Survey) -> None:
        """Draw the conclusions."""
        lone_cr = self.cr - self.crlf - self.crcrlf
        kinds = {
            "LF": self.lf - self.crlf,
            "CRLF": self.crlf - self.crcrlf,
            "CR CR LF": self.crcrlf,
            "CR": lone_cr,
        }
        used = [kind for kind, count in kinds.items() if count]
        found.line_end = "mixed" if len(used) > 1 else used[0] if used else "none"
        found.is_closed = self.last in (b"\n", b"\r")
        found.line_count = self.lf + lone_cr + (not found.is_closed)
        found.has_nul = self.has_nul
        found.white_space = self.white_space
        if found.encoding in ("utf-16", "unreadable"):
            return
        if self.odd_bytes and (found.bom_size or self.utf_8_bytes > 2 * self.odd_bytes):
            found.encoding, found.odd_bytes = "utf-8", self.odd_bytes
            found.white_space = WHITE_SPACE  # one of them may be a space that does not break
        elif self.odd_bytes:
            found.encoding = "cp1252" if self.has_c1 else "iso-8859-15"
            found.white_space = WHITE_SPACE if self.has_a0 else self.white_space
        elif not self.is_ascii:
            found.encoding = "utf-8"
