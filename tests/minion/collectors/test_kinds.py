"""What the docstrings say of the fields is what the collectors give, and what others are told."""

import ast
import importlib
import runpy

import pytest

from tests.minion.collectors import live

kinds = runpy.run_path("tools/kinds.py")
COLLECTORS = kinds["collectors"]()
TYPES = {"str": str, "int": int, "bool": bool, "list": list}


def test_the_generated_files_are_fresh():
    assert kinds["main"]([]) == 0, "run tools/kinds.py --write"


@pytest.mark.parametrize("kind", sorted(COLLECTORS))
def test_keys_and_marked_fields_are_fields(kind):
    said = COLLECTORS[kind]
    names = {field for field, _, _ in said["fields"]}
    marked = {*said["KEY"], *said.get("VOLATILE", ()), *filter(None, [said.get("SERIAL")])}
    assert marked <= names
    assert importlib.import_module(f"cmdb_{kind}").__load__ == ["collect"]


@pytest.mark.parametrize("kind", sorted(COLLECTORS))
def test_items_of_this_machine_have_only_documented_fields_of_their_types(kind):
    types = {field: TYPES[name] for field, name, _ in COLLECTORS[kind]["fields"]}
    for item in live.collect(kind):
        for field, value in item.items():
            assert value is None or type(value) is types[field], (kind, field, value)


def test_tools_are_listed_once_with_all_who_ask_them():
    said = {"title": "A", "text": "", "fields": [], "KEY": ["a"]}
    tool = {"TOOLS": {"ipmitool": "package ipmitool; root"}}
    page = kinds["docs"]({"bmc": {**said, **tool}, "cpu": said, "fru": {**said, **tool}})
    assert page.count("ipmitool") == 2
    assert "| `ipmitool` | bmc, fru | package ipmitool; root |" in page
    assert "## Tools" not in kinds["docs"]({"cpu": said})


def test_a_constant_may_unpack_lists_or_be_a_librarys():
    text = "import cmdb_text as text\nKEY = [*('a', 'b'), 'c']\nTOOLS = text.LONGEST_SERIAL\n"
    constants = kinds["_constants"](ast.parse(text))
    assert constants == {"KEY": ["a", "b", "c"], "TOOLS": 64}


@pytest.mark.parametrize("kind", sorted(COLLECTORS))
def test_every_tool_says_what_it_needs(kind):
    tools = COLLECTORS[kind].get("TOOLS", {})
    assert all(isinstance(needs, str) and needs for needs in tools.values())


@pytest.mark.parametrize("table", ["No table.", "A\n\n===  ===  ===\na    odd  x\n===  ===  ==="])
def test_a_docstring_without_a_right_table_is_an_error(table):
    with pytest.raises(ValueError, match="cmdb_x"):
        kinds["describe"](table, "cmdb_x.py")
