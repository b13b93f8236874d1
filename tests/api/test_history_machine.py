"""Any sequence of reports, edits, other names and prunings: the past is told as it was, by HTTP."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from cmdb_api.extensions import db
from cmdb_api.models import Retention
from cmdb_api.services import retention
from tests.api.test_sequences import Model, some_sections
from tests.reports import make_report

HOURS = 24
HOUR = timedelta(hours=1)
TAKEN = ("recorded", "unchanged")
# What people declare here, and what of it is nothing.
EMPTY = {"comment": None, "inventory_number": None, "tags": [], "aliases": []}

_hosts = (f"machine{number}" for number in itertools.count(1))
edits = st.fixed_dictionaries(
    {},
    optional={
        "comment": st.sampled_from(["one", "two", None]),
        "inventory_number": st.sampled_from(["IT-1", None]),
        "tags": st.sampled_from([[], ["a"], ["a", "b"]]),
    },
)


class History(RuleBasedStateMachine):
    """One host, and what should be known of it."""

    def __init__(self, app, client):
        super().__init__()
        self.app, self.client = app, client
        self.host = next(_hosts)
        self.start = datetime.now(UTC) - (HOURS + 1) * HOUR
        # Each hour is that of one report at most: so none depends on how long a request takes.
        self.model, self.hours, self.sent = Model(), set(), []
        self.created_at = self.horizon = None
        # What was declared, as it was at these times.
        self.declared, self.told = dict(EMPTY), []
        with app.app_context():
            db.session.query(Retention).delete()
            db.session.commit()

    @property
    def path(self):
        return f"/api/v1/assets/{self.host}"

    def send(self, hour, report):
        age = datetime.now(UTC) - self.start - hour * HOUR
        report = report | {"age_ms": age // timedelta(milliseconds=1)}
        result = self.client.post("/api/v1/reports", json=report).json["result"]
        assert ("taken" if result in TAKEN else result) == self.model.take(report, hour)
        if result in TAKEN:
            self._exists()

    def _exists(self):
        self.created_at = self.created_at or datetime.now(UTC)

    @rule(hour=st.integers(0, HOURS), sections=some_sections)
    def report(self, hour, sections):
        """A report arrives, in time or late."""
        if hour not in self.hours:
            self.hours.add(hour)
            self.sent.append((hour, make_report(self.host, sections, identity={})))
            self.send(*self.sent[-1])

    @precondition(lambda self: self.sent)
    @rule(number=st.integers(0, 5))
    def report_again(self, number):
        """A report arrives once more."""
        hour, report = self.sent[-1 - number % len(self.sent)]
        if report["report_id"] in self.model.ids:
            self.send(hour, report)

    @rule(given=edits)
    def edit(self, given):
        """A person edits the asset, or registers it."""
        if self.created_at is None:
            answer = self.client.post("/api/v1/assets", json={"hostname": self.host} | given)
        else:
            answer = self.client.patch(self.path, json=given)
        assert answer.status_code in (200, 201), answer.text
        self._declared(given)

    @precondition(lambda self: self.created_at)
    @rule(name=st.sampled_from(["first", "second"]))
    def alias(self, name):
        """A person gives the asset another name, or takes it away."""
        name = f"{self.host}-{name}"
        known = name in self.declared["aliases"]
        ask = self.client.delete if known else self.client.put
        assert ask(f"{self.path}/aliases/{name}").status_code in (200, 201, 204)
        self._declared({"aliases": sorted({*self.declared["aliases"]} ^ {name})})

    def _declared(self, given):
        self._exists()
        self.declared |= given
        self.told.append((datetime.now(UTC), dict(self.declared)))

    @rule(hour=st.integers(0, HOURS))
    def prune(self, hour):
        """Changes that are older go."""
        before = self.start + (hour + 0.25) * HOUR
        with self.app.app_context():
            retention.move_horizon(db.session, before)
            while retention.prune(db.session, before):
                db.session.commit()
            db.session.commit()
        self.horizon = max(before, self.horizon or before)

    @rule(hour=st.integers(-1, HOURS))
    def look(self, hour):
        """The past is as it was, at an hour and when the newest edit was made."""
        self.check(self.start + (hour + 0.5) * HOUR, EMPTY)
        for when, declared in self.told[-1:]:
            self.check(when, declared)

    def check(self, when, declared):
        answer = self.client.get(self.path, query_string={"at": when.isoformat()})
        if self.created_at is None:
            assert answer.status_code == 404
            return
        if fault := self._fault(when):
            assert answer.status_code == 422
            assert fault in answer.json["error"]["fields"]["at"][0]
            return
        assert answer.status_code == 200, answer.text
        kinds = self.model.state_at((when - self.start) / HOUR)
        told = {
            kind: {row["place"]: row["fields"] for row in rows}
            for kind, rows in answer.json["components"].items()
        }
        assert told == kinds
        assert self.model.taken.keys() - kinds.keys() <= {*answer.json["unknown"]}
        assert {name: answer.json[name] for name in EMPTY} == declared

    def _fault(self, when):
        if self.horizon and when < self.horizon:
            return "history is kept since"
        hours = [taken[0][0] for taken in self.model.taken.values()]
        first = min([self.created_at, *(self.start + hour * HOUR for hour in hours)])
        return "was not known then" if when < first else None

    def teardown(self):
        for hour in range(-1, HOURS + 1, 3):
            self.check(self.start + (hour + 0.5) * HOUR, EMPTY)
        for when, declared in self.told:
            self.check(when, declared)


def run(app, client, examples, steps):
    harmless = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    bounded = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=harmless,
    )
    run_state_machine_as_test(lambda: History(app, client), settings=bounded)


def test_the_past_is_told_as_it_was(app, writer):
    run(app, writer, 12, 12)


@pytest.mark.slow
def test_the_past_of_long_sequences_is_told_as_it_was(app, writer):
    run(app, writer, 100, 40)
