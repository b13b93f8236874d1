"""The audit log: every write, who did it from where; never what is secret."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from cmdb_api.extensions import db
from cmdb_api.models import AuditEntry
from cmdb_api.models.types import now
from cmdb_api.services.access import audit
from tests.api import people
from tests.api.people import PASSWORD, on_sqlite
from tests.api.test_cli import cmdb, run  # noqa: F401

ASSETS = "/api/v1/assets"
AUDIT = "/api/v1/audit"
SESSIONS = "/api/v1/sessions"


@pytest.fixture
def admin(make_client):
    """Return a client whose token may do everything."""
    return make_client("admin", name="root token")


@pytest.fixture
def entries(admin):
    """Return a function that gives the entries, oldest first."""

    def entries(**query):
        answer = admin.get(AUDIT, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json["items"][::-1]

    return entries


def test_a_write_is_one_entry_that_tells_who_and_which_fields(writer, entries):
    answer = writer.post(ASSETS, json={"hostname": "web01", "comment": "a private word"})
    assert answer.status_code == 201
    (entry,) = entries()
    assert (entry["actor"], entry["action"], entry["status"]) == ("anna", "write", 201)
    assert entry["what"] == "POST /api/v1/assets"
    assert entry["address"] == "127.0.0.1"
    assert entry["details"] == {"fields": ["comment", "hostname"]}
    assert entry["token_id"] is not None
    assert "private" not in str(entry)


@on_sqlite
def test_reading_is_no_entry(writer, entries):
    writer.post(ASSETS, json={"hostname": "web01"})
    for _ in range(2):
        assert writer.get(f"{ASSETS}/web01").status_code == 200
    assert len(entries()) == 1


def test_the_entry_is_in_the_transaction_of_the_write(app, writer, entries):
    class Down(Exception):
        pass

    def fail(session):
        if any(isinstance(each, AuditEntry) for each in session.new):
            raise Down

    maker = app.extensions["sqlalchemy"].session.session_factory
    event.listen(maker.class_, "after_flush", _raising := lambda s, _c: fail(s))
    try:
        assert writer.post(ASSETS, json={"hostname": "web01"}).status_code == 500
    finally:
        event.remove(maker.class_, "after_flush", _raising)
    assert writer.get(f"{ASSETS}/web01").status_code == 404


def test_what_was_refused_is_an_entry(writer, entries):
    writer.post(ASSETS, json={"hostname": "web01"})
    for method, path, given, status, code in (
        ("POST", ASSETS, {"hostname": "web01"}, 409, "conflict"),
        ("POST", ASSETS, {"hostname": "web 02"}, 422, "invalid"),
        ("PATCH", f"{ASSETS}/web09", {"comment": "x"}, 404, "not_found"),
        ("DELETE", f"{ASSETS}/web01", None, 403, "forbidden"),
    ):
        assert writer.open(path, method=method, json=given).status_code == status
        entry = entries()[-1]
        assert (entry["action"], entry["status"]) == ("refused", status)
        assert (entry["what"], entry["actor"]) == (f"{method} {path}", "anna")
        assert entry["details"]["code"] == code
    assert len(entries()) == 5


@on_sqlite
def test_what_was_edited_meanwhile_is_an_entry(writer, entries):
    writer.post(ASSETS, json={"hostname": "web01"})
    old = {"If-Match": '"1-99"'}
    answer = writer.patch(f"{ASSETS}/web01", json={"comment": "x"}, headers=old)
    assert answer.status_code == 412
    assert entries()[-1]["status"] == 412


@on_sqlite
def test_who_may_not_read_something_is_an_entry(reader, entries):
    assert reader.get(AUDIT).status_code == 403
    (entry,) = entries()
    assert (entry["action"], entry["what"], entry["status"]) == ("refused", f"GET {AUDIT}", 403)


def test_logins_and_logouts_are_entries(app, admin, client, entries):
    people.add(admin)
    client.post(SESSIONS, json={"name": "ANNA", "password": "not this one"})
    anna = people.log_in(app)
    anna.delete(f"{SESSIONS}/current")
    made, failed, login, logout = entries()
    assert made["what"] == "POST /api/v1/accounts"
    assert (failed["action"], failed["actor"], failed["subject"]) == ("login_failed", None, "anna")
    assert failed["status"] == 401
    assert (login["action"], login["actor"], login["status"]) == ("login", "anna", 201)
    assert (logout["action"], logout["actor"], logout["status"]) == ("logout", "anna", 204)
    assert login["token_id"] == logout["token_id"]


def test_no_entry_holds_a_password_or_a_token(app, admin, client, make_token, session):
    told = people.add(admin)
    anna = people.log_in(app)
    token = anna.environ_base["HTTP_AUTHORIZATION"].split()[1]
    made = anna.post("/api/v1/tokens", json={"name": "script", "scope": "read"}).json["token"]
    client.post(SESSIONS, json={"name": "anna", "password": "a wrong one"})
    place = f"/api/v1/accounts/{told['id']}"
    admin.patch(place, json={"password": "four words of nobody"})
    admin.patch(place, json={"password": "tooshort"})
    client.get(ASSETS, headers={"Authorization": "Bearer cmdb_forged"})
    rows = session.execute(select(AuditEntry.__table__)).all()
    assert len(rows) == 7
    for secret in (PASSWORD, token, made, "a wrong one", "nobody", "tooshort", "cmdb_"):
        assert secret not in str(rows)


def test_tokens_that_are_none_are_entries_up_to_a_bound(client, entries):
    forged = {"Authorization": "Bearer cmdb_forged"}
    for _ in range(audit.MOST_OF_ADDRESS + 5):
        assert client.get(ASSETS, headers=forged).status_code == 401
    found = entries(action="token_failed")
    assert len(found) == audit.MOST_OF_ADDRESS
    assert (found[0]["actor"], found[0]["address"]) == (None, "127.0.0.1")
    # Who sends none is not worth a word.
    client.get(ASSETS)
    assert len(entries()) == audit.MOST_OF_ADDRESS


@on_sqlite
def test_from_everywhere_together_they_are_bounded_too(client, session, entries):
    row = {"action": "token_failed", "what": "GET /", "status": 401}
    session.add_all(
        AuditEntry(address=f"198.51.100.{number % 250}", **row)
        for number in range(audit.MOST_OF_ALL)
    )
    session.commit()
    client.get(ASSETS, headers={"Authorization": "Bearer cmdb_forged"})
    assert entries(address="127.0.0.1") == []


def test_reports_and_what_masters_tell_regularly_are_no_entries(
    post, make_report, make_client, entries
):
    post(make_report("web01", {}))
    relay = make_client("relay", name="salt01")
    pushed = relay.put("/api/v1/coverage/sources/salt01", json={"kind": "salt"})
    assert pushed.status_code == 200
    assert entries() == []
    assert relay.get(ASSETS).status_code == 403
    assert [each["actor"] for each in entries()] == ["salt01"]


def test_what_comes_in_a_path_is_kept_as_plain_text(writer, entries):
    assert writer.patch(f"{ASSETS}/web%00%1b%5b2J", json={}).status_code == 404
    (entry,) = entries()
    assert entry["what"] == f"PATCH {ASSETS}/web\ufffd\ufffd[2J"
    long = "x" * 3000
    writer.delete(f"/api/v1/assets/{long}/aliases/{long}")
    assert len(entries()[-1]["what"]) == audit.LONGEST


def test_it_is_filtered_and_comes_in_pages(admin, writer, entries, session):
    for number in range(5):
        writer.post(ASSETS, json={"hostname": f"web0{number}"})
    admin.delete(f"{ASSETS}/web00")
    assert [each["actor"] for each in entries(actor="ROOT")] == ["root token"]
    assert len(entries(actor="ann*")) == 5
    assert len(entries(action="write", what="/web00")) == 1
    first = admin.get(AUDIT, query_string={"limit": 4}).json
    rest = admin.get(AUDIT, query_string={"limit": 4, "cursor": first["next_cursor"]}).json
    assert [len(first["items"]), len(rest["items"])] == [4, 2]
    assert rest["next_cursor"] is None
    session.execute(update(AuditEntry).where(AuditEntry.id <= 3).values(at=now() - timedelta(9)))
    session.commit()
    assert len(entries(since="1d")) == 3
    assert len(entries(until="1d")) == 3


@on_sqlite
def test_a_filter_that_is_none_is_told(admin):
    for query in ({"action": "x"}, {"since": "soon"}, {"cursor": "x"}, {"who": "x"}):
        answer = admin.get(AUDIT, query_string=query)
        assert answer.status_code == 422
        assert set(answer.json["error"]["fields"]) == {*query}


@on_sqlite
def test_only_admins_read_it(writer, app, admin):
    people.add(admin)
    for client in (writer, people.log_in(app)):
        assert client.get(AUDIT).status_code == 403


def test_what_a_command_writes_is_an_entry(cmdb, entries):  # noqa: F811
    assert cmdb("asset", "register", "web01").exit_code == 0
    assert cmdb("asset", "list").exit_code == 0
    (entry,) = entries()
    assert entry["actor"].endswith(" (cmdb asset)")
    assert (entry["what"], entry["address"]) == ("cmdb asset register web01", None)
    assert entry["token_id"] is None


def test_old_entries_and_sessions_that_are_over_are_pruned(
    run,  # noqa: F811
    database_url,
    app,
    admin,
    entries,
):
    people.add(admin)
    people.log_in(app)
    long_ago = now() - timedelta(days=31)
    with app.app_context():
        db.session.execute(update(AuditEntry).where(AuditEntry.id == 1).values(at=long_ago))
        db.session.commit()
    result = run("prune", SQLALCHEMY_DATABASE_URI=database_url, AUDIT_DAYS="30")
    assert result.exit_code == 0, result.stderr
    assert "1 entries of the audit log" in result.stderr
    assert [each["action"] for each in entries()] == ["login", "write"]
    assert entries()[-1]["what"] == "cmdb prune"
