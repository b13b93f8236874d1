"""What is done to several rows that were chosen in a list: each by itself, and what was refused."""

import re

from cmdb_api.extensions import db
from cmdb_api.models import Account, Token
from tests.console.conftest import log_in_client, token_of

PICK = re.compile(r'name="pick" value="([^"]+)"')


def send(client, page, path, **fields):
    """Send a form about chosen rows; return the answer, and what the next page says first."""
    answer = client.post(path, data={"csrf_token": token_of(client.get(page)), **fields})
    return answer, client.get(page).text


def test_users_are_disabled_and_let_in_again_but_the_last_admin_stays(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    with fresh_site.app.app_context():
        who = {account.name: account.id for account in db.session.query(Account)}
        others = db.session.query(Account).filter(Account.role == "admin", Account.name != "anna")
        assert not others.count()
    picks = [who["vera"], who["anna"], 99_999]
    answer, said = send(client, "/admin/users", "/admin/users/enable", enabled="0", pick=picks)
    assert answer.status_code == 303 and "1 user is disabled." in said
    assert "there is no account" in said and said.count("alert-danger") == 2
    with fresh_site.app.app_context():
        states = {account.name: account.enabled for account in db.session.query(Account)}
    assert states["anna"] and not states["vera"]
    picks = [who["vera"]]
    _answer, said = send(client, "/admin/users", "/admin/users/enable", enabled="1", pick=picks)
    assert "1 user may log in." in said
    olga = log_in_client(fresh_site.app, "olga")
    path = "/admin/users/end-sessions"
    _answer, said = send(client, "/admin/users", path, pick=[who["olga"], who["anna"]])
    assert "2 users are logged out." in said
    assert olga.get("/assets").status_code == 302 and client.get("/assets").status_code == 200
    _answer, said = send(client, "/admin/users", path)
    assert "Nothing was chosen" in said


def test_tokens_are_revoked_after_a_question(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    picks = PICK.findall(client.get("/admin/tokens").text)
    asked, _said = send(client, "/admin/tokens", "/admin/tokens/revoke", pick=picks[:1])
    assert "Revoke 1 token?" in asked.text
    assert PICK.findall(client.get("/admin/tokens").text) == picks
    sure = {"sure": "1", "pick": [picks[0], "99999"]}
    _answer, said = send(client, "/admin/tokens", "/admin/tokens/revoke", **sure)
    assert "1 token is revoked." in said and "there is no token 99999" in said
    with fresh_site.app.app_context():
        assert db.session.get(Token, int(picks[0])) is None
    _answer, said = send(client, "/admin/tokens", "/admin/tokens/revoke", pick=["99999"])
    assert "there is no token 99999" in said


def test_webhooks_are_paused_and_mappings_removed(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    hooks = PICK.findall(client.get("/admin/webhooks").text)
    sent = {"enabled": "0", "pick": [*hooks, "99999"]}
    _answer, said = send(client, "/admin/webhooks", "/admin/webhooks/pause", **sent)
    assert "is paused." in said or "are paused." in said
    assert "there is no subscription" in said
    sent = {"enabled": "1", "pick": hooks}
    assert "on." in send(client, "/admin/webhooks", "/admin/webhooks/pause", **sent)[1]
    picks = PICK.findall(client.get("/exchange/mappings").text)
    path = "/exchange/mappings/remove"
    assert picks and "removed." in send(client, "/exchange/mappings", path, pick=picks)[1]
    assert not PICK.findall(client.get("/exchange/mappings").text)


def test_views_are_shared_and_removed_by_those_whose_they_are(fresh_site):
    olga, vera = (log_in_client(fresh_site.app, name) for name in ("olga", "vera"))
    sent = {"name": "mine", "query": "rack:A12"}
    send(olga, "/assets/saved/add", "/assets/saved/add", **sent)
    (pick,) = PICK.findall(olga.get("/assets/saved?query=name:mine").text)
    assert "mine" not in vera.get("/assets/saved").text
    sent = {"shared": "1", "pick": pick}
    assert "1 view is shared." in send(olga, "/assets/saved", "/assets/saved/share", **sent)[1]
    assert "<bdi>mine</bdi>" in vera.get("/assets/saved").text
    refused = send(vera, "/assets/saved", "/assets/saved/remove", pick=pick)[1]
    assert "they and admins may change it" in refused and "<bdi>mine</bdi>" in refused
    _answer, said = send(olga, "/assets/saved", "/assets/saved/remove", pick=pick)
    assert "1 is removed." in said and "<bdi>mine</bdi>" not in said


def test_what_only_admins_may_is_refused_to_others(site):
    olga = log_in_client(site.app, "olga")
    sent = {"csrf_token": token_of(olga.get("/me")), "pick": "1"}
    for path in ("users/enable", "users/end-sessions", "tokens/revoke", "webhooks/pause"):
        assert olga.post(f"/admin/{path}", data=sent).status_code == 403, path
