"""People log in and out; a session ends by itself."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from cmdb_api.extensions import db
from cmdb_api.models import Account, Token
from cmdb_api.models.types import now
from cmdb_api.services.access import accounts
from tests.api import people
from tests.api.people import PASSWORD, on_sqlite

SESSIONS = "/api/v1/sessions"
ASSETS = "/api/v1/assets"


@pytest.fixture
def admin(make_client):
    """Return a client whose token may do everything."""
    return make_client("admin", name="root token")


@pytest.fixture
def anna(app, admin):
    """Return a client of a session of anna's, who is an operator."""
    people.add(admin)
    return people.log_in(app)


@pytest.fixture
def log_in(app):
    """Return a function that logs in and gives a client of the session."""
    return partial(people.log_in, app)


def test_a_login_gives_a_token_once(admin, client, session):
    people.add(admin)
    answer = client.post(SESSIONS, json={"name": "Anna", "password": PASSWORD})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json["account"], answer.json["scope"]) == ("anna", "write")
    hashes = session.scalars(select(Token.hash)).all()
    assert answer.json["token"] not in hashes
    assert session.scalar(select(Account.last_login_at)) is not None


@on_sqlite
def test_a_wrong_password_and_an_unknown_name_are_told_alike(admin, client):
    people.add(admin)
    admin.post("/api/v1/accounts", json={"name": "oidc", "role": "viewer"})
    given = [("anna", "wrong"), ("nobody", PASSWORD), ("oidc", ""), ("oidc", PASSWORD)]
    answers = [client.post(SESSIONS, json={"name": n, "password": p}) for n, p in given]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


@on_sqlite
def test_what_a_session_changes_is_recorded_under_the_name_of_its_account(anna):
    assert anna.post(ASSETS, json={"hostname": "web01"}).status_code == 201
    assert anna.get("/api/v1/changes").json["items"][0]["actor"] == "anna"


def test_who_logs_out_is_out(anna):
    assert anna.delete(f"{SESSIONS}/current").status_code == 204
    assert anna.get(ASSETS).status_code == 401


def test_a_session_ends_by_itself(anna, session):
    in_hours = session.scalar(select(Token.expires_at).where(Token.kind == "session")) - now()
    assert timedelta(hours=11) < in_hours < timedelta(hours=12)
    session.execute(update(Token).where(Token.kind == "session").values(expires_at=now()))
    session.commit()
    answer = anna.get(ASSETS)
    assert answer.status_code == 401
    assert answer.json["error"]["message"] == "this session has expired"


@pytest.mark.parametrize(("minutes", "status"), [(119, 200), (121, 401)])
def test_a_session_that_is_not_used_ends(anna, session, minutes, status):
    long_ago = now() - timedelta(minutes=minutes)
    session.execute(update(Token).values(created_at=long_ago, last_used_at=long_ago))
    session.commit()
    assert anna.get(ASSETS).status_code == status


@on_sqlite
def test_a_token_of_a_program_is_not_idle(reader, session):
    long_ago = now() - timedelta(days=400)
    session.execute(update(Token).values(created_at=long_ago, last_used_at=long_ago))
    session.commit()
    assert reader.get(ASSETS).status_code == 200


@on_sqlite
def test_where_the_setting_is_0_a_session_is_never_idle(make_app, database_url):
    app = make_app(database_url, SESSION_IDLE_MINUTES=0, SESSION_HOURS=1)
    with app.app_context():
        accounts.add(db.session, {"name": "anna", "role": "viewer", "password": PASSWORD})
        db.session.commit()
    anna = people.log_in(app)
    with app.app_context():
        db.session.execute(update(Token).values(last_used_at=now() - timedelta(days=9)))
        db.session.commit()
    assert anna.get(ASSETS).status_code == 200


def test_people_see_and_end_their_own_sessions(app, admin, anna, log_in):
    people.add(admin, "bert")
    bert, other = log_in("bert"), log_in()
    found = anna.get(SESSIONS).json["items"]
    assert [each["account"] for each in found] == ["anna", "anna"]
    assert [each["current"] for each in found] == [True, False]
    (of_bert,) = bert.get(SESSIONS).json["items"]
    assert anna.delete(f"{SESSIONS}/{of_bert['id']}").status_code == 404
    assert anna.delete(f"{SESSIONS}/{found[1]['id']}").status_code == 204
    assert other.get(ASSETS).status_code == 401
    # To ask for all is for admins.
    assert len(anna.get(f"{SESSIONS}?all=true").json["items"]) == 1
    assert len(admin.get(f"{SESSIONS}?all=true").json["items"]) == 2
    assert admin.delete(f"{SESSIONS}/{of_bert['id']}").status_code == 204
    assert bert.get(ASSETS).status_code == 401


@on_sqlite
def test_a_token_of_a_program_is_no_session(admin, anna):
    number = admin.get("/api/v1/accounts/me").json["token_id"]
    assert admin.delete(f"{SESSIONS}/{number}").status_code == 404
    assert admin.delete(f"{SESSIONS}/current").status_code == 404
    assert anna.delete(f"{SESSIONS}/99999999999999999999").status_code == 404


def test_sessions_that_are_over_go_with_the_next_login(anna, session, log_in):
    session.execute(update(Token).where(Token.kind == "session").values(expires_at=now()))
    session.commit()
    log_in()
    assert len(session.scalars(select(Token).where(Token.kind == "session")).all()) == 1


@on_sqlite
def test_what_is_no_login_is_refused_and_told(client):
    for given in (
        *({}, {"name": "anna"}, {"name": "anna", "password": None}),
        *({"name": ["anna"], "password": "x"}, {"name": "a" * 300, "password": "x"}),
        *({"name": "anna", "password": "x" * 2000}, {"name": "a", "password": "x", "more": 1}),
    ):
        answer = client.post(SESSIONS, json=given)
        assert answer.status_code == 422
        assert answer.json["error"]["fields"]
