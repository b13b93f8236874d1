"""docs/report.schema.json, and the part of it that describes a section."""

import json
from pathlib import Path

REPORT = json.loads(
    (Path(__file__).parents[2] / "docs/report.schema.json").read_text(encoding="utf-8")
)
SECTION = {"$schema": REPORT["$schema"], "$defs": REPORT["$defs"], "$ref": "#/$defs/section"}
