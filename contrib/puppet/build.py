#!/usr/bin/env python3
"""Put the Puppet module together: contrib/puppet/build.py /etc/puppetlabs/code/modules

Copies the module to FOLDER/salt_cmdb, and the collectors of this clone into it. What stood there
before is replaced, but for collectors of your own.
"""

import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
SALT = HERE.parent.parent / "salt"
# cmdb.py is Salt's face of the collectors; nothing of Salt is on these hosts.
PARTS = {"_modules": "cmdb_*.py", "_utils": "cmdb_*.py"}


def build(folder):
    """Make FOLDER/salt_cmdb and return its path."""
    module = pathlib.Path(folder) / "salt_cmdb"
    shutil.copytree(HERE / "salt_cmdb", module, dirs_exist_ok=True)
    for part, pattern in PARTS.items():
        there = module / "files" / "salt" / part
        there.mkdir(parents=True, exist_ok=True)
        for path in sorted((SALT / part).glob(pattern)):
            shutil.copyfile(path, there / path.name)
    return module


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(build(sys.argv[1]))
