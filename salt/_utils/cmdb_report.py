"""The report, schema 1: identity, sections, signature."""

import datetime
import time
import uuid

import cmdb_canonical as canonical
import cmdb_identity as identity
import cmdb_run as run
import cmdb_version as version

SCHEMA = 1


def build(asset_id, collectors, via, key=None, seq=None):
    """
    Run the collectors and return their report, signed where there is a key.

    A report without a key is not signed; the API refuses it unless it trusts what carries it.
    """
    started = time.perf_counter()
    report = {
        "schema": SCHEMA,
        "id": asset_id,
        "report_id": uuid.uuid4().hex,
        "via": via,
        "version": version.VERSION,
        "identity": identity.read(),
        "sections": run.sections(collectors),
    }
    # When the last collector ended: from here on the report's age is reckoned.
    now = datetime.datetime.now(datetime.timezone.utc)
    report["collected_at"] = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    report["seconds_ms"] = round((time.perf_counter() - started) * 1000)
    if seq is not None:
        report["seq"] = seq
    if key:
        report["sig"] = canonical.sign(report, key)
    return report
