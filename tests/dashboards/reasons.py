"""Every sentence by which the pipelines can refuse a file, set a line aside or warn of something.

They are read from the code, so that a reason added tomorrow is among them. In the place of each of
its values stands a 7.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.checks import Rule
from pipelines.intake.camt import OTHER_MESSAGES
from pipelines.intake.formats import NOT_READ
from tests.dashboards.reading import ROOT

INTAKE = ROOT / "pipelines" / "intake"
VALUE = "7"
ON_THE_TERMINAL = {"evidence.py", "guesses.py", "propose.py"}
"""Modules of `encaisse intake propose`, which speaks English, as all commands do."""

NOT_OF_A_FILE = {
    "There is no folder of extracts.",
    "Make the folder, and put the ledger extracts (FEC, CSV, XLSX ...) into it.",
    "There is no room left on the disk.",
    "Free some room, then refresh again: nothing that was published has changed.",
}
"""They end the refresh, so that no page says them."""

VARYING = {
    "7. Look at 77.7 Export the file again, whole.",
    "Correct the mapping: 7.",
    "No mapping and no preset is for this table: 7. Run `encaisse intake propose FILE` to make a "
    "mapping.",
    "The record has 7, the header has 7: 7.",
    "This is 7. Ask the bank for the statement of the day, camt.053.",
    "This is 7. Ledgers, tables (CSV, XLSX, Parquet) and camt.053 files are read.",
}
"""What stands in the places of these is said in words too: broken files show it."""

SENTENCE = re.compile(r"(?=.*[a-z])[A-Z7][^\n]* [^\n]*\.")
BEGUN_BY_THE_COLUMN = re.compile(r"(has|is|must) ")
ENDS_ONE_BEGUN_ABOVE = re.compile(r"7 (a|7)\b.*")


def reasons() -> list[str]:
    """Return what the readers can say of a file or of a line in it."""
    found = {f"This is {what}." for what in (*NOT_READ.values(), *OTHER_MESSAGES.values())}
    for module in sorted(INTAKE.glob("*.py")):
        if module.name not in ON_THE_TERMINAL:
            found |= set(_of_module(module))
    for script in sorted((INTAKE / "sql").glob("*.sql")):
        found |= {said for said in of_sql(script.read_text()) if SENTENCE.fullmatch(said)}
    return sorted(found - NOT_OF_A_FILE - VARYING)


def warnings(rule: Rule) -> list[str]:
    """Return what a rule says of the rows that break it."""
    return [said for said in of_sql(rule.finds) if VALUE in said]


def _of_module(module: Path) -> Iterator[str]:
    tree = ast.parse(module.read_text())
    for told in _texts(tree):
        said = told.strip("'")  # some are texts of SQL
        if SENTENCE.fullmatch(said) and not ENDS_ONE_BEGUN_ABOVE.fullmatch(said):
            yield said
        elif BEGUN_BY_THE_COLUMN.match(said) and said.endswith("."):
            yield f"Debit {said}"
    for call in ast.walk(tree):
        for keyword in call.keywords if isinstance(call, ast.Call) else ():
            if keyword.arg == "fix" and (fix := _text(keyword.value)):
                yield f"{fix[:1].upper()}{fix[1:].rstrip('.')}."


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yield the texts of a module, without docstrings and the parts of longer texts."""
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.Expr)
        for part in (node.values if isinstance(node, ast.JoinedStr) else [node.value])
    }
    for node in ast.walk(tree):
        if id(node) not in parts and (text := _text(node)):
            yield text


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or VALUE for part in node.values)
    return None


# In SQL, `||` puts a sentence together.

TOKEN = re.compile(r"'(?:[^']|'')*'|\|\||[\w.$]+|\S")
OPENS, CLOSES = {"(", "case"}, {")", "end"}
NO_VALUE = {"select", "distinct", "case", "when", "then", "else", "end", "from", "as", "and"}


def of_sql(script: str) -> list[str]:
    """Return the texts of a script, those within a `case` too."""
    tokens = TOKEN.findall(re.sub(r"--[^\n]*", "", script))
    found, place = [], 0
    while place < len(tokens):
        if not re.match(r"['a-z]", tokens[place]) or tokens[place] in NO_VALUE:
            place += 1
            continue
        text, end = _operand(tokens, place)
        if end == place + 1 or tokens[end : end + 1] == ["||"]:
            while tokens[end : end + 1] == ["||"]:
                if tokens[end + 1] == "case":
                    found += of_sql(" ".join(tokens[end + 2 : _closing(tokens, end + 1) - 1]))
                more, end = _operand(tokens, end + 1)
                text += more
            found.append(text.strip())
            place = end
        else:
            place += 1
    return [text for text in found if " " in text]


def _operand(tokens: list[str], place: int) -> tuple[str, int]:
    """Return the text, or the 7, that begins here, and where the next token is."""
    token = tokens[place]
    if token.startswith("'"):
        return token[1:-1].replace("''", "'"), place + 1
    end = _closing(tokens, place) if token in OPENS else place + 1
    if tokens[end : end + 1] == ["("]:
        end = _closing(tokens, end)
    while tokens[end : end + 1] in (["over"], [":"]):
        end += {"over": 2, ":": 3}[tokens[end]]
    return VALUE, end


def _closing(tokens: list[str], place: int) -> int:
    depth = 0
    while True:
        depth += (tokens[place] in OPENS) - (tokens[place] in CLOSES)
        place += 1
        if depth == 0:
            return place
