"""Saved views of lists."""

import re
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

from cmdb_api.extensions import db
from cmdb_api.models import SavedQuery
from tests.console.conftest import log_in_client, token_of


def test_a_view_is_saved_opened_updated_and_removed(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    shown = "/assets/saved/add?query=hostname:web*&columns=rack,hostname&sort=-hostname"
    page = client.get(shown)
    assert 'value="rack,hostname"' in page.text
    sent = {"csrf_token": token_of(page), "name": "racks of web", "query": "hostname:web*"}
    sent |= {"columns": "rack,hostname", "sort": "-hostname"}
    place = client.post("/assets/saved/add", data=sent).location
    opened = unquote(client.get(place).location)
    assert opened.startswith("/assets?query=hostname:web*&columns=rack,hostname&sort=-hostname")
    assert "<h1>racks of web</h1>" in client.get(opened).text
    taken = client.post("/assets/saved/add", data=sent)
    assert taken.status_code == 422 and "already" in taken.text
    form = client.get(f"{place}/edit?query=hostname:db*")
    assert 'value="hostname:db*"' in form.text
    assert client.get(f"{place}/remove").status_code == 200
    etag = form.text.split('name="etag"')[1].split('value="')[1].split('"')[0]
    etag = etag.replace("&#34;", '"')
    sent |= {"query": "hostname:db*", "etag": etag}
    assert client.post(f"{place}/edit", data=sent).status_code == 303
    lost = client.post(f"{place}/edit", data=sent | {"query": "hostname:x*"})
    assert lost.status_code == 409 and "hostname:db*" in lost.text
    newest = client.get(f"{place}/remove").text.split('name="etag"')[1].split('value="')[1]
    newest = newest.split('"')[0].replace("&#34;", '"')
    sent = {"csrf_token": sent["csrf_token"], "etag": newest}
    assert client.post(f"{place}/remove", data=sent).status_code == 303
    assert client.get(place).status_code == 404


def test_a_wrong_search_is_not_saved_and_says_why_beside_it(site):
    client = log_in_client(site.app, "olga")
    page = client.get("/assets/saved/add")
    sent = {"csrf_token": token_of(page), "name": "wrong", "query": "rak:A12"}
    answer = client.post("/assets/saved/add", data=sent)
    assert answer.status_code == 422
    assert "did you mean rack?" in answer.text and 'value="rak:A12"' in answer.text


def test_a_view_that_fits_no_more_says_why_and_can_be_mended(fresh_site):
    number = fresh_site.known["saved"]
    with fresh_site.app.app_context():
        db.session.get(SavedQuery, number).query = "gone.field:1"
        db.session.commit()
    vera = log_in_client(fresh_site.app, "vera").get(f"/assets/saved/{number}")
    assert vera.status_code == 200
    assert "there is no field gone.field" in vera.text and "Mend it" not in vera.text
    anna = log_in_client(fresh_site.app, "anna").get(f"/assets/saved/{number}")
    assert "Mend it" in anna.text


def test_a_view_of_any_list_keeps_its_search_filters_columns_and_order(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    shown = "/changes?view=each&query=kind:disk&kind=disk&since=31d&columns=hostname,line&sort=at"
    menu = client.get(f"{shown}&cursor=").text
    link = re.search(r'href="(/assets/saved/add[^"]+)"', menu)[1].replace("&amp;", "&")
    form = client.get(link)
    assert "Of the list: Changes" in form.text
    sent = {"csrf_token": token_of(form), "name": "disks"}
    for name in ("query", "columns", "sort", "filters", "list"):
        sent[name] = unescape(re.search(rf'name="{name}"[^>]*value="([^"]*)"', form.text)[1])
    assert sent["filters"] == "view=each&kind=disk&since=31d" and sent["list"] == "changes"
    place = client.post("/assets/saved/add", data=sent).location
    opened = client.get(place).location
    assert parse_qs(urlsplit(opened).query) == {
        **{"view": ["each"], "kind": ["disk"], "since": ["31d"], "query": ["kind:disk"]},
        **{"columns": ["hostname,line"], "sort": ["at"], "saved_view": [place.rpartition("/")[2]]},
    }
    page = client.get(opened)
    assert page.status_code == 200 and 'aria-current="page"' in page.text
    # Of assets there may be one of the same name; each list offers its own.
    same = {"csrf_token": sent["csrf_token"], "name": "disks", "query": "disk.count:>1"}
    assert client.post("/assets/saved/add", data=same).status_code == 303
    assert "Manage saved views" in client.get("/findings").text
    assert "<bdi>disks</bdi>" not in client.get("/findings").text
    wrong = client.post("/assets/saved/add", data=sent | {"name": "x", "query": "nosuch:1"})
    assert wrong.status_code == 422 and "there is no field nosuch" in wrong.text
    wrong = client.post("/assets/saved/add", data=sent | {"name": "x", "sort": "hostname"})
    assert wrong.status_code == 422 and "nothing hostname to order by" in wrong.text


def test_views_of_lists_for_admins_are_shown_to_admins_alone(fresh_site):
    anna, vera = (log_in_client(fresh_site.app, name) for name in ("anna", "vera"))
    form = anna.get("/assets/saved/add?list=audit&query=action:login")
    sent = {"csrf_token": token_of(form), "name": "logins", "list": "audit", "shared": "y"}
    place = anna.post("/assets/saved/add", data=sent | {"query": "action:login"}).location
    assert anna.get(place).location.startswith("/admin/audit?query=action")
    assert "logins" in anna.get("/assets/saved?list=audit").text
    assert vera.get(place).status_code == 404
    assert "logins" not in vera.get("/assets/saved").text
    token = token_of(vera.get("/assets/saved/add"))
    refused = vera.post(
        "/assets/saved/add", data=sent | {"csrf_token": token, "name": "mine", "query": ""}
    )
    assert "for admins alone" in refused.text, refused.text[refused.text.index("<main") :]
    assert "mine" not in vera.get("/assets/saved").text
