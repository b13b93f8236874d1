"""Write the table of what Puppet's facts tell into docs/puppet.md.

tools/puppet_kinds.py           exit 1 if it is stale
tools/puppet_kinds.py --write   write it anew
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cmdb_api.services.puppet_facts import LACKING  # noqa: E402
from cmdb_api.services.puppet_kinds import TOLD  # noqa: E402

DOCS = ROOT / "docs/puppet.md"
BEGIN, END = "<!-- table: tools/puppet_kinds.py --write -->\n", "<!-- end of table -->\n"


def table():
    """Return the table: a line a kind, what facts tell of it and what they lack."""
    kinds = json.loads((ROOT / "cmdb_api/schemas/kinds.json").read_text())
    lines = ["| kind | facts tell | facts lack |", "|---|---|---|"]
    for kind, told in sorted(TOLD.items()):
        fields = [field for field in kinds[kind] if field not in told.fields]
        lines.append(f"| {kind} | {_names(told.fields)} | {_names(fields)} |")
    for kind, lack in sorted(LACKING.items()):
        lines.append(f"| {kind} | nothing | {lack} |")
    others = sorted(kinds.keys() - TOLD.keys() - LACKING.keys())
    lines.append(f"| {', '.join(others)} | nothing | there is no such fact |")
    return "\n".join(lines) + "\n"


def written(text):
    """Return the document with the table of now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + table() + "\n" + END + after


def _names(fields):
    return ", ".join(f"`{field}`" for field in fields)


if __name__ == "__main__":
    said = DOCS.read_text()
    if "--write" in sys.argv:
        DOCS.write_text(written(said))
    elif written(said) != said:
        sys.exit(f"{DOCS} is stale: run tools/puppet_kinds.py --write")
