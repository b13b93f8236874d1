"""What the docstrings say of the fields is what the collectors give, and what others are told."""

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


@pytest.mark.parametrize("table", ["No table.", "A\n\n===  ===  ===\na    odd  x\n===  ===  ==="])
def test_a_docstring_without_a_right_table_is_an_error(table):
    with pytest.raises(ValueError, match="cmdb_x"):
        kinds["describe"](table, "cmdb_x.py")
