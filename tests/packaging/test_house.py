"""Rules of the house that a look at the files can tell."""

import ast
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def imports(path, everywhere=True):
    """Return the top-level names that a file imports; else only those it can't do without."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return names


def test_no_init_file_stands_below_salt():
    """With one, this folder would hide the real salt wherever the project is on the path."""
    assert not list((PROJECT / "salt").rglob("__init__.py"))


def test_the_two_sides_never_import_each_other():
    for path in (PROJECT / "salt").rglob("*.py"):
        assert "cmdb_api" not in imports(path), path
    libraries = {path.stem for path in (PROJECT / "salt").rglob("cmdb*.py")}
    for path in (PROJECT / "cmdb_api").rglob("*.py"):
        assert not imports(path) & (libraries | {"salt"}), path


def test_files_of_modules_and_utils_are_flat():
    """salt-ssh ships nothing else."""
    for folder in ("_modules", "_utils"):
        below = [path for path in (PROJECT / "salt" / folder).iterdir() if path.is_dir()]
        assert not [path for path in below if path.name != "__pycache__"]


@pytest.mark.parametrize("folder", ["_modules", "_utils", "_returners", "_states"])
def test_the_minion_needs_salt_and_the_standard_library_only(folder):
    ours = {path.stem for path in (PROJECT / "salt/_utils").glob("*.py")}
    for path in (PROJECT / "salt" / folder).glob("*.py"):
        assert imports(path, everywhere=False) <= ours | {"salt"} | set(sys.stdlib_module_names), (
            path
        )


def test_the_agents_program_needs_the_standard_library_only():
    """It runs before anything of ours is on the host, under whatever Python is there."""
    for path in (PROJECT / "cmdb_agent").glob("*.py"):
        names = imports(path, everywhere=False)
        assert names <= {"cmdb_agent"} | set(sys.stdlib_module_names), path


def test_collectors_import_libraries_as_modules():
    """A class imported by name would stay the old one after an update."""
    for path in (PROJECT / "salt").rglob("cmdb*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not node.module.startswith("cmdb_"), path
