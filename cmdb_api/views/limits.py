"""What is open to those who see the assets of some business units only.

Their session reads no row of another's: see ``services.access.visibility``. A view that tells of
more than such rows (all of the fleet at once, names as text) is not open to them, nor is a new one
before somebody has looked at it and named it here; tests/api/test_visibility.py asks them all.
"""

from flask import request

from cmdb_api.errors import Forbidden
from cmdb_api.extensions import db
from cmdb_api.services.access import visibility
from cmdb_api.services.resources import RESOURCES

_READ, _EDIT = {"GET"}, {"GET", "PATCH"}
_PLACES = [resource.path.replace("-", "_") for resource in RESOURCES]

# {endpoint: methods}
OPEN = {
    "assets.Assets": {"GET", "POST"},
    "assets.Asset": _EDIT,
    "assets.AssetState": {"POST"},
    "assets.AssetCoverage": _READ,
    "aliases.Alias": {"PUT", "DELETE"},
    "history.Between": _READ,
    "history.Two": _READ,
    "changes.Changes": _READ,
    "changes.Groups": _READ,
    "changes.OneChange": _READ,
    "changes.AssetChanges": _READ,
    "coverage.Coverage": _READ,
    "coverage.Missing": _READ,
    "coverage.Target": _READ,
    "facts.Facts": _READ,
    "findings.Findings": _READ,
    "findings.Summary": _READ,
    "findings.Finding": _READ,
    "findings.Decisions": {"POST"},
    "findings.Decision": {"POST"},
    "findings.Identity": _READ,
    "packages.Names": _READ,
    "packages.Packages": _READ,
    "parts.Parts": _READ,
    "racks.Elevation": _READ,
    **dict.fromkeys((f"{name}.Many" for name in _PLACES), _READ),
    **dict.fromkeys((f"{name}.One" for name in _PLACES), _READ),
    "tags.Many": {"GET", "POST"},
    "search.Search": _READ,
    "search.Fields": _READ,
    "search.Complete": _READ,
    "saved_queries.SavedQueries": {"GET", "POST"},
    "saved_queries.SavedQuery": {"GET", "PATCH", "DELETE"},
    "exports.Sheet": _READ,
    "exports.Csv": _READ,
    "exports.Lines": _READ,
    "imports.Imports": {"GET", "POST"},
    "imports.Import": _READ,
    "imports.Failed": _READ,
    "import_mappings.Mappings": _READ,
    "import_mappings.Mapping": _READ,
    "accounts.Me": _READ,
    "accounts.Password": {"PUT"},
    "sessions.Sessions": _READ,
    "sessions.Current": {"DELETE"},
    "sessions.Session": {"DELETE"},
    "tokens.Token": {"DELETE"},
    "tokens.Tokens": {"GET", "POST"},
}

_FORM, _SEND = {"GET", "POST"}, {"POST"}


def _pages(family, methods, names):
    return {f"console.{family}.{name}": methods for name in names.split()}


# The same of the console's pages: {endpoint: methods}.
PAGES = {
    **_pages("overview", _READ, "page"),
    **_pages("assets", _READ, "page help complete choose"),
    **_pages("assets", _SEND, "page_picked"),
    **_pages("search_help", _READ, "page complete"),
    **_pages("asset", _READ, "page hardware items software installed collection raw"),
    **_pages("asset", _SEND, "items_picked software_picked installed_picked"),
    **_pages("find", _READ, "page"),
    **_pages("login", _SEND, "out"),
    **_pages("preferences", _FORM, "page"),
    **_pages("places", _READ, "page data_centre room rack"),
    **_pages("places", _FORM, "place move"),
    **_pages("places", _SEND, "take_out page_picked"),
    **_pages("master", _READ, "page many one"),
    **_pages("master", _SEND, "many_picked"),
    **_pages("coverage", _READ, "page commands kinds"),
    **_pages("coverage", _SEND, "page_picked commands"),
    **_pages("findings", _READ, "page one"),
    **_pages("findings", _SEND, "decide decide_many page_picked"),
    **_pages("packages", _READ, "page"),
    **_pages("packages", _SEND, "page_picked edit"),
    **_pages("parts", _READ, "page"),
    **_pages("parts", _SEND, "page_picked"),
    **_pages(
        "exchange",
        _READ,
        "page past run failed mappings template export export_file progress mapping",
    ),
    **_pages("exchange", _FORM, "file"),
    **_pages("exchange", _SEND, "upload apply drop past_picked run_picked mappings_picked"),
    **_pages("asset_history", _READ, "page at diff identity"),
    **_pages("asset_history", _SEND, "page_picked"),
    **_pages("compare", _READ, "page names"),
    **_pages("asset_edit", _FORM, "register edit state aliases_of"),
    **_pages("asset_edit", _SEND, "remove_alias"),
    **_pages("changes", _READ, "page one"),
    **_pages("changes", _SEND, "page_picked edit"),
    **_pages("saved", _READ, "page open"),
    **_pages("saved", _FORM, "add edit remove"),
    **_pages("saved", _SEND, "page_picked remove_many share_many"),
    **_pages("bulk", _FORM, "page"),
    **_pages("bulk", _READ, "past one progress"),
    **_pages("bulk", _SEND, "do stop past_picked one_picked"),
    **_pages("me", _READ, "page"),
    **_pages("me", _FORM, "password add_token"),
    **_pages("me", _SEND, "end end_others revoke_token"),
}


def apply(bearer):
    """Let this request see what its bearer may; raises Forbidden where its view is not open."""
    visibility.limit(db.session, bearer.units)
    if bearer.units is not None and not is_open(request.endpoint, request.method):
        raise Forbidden(
            f"{request.method} {request.path} is not open to those who see the assets of some "
            "business units only; ask an admin"
        )


def is_open(endpoint, method):
    """Tell whether a view is open to those who see some business units only."""
    known = PAGES if endpoint and endpoint.startswith("console.") else OPEN
    return ("GET" if method == "HEAD" else method) in known.get(endpoint, ())
