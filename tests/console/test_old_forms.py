"""Forms that were made for another session are offered again, to those who sent them alone."""

from html import unescape
from re import search

from tests.console.conftest import log_in_client, token_of

HERE = {"Origin": "http://localhost"}


def test_a_form_of_another_tab_is_offered_again_with_what_was_typed(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    old = token_of(client.get("/master/tags/add"))
    client.post("/logout", data={"csrf_token": old})
    client.post("/login", data=log_in_fields(client))
    sent = {"csrf_token": old, "name": "blue <b>", "description": "two\nlines"}
    answer = client.post("/master/tags/add?again=1", data=sent, headers=HERE)
    assert answer.status_code == 403 and "Nothing was saved" in answer.text
    assert "blue &lt;b&gt;" in answer.text
    action = unescape(search(r'<form method="post" action="([^"]+)" class="card', answer.text)[1])
    assert action == "/master/tags/add?again=1"
    again = sent | {"csrf_token": token_of(answer)}
    assert client.post(action, data=again, headers=HERE).status_code == 303
    assert "blue &lt;b&gt;" in client.get("/master/tags?name=blue").text


def test_another_site_gets_no_form_that_could_be_sent(site):
    client = log_in_client(site.app, "olga")
    for origin in ("https://evil.example", "null", None):
        headers = {"Origin": origin} if origin else {}
        sent = {"csrf_token": "x", "name": "red"}
        answer = client.post("/master/tags/add", data=sent, headers=headers)
        assert answer.status_code == 403 and "red" not in answer.text
    answer = site.app.test_client().post("/master/tags/add", data=sent, headers=HERE)
    assert "Nothing was saved:" not in answer.text


def log_in_fields(client):
    token = token_of(client.get("/login"))
    return {"csrf_token": token, "name": "olga", "password": "correct horse battery"}
