"""What commands do, for the audit log: see ``services.access.audit``."""

import re

from cmdb_api.cli_base import user
from cmdb_api.services.access import audit
from cmdb_api.services.access.audit import Deed

# They serve others, or there is no audit log yet.
SILENT = ("serve", "worker", "db")
# A name and a password in a URL; no command takes a secret otherwise but by a file, or a prompt.
_LOGIN = re.compile("//[^/@ ]*@")


def begin(arguments):
    """Say that a user runs this command."""
    if arguments and arguments[0] not in SILENT:
        what = _LOGIN.sub("//…@", " ".join(["cmdb", *arguments]))
        audit.by(Deed(what, actor=f"{user()} (cmdb {arguments[0]})", writes=True))


def end():
    """Say that the command is over."""
    audit.by(None)
