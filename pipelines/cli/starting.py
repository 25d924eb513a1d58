"""`encaisse init` and `encaisse sample`: a home, and something to put in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from pipelines.cli.bars import bar

TEMPLATE = Path(__file__).parent / "encaisse.toml"


def make_home(home: Path) -> Iterator[str]:
    """Make what is missing of a home, and tell what to do next."""
    from pipelines.instance import opened

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


def make_sample(out: Path, seed: int, items: int | None) -> Iterator[str]:
    """Write the sample company, and tell what was written."""
    from pipelines.sample import write_sample

    size = {} if items is None else {"items": items}
    with bar("making the sample company") as tell:
        made = write_sample(
            out, seed=seed, **size, progress=lambda share: tell(share, "making the sample company")
        )
    names = ", ".join(name for _, name in made.entities)
    yield (
        f"{names}: {made.invoices:,} invoices to {made.customers:,} customers, "
        f"{made.ledger_lines:,} ledger lines, {made.bank_entries:,} bank entries"
    )
    yield f"{len(made.files)} extracts in {made.folder}"
