"""How fast is the sample company made, and in how much memory?"""

import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.data import home, invoices_of, seed
from benchmarks.measuring import Work, in_fresh_process
from benchmarks.writing import growths, number, table

TITLE = "Making the sample company"


def generate(folder: str, invoices: str) -> Callable[[], dict[str, int]]:
    """Write all extracts of a firm that issued so many invoices."""
    from pipelines.sample import write_sample

    def work() -> dict[str, int]:
        made = write_sample(Path(folder), seed=seed(), items=int(invoices), progress=lambda _: None)
        return {"ledger_lines": made.ledger_lines, "bank_entries": made.bank_entries}

    return work


def measure(sizes: list[int]) -> list[dict]:
    """Make the sample at every size. Later questions are asked of what this leaves behind."""
    rows = []
    for items in sizes:
        folder = home(items) / "extracts"
        shutil.rmtree(folder, ignore_errors=True)
        arguments = (str(folder), str(invoices_of(items)))
        made = in_fresh_process(Work("benchmarks.sample:generate", arguments))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        rows.append({"items": items, "mb": size / 1e6, **vars(made)})
    return rows


def report(rows: list[dict]) -> str:
    """Tell what was measured."""
    head = (
        *("items", "invoices", "ledger lines", "MB written", "CPU s", "wall s", "peak MB"),
        "invoices per CPU s",
    )
    lines = [
        (
            f"{row['items']:,}",
            f"{invoices_of(row['items']):,}",
            f"{row['answer']['ledger_lines']:,}",
            number(row["mb"]),
            number(row["cpu_seconds"]),
            number(row["wall_seconds"]),
            number(row["peak_mb"]),
            f"{invoices_of(row['items']) / row['cpu_seconds']:,.0f}",
        )
        for row in rows
    ]
    return f"""All that a firm would have: FEC files, statements, customers. One core, one run each.

{table(head, lines)}

{growths([{**row, "subject": "the generator"} for row in rows])}
"""
