"""The API's lists by a search and in an order: each row once, on all pages, whichever way."""

import pytest

from tests.console.conftest import PASSWORD

API = "/api/v1"
# {path: (a search that finds some, what names a row, what it can be ordered by)}
LISTS = {
    "changes": ("kind:disk OR kind:asset", ("hostname", "seq"), ["at"]),
    "changes/groups": ("hostname:web*", ("kind", "place", "action"), ["last_at", "host_count"]),
    "coverage/missing": (
        "NOT registered_at:*",
        ("hostname",),
        ["name", "reason", "-since", "reported_at"],
    ),
    "findings": ("kind:(drift OR collector)", ("id",), ["kind", "hostname", "opened_at"]),
    "parts": ("kind:disk", ("serial", "vendor"), ["serial"]),
    "packages": ("version:<3.0.2", ("hostname", "version"), ["hostname", "-version", "arch"]),
    "imports": ("rows:>0", ("id",), ["id", "file_name", "failed"]),
    "racks": ("height_u:>1", ("id",), ["name", "asset_count", "room"]),
    "contacts": ("name:*", ("id",), ["email", "-updated_at"]),
    "master-changes": ("action:added", ("id",), ["actor", "resource"]),
    "audit": ("action:write", ("id",), ["what", "-status", "actor"]),
    "accounts": ("role:(admin OR viewer)", ("id",), ["role", "enabled", "-name"]),
    "subscriptions": ("enabled:true", ("id",), ["name", "-delivered_count"]),
    "subscriptions/2/deliveries": ("attempts:>0", ("id",), ["attempts", "-id", "next_at"]),
    "subscriptions/2/tries": ("NOT outcome:failed", ("id",), ["-duration_ms", "status_code"]),
}
ALWAYS = {
    "changes/groups": {"since": "31d"},
    "parts": {"query": "serial:*"},
    "packages": {"name": "openssl"},
    "findings": {"status": "any"},
}


@pytest.fixture
def ask(fresh_site):
    """Return a function that gives the rows of a list, page after page."""
    client = fresh_site.app.test_client()
    session = client.post(f"{API}/sessions", json={"name": "anna", "password": PASSWORD})
    bearer = {"Authorization": f"Bearer {session.json['token']}"}

    def ask(path, status=200, **query):
        rows, cursor, query = [], None, ALWAYS.get(path, {}) | query
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = client.get(f"{API}/{path}", query_string=query | more, headers=bearer)
            assert answer.status_code == status, answer.text
            if status != 200:
                return answer.json["error"]
            rows += answer.json["items"]
            cursor = answer.json["next_cursor"]
            if not cursor:
                return rows

    return ask


@pytest.mark.parametrize("path", LISTS)
def test_a_search_and_its_opposite_have_each_row_once(ask, path):
    query, names, orders = LISTS[path]
    every = ask(path, limit=100)
    found, others = ask(path, query=query, limit=100), ask(path, query=f"NOT ({query})", limit=100)
    assert found, "the search finds nothing here: the test shows nothing"
    if path != "changes/groups":
        # What is no row of an asset is in neither, where the search asks for an asset's field.
        keys = sorted(str(named(row, names)) for row in (*found, *others))
        assert keys == sorted(str(named(row, names)) for row in every)
    for order in orders:
        whole = [named(row, names) for row in ask(path, query=query, sort=order, limit=100)]
        assert sorted(map(str, whole)) == sorted(str(named(row, names)) for row in found)
        paged = [named(row, names) for row in ask(path, query=query, sort=order, limit=1)]
        assert paged == whole, order
    wrong = ask(path, 422, query="hostname:(")
    assert "query" in wrong["fields"]
    wrong = ask(path, 422, sort="no_such_name")
    assert "no_such_name" in wrong["message"]


def named(row, names):
    return tuple(row[name] for name in names)
