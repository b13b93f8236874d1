"""Where Salt's loader finds our modules when the distribution is installed by pip.

The same files serve as a Salt file root (synced to minions) and as a package; this module is the
package's ``salt.loader`` entry point.
"""

import os
import sys
from importlib.machinery import PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))


class _Libraries:
    """Find our libraries when nothing else does: copies synced from a master go first."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is None and name.startswith("cmdb_"):
            return PathFinder.find_spec(name, [os.path.join(_HERE, "_utils")], target)
        return None


def directories():
    """Return {kind of Salt module: [folder]} and make our libraries importable."""
    if _Libraries not in sys.meta_path:
        sys.meta_path.append(_Libraries)
    names = (name for name in os.listdir(_HERE) if name[0] == "_" and name[1] != "_")
    return {name[1:]: [os.path.join(_HERE, name)] for name in names}
