"""The version of the installed distribution."""

from importlib import metadata

try:
    VERSION = metadata.version("salt-cmdb")
except metadata.PackageNotFoundError:
    VERSION = "0+checkout"  # run from the source tree, not installed
