"""docs/methods.md says how each figure is computed; here it is held to what it says."""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import models
from models.accounts import FRENCH_CHART, AccountRole

DOCUMENT = Path(__file__).parents[2] / "docs" / "methods.md"


def named_in_the_document():
    return set(re.findall(r"`(models\.\w+\.\w+)`", DOCUMENT.read_text("utf-8")))


def test_the_examples_give_what_the_document_says():
    found = doctest.testfile(str(DOCUMENT), module_relative=False, encoding="utf-8")
    assert found.attempted > 20
    assert found.failed == 0


def test_every_function_that_the_document_names_exists():
    for name in named_in_the_document():
        module, function = name.rsplit(".", 1)
        assert hasattr(importlib.import_module(module), function), name


def test_every_figure_is_in_the_document():
    figures = set()
    for module in pkgutil.iter_modules(models.__path__, "models."):
        for name, function in vars(importlib.import_module(module.name)).items():
            is_own = inspect.isfunction(function) and function.__module__ == module.name
            if is_own and not name.startswith("_"):
                figures.add(f"{module.name}.{name}")
    helpers = {"models.measure.ratio", "models.terms.end_of_month"}
    assert figures - helpers <= named_in_the_document()


def test_the_accounts_of_the_document_are_those_of_the_chart():
    section = DOCUMENT.read_text("utf-8").split("## What an account is for")[1]
    table = section.split("What a line on a receivable account is")[0]
    written = set(re.findall(r"\b\d{2,4}\b", table))
    written |= {"472", "473", "474"}  # "471 to 475"
    assert written == set(FRENCH_CHART)
    roles = {role.replace("_", " ") for role in AccountRole}
    lines = re.findall(r"^\| ([a-zA-Z ;]+) \|", table, flags=re.M)
    assert {role.casefold() for line in lines for role in line.split("; ")} == roles | {"role"}
