"""Where the time of a question goes, as DuckDB itself tells."""

import json
from collections import defaultdict
from typing import Any

import duckdb

PARTS = 8
"""How many parts are named; what is left is told together."""


def profile(con: duckdb.DuckDBPyConnection, question: str, **values: Any) -> dict[str, float]:
    """Return the seconds of each kind of operator of a question, scans by their table.

    Args:
        con: A connection to what is asked.
        question: A SELECT.
        values: Its parameters.

    Returns:
        The longest, and `other` for what is left, if anything.
    """
    [(_, told)] = con.sql(f"explain (analyze, format json) {question}", params=values).fetchall()
    seconds: defaultdict[str, float] = defaultdict(float)
    for root in json.loads(told)["operator"]:
        _add_up(root, seconds)
    found = dict(sorted(seconds.items(), key=lambda part: -part[1])[:PARTS])
    rest = sum(sorted(seconds.values(), reverse=True)[PARTS:])
    return found | ({"other": rest} if rest else {})


def _add_up(operator: dict[str, Any], seconds: defaultdict[str, float]) -> None:
    name = operator["type"].lower().replace("_", " ").strip()
    told = operator.get("extra_info") or {}
    scanned = isinstance(told, dict) and told.get("Table")
    if scanned:
        name = f"{name} of {'.'.join(str(scanned).split('.')[-2:])}"
    seconds[name] += operator["timing"]
    for each in operator.get("children") or ():
        _add_up(each, seconds)
