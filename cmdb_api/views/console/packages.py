"""The fleet's packages by name, and one of them: its versions, and which hosts have each."""

import re

from flask import Blueprint, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from cmdb_api.extensions import db
from cmdb_api.schemas.packages import PackageNamesQuery, PackageQuery
from cmdb_api.services import package_names, package_rows, packages
from cmdb_api.views.console import bulk, many, tables
from cmdb_api.views.console.tables import Column

blp = Blueprint("packages", __name__, url_prefix="/packages")

COLUMNS = [
    Column("hostname", _l("Host")),
    Column("version", _l("Version")),
    Column("arch", _l("Architecture")),
    Column("older_versions", _l("Older versions beside it"), type="list"),
]
NAMES = [
    Column("name", _l("Package"), sort="name"),
    Column("host_count", _l("Hosts"), type="number"),
    Column("version_count", _l("Versions"), type="number"),
]
# What makes a name a pattern of names.
PATTERN = re.compile(r"[*?]")
_SEARCHED = {"rows": package_rows.ROWS, "key": "hostname"}
# Versions that are shown at once; the others are behind a click.
SHOWN = 12


@blp.get("")
def page():
    """List the fleet's packages, or show which hosts have one, and in which version."""
    name = request.args.get("name", "").strip()
    if not name or PATTERN.search(name):
        return _names()
    listing = tables.read("packages", COLUMNS, PackageQuery(), _fetch, **_SEARCHED)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    found = [_version(listing, each) for each in listing.more.get("versions", ())]
    return render_template("console/packages.html", listing=listing, versions=found, shown=SHOWN)


tables.choosable(blp, page)


def _names():
    """List packages by name: all, or those that a pattern names."""
    more = {"key": "name", "saves": False}
    listing = tables.read("package-names", NAMES, PackageNamesQuery(), _fetch_names, **more)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch_names)
    return render_template("console/package_names.html", listing=listing)


@blp.post("/edit")
def edit():
    """Ask what is to change of the assets that have any of the chosen packages."""
    return bulk.of_assets(package_names.assets(db.session, many.texts()))


def _fetch_names(**asked):
    return package_names.page(db.session, **asked)


def _fetch(**asked):
    return packages.page(db.session, **asked)


def _version(listing, version):
    """Return a version with its part of all hosts, and where its hosts are listed."""
    most = max(each["host_count"] for each in listing.more["versions"])
    text = version["version"]
    return version | {
        "share": 100 * version["host_count"] / most,
        "url": listing.url(version=text, cursor=None, start=None),
        "is_chosen": listing.asked.get("version") == text,
        "search": url_for("console.assets.page", query=_search(listing.asked["name"], text)),
    }


def _search(name, version):
    """Return the search for the assets that have a package in this version."""
    escaped = version.replace("\\", r"\\").replace('"', r"\"")
    return f'package.{name}:"{escaped}"'
