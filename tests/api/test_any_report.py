"""Whatever stands in a report, it is taken or refused with a reason; nothing breaks."""

import itertools
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb_api.errors import CMDBError, Malformed
from cmdb_api.schemas import report as schema
from cmdb_api.services import canonical, documents
from cmdb_api.services.history import state_at
from cmdb_api.services.ingest import ingest
from tests.reports import MASTER_SECRET, make_report

_hosts = (f"any{number}" for number in itertools.count(1))

text = st.text(max_size=20) | st.sampled_from(["\0", "\ud800", "ä" * 600, "[", "a/24"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
)
plain = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3)
)
names = st.sampled_from(["slot", "serial", "mac", "ipv4", "size_bytes", "model"]) | text
items = st.dictionaries(names, plain, max_size=5) | plain
sections = st.fixed_dictionaries(
    {"status": st.just("ok")},
    optional={
        "items": st.lists(items, max_size=4),
        "key": st.lists(names, min_size=1, max_size=2) | plain,
        "serial": names | plain,
        "bulk": st.booleans(),
        "volatile": st.dictionaries(text, items, max_size=2) | plain,
        "problems": st.lists(plain, max_size=2) | plain,
    },
) | st.fixed_dictionaries(
    {"status": st.sampled_from(["unavailable", "error", "disabled"])},
    optional={"reason": text, "error": text, "traceback": text, "problems": st.lists(text)},
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "via": text,
        "version": text,
        "identity": st.dictionaries(st.sampled_from(["hostname", "macs", "x\0"]), plain),
        "age_ms": st.integers() | plain,
        "other": plain,
    },
)


def with_digest(section):
    try:
        return section | {"digest": canonical.digest(section["items"], section["key"])}
    except (KeyError, TypeError, AttributeError):
        return section | {"digest": "0" * 64}


def outcome(session, app, report):
    """Take a report as the view does; a refusal is an outcome like another."""
    try:
        document, repeated = documents.parse(json.dumps(report).encode())
        envelope = schema.load(document, repeated)
        result = ingest(session, envelope, datetime.now(UTC), app.config)
        session.commit()
        return result.result
    except CMDBError as error:
        session.rollback()
        assert error.message
        json.dumps(error.as_dict())
        return "refused"


def check(session, app, given_sections, envelope):
    host, results = next(_hosts), []
    for number, section in enumerate(given_sections):
        report = make_report(host, {"gadget": with_digest(section)}) | envelope
        # Whole, then once more as another report: what was stored is not in its way.
        for again in "ab":
            report |= {"report_id": f"report-{number}{again}"}
            key = canonical.host_key(MASTER_SECRET, host)
            report["sig"] = canonical.sign(report, key)
            results.append(outcome(session, app, report))
    assert set(results) <= {"recorded", "unchanged", "incomplete", "refused", "older"}
    return results


def bounded(examples):
    harmless = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=harmless)


@bounded(60)
@given(given_sections=st.lists(sections, max_size=3), envelope=envelopes)
def test_any_sections_and_any_envelope(session, app, given_sections, envelope):
    check(session, app, given_sections, envelope)


@pytest.mark.slow
@bounded(1500)
@given(given_sections=st.lists(sections, max_size=4), envelope=envelopes)
def test_many_of_any_sections_and_any_envelope(session, app, given_sections, envelope):
    check(session, app, given_sections, envelope)


@given(st.binary(max_size=200) | plain.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_document_or_malformed(data):
    try:
        documents.parse(data)
    except Malformed as error:
        assert error.message


@given(st.dictionaries(st.sampled_from(sorted(make_report())), plain))
def test_any_object_is_an_envelope_or_is_told_what_is_wrong(members):
    try:
        schema.load(make_report() | members)
    except CMDBError as error:
        assert error.fields
        assert error.message


def test_a_state_is_rebuilt_though_values_were_set_aside(session, app):
    bad = {"slot": "1", "x": 1.5, "y": 1}
    given_sections = [{"status": "ok", "key": ["slot"], "items": [bad]}]
    assert check(session, app, given_sections, {}) == ["recorded", "unchanged"]
    past = state_at(session, 1, datetime.now(UTC))
    assert past.kinds == {"gadget": {"1": {"slot": "1", "y": 1}}}
