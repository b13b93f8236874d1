"""Reports for tests, made and signed as a host makes them."""

import uuid
from datetime import UTC, datetime

from cmdb_api.services import canonical

MASTER_SECRET = "an example master secret"


def section(items, key=("slot",), **members):
    """Return an ok section with these items."""
    key = list(key)
    return {
        "status": "ok",
        "digest": canonical.digest(items, key),
        "key": key,
        "items": items,
    } | members


def digest_only(ok_section):
    """Return a section as it travels when the API is known to have it."""
    return {name: value for name, value in ok_section.items() if name not in canonical.WITH_ITEMS}


def make_report(host="web01", sections=None, *, key=None, **members):
    """
    Return a signed report.

    A section given as a list of items is an ok one whose key is "slot". ``key`` is the host key to
    sign with, by default the right one; ``members`` replace or add members, None takes one away.
    """
    sections = {
        kind: section(given) if isinstance(given, list) else given
        for kind, given in (sections or {}).items()
    }
    report = {
        "schema": 1,
        "id": host,
        "report_id": uuid.uuid4().hex,
        "collected_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "via": "salt",
        "seconds_ms": 21,
        "version": "1.0.0",
        "identity": {"hostname": host, "macs": ["02:00:00:00:00:01"]},
        "sections": sections,
    } | members
    report = {name: value for name, value in report.items() if value is not None}
    if "sig" not in members:
        report["sig"] = canonical.sign(report, key or canonical.host_key(MASTER_SECRET, host))
    return report
