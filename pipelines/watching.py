"""Where the extracts are, and whether they are still those that are published."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Published(NamedTuple):
    """From what the published snapshot was made; empty where nothing is published."""

    version: str = ""
    folder: str = ""
    content_key: str = ""


def published_from(home: Path) -> Published:
    """Return from what the published snapshot of `home` was made."""
    try:
        told = json.loads((home / "CURRENT").read_text(encoding="utf-8"))
        extracts = told["extracts"]
        return Published(told["version"], extracts["folder"], extracts["content_key"])
    except (OSError, ValueError, KeyError, TypeError):
        return Published()


def extracts_of(home: Path) -> Path:
    """Return the folder to refresh from where nobody names one.

    It is the one that the published snapshot was made from, so that the daily refresh goes on with
    a firm's own extracts once they were shown to it, and never, when that folder is gone, with
    others in its place; else `extracts/` in the home.
    """
    last = published_from(home).folder
    return Path(last) if last else home / "extracts"


def files_of(folder: Path) -> dict[str, Path]:
    """Return the extracts of a folder by name, sorted; what begins with `.` or `_` is none."""
    found = {
        str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    return {
        name: path
        for name, path in found.items()
        if not any(part.startswith((".", "_")) for part in Path(name).parts)
    }


def signature(folder: Path) -> str:
    """Return a short text that changes when a file comes, goes, grows or is written again."""
    told = hashlib.sha256(_bytes(str(folder)))
    for name, path in files_of(folder).items():
        about = path.stat()
        told.update(_bytes(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n"))
    return told.hexdigest()


def content_key(folder: Path, known: Mapping[str, str]) -> str:
    """Return a short text that changes when what the extracts say changes, and only then.

    Args:
        folder: The folder with the extracts.
        known: SHA-256 of the files that were read already, by name; the others are read here.
    """
    told = hashlib.sha256()
    for name, path in files_of(folder).items():
        told.update(_bytes(f"{name}\0{known.get(name) or _sha256(path)}\n"))
    return told.hexdigest()


def _bytes(text: str) -> bytes:
    """Write a text as bytes, even where the name of a file in it is no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
