"""Run the command line: ``python -m cmdb_api``."""

from cmdb_api.cli import main

main()
