"""The API does what its OpenAPI document says, whatever is sent to it: tried by schemathesis."""

import gzip
import json
from collections import Counter

import pytest
import schemathesis
from flask_migrate import stamp
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from cmdb_api.extensions import db
from cmdb_api.services.access import tokens
from tests import reports
from tests.served import served

DOCUMENT = "/api/v1/openapi.json"
# It is not revoked by chance.
ID = 2**31 - 2
# These do to others, or to the run itself, what no run by chance should; tests of their own do.
LEFT_OUT = ("/api/v1/subscriptions/{number}/test", "/api/v1/tokens/{number}")
# Settled line by line, with 200, whatever a line holds.
BY_LINE = "/api/v1/reports"
MASTER = {
    "data-centres": {"name": "FRA1"},
    "rooms": {"name": "Room 2", "data_centre": "FRA1"},
    "racks": {"name": "A12", "data_centre": "FRA1", "room": "Room 2"},
    "environments": {"name": "production"},
    "business-units": {"name": "Online shop"},
    "suppliers": {"name": "Example Ltd"},
    "services": {"name": "web shop"},
    "contacts": {"name": "Team Web"},
}
# What a run must have reached of what needs data: else it shows nothing.
REACHED = (
    *("GET /api/v1/assets/{hostname}", "POST /api/v1/assets"),
    *("GET /api/v1/racks/{number}/elevation", "GET /api/v1/racks/{number}"),
    *("GET /api/v1/findings/{number}", "GET /api/v1/assets/{hostname}/changes"),
    *("GET /api/v1/exports/assets.xlsx", "GET /api/v1/search"),
    *("POST /api/v1/accounts", "POST /api/v1/subscriptions", "POST /api/v1/saved-queries"),
)


@schemathesis.serializer("application/x-ndjson")
def lines(_, value):
    """Send what is generated for NDJSON as it is."""
    text = value if isinstance(value, (str, bytes)) else json.dumps(value)
    return text.encode() if isinstance(text, str) else text


@schemathesis.check
def only_named_statuses(_, response, case):
    """Every status is named by itself: "default" is not for what we know."""
    if case.method.upper() == case.operation.method.upper() and response.status_code != 405:
        assert str(response.status_code) in case.operation.responses.status_codes, response.text


@pytest.fixture
def headers(app):
    """Return the headers of an admin; /healthz finds the database as a migration leaves it."""
    with app.app_context():
        stamp()
        token, text = tokens.create(db.session, name="anna", scope="admin")
        token.id = ID
        db.session.commit()
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def fleet(client, headers):
    """Register and report what the examples of the document name, so that requests find it."""
    for path, given in {**MASTER, "assets": {"hostname": "web01", "rack": "A12"}}.items():
        answer = client.post(f"/api/v1/{path}", json=given, headers=headers)
        assert answer.status_code == 201, answer.text
    for serial in ("EXAMPLE-0000", "EXAMPLE-0001"):
        for host in ("web01", "web02"):
            disk = {"slot": "0:1:3", "serial": serial, "size_bytes": 960197124096}
            sections = {"disk": [disk], "psu": {"status": "error", "error": "x"}}
            _report(client, reports.make_report(host, sections))


def _report(client, report):
    body = gzip.compress(json.dumps(report).encode())
    more = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert client.post("/api/v1/reports", data=body, headers=more).status_code == 200


@pytest.fixture
def address(app, fleet):
    """Serve the app, and return its address."""
    with served(app) as address:
        yield address


@pytest.fixture
def run(address, headers):
    """Return a function that tries the API; it gives the statuses of each operation."""

    def run(phases, examples):
        config = SchemathesisConfig.from_dict(
            {
                "headers": headers,
                "continue-on-failure": True,
                # The same requests each time; the first failure of an operation is not enough.
                "generation": {
                    "deterministic": True,
                    "max-examples": examples,
                    "database": "none",
                    "no-shrink": True,
                },
                "phases": {
                    name: {"enabled": name in phases}
                    for name in ("examples", "coverage", "fuzzing", "stateful")
                },
                # What is well-formed may still name what is not there.
                "checks": {"positive_data_acceptance": {"enabled": False}},
            }
        )
        schema = schemathesis.openapi.from_url(f"{address}{DOCUMENT}", config=config)
        for path in LEFT_OUT:
            schema = schema.exclude(path=path)
        return _tried(schema)

    return run


def _tried(schema):
    """Return {operation: Counter of statuses}; fails with what is not as the document says."""
    statuses, faults = {}, {}
    for event in from_schema(schema).execute():
        if isinstance(event, (events.NonFatalError, events.FatalError)):
            faults[str(event)] = str(getattr(event, "value", getattr(event, "exception", "")))
        elif isinstance(event, events.ScenarioFinished):
            for interaction in event.recorder.interactions.values():
                if interaction.response is not None:
                    of = statuses.setdefault(event.recorder.label, Counter())
                    of[interaction.response.status_code] += 1
            faults |= _faults(event.recorder)
    assert not faults, "\n\n".join(f"{where}: {told}" for where, told in list(faults.items())[:20])
    return statuses


def _faults(recorder):
    """Return the faults of one operation, each once."""
    faults = {}
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is None or _is_meant(recorder.label, check):
                continue
            failure = check.failure_info.failure
            told = f"{failure.message[:1000]}\n{check.failure_info.code_sample[:1000]}"
            faults.setdefault(f"{recorder.label}: {check.name}", told)
    return faults


def _is_meant(label, check):
    """Tell whether what schemathesis takes for a fault is meant to be so."""
    if check.name != "negative_data_rejection":
        return False
    # Blanks at the ends of a text are passed over, also new lines; a blank day takes one away.
    message = check.failure_info.failure.message
    return label.endswith(BY_LINE) or "'date' format" in message or "`pattern`" in message


@pytest.mark.parametrize("make_database", ["sqlite"], indirect=True)
def test_what_the_document_shows_and_some_more_is_answered_as_it_says(run, client, headers):
    statuses = run(("examples", "fuzzing"), examples=1)
    assert _taken(statuses) >= {"GET /api/v1/assets", "GET /api/v1/racks", "GET /api/v1/changes"}
    assert client.get("/api/v1/accounts/me", headers=headers).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("make_database", ["postgres"], indirect=True)
def test_whatever_is_sent_is_answered_as_the_document_says(run, client, headers):
    statuses = run(("examples", "coverage"), examples=1)
    assert _taken(statuses) >= set(REACHED)
    assert client.get("/api/v1/accounts/me", headers=headers).status_code == 200


def _taken(statuses):
    """Return the operations that took a request."""
    return {name for name, of in statuses.items() if any(status < 300 for status in of)}
