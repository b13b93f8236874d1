"""The command line: ``python3 -m cmdb_agent install``, ``status``, ``uninstall``."""

import argparse
import sys

from cmdb_agent import install, layout, status, uninstall
from cmdb_agent.errors import AgentError


def main(argv=None):
    """Do what the command line says; returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        where = layout.choose(user=options.user, root=options.root)
        return options.verb(where, options)
    except AgentError as error:
        print(f"cmdb_agent: {error}", file=sys.stderr)
    except OSError as error:
        print(f"cmdb_agent: {error.filename}: {error.strerror}", file=sys.stderr)
    return 1


def _parser():
    parser = argparse.ArgumentParser(
        prog="cmdb_agent",
        description="Report this host to the CMDB by a timer, without a Salt master.",
    )
    where = argparse.ArgumentParser(add_help=False)
    place = where.add_mutually_exclusive_group()
    place.add_argument(
        "--user", action="store_true", help="without root, below ~/.local/share/salt-cmdb"
    )
    place.add_argument("--root", metavar="DIR", help="everything below DIR, for a trial")
    verbs = parser.add_subparsers(required=True, metavar="install | status | uninstall")
    _add_install(verbs.add_parser("install", parents=[where], help="put it here, or change it"))
    shown = verbs.add_parser("status", parents=[where], help="timer, last run, spool")
    shown.set_defaults(verb=lambda place, options: status.status(place, print))
    gone = verbs.add_parser("uninstall", parents=[where], help="take it all back")
    gone.add_argument("--purge", action="store_true", help="the spool and the name too")
    gone.set_defaults(verb=lambda place, options: uninstall.uninstall(place, options.purge, print))
    return parser


def _add_install(parser):
    parser.set_defaults(verb=lambda place, options: install.install(place, options, print))
    add = parser.add_argument
    add("--url", help="the CMDB's address, as https://cmdb.example.com")
    add("--key-file", metavar="FILE", help="file with this host's key, - for standard input")
    add("--id", help="this host's name in the CMDB; default: Salt's minion_id, else the full name")
    add("--ca-file", metavar="FILE", help="CA of the API's certificate, where not the system's")
    add("--proxy", metavar="URL", help="proxy on the way to the API")
    add("--interval", metavar="TIME", help=f"default {install.INTERVAL}; as 10m, 6h or 1d")
    add("--splay", metavar="TIME", help="each run waits up to so long; default 5m")
    add("--salt-call", metavar="PATH", help="default: the one of this Python, else on PATH")
    add(
        "--register-token-file",
        metavar="FILE",
        help="register the host too, with the token of scope write in this file",
    )
    add("--timer", choices=("auto", "systemd", "cron", "none"), default="auto")
    add(
        "--report",
        action=argparse.BooleanOptionalAction,
        help="report at once, or do not; default: all but a trial do",
    )
