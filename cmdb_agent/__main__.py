import os
import sys

if not __package__:
    # Started by its folder: python3 /path/to/cmdb_agent install.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from cmdb_agent.cli import main

sys.exit(main())
