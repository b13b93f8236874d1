"""Who may ask: tokens, their scopes, their end."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from cmdb_api.models import Token
from cmdb_api.models.types import now
from cmdb_api.services.access import tokens
from tests.api import people
from tests.api.people import on_sqlite

ASSETS = "/api/v1/assets"
TOKENS = "/api/v1/tokens"


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
def bearing(app):
    """Return a function that gives a client which bears the token of an answer."""

    def bearing(answer):
        assert answer.status_code == 201, answer.text
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {answer.json['token']}"
        return client

    return bearing


def test_an_admin_makes_a_token_that_is_nobodys(admin, bearing):
    given = {"name": "report", "scope": "read", "lasts": "90d"}
    answer = admin.post(TOKENS, json=given)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json["account"], answer.json["created_by"]) == (None, "root token")
    assert answer.json["expires_at"] is not None
    program = bearing(answer)
    assert program.get(ASSETS).status_code == 200
    assert program.get("/api/v1/accounts/me").json["name"] == "report"
    listed = admin.get(TOKENS).json["items"]
    assert [each["name"] for each in listed] == ["root token", "report"]
    assert answer.json["token"] not in admin.get(TOKENS).text
    assert admin.delete(f"{TOKENS}/{answer.json['id']}").status_code == 204
    assert program.get(ASSETS).status_code == 401


def test_people_make_tokens_of_their_own(admin, anna, bearing):
    answer = anna.post(TOKENS, json={"name": "script", "scope": "write"})
    script = bearing(answer)
    assert script.post(ASSETS, json={"hostname": "web01"}).status_code == 201
    assert script.get("/api/v1/changes").json["items"][0]["actor"] == "anna"
    (listed,) = anna.get(TOKENS).json["items"]
    assert (listed["name"], listed["account"], listed["scope"]) == ("script", "anna", "write")
    assert len(admin.get(TOKENS).json["items"]) == 2


@on_sqlite
def test_nobody_makes_a_token_that_may_more_than_they(anna):
    for scope in ("admin", "relay"):
        answer = anna.post(TOKENS, json={"name": "script", "scope": scope})
        assert list(error(answer)["fields"]) == ["scope"]
    answer = anna.post(TOKENS, json={"name": "script", "scope": "read", "own": False})
    assert list(error(answer)["fields"]) == ["own"]


@on_sqlite
def test_a_token_that_is_made_makes_no_others(anna, bearing, make_client):
    given = {"name": "script", "scope": "read"}
    for client in (bearing(anna.post(TOKENS, json=given)), make_client("write")):
        assert client.post(TOKENS, json=given).status_code == 403


def test_ones_own_token_loses_power_with_the_account(admin, anna, bearing):
    script = bearing(anna.post(TOKENS, json={"name": "script", "scope": "write"}))
    (account,) = admin.get("/api/v1/accounts").json["items"]
    place = f"/api/v1/accounts/{account['id']}"
    admin.patch(place, json={"role": "viewer"})
    answer = script.post(ASSETS, json={"hostname": "web01"})
    assert answer.status_code == 403
    assert script.get(ASSETS).status_code == 200
    admin.patch(place, json={"role": "admin"})
    assert script.post(ASSETS, json={"hostname": "web01"}).status_code == 201
    answer = script.get("/api/v1/accounts")
    assert answer.status_code == 403
    assert (
        error(answer)["message"] == "this needs a token of scope admin; this one of anna has write"
    )
    people.add(admin, "bert", role="admin")
    assert admin.patch(place, json={"enabled": False}).status_code == 200
    assert script.get(ASSETS).status_code == 401


def test_others_tokens_are_not_seen_nor_revoked(app, admin, anna):
    people.add(admin, "bert")
    bert = people.log_in(app, "bert")
    number = anna.post(TOKENS, json={"name": "script", "scope": "read"}).json["id"]
    assert bert.get(TOKENS).json["items"] == []
    assert bert.delete(f"{TOKENS}/{number}").status_code == 404
    assert anna.delete(f"{TOKENS}/{number}").status_code == 204
    assert anna.get(TOKENS).json["items"] == []


@on_sqlite
def test_a_token_of_nobodys_can_not_bear_the_name_of_an_account(admin, anna):
    answer = admin.post(TOKENS, json={"name": "Anna", "scope": "read"})
    assert list(error(answer)["fields"]) == ["name"]


def test_a_token_can_be_limited_to_business_units(admin, bearing):
    for name in ("Shop", "Bank"):
        admin.post("/api/v1/business-units", json={"name": name})
        admin.post(ASSETS, json={"hostname": f"{name.lower()}01", "business_unit": name})
    given = {"name": "shop report", "scope": "read", "business_units": ["shop"]}
    shop = bearing(admin.post(TOKENS, json=given))
    assert shop.get("/api/v1/accounts/me").json["business_units"] == ["Shop"]
    assert [each["hostname"] for each in shop.get(ASSETS).json["items"]] == ["shop01"]
    none = bearing(admin.post(TOKENS, json=given | {"business_units": []}))
    assert none.get(ASSETS).json["items"] == []
    for scope in ("admin", "relay"):
        answer = admin.post(TOKENS, json=given | {"scope": scope})
        assert list(error(answer)["fields"]) == ["business_units"]


def test_a_token_sees_no_more_than_its_account(app, admin, bearing):
    for name in ("Shop", "Bank"):
        admin.post("/api/v1/business-units", json={"name": name})
    people.add(admin, limited=True, business_units=["Shop"])
    anna = people.log_in(app)
    script = bearing(anna.post(TOKENS, json={"name": "script", "scope": "read"}))
    assert script.get("/api/v1/accounts/me").json["business_units"] == ["Shop"]
    given = {"name": "script", "scope": "read", "business_units": ["Bank"]}
    answer = anna.post(TOKENS, json=given)
    assert list(error(answer)["fields"]) == ["business_units"]
    (account,) = admin.get("/api/v1/accounts").json["items"]
    admin.patch(f"/api/v1/accounts/{account['id']}", json={"business_units": ["Bank"]})
    assert script.get("/api/v1/accounts/me").json["business_units"] == ["Bank"]


@pytest.fixture
def shop_operator(app, admin):
    """Return a function that gives a client of an operator who is limited to these units."""

    def make(*names):
        for name in ("Shop", "Bank", "Lab"):
            admin.post("/api/v1/business-units", json={"name": name})
        people.add(admin, "olga", limited=True, business_units=list(names))
        return people.log_in(app, "olga")

    return make


def test_who_has_one_business_unit_registers_in_it(shop_operator):
    olga = shop_operator("Shop")
    answer = olga.post(ASSETS, json={"hostname": "web01"})
    assert answer.status_code == 201, answer.text
    assert answer.json["business_unit"] == "Shop"


@on_sqlite
def test_who_has_several_business_units_says_which(shop_operator):
    olga = shop_operator("Shop", "Bank")
    answer = olga.post(ASSETS, json={"hostname": "web01"})
    assert error(answer)["fields"]["business_unit"] == ["say which: one of yours: Bank, Shop"]
    given = {"hostname": "web01", "business_unit": "Bank"}
    assert olga.post(ASSETS, json=given).status_code == 201


@on_sqlite
def test_who_has_no_business_unit_registers_nothing(shop_operator):
    assert shop_operator().post(ASSETS, json={"hostname": "web01"}).status_code == 403


def test_an_asset_stays_in_the_business_units_of_who_writes(shop_operator):
    olga = shop_operator("Shop", "Bank")
    olga.post(ASSETS, json={"hostname": "web01", "business_unit": "Shop"})
    for unit in ("Lab", None, ""):
        answer = olga.patch(f"{ASSETS}/web01", json={"business_unit": unit})
        assert list(error(answer)["fields"]) == ["business_unit"]
    assert olga.get(f"{ASSETS}/web01").json["business_unit"] == "Shop"
    answer = olga.patch(f"{ASSETS}/web01", json={"business_unit": "Bank"})
    assert answer.status_code == 200


def test_a_host_that_only_reported_is_not_taken_by_registering_it(
    shop_operator, post, make_report, admin
):
    post(make_report("web01", {}))
    olga = shop_operator("Shop")
    assert olga.post(ASSETS, json={"hostname": "WEB01"}).status_code == 409
    assert admin.get(f"{ASSETS}/web01").json["business_unit"] is None


@on_sqlite
def test_limited_operators_change_no_master_data_but_tags(shop_operator):
    olga = shop_operator("Shop")
    assert olga.post("/api/v1/racks", json={"name": "A-07"}).status_code == 403
    assert olga.post("/api/v1/tags", json={"name": "blue"}).status_code == 201
