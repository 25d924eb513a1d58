"""`encaisse init`: the home, before anything is in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from pipelines.instance import opened

TEMPLATE = Path(__file__).parent / "encaisse.toml"


def make_home(home: Path) -> Iterator[str]:
    """Make what is missing of a home, and tell what to do next."""
    for name in ("extracts", "landing", "snapshots"):
        (home / name).mkdir(parents=True, exist_ok=True)
    with opened(home):
        pass  # opening makes it
    settings = home / "encaisse.toml"
    if not settings.exists():
        shutil.copyfile(TEMPLATE, settings)
    yield f"{home} is ready."
    yield f"Put your ledger extracts in {home / 'extracts'}, then run `encaisse refresh`."
    yield f"Settings, all of them optional: {settings}"
