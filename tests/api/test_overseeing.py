"""What an admin should know of the installation: how much there is, what does not work."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from cmdb_api.models import Asset, Delivery, Outbox, Retention, Subscription
from cmdb_api.models.access import PROGRAM, SESSION
from cmdb_api.models.types import now
from cmdb_api.services import overseeing
from cmdb_api.services.access import accounts, issuing, tokens
from tests.api import people
from tests.console.test_queries import counted

DAY = timedelta(days=1)


def test_what_admins_look_after_is_counted(session):
    moment = now()
    for name, more in {
        "anna": {"role": "admin", "password": people.PASSWORD},
        "ines": {"role": "admin", "oidc_subject": "https://id.example.com 1"},
        # These can't log in as admins: no way in, not enabled, not an admin.
        "nobody": {"role": "admin"},
        "gone": {"role": "admin", "password": people.PASSWORD, "enabled": False},
        "olga": {"role": "operator", "password": people.PASSWORD},
    }.items():
        accounts.add(session, {"name": name} | more)
    for kind, lasts in (
        *((PROGRAM, None), (PROGRAM, DAY), (PROGRAM, 30 * DAY), (PROGRAM, -DAY)),
        *((SESSION, DAY), (SESSION, -DAY)),
    ):
        tokens.create(session, name="robot", scope="read", kind=kind, lasts=lasts)
    session.commit()
    told = overseeing.counts(session, moment)
    wanted = {"assets": 0, "accounts": 5, "admins": 2, "disabled": 1, "sessions": 1, "dead": 0}
    wanted |= {"tokens": 4, "expired": 1, "expiring": 1, "subscriptions": 0, "failing": 0}
    assert told == wanted


def test_what_webhooks_failed_at_is_counted(session, admin):
    for name in ("failing", "paused", "well"):
        given = {"name": name, "type": "stream"}
        assert admin.post("/api/v1/subscriptions", json=given).status_code == 201
    assert admin.post("/api/v1/assets", json={"hostname": "web01"}).status_code == 201
    rows = {row.name: row for row in session.scalars(select(Subscription))}
    rows["failing"].failing_since = rows["paused"].failing_since = now()
    rows["paused"].enabled = False
    event, asset = session.scalars(select(Outbox)).first(), session.scalars(select(Asset)).one()
    told = {"subscription_id": rows["failing"].id, "asset_id": asset.id}
    dead = {"outbox_id": event.id, "status": "dead", "attempts": 9}
    session.execute(insert(Delivery).values(**told, **dead))
    session.commit()
    counted = overseeing.counts(session, now())
    assert {name: counted[name] for name in ("assets", "subscriptions", "failing", "dead")} == {
        **{"assets": 1, "subscriptions": 3, "failing": 1, "dead": 1}
    }


def test_a_worker_that_hands_nothing_out_is_late(session, admin):
    nothing = {"waits_seconds": 0, "worker_is_late": False, "pruned_at": None}
    assert overseeing.state(session, now()) == nothing
    admin.post("/api/v1/subscriptions", json={"name": "chat", "type": "stream"})
    admin.post("/api/v1/assets", json={"hostname": "web01"})
    session.rollback()
    assert overseeing.state(session, now())["worker_is_late"] is False
    late = overseeing.state(session, now() + timedelta(seconds=301))
    assert late["worker_is_late"] is True
    assert late["waits_seconds"] >= 301


def test_the_last_pruning_is_told(session):
    at = now()
    session.add(Retention(id=1, pruned_before=at - DAY, pruned_at=at))
    session.commit()
    assert overseeing.state(session, now())["pruned_at"] == at


def test_the_database_is_told_of(session):
    told = overseeing.database(session)
    dialect = session.get_bind().dialect.name
    assert told["name"].lower() == dialect
    assert told["version"][0].isdigit()
    assert told["size_bytes"] > 10_000


def test_a_page_of_tokens_names_each_owner_and_the_next_page_goes_on(app, session):
    owners = [accounts.add(session, {"name": n, "role": "operator"}) for n in ("anna", "olga")]
    for number in range(5):
        account = {"account_id": owners[number % 2].id} if number < 4 else {}
        tokens.create(session, name=f"t{number}", scope="read", **account)
    tokens.create(session, name="a session", scope="read", kind=SESSION)
    session.commit()
    with counted(app) as asked:
        first = issuing.page(session, limit=3)
    assert len(asked) <= 3
    assert [(row["name"], row["account"]) for row in first["items"]] == [
        *(("t0", "anna"), ("t1", "olga"), ("t2", "anna"))
    ]
    second = issuing.page(session, limit=3, cursor=first["next_cursor"])
    assert [(row["name"], row["account"]) for row in second["items"]] == [
        *(("t3", "olga"), ("t4", None))
    ]
    assert second["next_cursor"] is None


@pytest.fixture
def admin(make_client):
    return make_client("admin")
