"""The report of a node in PuppetDB: made of its facts, or the one that a fact of ours carries.

Puppet's certificates prove who sent the facts, so the report is signed here, with the host's key.
"""

import base64
import binascii
import hashlib
import io
from datetime import timedelta

from cmdb_api.errors import CMDBError, Invalid
from cmdb_api.services import bodies, documents, puppet_facts, times
from cmdb_api.version import VERSION

# The fact of contrib/puppet.
FACT = "salt_cmdb"
MAX_AGE_SECONDS = 400 * 24 * 3600


def of_facts(node, facts, hostname, kinds):
    """Return a report of what facts tell of these kinds; the same facts make the same report."""
    made_at = times.text(node.producer_at)
    seed = f"{node.certname}\n{node.hash}\n{made_at}"
    return {
        "schema": 1,
        "id": hostname,
        "report_id": hashlib.sha256(seed.encode()).hexdigest()[:32],
        "collected_at": made_at,
        "via": "puppetdb",
        "version": VERSION,
        "identity": puppet_facts.identity(facts),
        "sections": puppet_facts.sections(facts, kinds),
    }


def carried(fact, hostname, limit):
    """
    Return the report that the fact carries, as this host's, and when it was read how old it was.

    Raises Invalid, or TooLarge past ``limit`` bytes.
    """
    if not isinstance(fact, dict) or not isinstance(fact.get("report"), list):
        raise Invalid(_wrong("it has no list named report"))
    if fact.get("error"):
        raise Invalid(_wrong(f"the host says: {str(fact['error'])[:200]}"))
    try:
        packed = base64.b64decode("".join(fact["report"]), validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Invalid(_wrong("it is not base64")) from error
    try:
        stream = io.BytesIO(packed)
        said = bodies.read(
            stream, declared=None, encoding="gzip", limit=limit, inflated_limit=limit
        )
        report, _ = documents.parse(said)
    except CMDBError as error:
        raise Invalid(_wrong(error.message)) from error
    if not isinstance(report, dict) or not isinstance(report.get("sections"), dict):
        raise Invalid(_wrong("it is no report"))
    unsigned = {name: value for name, value in report.items() if name not in ("sig", "age_ms")}
    # Whatever name it gives itself: the certificate says whose facts these are.
    return unsigned | {"id": hostname, "via": "puppet"}, _age(fact.get("age_seconds"))


def _age(seconds):
    fit = type(seconds) is int and 0 <= seconds <= MAX_AGE_SECONDS
    return timedelta(seconds=seconds if fit else 0)


def _wrong(why):
    return f"fact {FACT}: {why}; see docs/puppet.md"
