"""Write what the collectors' docstrings say of their fields to where others need it.

    tools/kinds.py           print which files are stale; exit 1 if any is
    tools/kinds.py --write   write them anew

``cmdb_api/schemas/kinds.json`` tells the API the type of each field; ``docs/collectors.md`` is for
people. The source is the table in the docstring of each ``salt/_modules/cmdb_<kind>.py``, and its
constants; one that asks outside tools names them, each with where it comes from and the right it
takes: ``TOOLS = {"ipmitool": "package ipmitool, kernel module ipmi_devintf; root"}``.
"""

import ast
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent
MODULES = ROOT / "salt/_modules"
LIBRARIES = ROOT / "salt/_utils"
KINDS = ROOT / "cmdb_api/schemas/kinds.json"
DOCS = ROOT / "docs/collectors.md"
TYPES = ("str", "int", "bool", "list")
CONSTANTS = ("KEY", "SERIAL", "VOLATILE", "BULK", "SLOW", "ENABLED", "TOOLS")
_RULER = re.compile(r"=+  =+  =+")


def collectors():
    """Return {kind: what its file says} of each collector, in order of kind."""
    found = {}
    for path in sorted(MODULES.glob("cmdb_*.py")):
        tree = ast.parse(path.read_text())
        constants = _constants(tree)
        if "KEY" in constants:
            kind = path.stem.removeprefix("cmdb_")
            found[kind] = {**describe(ast.get_docstring(tree) or "", path.name), **constants}
    return found


def describe(docstring, name):
    """Return a docstring's title, text and fields; raises ValueError where its table is wrong."""
    lines = docstring.splitlines()
    rulers = [i for i, line in enumerate(lines) if _RULER.fullmatch(line)]
    if len(rulers) != 2:
        raise ValueError(f"{name}: the docstring must have one table of fields")
    widths = [len(column) for column in lines[rulers[0]].split()]
    first, second = widths[0] + 2, widths[0] + widths[1] + 4
    fields = []
    for line in lines[rulers[0] + 1 : rulers[1]]:
        field, kind, meaning = line[:first].strip(), line[first:second].strip(), line[second:]
        if field and kind in TYPES:
            fields.append([field, kind, meaning.strip()])
        elif fields and not field and not kind:
            fields[-1][2] += " " + meaning.strip()
        else:
            raise ValueError(f"{name}: not a line of a table of fields: {line!r}")
    text = "\n".join(lines[1 : rulers[0]]).strip()
    return {"title": lines[0], "text": text, "fields": fields}


def kinds_json(found):
    """Return the API's file: {kind: {field: type}}."""
    kinds = {
        kind: {field: type_ for field, type_, _ in said["fields"]} for kind, said in found.items()
    }
    return json.dumps(kinds, indent=2) + "\n"


def docs(found):
    """Return the page for people."""
    parts = [
        "# Collectors\n",
        "<!-- Written by tools/kinds.py from the collectors' docstrings; edit those. -->\n",
        "A collector owns one kind of component and reports one item for each. Its *identity* "
        "names the item's place on the host; *volatile* fields are stored, but never recorded "
        "as changes. What could not be read of an item is missing from it, with the reason in "
        "the section's problems.\n",
    ]
    parts += [_page(kind, said) for kind, said in found.items()]
    parts += _tools(found)
    return "\n".join(parts)


def _tools(found):
    """Return the table of outside tools: who asks each, and what it needs."""
    asked = {}
    for kind, said in found.items():
        for tool, needs in said.get("TOOLS", {}).items():
            asked.setdefault(tool, {}).setdefault(needs, []).append(kind)
    if not asked:
        return []
    rows = [
        f"| `{tool}` | {', '.join(kinds)} | {_cell(needs)} |"
        for tool, said in sorted(asked.items())
        for needs, kinds in said.items()
    ]
    return [
        "## Tools\n",
        "Collectors read files, and ask a tool only where no file tells. Where several tools can "
        "tell the same, one is asked: the first that is installed. Without any of them the kind "
        "is *unavailable*, and the reason names what to install.\n",
        "| tool | asked for | needs |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _page(kind, said):
    marks = [f"identity `{', '.join(said['KEY'])}`"]
    if said.get("VOLATILE"):
        marks.append(f"volatile `{', '.join(said['VOLATILE'])}`")
    marks += ["bulk"] if said.get("BULK") else []
    marks += ["off unless the settings turn it on"] if said.get("ENABLED") is False else []
    marks += ["slow: it waits for outside commands"] if said.get("SLOW") else []
    rows = [f"| `{field}` | {type_} | {_cell(text)} |" for field, type_, text in said["fields"]]
    return "\n".join(
        [
            f"## {kind}\n",
            f"{_plain(said['title'])}\n",
            f"{_plain(said['text'])}\n",
            f"*{'; '.join(marks)}*\n",
            "| field | type | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _plain(text):
    return text.replace("``", "`")


def _cell(text):
    return _plain(text).replace("|", "\\|")


def _constants(tree):
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in CONSTANTS:
                found[name] = _literal(node.value, tree)
    return found


def _literal(node, tree):
    """Return a constant's value; it may unpack lists, or be a library's (``raid.TOOLS``)."""
    if isinstance(node, ast.Attribute):
        return _of_library(node.value.id, node.attr, tree)
    if isinstance(node, (ast.List, ast.Tuple)):
        starred = [isinstance(each, ast.Starred) for each in node.elts]
        parts = [
            _literal(each.value, tree) if star else [ast.literal_eval(each)]
            for each, star in zip(node.elts, starred, strict=True)
        ]
        return [value for part in parts for value in part]
    return ast.literal_eval(node)


def _of_library(alias, constant, tree):
    imports = [name for node in tree.body if isinstance(node, ast.Import) for name in node.names]
    library = next(each.name for each in imports if alias in (each.asname, each.name))
    there = ast.parse((LIBRARIES / f"{library}.py").read_text())
    values = [
        node.value
        for node in there.body
        if isinstance(node, ast.Assign)
        and constant in [getattr(target, "id", None) for target in node.targets]
    ]
    return _literal(values[0], there)


def main(arguments):
    """Write or compare both files; returns the exit code."""
    found = collectors()
    stale = [
        path
        for path, content in ((KINDS, kinds_json(found)), (DOCS, docs(found)))
        if not path.exists() or path.read_text() != content
    ]
    for path in stale:
        if "--write" in arguments:
            path.write_text(kinds_json(found) if path == KINDS else docs(found))
        print(f"{path.relative_to(ROOT)}: {'written' if '--write' in arguments else 'stale'}")
    return 1 if stale and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
