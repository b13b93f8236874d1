"""Accounts: who may do what, and that somebody always may do everything."""

import json
from functools import partial

import pytest
from sqlalchemy import select, update

from cmdb_api.models import Account, Token
from cmdb_api.models.types import now
from cmdb_api.services.access import passwords
from tests.api import people
from tests.api.people import PASSWORD, on_sqlite

ACCOUNTS = "/api/v1/accounts"
SESSIONS = "/api/v1/sessions"


@pytest.fixture
def admin(make_client):
    """Return a client whose token may do everything."""
    return make_client("admin", name="root token")


@pytest.fixture
def add(admin):
    """Return a function that adds an account and gives what is told of it."""
    return partial(people.add, admin)


@pytest.fixture
def log_in(app):
    """Return a function that logs in and gives a client of the session."""
    return partial(people.log_in, app)


def fields(answer):
    assert answer.status_code == 422, answer.text
    return answer.json["error"]["fields"]


def message(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json["error"]["message"]


def test_an_account_is_added_shown_changed_and_removed(admin, add):
    told = add(full_name="Anna Example", email="anna@example.com")
    place = f"{ACCOUNTS}/{told['id']}"
    assert admin.get(place).json == told
    assert (told["role"], told["enabled"], told["limited"]) == ("operator", True, False)
    assert told["has_password"] is True
    answer = admin.patch(place, json={"role": "viewer"}, headers={"If-Match": told["etag"]})
    assert answer.json["role"] == "viewer"
    assert answer.json["etag"] != told["etag"]
    stale = admin.patch(place, json={"role": "admin"}, headers={"If-Match": told["etag"]})
    assert stale.status_code == 412
    assert admin.delete(place).status_code == 204
    assert admin.get(place).status_code == 404


def test_accounts_are_listed_by_name_in_pages(admin, add):
    for name in ("Carl", "anna", "bert"):
        add(name, role="viewer")
    first = admin.get(ACCOUNTS, query_string={"limit": 2}).json
    assert [each["name"] for each in first["items"]] == ["anna", "bert"]
    more = {"limit": 2, "cursor": first["next_cursor"]}
    rest = admin.get(ACCOUNTS, query_string=more).json
    assert [each["name"] for each in rest["items"]] == ["Carl"]
    assert rest["next_cursor"] is None
    found = admin.get(ACCOUNTS, query_string={"name": "AR"}).json["items"]
    assert [each["name"] for each in found] == ["Carl"]


def test_a_name_is_one_accounts_in_any_case(admin, add):
    add("anna")
    given = {"name": "ANNA", "role": "viewer"}
    assert "anna" in message(admin.post(ACCOUNTS, json=given), 409)


@on_sqlite
def test_a_name_that_could_be_taken_for_another_is_refused(admin):
    for name in ("", "anna b", "anna (cmdb asset)", "a" * 101, "\u0130" * 60):
        assert "name" in fields(admin.post(ACCOUNTS, json={"name": name, "role": "viewer"}))


EASY = ("", "short", "password1234", "Anna-Anna-Anna", "a" * 15, "1234567890123", "x" * 1025)
NONE = (12345678901234567, ["x"], None, "\ud800" * 12, "\0" * 12)


@on_sqlite
def test_a_password_that_is_easy_to_guess_or_none_is_refused_and_not_repeated(admin):
    for password in EASY + NONE:
        given = json.dumps({"name": "anna", "role": "viewer", "password": password})
        answer = admin.post(ACCOUNTS, data=given, content_type="application/json")
        assert list(fields(answer)) == ["password"]
        assert not password or str(password) not in answer.text


@on_sqlite
def test_a_password_is_kept_as_a_hash_that_only_it_fits(add, session):
    add()
    kept = session.scalar(select(Account.password_hash))
    assert kept.startswith("$argon2id$")
    assert passwords.right(PASSWORD, kept)
    assert not passwords.right(f"{PASSWORD} ", kept)
    assert not passwords.right(PASSWORD, None)


@on_sqlite
def test_a_password_is_hashed_anew_when_the_parameters_are_others(add, log_in, session):
    add()
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    session.execute(update(Account).values(password_hash=weak))
    session.commit()
    log_in()
    session.expire_all()
    kept = session.scalar(select(Account.password_hash))
    assert kept != weak
    assert passwords.right(PASSWORD, kept)


@pytest.mark.parametrize(
    ("role", "reads", "writes", "administers"),
    [("viewer", 200, 403, 403), ("operator", 200, 201, 403), ("admin", 200, 201, 200)],
)
def test_a_role_says_what_its_sessions_may(add, log_in, role, reads, writes, administers):
    add(role=role)
    anna = log_in()
    assert anna.get("/api/v1/assets").status_code == reads
    answer = anna.post("/api/v1/assets", json={"hostname": "web01"})
    assert answer.status_code == writes
    if writes == 403:
        told = "this needs the role operator or admin; anna is viewer"
        assert message(answer, 403) == told
    assert anna.get(ACCOUNTS).status_code == administers


def test_another_role_counts_at_once_in_both_directions(admin, add, log_in):
    place = f"{ACCOUNTS}/{add(role='viewer')['id']}"
    anna = log_in()
    for role, status in (("admin", 200), ("operator", 403)):
        add(f"other-{role}", role="admin")
        admin.patch(place, json={"role": role})
        assert anna.get(ACCOUNTS).status_code == status


def test_a_disabled_account_is_out_at_once(admin, add, log_in, client):
    place = f"{ACCOUNTS}/{add()['id']}"
    anna = log_in()
    admin.patch(place, json={"enabled": False})
    assert "disabled" in message(anna.get("/api/v1/assets"), 401)
    given = {"name": "anna", "password": PASSWORD}
    assert "disabled" in message(client.post(SESSIONS, json=given), 403)
    # Who does not know the password is not told.
    wrong = client.post(SESSIONS, json=given | {"password": "wrong"})
    assert message(wrong, 401) == "the name or the password is wrong"
    admin.patch(place, json={"enabled": True})
    assert anna.get("/api/v1/assets").status_code == 200


@pytest.mark.parametrize("edit", [{"role": "operator"}, {"enabled": False}, None])
def test_the_last_admin_stays(admin, add, edit):
    place = f"{ACCOUNTS}/{add(role='admin')['id']}"
    # Nobody can log in as this one.
    assert admin.post(ACCOUNTS, json={"name": "nobody", "role": "admin"}).status_code == 201

    def do():
        return admin.patch(place, json=edit) if edit else admin.delete(place)

    assert "last admin" in message(do(), 409)
    add("bert", role="admin")
    assert do().status_code in (200, 204)


def test_of_two_admins_who_demote_each_other_one_stays(app, add, log_in, at_once, session):
    numbers = {name: add(name, role="admin")["id"] for name in ("anna", "bert")}
    clients = {name: log_in(name) for name in numbers}

    def demote(who, whom):
        place = f"{ACCOUNTS}/{numbers[whom]}"
        return lambda: clients[who].patch(place, json={"role": "viewer"}).status_code

    answers = at_once(demote("anna", "bert"), demote("bert", "anna"))
    assert answers.count(200) == 1
    admins = session.scalars(select(Account).where(Account.role == "admin")).all()
    assert len(admins) == 1


@on_sqlite
def test_an_admin_can_not_be_limited(admin, add):
    given = {"name": "anna", "role": "admin", "limited": True}
    assert "limited" in fields(admin.post(ACCOUNTS, json=given))
    place = f"{ACCOUNTS}/{add(limited=True)['id']}"
    assert "limited" in fields(admin.patch(place, json={"role": "admin"}))
    assert admin.patch(place, json={"role": "admin", "limited": False}).status_code == 200


def test_business_units_are_named_and_known(admin, add):
    admin.post("/api/v1/business-units", json={"name": "Shop"})
    told = add(limited=True, business_units=["shop"])
    assert told["business_units"] == ["Shop"]
    place = f"{ACCOUNTS}/{told['id']}"
    unknown = fields(admin.patch(place, json={"business_units": ["Shops"]}))
    assert "did you mean Shop?" in unknown["business_units"][0]
    assert "business_units" in fields(admin.patch(place, json={"limited": False}))
    assert admin.patch(place, json={"limited": False, "business_units": []}).status_code == 200


def test_a_business_unit_of_an_account_is_not_removed(admin, add):
    unit = admin.post("/api/v1/business-units", json={"name": "Shop"}).json
    add(limited=True, business_units=["Shop"])
    answer = admin.delete(f"/api/v1/business-units/{unit['id']}")
    assert answer.status_code == 409
    assert "account anna" in message(answer, 409)


@on_sqlite
def test_who_asks_is_told_who_they_are(admin, add, log_in):
    admin.post("/api/v1/business-units", json={"name": "Shop"})
    add(limited=True, business_units=["Shop"])
    told = log_in().get(f"{ACCOUNTS}/me").json
    assert (told["name"], told["role"], told["scope"]) == ("anna", "operator", "write")
    assert (told["kind"], told["business_units"]) == ("session", ["Shop"])
    token = admin.get(f"{ACCOUNTS}/me").json
    assert (token["name"], token["role"], token["scope"]) == ("root token", None, "admin")
    assert (token["kind"], token["business_units"]) == ("program", None)


def test_ones_own_password_is_changed_with_the_old_one(add, log_in, client):
    add()
    here, there = log_in(), log_in()
    place, new = f"{ACCOUNTS}/me/password", "four words of nobody"
    wrong = here.put(place, json={"old_password": "wrong", "new_password": new})
    assert list(fields(wrong)) == ["old_password"]
    weak = here.put(place, json={"old_password": PASSWORD, "new_password": "anna"})
    assert list(fields(weak)) == ["new_password"]
    assert there.get("/api/v1/assets").status_code == 200
    answer = here.put(place, json={"old_password": PASSWORD, "new_password": new})
    assert answer.status_code == 204
    assert here.get("/api/v1/assets").status_code == 200
    assert there.get("/api/v1/assets").status_code == 401
    old = client.post(SESSIONS, json={"name": "anna", "password": PASSWORD})
    assert old.status_code == 401
    log_in(password=new)


@on_sqlite
def test_the_old_password_can_not_be_tried_without_end(add, log_in):
    add()
    anna = log_in()
    given = {"old_password": "wrong", "new_password": "four words of nobody"}
    answers = [anna.put(f"{ACCOUNTS}/me/password", json=given).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


@on_sqlite
def test_a_token_has_no_password(writer):
    given = {"old_password": PASSWORD, "new_password": PASSWORD}
    assert "token" in message(writer.put(f"{ACCOUNTS}/me/password", json=given), 403)


def test_a_password_of_an_admin_ends_the_sessions(admin, add, log_in):
    place = f"{ACCOUNTS}/{add()['id']}"
    anna = log_in()
    answer = admin.patch(place, json={"password": "four words of nobody"})
    assert answer.status_code == 200
    assert anna.get("/api/v1/assets").status_code == 401


def test_an_account_goes_with_its_sessions_tokens_and_own_searches(admin, add, log_in, session):
    place = f"{ACCOUNTS}/{add()['id']}"
    anna = log_in()
    anna.post("/api/v1/tokens", json={"name": "script", "scope": "read"})
    for name, shared in (("mine", False), ("ours", True)):
        given = {"name": name, "query": "hostname:web*", "shared": shared}
        assert anna.post("/api/v1/saved-queries", json=given).status_code == 201
    assert admin.delete(place).status_code == 204
    assert anna.get("/api/v1/assets").status_code == 401
    assert session.scalars(select(Token.name)).all() == ["root token"]
    add()
    found = log_in().get("/api/v1/saved-queries").json["items"]
    assert [each["name"] for each in found] == ["ours"]


@on_sqlite
def test_nothing_that_is_told_holds_a_password(admin, add, session):
    place = f"{ACCOUNTS}/{add()['id']}"
    kept = session.scalar(select(Account.password_hash))
    assert session.scalar(select(Account.password_at)) <= now()
    for answer in (admin.get(place), admin.get(ACCOUNTS)):
        assert PASSWORD not in answer.text
        assert kept not in answer.text


def test_an_account_that_is_renamed_keeps_its_sessions_and_searches(admin, add, log_in):
    place = f"{ACCOUNTS}/{add()['id']}"
    anna, given = log_in(), {"name": "mine", "query": "hostname:web*"}
    assert anna.post("/api/v1/saved-queries", json=given).status_code == 201
    assert admin.patch(place, json={"name": "Anna.Example"}).status_code == 200
    assert anna.get(f"{ACCOUNTS}/me").json["name"] == "Anna.Example"
    (found,) = anna.get("/api/v1/saved-queries").json["items"]
    assert (found["name"], found["owner"]) == ("mine", "Anna.Example")
    other = log_in("anna.example").post("/api/v1/saved-queries", json=given)
    assert other.status_code == 409


def test_an_account_and_a_token_of_one_name_each_have_their_own_searches(
    admin, add, log_in, make_client
):
    place = f"{ACCOUNTS}/{add()['id']}"
    given = {"name": "mine", "query": "hostname:web*"}
    anna, bert = log_in(), make_client("read", name="bert")
    for client in (anna, bert):
        assert client.post("/api/v1/saved-queries", json=given).status_code == 201
    assert admin.patch(place, json={"name": "bert"}).status_code == 200
    for client in (anna, bert):
        assert client.get("/api/v1/saved-queries").json["total"] == 1
    assert admin.delete(place).status_code == 204
    assert bert.get("/api/v1/saved-queries").json["total"] == 1
