"""Passwords can't be tried without end, by nobody from nowhere."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from cmdb_api.models import AuditEntry
from cmdb_api.models.types import now
from cmdb_api.services.access import audit, throttling
from tests.api import people
from tests.api.people import PASSWORD, on_sqlite

SESSIONS = "/api/v1/sessions"
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def failed(session):
    """Return a function that lets so many logins of a name from an address have failed."""

    def failed(count, name, address, ago=timedelta(minutes=1)):
        more = {"action": audit.LOGIN_FAILED, "what": f"POST {SESSIONS}", "status": 401}
        row = {"at": now() - ago, "address": address, "subject": name} | more
        session.add_all([AuditEntry(**row) for _ in range(count)])
        session.commit()

    return failed


@pytest.fixture
def log_in(app, make_client):
    """Return a function that tries to log in from an address and gives the answer."""
    people.add(make_client("admin"), "anna")

    def log_in(name, password=PASSWORD, address=HERE, **headers):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        given = {"name": name, "password": password}
        return client.post(SESSIONS, json=given, headers=headers)

    return log_in


def test_the_sixth_try_of_a_name_from_an_address_waits(log_in):
    tries = [log_in("Anna", "wrong").status_code for _ in range(6)]
    assert tries == [401] * 5 + [429]
    answer = log_in("anna")
    assert answer.status_code == 429
    assert 800 < int(answer.headers["Retry-After"]) <= 900
    assert answer.json["error"]["code"] == "too_many"
    assert "15 minutes" in answer.json["error"]["message"]
    assert log_in("anna", address=THERE).status_code == 201


@on_sqlite
def test_what_waits_is_not_counted(log_in, session):
    for _ in range(8):
        log_in("anna", "wrong")
    assert len(session.scalars(select(AuditEntry).filter_by(action="login_failed")).all()) == 5


def test_later_it_is_taken_again(log_in, session):
    for _ in range(6):
        log_in("anna", "wrong")
    for entry in session.scalars(select(AuditEntry).filter_by(action="login_failed")):
        session.execute(
            update(AuditEntry)
            .where(AuditEntry.id == entry.id)
            .values(at=entry.at - throttling.WINDOW)
        )
    session.commit()
    assert log_in("anna").status_code == 201


def test_an_address_waits_whatever_names_it_tries(log_in, failed):
    for number in range(19):
        failed(1, f"name{number}", HERE)
    assert log_in("other", "wrong").status_code == 401
    assert log_in("anna").status_code == 429
    assert log_in("anna", address=THERE).status_code == 201


def test_a_name_waits_wherever_it_is_tried_from(log_in, failed):
    for number in range(49):
        failed(1, "anna", f"198.51.100.{number}")
    assert log_in("anna", "wrong").status_code == 401
    assert log_in("anna").status_code == 429


@on_sqlite
def test_a_success_lets_nobody_try_again(log_in):
    for _ in range(4):
        log_in("anna", "wrong")
    assert log_in("anna").status_code == 201
    assert log_in("anna", "wrong").status_code == 401
    assert log_in("anna").status_code == 429


@on_sqlite
def test_names_that_are_nobodys_wait_as_well(log_in):
    assert [log_in("nobody").status_code for _ in range(6)] == [401] * 5 + [429]


def test_whoever_has_one_address_of_ipv6_has_its_network(log_in, failed):
    for number in range(20):
        failed(1, f"name{number}", f"2001:db8:0:1::{number:x}")
    assert log_in("anna", address="2001:db8::1:ffff:0:0:1").status_code == 429
    assert log_in("anna", address="2001:db8:0:2::1").status_code == 201


def test_many_at_once_are_counted_one_by_one(log_in, at_once, session):
    tries = [lambda: log_in("anna", "wrong").status_code for _ in range(8)]
    answers = at_once(*tries)
    assert sorted(answers) == [401] * 5 + [429] * 3


@on_sqlite
def test_forwarded_addresses_are_believed_of_known_proxies_only(log_in, session):
    log_in("anna", "wrong", **{"X-Forwarded-For": THERE})
    assert session.scalar(select(AuditEntry.address).filter_by(action="login_failed")) == HERE


@on_sqlite
@pytest.mark.parametrize(("proxies", "seen"), [(1, "192.0.2.9"), (2, "192.0.2.8")])
def test_behind_proxies_the_address_is_what_the_first_known_one_says(
    make_app, database_url, session, proxies, seen
):
    app = make_app(database_url, TRUSTED_PROXIES=proxies)
    forged = {"X-Forwarded-For": "203.0.113.1, 192.0.2.8, 192.0.2.9"}
    given = {"name": "anna", "password": "wrong"}
    app.test_client().post(SESSIONS, json=given, headers=forged)
    assert session.scalar(select(AuditEntry.address).filter_by(action="login_failed")) == seen
