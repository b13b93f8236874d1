"""Searches, orders and chosen rows of any list that are made to hurt are answered, and told."""

import itertools
import logging
import re

import pytest

from cmdb_api.views.console import search_help
from tests.console import fleet, prying, walking
from tests.console.conftest import Driver, Site, dispose, log_in_client, make_site_app, posting
from tests.console.test_lists import asking, path_of

SECONDS = 1
DEEP = 400
QUERIES = (
    *("(" * DEEP + "a" + ")" * DEEP, "NOT " * 240 + "a", "a OR " * 190 + "b", "a AND " * 150 + "b"),
    *("(" * 999, ")", "()", '"', '"\\', "a:", ":", "a::b", "a:b:c", ":[1 TO", "id:[5 TO 1]", "AND"),
    *("OR OR", "NOT", "NOT NOT", "\\", "\\" * 999, "*", "?", "*" * 999, "*?" * 400, "%" * 400),
    *(
        "_" * 400,
        "id:>99999999999999999999999",
        "id:1e999",
        "id:-1",
        "id:NaN",
        "id:0x1",
        "id:\u0661",
    ),
    *("at:>now-99999999999d", "at:>now+999999999w", "at:<0000-00-00", "at:>9999-12-31T23:59:60Z"),
    *("at:2026", "rows:>" + "9" * 900, "name:/(a+)+$/", "name:(a+)+$", "name:{{7*7}}", "a\u202eb"),
    *(
        "\U0001f525",
        "x" * 1001,
        "x" * 20_000,
        "name:\u0000",
        "name:'; DROP TABLE asset --",
        "name:a'",
    ),
    *("disk:(model:* AND disk:(a:b))", "_exists_:", "_exists_:_exists_", "id:*", "NOT id:*"),
    *(
        "package." + "a" * 900 + ":>1",
        "kind:[a TO z]",
        "enabled:maybe",
        "scope:(",
        "id:id",
        "name:<",
    ),
)
SORTS = (
    *(
        "nosuch",
        "-",
        "--id",
        "," * 500,
        "id," * 400,
        "id,-id",
        "x" * 5000,
        "id;DROP",
        "id desc",
        "\u0000",
    ),
    *("id,at,name,actor,action,host,kind,what,subject", "-id,-id,-id"),
)
CURSORS = ("x", "W10", "bnVsbA==", "eyJhIjoxfQ", "WzEsMiwzXQ", "W251bGxd", "WyJhIl0", "9" * 2000)
SOME = ("audit", "tags", "imports", "accounts", "changes")
PICKS = ("-1", "9" * 5000, "\u0661", "1' OR 1=1", "", "<x-canary>", "1e3", "\u0000", "x" * 5000)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def rough(request):
    """Return a Site to be rough with, of texts that are long to be matched."""
    url = request.getfixturevalue(f"make_{request.param}_database")()
    app = make_site_app(url, SEARCH_SECONDS=SECONDS)
    admin = Driver(app, "admin")
    logging.disable(logging.CRITICAL)
    site = Site(None, app, fleet.build(admin, Driver(app, "relay"), posting(admin)))
    site.known["database"] = request.param
    for number in range(20):
        given = {"name": f"{number}" + "a" * 200, "description": "a" * 900}
        assert admin.post("/api/v1/tags", json=given).status_code == 201
    yield site
    logging.disable(logging.NOTSET)
    dispose(app)


@pytest.fixture(scope="module")
def anna(rough):
    return log_in_client(rough.app, "anna")


@pytest.fixture(scope="module")
def lists(rough):
    """Return {name: address} of all lists that are searched."""
    found = {name: path_of(rough, each) for name, each in search_help.LISTS.items()}
    found["components-disk"] = "/assets/web01/components/disk"
    # Of lists that are much alike a few will do, where SQL differs.
    if rough.known["database"] == "postgres":
        found = {name: found[name] for name in found if name in SOME}
    return found | {"assets": "/assets"}


def asked(client, address, **query):
    """Ask for a page; look that it is one."""
    answer = client.get(asking(address, **query))
    text = answer.get_data(as_text=True)
    answer.close()
    told = {name: value[:80] for name, value in query.items()}
    assert answer.status_code < 500, (address, told, answer.status_code)
    assert "cmdb_api/" not in text and "sqlalchemy" not in text.lower(), (address, told)
    return answer.status_code, text


def test_no_search_makes_a_list_fail(anna, lists):
    refused = 0
    for address in lists.values():
        for query in QUERIES:
            status, text = asked(anna, address, query=query)
            assert status == 200, (address, query[:80], status)
            refused += 'class="alert' in text
    assert refused > 20 * len(lists)


def test_no_order_place_or_file_of_a_wrong_search_makes_a_list_fail(anna, lists):
    turns, orders = itertools.cycle(QUERIES), itertools.cycle(("", "id", "-name"))
    for address in lists.values():
        for sort in SORTS:
            asked(anna, address, sort=sort)
            asked(anna, address, sort=sort, format="csv", query=next(turns)[:900])
        for cursor in CURSORS:
            asked(anna, address, cursor=cursor, sort=next(orders), limit="1", start="5")


def test_a_cursor_of_another_order_or_list_is_told(anna, lists):
    """What is the next page of one order is none of another."""
    cursors = set()
    for address in lists.values():
        _, text = asked(anna, address, limit="1")
        if found := re.search(r"[?&;]cursor=([^&\"]+)", text):
            cursors.add(found[1])
    assert len(cursors) > 3
    for address in lists.values():
        for cursor in cursors:
            asked(anna, address, cursor=cursor, sort="-name")
            asked(anna, address, cursor=cursor)


def test_what_completes_and_helps_takes_anything(anna, lists):
    for name in lists:
        place = "/assets/complete" if name == "assets" else f"/search/{name}/complete"
        for query in QUERIES:
            for position in ("", "0", "9" * 30, str(len(query) // 2)):
                answer = anna.get(place, query_string={"query": query, "position": position})
                assert answer.status_code == 200, (place, query[:80], position)
                assert len(answer.text) < 100_000
        if name != "assets":
            asked(anna, f"/search/{name}/help", q="<x-canary>")
    for name in ("nosuch", "..", "%00", "audit%2F..", "x" * 3000, "__class__"):
        assert anna.get(f"/search/{name}/help").status_code == 404
        assert anna.get(f"/search/{name}/complete").status_code == 404


def test_no_row_that_is_chosen_makes_a_list_fail(rough, anna):
    token, count = prying.token(anna), 0
    forms = ("csv", "nosuch") if rough.known["database"] == "sqlite" else ("csv",)
    for rule in rough.app.url_map.iter_rules():
        if not rule.endpoint.startswith("console.") or not rule.endpoint.endswith("_picked"):
            continue
        path = walking.filled(rule, rough.known)
        for pick in (*PICKS, list(PICKS), [str(n) for n in range(900)]):
            for form in forms:
                data = {"csrf_token": token, "pick": pick, "format": form}
                answer = anna.post(path, data=data)
                answer.close()
                assert answer.status_code < 500, (path, str(pick)[:80])
                count += 1
    assert count > 20


@pytest.mark.parametrize("address", ["/master/tags", "/admin/audit", "/assets"])
def test_a_pattern_that_is_long_to_match_ends(anna, address):
    """Of many * each may stand for much: what takes too long is ended, and told."""
    for field in ("name", "description", "what", "comment", ""):
        pattern = (f"{field}:" if field else "") + "*a" * 30 + "*b"
        status, _ = asked(anna, address, query=pattern)
        assert status in (200, 503)
    assert asked(anna, address)[0] == 200
