"""Any sequence of a host's reports, late and doubled ones too: every past state is rebuilt."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb_api.schemas import report as schema
from cmdb_api.services import canonical
from cmdb_api.services.history import state_at
from cmdb_api.services.ingest import ingest
from cmdb_api.services.locking import find
from tests.reports import digest_only, make_report, section

START = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = [["slot"], ["name"], ["slot", "name"]]
LAST = 30

_hosts = (f"host{number}" for number in itertools.count(1))

values = st.sampled_from([0, 1, True, False, "", "1", "ä", ["x"], ["x", "y"], -(2**63)])
items = st.fixed_dictionaries(
    {"slot": st.sampled_from("abc"), "name": st.sampled_from("abc")},
    optional={"model": values, "serial": st.sampled_from("ST"), "extra": values, "note": st.none()},
)


@st.composite
def whole_sections(draw):
    key = draw(st.sampled_from(KEYS))
    some = draw(st.lists(items, max_size=4, unique_by=lambda item: canonical.place(item, key)))
    serial = draw(st.sampled_from([{}, {"serial": "serial"}]))
    return section(some, key, **serial, **draw(st.sampled_from([{}, {}, {"bulk": True}])))


failed_sections = st.sampled_from(
    [
        {"status": "unavailable", "reason": "no such tool"},
        {"status": "error", "error": "ParseError: x", "traceback": "..."},
        {"status": "disabled"},
    ]
)
some_sections = st.dictionaries(
    st.sampled_from(["gadget", "widget"]),
    st.one_of(
        whole_sections(), whole_sections(), failed_sections, whole_sections().map(digest_only)
    ),
)
# When it was collected, what it says, and which report before it arrives once more after it.
steps = st.tuples(st.integers(0, LAST), some_sections, st.none() | st.integers(0, 5))


class Model:
    """What should be known: for each kind the states that were taken, in order."""

    def __init__(self):
        self.outcomes, self.taken, self.ids = {}, {}, []

    def take(self, report, at):
        if report["report_id"] in self.ids[-32:]:
            return "duplicate"
        sections = report["sections"]
        fresh = {kind for kind, one in sections.items() if self._is_fresh(kind, one, at)}
        newest = {kind for kind in sections if at >= self.outcomes.get(kind, 0)}
        wanted = [k for k in fresh if "items" not in sections[k] and not self._has(k, sections[k])]
        if wanted:
            return "incomplete"
        if sections and not fresh and not newest:
            return "older"
        for kind in newest:
            self.outcomes[kind] = at
        for kind in fresh:
            old = self.taken.setdefault(kind, [])
            old.append((at, sections[kind] if "items" in sections[kind] else old[-1][1]))
        self.ids.append(report["report_id"])
        return "taken"

    def _is_fresh(self, kind, one, at):
        return one["status"] == "ok" and (kind not in self.taken or at >= self.taken[kind][-1][0])

    def _has(self, kind, one):
        return kind in self.taken and self.taken[kind][-1][1]["digest"] == one["digest"]

    def state_at(self, moment):
        """Return {kind: {place: item}}: of each kind what was taken last, up to this moment."""
        return {
            kind: state(earlier[-1][1])
            for kind, taken in self.taken.items()
            if (earlier := [one for one in taken if one[0] <= moment])
        }


def state(one):
    return {
        canonical.place(item, one["key"]): {f: v for f, v in item.items() if v is not None}
        for item in one["items"]
    }


def deliver(session, app, report, at, number):
    """Let a report arrive that was collected at this moment; return what became of it."""
    received = START + timedelta(seconds=LAST + number)
    report = report | {"age_ms": (LAST + number - at) * 1000}
    result = ingest(session, schema.load(report), received, app.config).result
    if result in ("recorded", "unchanged"):
        session.commit()
        return "taken"
    session.rollback()
    return result


def check(session, app, given_steps):
    host, model, sent, number = next(_hosts), Model(), [], itertools.count(1)
    for at, sections, again in given_steps:
        sent.append((make_report(host, sections), at))
        repeated = [sent[again]] if again is not None and again < len(sent) else []
        for report, moment in [sent[-1], *repeated]:
            got = deliver(session, app, report, moment, next(number))
            assert got == model.take(report, moment)
    asset = find(session, host)
    session.rollback()
    if asset is None:
        assert model.ids == []
        return
    for moment in range(-1, LAST + 1):
        past = state_at(session, asset.asset_id, START + timedelta(seconds=moment))
        assert canonical.dumps(past.kinds) == canonical.dumps(model.state_at(moment))
        assert set(past.unknown) == model.taken.keys() - past.kinds.keys()
    session.rollback()


def bounded(examples):
    """The fixtures of one test serve all of its examples: each is another host."""
    harmless = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=harmless)


@bounded(40)
@given(given_steps=st.lists(steps, max_size=8))
def test_recorded_changes_rebuild_every_past_state(session, app, given_steps):
    check(session, app, given_steps)


@pytest.mark.slow
@bounded(600)
@given(given_steps=st.lists(steps, max_size=16))
def test_recorded_changes_rebuild_every_past_state_of_long_sequences(session, app, given_steps):
    check(session, app, given_steps)
