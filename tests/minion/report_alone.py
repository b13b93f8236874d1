"""Collect this machine with plain Python, no Salt: prints the report. Run by tests as a program."""

import importlib
import json
import os
import sys

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULES = os.path.join(PROJECT, "salt", "_modules")
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(PROJECT, "salt", "_utils"), MODULES]

import cmdb_plugins  # noqa: E402
import cmdb_report  # noqa: E402
import cmdb_settings  # noqa: E402

settings = cmdb_settings.merged()
names = sorted(name[:-3] for name in os.listdir(MODULES) if name.startswith("cmdb_"))
collectors = [
    cmdb_plugins.from_function(name[5:], importlib.import_module(name).collect, settings)
    for name in names
]
# What follows this line in a trace is the collectors' own doing.
os.path.exists("/collectors-begin-here")
json.dump(cmdb_report.build("web01", collectors, via="agent", key="0" * 64), sys.stdout)
