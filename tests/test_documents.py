"""What the documents say is there, and holds."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pipelines.cli.commands import app
from pipelines.intake.kinds import COLUMNS, NEEDED
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "data" / "README.md"])
each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
COMMANDS = typer.main.get_command(app)


def without_code(text):
    return re.sub(r"```.*?```", "", text, flags=re.S)


def anchors(document):
    """Anchors of a document's headings, as the sites that show Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", without_code(document.read_text()), re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


def commands_in(text):
    """Command lines of `encaisse`, in blocks of code and between backticks."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", without_code(text))
    return [line for line in lines if line.startswith("encaisse ")]


@each_document
def test_every_link_of_a_document_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(document.read_text())):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        there = (document.parent / path).resolve() if path else document
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


@each_document
def test_every_command_that_a_document_names_can_be_typed(document):
    for line in commands_in(document.read_text()):
        words = shlex.split(line, comments=True)[1:]
        command = COMMANDS
        for word in words:
            if word.startswith("--"):
                known = {name for param in command.params for name in param.opts}
                assert word in known | {"--help"}, line
            elif command is COMMANDS and word == "DIR":
                continue  # of --home
            elif word == "...":
                break
            elif hasattr(command, "commands"):
                assert word in command.commands, line
                command = command.commands[word]


@each_document
def test_every_make_target_that_a_document_names_exists(document):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    text = document.read_text()
    named = re.findall(r"(?:`|^)make ([a-z]+)", text, re.M)
    assert set(named) <= targets


def test_every_table_that_the_documents_export_is_published(sample_home):
    from published import questions, snapshot

    with snapshot.connect(snapshot.current(sample_home)) as con:
        known = questions.tables(con)
    names = {name.partition(".")[2] or name for name in known} | set(known)
    for document in DOCUMENTS:
        for line in commands_in(document.read_text()):
            words = shlex.split(line, comments=True)
            if words[1:2] == ["export"] and words[2] != "TABLE":
                assert words[2] in names, line


def described_settings():
    """Setting, default as written and section, of every line of the tables in docs/settings.md."""
    section = ""
    for line in (ROOT / "docs" / "settings.md").read_text().splitlines():
        if heading := re.match(r"## (?:`\[+(\w+)\]+`|(.+))", line):
            section = heading[1] or ""
        elif row := re.match(r"\| `(\w+)` \| (?:`(.*?)`|([a-z ]+)) \|", line):
            yield section, row[1], row[2] or row[3]


def written(field):
    """A default as docs/settings.md writes it."""
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    assert value is not PydanticUndefined
    if value is None:
        return "none"
    if isinstance(value, str):
        return f'"{value}"'
    return str(list(value)) if isinstance(value, tuple) else str(value)


def sections():
    """Section of the file, setting and field, of everything that can be set."""
    for name, field in Settings.model_fields.items():
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        models = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        if not models:
            yield (name if name == "accounts" else ""), name, field
        for model in models:
            for inner, inner_field in model.model_fields.items():
                yield name, inner, inner_field


def test_every_setting_is_documented_with_its_default():
    documented = {(section, name): default for section, name, default in described_settings()}
    assert documented == {(section, name): written(field) for section, name, field in sections()}


def test_every_example_of_settings_has_a_meaning():
    text = (ROOT / "docs" / "settings.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", text, re.S)
    for example in examples:
        Settings(**tomllib.loads(example))
    Settings(**tomllib.loads("\n".join(examples)))  # and all of them together


def test_every_column_that_a_table_may_have_is_documented():
    text = (ROOT / "docs" / "settings.md").read_text()
    for kind, columns in COLUMNS.items():
        [cell] = re.findall(rf"^\| `{kind}` \| (.+) \|$", text, re.M)
        assert set(re.findall(r"\w+", cell)) - {"or"} == {column.name for column in columns}
        assert set(re.findall(r"\*\*(\w+)\*\*", cell)) == {
            name for group in NEEDED[kind] for name in group
        }


def test_every_variable_of_the_environment_is_documented():
    used = set()
    for folder in ("models", "desk", "published", "pipelines", "dashboards", "tests", "benchmarks"):
        for file in (ROOT / folder).rglob("*.py"):
            used |= set(re.findall(r'environ\.get\(\s*"(\w+)"', file.read_text()))
    documented = re.findall(
        r"^\| `(\w+)` \|",
        (ROOT / "docs" / "settings.md").read_text().partition("## Environment")[2],
        re.M,
    )
    assert used <= set(documented)


def test_the_runbook_says_what_to_do_about_every_check(definitions):
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    told = set(re.findall(r"^### `(\w+)`$", runbook, re.M))
    names = {
        spec.name
        for assets in definitions.assets or []
        for spec in getattr(assets, "check_specs", [])
    } | {spec.name for checks in definitions.asset_checks or [] for spec in checks.check_specs}
    assert names == told


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    decisions = (ROOT / "docs" / "decisions.md").read_text().lower()
    for name in (re.match(r"[a-z0-9-]+", each)[0] for each in wanted):
        assert re.search(rf"(?<![\w-]){name.removesuffix('-stubs')}(?![\w-])", decisions), name


def test_the_page_of_tables_is_fresh(sample_home):
    from docs.tables import PAGE, page

    assert PAGE.read_text() == page(sample_home), "run `python -m docs.tables`"


def test_nothing_names_the_machine_it_was_written_on():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    if listed == [""]:
        pytest.skip("not a git repository: which files are shared cannot be told")
    machine = re.compile(r"(?<![\w.])/(?:root|work|Users|home/\w+)/(?!\.)\w")
    for name in filter(None, listed):
        path = ROOT / name
        if path.suffix in {".png", ".xlsx"} or not path.is_file() or path == Path(__file__):
            continue
        found = machine.search(path.read_text(errors="replace"))
        assert found is None, f"{name}: {found and found[0]}"
