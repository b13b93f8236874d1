"""Nothing that addresses and forms are given makes a page fail, or changes what it should not."""

import itertools
import logging
from urllib.parse import quote

import pytest
from sqlalchemy import select

from cmdb_api.extensions import db
from cmdb_api.views.console import gate
from tests.console import fleet, prying, walking
from tests.console.conftest import Driver, Site, dispose, log_in_client, make_site_app, posting

GARBAGE = (
    *("x", "-1", "%00", "a%00b", "%ED%A0%80", "%FF", "9" * 30, "9223372036854775808", "%C2%B2"),
    *("%D9%A1", "[1]", "{}", "0001-01-01", "9999-12-31T23:59:59Z", "1e400", "99999999999d"),
    *("x" * 5000, "%27%22%3C", "hostname:(", "W10", "bnVsbA==", "exe"),
)
NUMBERS = ("0", "99999999", "2147483648", "9223372036854775808", "9" * 40)
NAMES = ("%00", "no%2Fsuch", "..", "%2E%2E%2Fx", "%ED%A0%80", "x" * 3000, "%20", "%3Cb%3E")
FORMS = {
    "nothing": {},
    "words": "x",
    "much": "x" * 20_000,
    "marks": "\x00‮<b>",
    "numbers": "9" * 5000,
    "huge": "9223372036854775808",
    "negative": "-1",
    "twice": ["x", "1", ""],
}
# Says what is there; the audit log, and when a token was used, tell of what was tried.
TOLD_ELSEWHERE = ("audit", "token")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def rough(request):
    """Return a Site to be rough with."""
    made = request.getfixturevalue(f"make_{request.param}_database")()
    app = make_site_app(made)
    logging.disable(logging.CRITICAL)
    admin = Driver(app, "admin")
    site = Site(None, app, fleet.build(admin, Driver(app, "relay"), posting(admin)))
    prying.watch(app)
    yield site
    logging.disable(logging.NOTSET)
    dispose(app)


@pytest.fixture(scope="module")
def anna(rough):
    return log_in_client(rough.app, "anna")


def rules(app, method):
    """Return the rules of pages that take a method."""
    found = [r for r in app.url_map.iter_rules() if r.endpoint.startswith("console.")]
    found = [r for r in found if method in r.methods and r.endpoint != "console.login.out"]
    return sorted(found, key=lambda rule: rule.rule)


def sound(answer, path):
    """Look that an answer is none of a failure, and tells of nothing inside."""
    text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
    answer.close()
    assert answer.status_code < 500, f"{answer.status_code} {path[:200]}"
    assert "site-packages" not in text and "cmdb_api/" not in text, path[:200]
    return text


def everything(app):
    """Return all rows that are kept."""
    with app.app_context():
        return {
            name: sorted(map(repr, db.session.execute(select(table))))
            for name, table in db.metadata.tables.items()
            if not name.startswith(TOLD_ELSEWHERE)
        }


def test_no_address_makes_a_page_fail(rough, anna):
    failed, turns = [], itertools.cycle(GARBAGE)
    # SQLite takes nearly anything.
    many = 1 if "sqlite" in rough.app.config["SQLALCHEMY_DATABASE_URI"] else 3
    for rule in rules(rough.app, "GET"):
        path = walking.filled(rule, rough.known)
        for query in ("", *walking.ALSO.get(rule.endpoint, ())):
            for name in prying.names(anna, "GET", f"{path}?{query}"):
                # All for each would take minutes; they take turns, so that each meets many names.
                for garbage in itertools.islice(turns, many):
                    asked = f"{path}?{query}&{quote(name)}={garbage}"
                    answer = anna.get(asked)
                    answer.close()
                    if answer.status_code >= 500:
                        failed.append(asked[:200])
    assert not failed, "\n".join(failed)


def posts(site):
    """Return (rule, address) of all that takes a form; but what asks another host is left out."""
    for rule in rules(site.app, "POST"):
        if rule.endpoint != "console.webhooks.test":
            yield rule, walking.filled(rule, site.known)


def test_no_page_changes_what_is_kept(rough, anna):
    before = everything(rough.app)
    for rule in rules(rough.app, "GET"):
        sound(anna.get(walking.filled(rule, rough.known)), rule.rule)
    assert everything(rough.app) == before


def test_no_number_or_name_in_an_address_makes_a_page_fail(rough, anna):
    for rule in rules(rough.app, "GET"):
        for argument in rule.arguments:
            number = f":{argument}>" in rule.rule
            for given in NUMBERS if number else NAMES:
                piece = walking._piece(rule.rule, argument)
                path = rule.rule.replace(piece, given)
                for other in rule.arguments - {argument}:
                    path = path.replace(walking._piece(rule.rule, other), "1")
                sound(anna.get(path), path)


def test_a_form_without_our_token_changes_nothing(rough, anna):
    before = everything(rough.app)
    for _rule, path in posts(rough):
        for token in ({}, {"csrf_token": "x"}, {"csrf_token": ""}):
            answer = anna.post(path, data=token)
            assert answer.status_code == 403, (path, answer.status_code)
    assert everything(rough.app) == before


def test_whoever_may_only_read_sends_nothing_that_writes(rough):
    client = log_in_client(rough.app, "vera")
    token, before = prying.token(client), everything(rough.app)
    for rule, path in posts(rough):
        view = rough.app.view_functions[rule.endpoint]
        if getattr(view, "public", False) or gate.scope_of(view, "POST") == gate.READ:
            continue
        answer = client.post(path, data={"csrf_token": token})
        assert answer.status_code == 403, (path, answer.status_code)
    assert everything(rough.app) == before


@pytest.mark.parametrize("body", ["[1]", "5", "null", '{"name": {"a": [1]}}', "{", '"x"', ""])
def test_no_body_of_json_is_taken_for_a_form(rough, anna, body):
    token = prying.token(anna)
    failed = []
    for _rule, path in posts(rough):
        headers = {"Content-Type": "application/json", "X-CSRFToken": token}
        answer = anna.post(path, data=body, headers=headers)
        if answer.status_code != 415:
            failed.append(path)
    assert not failed, "\n".join(failed)


def test_a_body_that_is_too_large_is_refused_by_a_page(rough, anna):
    data = {"csrf_token": prying.token(anna), "name": "x" * 17 * 2**20}
    answer = anna.post("/master/tags/add", data=data)
    assert answer.status_code == 413
    assert "<h1" in sound(answer, "/master/tags/add")


def test_no_form_makes_a_page_fail(rough, anna):
    failed, token = [], prying.token(anna)
    for _rule, path in posts(rough):
        asked = prying.names(anna, "POST", path, data={"csrf_token": token})
        names = [name for name in asked if name != "csrf_token"]
        tries = [(kind, names) for kind in FORMS]
        tries += [(kind, [name]) for kind in ("marks", "numbers", "huge") for name in names]
        for kind, given in tries:
            fields = dict.fromkeys(given, FORMS[kind]) if FORMS[kind] else {}
            answer = anna.post(path, data=fields | {"csrf_token": token})
            answer.close()
            if answer.status_code >= 500:
                failed.append(f"{path} {kind} {given} {answer.status_code}")
    assert not failed, "\n".join(failed)
