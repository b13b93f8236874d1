"""Whoever is limited to business units sees nothing of another one, on any page."""

from io import BytesIO
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from cmdb_api.extensions import db
from cmdb_api.models import Asset
from cmdb_api.services import bulk_runs
from cmdb_api.views import limits
from cmdb_api.views.console import search_help
from tests import two_units
from tests.console import walking
from tests.console.conftest import (
    PASSWORD,
    Driver,
    Site,
    dispose,
    log_in_client,
    make_site_app,
    posting,
    token_of,
)
from tests.two_units import API, HIDDEN, MARKS, SEEN

# Asked for on each page that takes it, beside what the walk asks.
QUERIES = (
    *("query=*", f"query={two_units.MARK}*", f"q={two_units.MARK}", f"serial={two_units.MOVED}"),
    *("status=any", "state=any", f"hostname={HIDDEN}", f"name={two_units.MARK}*", "since=31d"),
    *("format=csv", "format=xlsx&state=any&status=any", f"query=hostname:{two_units.MARK}*"),
    f"query=NOT+hostname:{SEEN}",
)
# What completes a search, letter by letter.
BEGUN = (
    "",
    two_units.MARK[:2],
    "hostname:",
    "tag:",
    "rack:",
    "business_unit:",
    "service:",
    "actor:",
)
BEGUN += ("contact:", f"disk.model:{two_units.MARK[:3]}", "kind:", "package.", "comment:", "name:")
BEGUN += (
    "address:192.0.2.1",
    "mac:00",
    "host:",
    "asset:",
    "what:",
    "subject:",
    "vendor:",
    "model:",
)


@pytest.fixture(scope="module")
def two(make_sqlite_database):
    """Return a Site of two business units, and the client of one who sees the first alone."""
    app = make_site_app(make_sqlite_database())
    admin, relay = Driver(app, "admin"), Driver(app, "relay")
    fleet = two_units.build(admin, relay, posting(admin))
    given = {"name": "lena", "role": "operator", "password": PASSWORD, "limited": True}
    answer = admin.post(f"{API}/accounts", json=given | {"business_units": ["Ops"]})
    assert answer.status_code == 201, answer.text
    known = {"hostname": SEEN, "rack": fleet["racks"][0], "data_centre": 1, "room": 1, "seq": 1}
    # The newest are about identities, which are not open to her.
    known |= {"finding": fleet["findings"][0][-1], "saved": 1, "import": 1, "serial": "x"}
    site = Site(None, app, known | {"subscription": 1})
    site.hidden = known | {"hostname": HIDDEN, "finding": fleet["findings"][1][0]}
    client = log_in_client(app, "lena")
    # What others saved is not shown to her: one of her own is looked at.
    own = {"csrf_token": token_of(client.get("/preferences")), "name": "mine", "query": "web*"}
    saved = client.post("/assets/saved/add", data=own).location
    site.known["saved"] = site.hidden["saved"] = int(saved.rpartition("/")[2])
    edit = own | {"part": "all", "search": "", "comment": "checked", "step": "preview"}
    made = client.post("/assets/bulk", data=edit).location
    client.post(f"{made}/do", data=own)
    site.known["edit"] = int(made.rpartition("/")[2])
    with app.app_context():
        every = list(db.session.scalars(select(Asset.id)))
        asked = {"comment": [MARKS[0]]}
        who = {"actor": MARKS[0], "owner": "account:1", "keep_days": 1}
        site.hidden["edit"] = bulk_runs.add(db.session, every, asked=asked, **who)
        db.session.commit()
    yield site, client
    dispose(app)


@pytest.mark.parametrize("name", walking.names())
def test_a_page_tells_nothing_of_another_unit(two, name):
    site, client = two
    rule = next(rule for rule in walking.rules() if rule.rule == name.partition("?")[0])
    view = site.app.view_functions[rule.endpoint]
    is_open = limits.is_open(rule.endpoint, "GET") or getattr(view, "public", False)
    if rule.endpoint == "console.search_help.page":
        # What is told of a list is as open as the list.
        searched = search_help.LISTS[walking.FILLS["search_help.name"]]
        is_open = limits.is_open(searched.endpoint, "GET")
    path = walking.address(name, site.known)
    told = client.get(path)
    told.close()
    if not is_open:
        assert told.status_code == 403, f"{path} is open: name it in views/limits.py, or close it"
        return
    assert told.status_code < 400, (path, told.status_code)
    for asked in ("", *QUERIES):
        for known in (site.known, site.hidden):
            path = walking.address(name, known).partition("?")[0]
            text = _told(client, f"{path}?{asked}", asked, known)
            found = [mark for mark in MARKS if mark in text]
            assert not found, f"{path}?{asked} has {found} in it: {_around(text, found[0])}"


