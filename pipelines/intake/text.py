"""Text files as bytes: what they are written in, and their lines, each with its physical number.

Nothing is guessed from a file's name. A file that is UTF-8 throughout can be read in one pass,
which surveys it on the way. Any other is read twice: once to survey it, once to hand out its lines
as UTF-8. Every pass streams, so memory does not grow with the file.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

BLOCK = 1024 * 1024  # bytes, which stay in the cache of a core while they are worked on
LONGEST_LINE = 16 * 1024 * 1024

WHITE_SPACE = " \t\v\f\r\x1a\u00a0\u202f"  # 1A: the end-of-file mark of DOS programs

_LINE_END = re.compile(rb"\r\r?\n|\r")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

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
    """

    encoding: str = "ascii"
    bom_size: int = 0
    odd_bytes: int = 0
    line_count: int = 0
    line_end: str = "none"
    is_closed: bool = True
    has_nul: bool = False
    has_long_line: bool = False


class Block(NamedTuple):
    """Whole lines of a file as UTF-8, each ended by one LF, or by CR LF where these are kept.

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


class NotPlainError(Exception):
    """A file is not UTF-8 throughout, or damaged: only a survey of all of it says what it is."""


def survey(path: Path) -> Survey:
    """Find out what a file is written in, in one pass over its bytes.

    A file that is not UTF-8 is ISO 8859-15, unless it holds bytes that are characters in
    Windows-1252 alone (80 to 9F). A file with more UTF-8 characters than bytes that are none is
    UTF-8 with a few strangers.

    Raises:
        OSError: The file cannot be read.
    """
    found = _begin(path)
    tally = _Tally()
    try:
        for data in _cut_at_line_ends(_pieces(path, found)):
            tally.add(data, _line_ends(data))
            tally.add_characters(data)
    except UnicodeDecodeError:
        found.encoding = "unreadable"
    except _LineTooLongError:
        found.has_long_line = True
    tally.settle(found)
    return found


def plain_blocks(path: Path, found: Survey) -> Iterator[Block]:
    """Hand out the lines of a file that is UTF-8 throughout, surveying it in the same pass.

    Args:
        path: The file.
        found: Is filled in, and complete once all blocks are out.

    Raises:
        NotPlainError: The file must be surveyed first, and its lines read from the beginning.
        OSError: The file cannot be read.
    """
    began = _begin(path)
    found.encoding, found.bom_size = began.encoding, began.bom_size
    if found.encoding == "utf-16":
        raise NotPlainError
    tally = _Tally()
    line = 1
    try:
        for data in _cut_at_line_ends(_pieces(path, found)):
            ends = _line_ends(data)
            tally.add(data, ends)
            if tally.has_nul or not (data.isascii() or _is_utf_8(data)):
                raise NotPlainError
            block = _block(line, data, ends, len(data), keeps_crlf=True)
            yield block
            line += len(block.ends)
    except _LineTooLongError:
        raise NotPlainError from None
    tally.settle(found)


def blocks(path: Path, found: Survey, *, keeps_crlf: bool = False) -> Iterator[Block]:
    """Hand out a file's lines in blocks, decoded as the survey found.

    Args:
        path: The file.
        found: Its survey.
        keeps_crlf: A line may end with CR LF, which costs a copy to change.

    Raises:
        OSError: The file cannot be read.
    """
    line = 1
    for piece in _cut_at_line_ends(_pieces(path, found)):
        text = _as_utf8(piece, found)
        block = _block(line, text, _line_ends(text), len(piece), keeps_crlf=keeps_crlf)
        yield block
        line += len(block.ends)


class _LineEnds(NamedTuple):
    lf: np.ndarray  # where they are
    cr: int
    crlf: int
    crcrlf: int


def _line_ends(text: bytearray) -> _LineEnds:
    data = np.frombuffer(text, np.uint8)
    lf = np.flatnonzero(data == ord("\n"))
    if b"\r" not in text:
        return _LineEnds(lf, 0, 0, 0)
    cr = int(np.count_nonzero(data == ord("\r")))
    follows = lf[lf > 0] - 1
    follows = follows[data.take(follows) == ord("\r")]
    if cr == len(follows):
        return _LineEnds(lf, cr, cr, 0)
    twice = data.take(follows[follows > 0] - 1) == ord("\r")
    return _LineEnds(lf, cr, len(follows), int(np.count_nonzero(twice)))


def _block(line: int, text: bytearray, ends: _LineEnds, size: int, *, keeps_crlf: bool) -> Block:
    """Make a block of lines, which are not copied where they may stay as they are."""
    is_closed = text.endswith((b"\n", b"\r"))
    is_crlf = ends.cr > 0 and ends.cr == ends.crlf
    if is_closed and (not ends.cr or (is_crlf and keeps_crlf)):
        return Block(line, np.frombuffer(text, np.uint8), ends.lf, size)
    if is_crlf:
        text = text.replace(b"\r", b"")
    elif ends.cr:
        text = bytearray(_LINE_END.sub(b"\n", text))
    data = np.frombuffer(text if is_closed else text + b"\n", np.uint8)
    return Block(line, data, np.flatnonzero(data == ord("\n")), size)


def _begin(path: Path) -> Survey:
    """Look at the byte order mark."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(_UTF_16):
        return Survey("utf-16", bom_size=2)
    if head.startswith(codecs.BOM_UTF8):
        return Survey("utf-8", bom_size=3)
    return Survey()


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
        data = rest
        data += piece
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


def _is_utf_8(data: bytearray) -> bool:
    """Say whether bytes are UTF-8, without decoding them."""
    bounds = np.array([0, len(data)], np.int32)
    one = pa.StringArray.from_buffers(1, pa.py_buffer(bounds), pa.py_buffer(data))
    try:
        one.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


@dataclass
class _Tally:
    """What is counted while a file is surveyed."""

    lf: int = 0
    crlf: int = 0
    crcrlf: int = 0
    cr: int = 0
    has_nul: bool = False
    is_ascii: bool = True
    utf_8_bytes: int = 0  # beyond ASCII and well-formed: two or more make a character
    odd_bytes: int = 0
    has_c1: bool = False  # bytes 80 to 9F
    last: bytes = b"\n"

    def add(self, data: bytearray, ends: _LineEnds) -> None:
        """Count a block of whole lines."""
        self.lf += len(ends.lf)
        self.cr += ends.cr
        self.crlf += ends.crlf
        self.crcrlf += ends.crcrlf
        self.has_nul = self.has_nul or b"\0" in data
        self.last = bytes(data[-1:])
        self.is_ascii = self.is_ascii and data.isascii()

    def add_characters(self, data: bytearray) -> None:
        """Count bytes beyond ASCII, which only a file that is not UTF-8 throughout is judged by."""
        if data.isascii():
            return
        array = np.frombuffer(data, np.uint8)
        odd = 0
        if not _is_utf_8(data):
            odd = len(data) - len(data.decode("utf-8", errors="ignore").encode())
        self.odd_bytes += odd
        self.utf_8_bytes += int(np.count_nonzero(array >= 0x80)) - odd
        if self.odd_bytes and not self.has_c1:
            self.has_c1 = bool(((array >= 0x80) & (array < 0xA0)).any())

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
        if found.encoding in ("utf-16", "unreadable"):
            return
        if self.odd_bytes and (found.bom_size or self.utf_8_bytes > 2 * self.odd_bytes):
            found.encoding, found.odd_bytes = "utf-8", self.odd_bytes
        elif self.odd_bytes:
            found.encoding = "cp1252" if self.has_c1 else "iso-8859-15"
        elif not self.is_ascii:
            found.encoding = "utf-8"
