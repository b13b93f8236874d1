"""Who may ask: tokens, their scopes, their end."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from cmdb_api.models import Token
from cmdb_api.models.types import now
from cmdb_api.services.access import tokens

ASSETS = "/api/v1/assets"


def error(answer):
    return answer.json["error"]


def test_without_a_token_nothing_is_told(client):
    answer = client.get(ASSETS)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="cmdb"'
    assert "Authorization: Bearer TOKEN" in error(answer)["message"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer  ", "Bearer wrong", "Basic YTpi", "Bearer \xff\xfe"]
)
def test_what_is_no_token_is_refused(client, header):
    answer = client.get(ASSETS, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="cmdb"')


def test_the_scheme_is_read_in_any_case(client, make_token):
    answer = client.get(ASSETS, headers={"Authorization": f"bearer {make_token()}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("scope", "reads", "writes"),
    [("relay", 403, 403), ("read", 200, 403), ("write", 200, 201), ("admin", 200, 201)],
)
def test_a_scope_includes_the_lesser_ones(make_client, scope, reads, writes):
    client = make_client(scope)
    assert client.get(ASSETS).status_code == reads
    answer = client.post(ASSETS, json={"hostname": "web01"})
    assert answer.status_code == writes
    if writes == 403:
        assert error(answer)["message"] == f"this needs a token of scope write; yours has {scope}"


def test_who_may_not_write_is_told_so_before_the_body_is_read(reader):
    assert reader.post(ASSETS, data="nonsense").status_code == 403


def test_an_expired_token_is_refused(make_client, session):
    client = make_client("read", lasts=timedelta(hours=1))
    assert client.get(ASSETS).status_code == 200
    session.execute(update(Token).values(expires_at=now()))
    session.commit()
    answer = client.get(ASSETS)
    assert answer.status_code == 401
    assert error(answer)["message"] == "this token has expired"


def test_a_revoked_token_is_refused(make_client, session):
    client = make_client("read")
    tokens.revoke(session, tokens.every(session)[0].id)
    session.commit()
    assert client.get(ASSETS).status_code == 401


def test_only_the_hash_is_stored(make_token, session):
    text = make_token()
    stored = tokens.every(session)[0]
    assert text.startswith("cmdb_")
    assert len(text) > 40
    assert text not in {str(value) for value in vars(stored).values()}


def test_use_is_noted_once_a_minute(reader, session):
    def noted():
        session.expire_all()
        moment = tokens.every(session)[0].last_used_at
        session.rollback()
        return moment

    reader.get(ASSETS)
    first = noted()
    reader.get(ASSETS)
    assert first is not None
    assert noted() == first
    session.execute(update(Token).values(last_used_at=first - timedelta(minutes=2)))
    session.commit()
    reader.get(ASSETS)
    assert noted() > first
