"""One asset on a page: what it is, where it stands, how it is collected, and the way to it."""

import json
from html import unescape

import pytest
from flask import url_for
from markupsafe import escape

from tests.console import conftest, richhost
from tests.console.conftest import Driver, log_in_client
from tests.console.test_queries import MOST, counted

API = "/api/v1"
PATHS = ("", "/components", "/software", "/software/unit", "/components/nic", "/collection", "/raw")


@pytest.fixture(scope="module")
def rich(make_sqlite_database):
    """Return a client of a site where box01 has something of every kind, and who made it."""
    for site in conftest._site(make_sqlite_database()):
        admin = richhost.build(site.app)
        yield log_in_client(site.app, "anna"), admin


def test_an_asset_is_told_in_a_few_lines(rich):
    client, _admin = rich
    text = client.get("/assets/box01").text
    for told in (
        *("Example Inc Server 2000", "EXAMPLE-B-web01", "Debian GNU/Linux 12"),
        *(
            "32 cores",
            "128 GiB",
            "4 \N{MULTIPLICATION SIGN} 32 GiB DDR4",
            "SSD 960 960.2 GB",
            "192.0.2.10",
        ),
        *("mailto:ops%40example.com", "tel:+49301234", "sw02", "Eth1/12"),
    ):
        assert told in text, told
    # What is declared and not observed, and what is not well.
    assert "256 GiB" in text
    assert "not plugged in" in text
    assert "91 % full" in text


def test_a_rack_is_shown_around_an_asset(rich):
    client, _admin = rich
    excerpt = client.get("/assets/box01").text.partition("rack-excerpt")[2].partition("</table>")[0]
    units = [piece.partition("</th>")[0] for piece in excerpt.split('<th scope="row">')[1:]]
    assert units == ["20", "19", "18", "17", "16", "15"]
    assert excerpt.count('class="here"') == 2
    assert "/assets/db01" in excerpt


def test_each_page_of_an_asset_asks_the_database_seldom(fresh_site):
    richhost.build(fresh_site.app)
    client = log_in_client(fresh_site.app, "anna")
    for path in PATHS:
        with counted(fresh_site.app) as statements:
            answer = client.get(f"/assets/box01{path}")
        assert answer.status_code == 200, path
        assert len(statements) <= MOST, (path, len(statements), statements)


def test_another_name_of_an_asset_leads_to_it(rich):
    client, admin = rich
    assert admin.put(f"{API}/assets/box01/aliases/www").status_code < 300
    for path in PATHS:
        answer = client.get(f"/assets/WWW{path}?q=1")
        assert answer.status_code == 302, path
        assert answer.headers["Location"] == f"/assets/box01{path}?q=1"
    assert client.get("/assets/BOX01").status_code == 200


def test_an_unknown_name_leads_to_the_nearest_and_to_a_search(site):
    client = log_in_client(site.app, "vera")
    answer = client.get("/assets/web011")
    assert answer.status_code == 404
    assert 'href="/assets/web01"' in answer.text
    assert 'value="web011"' in answer.text


def test_names_that_begin_oddly_have_pages(fresh_site):
    admin = Driver(fresh_site.app, "admin")
    client = log_in_client(fresh_site.app, "anna")
    for name in ("a?b#c%20", "ünïcode", "a&b=c;d", "<b>x'\"", "+x", "%2e%2e", "{{7*7}}"):
        assert admin.post(f"{API}/assets", json={"hostname": name}).status_code == 201
        with fresh_site.app.test_request_context():
            address = url_for("console.asset.page", hostname=name)
        page = client.get(address)
        assert page.status_code == 200, name
        assert f"<h1><bdi>{escape(name)}</bdi></h1>" in page.text
        links = [part.partition('"')[0] for part in page.text.split('href="')[1:]]
        (way,) = {link for link in links if link.endswith("/collection")}
        assert client.get(unescape(way)).status_code == 200, name


def test_a_failing_collector_is_told_with_its_traceback_and_what_mends_it(site, look):
    looker = look(site, "olga")
    looker.open("/assets/db01/collection")
    failing = looker.page.locator("#psu")
    assert "fails" in failing.inner_text()
    assert "salt -L db01 cmdb.report psu" in failing.inner_text()
    trace = failing.locator("details code")
    assert not trace.is_visible()
    failing.locator("summary").click()
    assert "cmdb_psu.py" in trace.inner_text()
    # From the asset's page one gets there.
    looker.open("/assets/db01")
    looker.page.click('main a[href$="/collection#psu"]')
    assert looker.page.url.endswith("/assets/db01/collection#psu")


def test_an_asset_that_never_reported_says_what_to_do(site):
    client = log_in_client(site.app, "vera")
    assert "never has" in client.get("/assets/never01").text
    told = client.get("/assets/never01/collection").text
    assert "It has never reported." in told
    assert "systemctl start salt-minion" in told
    assert "No hardware is known yet." in client.get("/assets/never01/components").text


def test_the_raw_record_is_what_the_api_answers(rich):
    client, admin = rich
    given = client.get("/assets/box01/raw?download=1")
    assert given.headers["Content-Disposition"].startswith("attachment")
    known = admin.get(f"{API}/assets/box01").json
    assert given.json["components"]["disk"] == known["components"]["disk"]
    assert given.json["hostname"] == "box01"
    assert len(given.json["components"]["package"]) == 131
    page = client.get("/assets/box01/raw").text
    assert "Left out here, as they are so many: Packages." in page
    assert "library-1" not in page
    assert json.dumps(known["components"]["board"][0]["serial"])[1:-1] in page


def test_who_may_only_look_is_offered_no_edit(site):
    assert "/assets/web01/edit" not in log_in_client(site.app, "vera").get("/assets/web01").text
    assert "/assets/web01/edit" in log_in_client(site.app, "olga").get("/assets/web01").text
