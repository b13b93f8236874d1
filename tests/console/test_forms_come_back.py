"""Whatever a form is sent with, it comes back with what was typed and what is wrong beside it."""

import csv
import html
import io
import logging
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import HTTPException

from tests.console import fleet, parsed, prying, walking
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

# None: the field is missing.
VALUES = {
    "nothing": "",
    "missing": None,
    "twice": ["x-canary", "<x-canary>"],
    "long": "x" * 5000,
    "an element": "<x-canary>\"'",
    "marks": "a\u202e\U0001f525",
    "NUL": "a\0b",
    "no text": b"\xed\xa0\x80",
    "digits": "9" * 5000,
    "negative": "-1",
    "huge": "9223372036854775808",
    "template": "{{7*7}}",
}
# What asks other hosts, and what ends the session.
LEFT_OUT = ("console.webhooks.test", "console.login.out")
# Two of a row, of which browsers send as many.
PAIRED = ("expected-name", "expected-value")
# Without chosen rows it goes back to the list and says so; a decision without an end reads none.
NO_FIELDS = {"console.findings.decide_many", "console.findings.decide"}


@pytest.fixture(scope="module")
def rough(make_sqlite_database):
    app = make_site_app(make_sqlite_database())
    logging.disable(logging.CRITICAL)
    admin = Driver(app, "admin")
    yield Site(None, app, fleet.build(admin, Driver(app, "relay"), posting(admin)))
    logging.disable(logging.NOTSET)
    dispose(app)


@pytest.fixture(scope="module")
def anna(rough):
    return log_in_client(rough.app, "anna")


@pytest.fixture(scope="module")
def forms(rough, anna):
    """Return {endpoint that a form is sent to: (page it stands on, its action)}, of all pages."""
    found = {}
    for name in walking.names():
        path = walking.address(name, rough.known)
        with anna.get(path) as answer:
            if answer.mimetype != "text/html":
                continue
            for form in parsed.Page(answer.text).forms:
                if form.method == "post":
                    action = html.unescape(form.action) or path
                    found.setdefault(_endpoint(rough.app, action), (path, form.action))
    # What is answered with a file of the rows that were chosen is looked at in test_search_attacks.
    left = [name for name in found if name in LEFT_OUT or name.endswith("_picked")]
    return {name: each for name, each in found.items() if name not in left}


def _endpoint(app, address):
    try:
        with app.test_request_context():
            return app.url_map.bind("localhost").match(urlsplit(address).path, method="POST")[0]
    except HTTPException:
        raise AssertionError(f"a form is sent to {address}, where nothing is") from None


def form_on(client, path, action):
    """Return a form as a page shows it now."""
    with client.get(path) as answer:
        found = [f for f in parsed.Page(answer.text).forms if f.method == "post"]
    return next((f for f in found if f.action == action), None)


def send(client, path, form, values, **more):
    """Send a form as a browser does, but with other values; of several of a name the first is."""
    given = form.values | form.button
    for name, value in values.items():
        rest = form.values[name][1:] if name in form.values else []
        given[name] = [*(value if isinstance(value, list) else [value]), *rest]
        if value is None or isinstance(value, bytes):
            given[name] = value
    given = {name: value for name, value in given.items() if value is not None}
    target = html.unescape(form.action) or path
    return client.post(target, data=given, **more)


def same(typed, shown):
    """Tell whether a field holds what was typed, but for line ends and what no page can hold."""
    plain = lambda text: "".join(c for c in text if c.isprintable() and c != "\ufffd").strip()  # noqa: E731
    return plain(typed) in (plain(each) for each in shown)


def test_forms_are_found(rough, forms):
    """Each address that takes a form has one on a page, or is named here."""
    posts = {
        rule.endpoint
        for rule in rough.app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and "POST" in rule.methods
    }
    hidden = {name for name in posts - {*forms, *LEFT_OUT} if not name.endswith("_picked")}
    assert len(forms) > 30
    assert len(hidden) < len(forms), hidden


def test_what_belongs_to_others_is_not_there(rough):
    """What is anna's (a token, a session, a view, a file) is not there for olga."""
    olga = log_in_client(rough.app, "olga", PASSWORD)
    data = {"csrf_token": prying.token(olga)}
    for path in (
        *("/me/tokens/1/revoke", "/me/sessions/1/end", "/exchange/uploads/1/drop"),
        *("/exchange/uploads/1/import", "/exchange/uploads/1", "/assets/saved/1/remove"),
        "/assets/saved/1/edit",
    ):
        answer = olga.post(path, data=data | {"name": "stolen", "etag": ""})
        assert answer.status_code in (302, 403, 404, 422), (path, answer.status_code)
        assert "stolen" not in log_in_client(rough.app, "anna").get("/assets/saved").text


