"""Lists of open items as they came, kept beside their rows, so that they can be read again.

A list that is overwritten in its folder is nowhere else. When the settings, or a newer program,
read such files in another way, the older lists must be read in that way too: two lists that name
one document differently would tell that everything was paid in between.
"""

import gzip
import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.intake.found import UNPACKED

ORIGINAL = "original.gz"
"""The file of a landing folder that holds the content as it came."""

CHUNK_BYTES = 1 << 20


def keep_original(path: Path, folder: Path, sha256: str) -> None:
    """Keep a content in its landing folder, whole or not at all.

    Args:
        path: The content. Where it is another one by now, nothing is kept.
        folder: The landing folder, or the one that becomes it.
        sha256: The content's SHA-256, in hexadecimal.

    Raises:
        OSError: The content cannot be read, or there is no room for it.
    """
    building = folder / f".{ORIGINAL}"
    told = hashlib.sha256()
    # The same content gives the same bytes, whenever it is kept.
    with path.open("rb") as file, gzip.GzipFile(building, "wb", compresslevel=1, mtime=0) as kept:
        while chunk := file.read(CHUNK_BYTES):
            told.update(chunk)
            kept.write(chunk)
    if told.hexdigest() == sha256:
        building.rename(folder / ORIGINAL)
    else:
        building.unlink()


@contextmanager
def opened_original(landing: Path, sha256: str) -> Iterator[Path | None]:
    """Give a content as a file, for as long as it is read; None where none was kept whole."""
    kept = sorted(landing.glob(f"{sha256}.*/{ORIGINAL}"))
    if not kept:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix=UNPACKED, dir=landing) as folder:
        path = Path(folder) / "original"
        yield path if _unpacked(kept[0], path) else None


def _unpacked(kept: Path, path: Path) -> bool:
    """Unpack what was kept; say whether it was whole."""
    try:
        with gzip.open(kept, "rb") as packed, path.open("wb") as file:
            shutil.copyfileobj(packed, file, CHUNK_BYTES)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return False
    return True