def test_what_completes_a_search_tells_nothing_of_another_unit(two):
    _site, client = two
    lists = [f"/search/{name}/complete" for name in search_help.LISTS] + ["/assets/complete"]
    answered = 0
    for address in lists:
        for begun in BEGUN:
            answer = client.get(address, query_string={"query": begun})
            assert answer.status_code in (200, 403), (address, begun)
            told = answer.text.lower().replace(begun.lower() or "\0", "")
            found = [mark for mark in MARKS if mark in told]
            assert not found, f"{address} of {begun!r} tells {found}: {told[:500]}"
            answered += answer.status_code == 200
    assert answered >= len(BEGUN)
    for name, searched in search_help.LISTS.items():
        status = client.get(f"/search/{name}/complete?query=a").status_code
        assert (status == 200) == limits.is_open(searched.endpoint, "GET"), name
        assert (client.get(f"/search/{name}/help").status_code == 200) == (status == 200)


def test_rows_that_are_chosen_are_none_of_another_unit(two):
    """Whatever number is sent as chosen, what is filed of it is of her own unit."""
    site, client = two
    token, asked = token_of(client.get("/preferences")), 0
    for rule in site.app.url_map.iter_rules():
        if not rule.endpoint.startswith("console.") or not rule.endpoint.endswith("_picked"):
            continue
        picks = [*range(1, 60), HIDDEN, f"{two_units.MARK}02"]
        for known in (site.known, site.hidden):
            path = walking.filled(rule, known)
            for form in ("csv", "xlsx", ""):
                data = {"csrf_token": token, "pick": picks, "format": form}
                answer = client.post(f"{path}?state=any&status=any&limit=500", data=data)
                assert answer.status_code < 500, path
                text = _text(answer).lower()
                for given in (HIDDEN, quote(HIDDEN), f"{two_units.MARK}02"):
                    text = text.replace(given.lower(), "")
                answer.close()
                assert not [mark for mark in MARKS if mark in text], (path, form)
                asked += answer.status_code < 400
    assert asked >= 3


def test_what_is_sent_of_another_unit_changes_nothing(two):
    """Forms about a hidden asset, or a hidden finding, are answered as if there were none."""
    site, client = two
    token = token_of(client.get("/preferences"))
    for rule in site.app.url_map.iter_rules():
        if not rule.endpoint.startswith("console.asset") or "POST" not in rule.methods:
            continue
        if "hostname" not in rule.arguments or not limits.is_open(rule.endpoint, "POST"):
            continue
        path = walking.filled(rule, site.hidden)
        given = {"csrf_token": token, "comment": "taken", "state": "retired", "alias": "taken"}
        given |= {"name": HIDDEN, "etag": ""}
        answer = client.post(path, data=given, follow_redirects=True)
        assert answer.status_code in (403, 404), (path, answer.status_code)


def test_what_is_sent_is_refused_where_it_is_not_open(two):
    site, client = two
    token = token_of(client.get("/preferences"))
    for rule in site.app.url_map.iter_rules():
        if not rule.endpoint.startswith("console.") or "POST" not in rule.methods:
            continue
        view = site.app.view_functions[rule.endpoint]
        if limits.is_open(rule.endpoint, "POST") or getattr(view, "public", False):
            continue
        path = walking.filled(rule, site.known)
        answer = client.post(path, data={"csrf_token": token})
        assert answer.status_code == 403, (path, answer.status_code)


def _text(answer):
    """Return what an answer says; of a workbook, what its parts do."""
    data = answer.get_data()
    if data.startswith(b"PK"):
        with ZipFile(BytesIO(data)) as book:
            data = b"\n".join(map(book.read, book.namelist()))
    return data.decode("utf-8", "replace")


def _told(client, path, asked, known):
    """Return what a page says in lower case, without what was asked for itself."""
    answer = client.get(path)
    # Where a search is wrong is marked within it.
    text = _text(answer).lower().replace("<mark>", "").replace("</mark>", "")
    answer.close()
    assert answer.status_code != 500, path
    for given in (asked.partition("=")[2], str(known["hostname"])):
        for form in (given.lower(), quote(given).lower()):
            text = text.replace(form, "") if two_units.MARK in form else text
    return text


def _around(text, mark):
    place = text.index(mark)
    return text[max(0, place - 200) : place + 100]
