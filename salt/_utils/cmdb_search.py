"""Searches of the CMDB by its API: as rows, and as a target of Salt.

The token is one of scope "read", in the file that ``cmdb:read_token_file`` names.
"""

import urllib.parse

import cmdb_client as client
import cmdb_master as master

PATH = "/api/v1/search"
PAGE_HOSTS = 500
# Hosts without a key here that are named in a message.
SHOWN = 10


def rows(settings, query, columns=None, sort=None, limit=None, saved=None):
    """Return [{column: value}] of the assets found, hostname among them; ``limit`` None: all."""
    asked = {"query": query, "columns": columns, "sort": sort, "saved": saved}
    found = []
    for page in _pages(settings, asked, limit):
        found += page["items"]
        if limit is not None and len(found) >= limit:
            return found[:limit]
    return found


def target(settings, query, keys, saved=None):
    """
    Return the minions found as ``salt -L`` takes them, and a line of those that have no key here.

    ``keys`` are the names of accepted keys. A host that is known here by another name of its own
    is told by that.
    """
    known = {name.lower(): name for name in keys}
    minions, others = set(), []
    for row in rows(settings, query, "hostname,aliases", saved=saved):
        names = [row["hostname"], *(row.get("aliases") or ())]
        fitting = [known[name.lower()] for name in names if name.lower() in known]
        minions.update(fitting[:1])
        others += [] if fitting else [row["hostname"]]
    return ",".join(sorted(minions)), _told(others)


def _told(others):
    """Return the line about hosts that Salt can't ask; None where there is none."""
    if not others:
        return None
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    return f"no accepted key here, left out: {', '.join(others[:SHOWN])}{more}"


def _token_file(settings):
    """Return the file of the token; raises where there is none."""
    if not settings["read_token_file"]:
        raise client.ClientError(
            "cmdb:read_token_file is not set in the master's configuration; "
            "cmdb token create --scope read makes a token"
        )
    master.first_line(settings["read_token_file"], "cmdb:read_token_file")
    return settings["read_token_file"]


def _pages(settings, asked, limit):
    """Yield the pages of what is found."""
    settings = {**settings, "token_file": _token_file(settings)}
    most = PAGE_HOSTS if limit is None else max(1, min(limit, PAGE_HOSTS))
    asked = {"limit": most, **{name: value for name, value in asked.items() if value}}
    while True:
        page = client.get(settings, f"{PATH}?{urllib.parse.urlencode(asked)}")
        if not isinstance(page, dict) or not {"items", "next_cursor"} <= page.keys():
            raise client.ClientError(f"{settings['url']}{PATH} answered no page of hosts")
        yield page
        asked["cursor"] = page["next_cursor"]
        if not asked["cursor"]:
            return