def test_what_was_typed_comes_back_with_what_is_wrong(anna, forms):
    failed, refused, beside = [], 0, 0
    for endpoint, (path, action) in forms.items():
        form = form_on(anna, path, action)
        usual = _wrong(send(anna, path, form, {})) if form and form.typed else set()
        for name in form.typed if form else ():
            for what, answer, sent in _sent(anna, path, action, name):
                where = f"{endpoint} {name}: {what}: {answer.status_code}"
                if answer.status_code < 400:
                    continue
                refused += 1
                failed += [f"{where}: {each}" for each in _faults(answer, name, sent)]
                if new := _wrong(answer) - usual:
                    beside += 1
                    field = name.partition("-")[0] if name in PAIRED else name
                    if not any(field in each for each in new):
                        failed.append(f"{where}: it is told beside {new}")
    assert not failed, "\n".join(failed)
    assert refused > 150 and beside > 80, (refused, beside)


def _sent(client, path, action, name):
    """Send a form with each value of one field; give what, the answer, and all that was sent."""
    answer = None
    for what, value in VALUES.items():
        if what == "twice" and name in PAIRED:
            continue
        if answer is None or answer.status_code < 400:
            form = form_on(client, path, action)
        if form is None or name not in form.values:
            return
        answer = send(client, path, form, {name: value})
        yield what, answer, form.values | {name: value}


def _wrong(answer):
    """Return the names of the fields that an answer says are wrong."""
    return set(parsed.Page(answer.text).errors) if answer.status_code >= 400 else set()


def _faults(answer, name, sent):
    """Return what is not as it should be with the page of a form that was refused."""
    if answer.status_code not in (409, 422):
        return ["another status"]
    page = parsed.Page(answer.text)
    back = next((f for f in page.forms if name in f.kinds and f.method == "post"), None)
    if back is None:
        return ["the form is gone"]
    told = [] if page.errors or page.alerts else ["nothing says what is wrong"]
    return told + [f"{each} is lost" for each in _lost(sent, back)]


def _lost(sent, back):
    """Return the names of what was typed and is not there any more."""
    found = []
    for name, value in sent.items():
        if name not in back.typed or value is None or isinstance(value, bytes):
            continue
        first = value[0] if isinstance(value, list) and value else value
        if first and not same(first, back.values.get(name, ())):
            found.append(name)
    return found


def test_a_choice_that_is_none_is_told_beside_its_field(rough, anna, forms):
    failed, count = [], 0
    for endpoint, (path, action) in forms.items():
        form = form_on(anna, path, action)
        for name, kind in (form.kinds if form else {}).items():
            if kind != "select":
                continue
            answer = send(anna, path, form, {name: "x-no-such"})
            count += 1
            page, where = parsed.Page(answer.text), f"{endpoint} {name}: {answer.status_code}"
            if 300 <= answer.status_code < 400:
                failed += [] if endpoint in NO_FIELDS else [f"{where}: it is taken"]
            elif answer.status_code >= 500 or not (page.errors or page.alerts):
                failed.append(where)
    assert count > 15
    assert not failed, "\n".join(failed)


def test_a_form_of_another_version_is_told_and_kept(rough, anna, forms):
    count = 0
    for endpoint, (path, action) in forms.items():
        form = form_on(anna, path, action)
        if form is None or not form.values.get("etag", [""])[0] or not form.typed:
            continue
        answer = send(anna, path, form, {"etag": "another-version", form.typed[0]: "typed by me"})
        page = parsed.Page(answer.text)
        assert answer.status_code in (409, 422), (endpoint, answer.status_code)
        assert any("typed by me" in v for f in page.forms for v in f.values.get(form.typed[0], ()))
        count += answer.status_code == 409
    assert count >= 5


def test_no_password_that_was_typed_is_on_a_page(rough, anna, forms):
    count = 0
    for endpoint, (path, action) in forms.items():
        form = form_on(anna, path, action)
        names = [name for name, kind in (form.kinds if form else {}).items() if kind == "password"]
        if not names:
            continue
        answer = send(
            anna, path, form, dict.fromkeys(names, "canary-typed-password") | {"name": ""}
        )
        assert "canary-typed-password" not in answer.text, endpoint
        count += 1
    assert count >= 2


def test_the_length_of_a_form_has_a_bound_that_is_told(rough, anna, forms):
    """A megabyte in each field, in the body of a form, and in a file's place."""
    token, failed = prying.token(anna), []
    for endpoint, (path, action) in forms.items():
        form = form_on(anna, path, action)
        names = dict.fromkeys(form.typed, "x" * 2**20) if form else {}
        answer = anna.post(html.unescape(action) or path, data={"csrf_token": token} | names)
        text = answer.get_data(as_text=True)
        if answer.status_code >= 500 or (answer.status_code >= 400 and "<h1" not in text):
            failed.append((endpoint, answer.status_code))
        if len(text) > 1.5 * len(names) * 2**20 + 2**20:
            failed.append((endpoint, len(text)))
    assert not failed, failed


def test_the_audit_log_names_the_fields_that_were_wrong(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    page = client.get("/assets/web01/edit")
    sent = {"csrf_token": token_of(page), "hostname": "web01", "position_u": "x"}
    assert client.post("/assets/web01/edit", data=sent).status_code == 422
    with client.get("/admin/audit?query=action:refused&columns=what,details&format=csv") as file:
        (row,) = list(csv.DictReader(io.StringIO(file.text.lstrip("\ufeff"))))
    assert "position_u" in row["Details"] and "null" not in row["Details"]
