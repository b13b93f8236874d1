"""Admins look after users, tokens and webhooks; nobody else does, and no secret is shown."""

import re

import pytest

from cmdb_api.extensions import db
from cmdb_api.models import Account, Delivery, Subscription
from cmdb_api.services.events import waiting
from tests.api.events.conftest import running
from tests.console import walking
from tests.console.conftest import (
    PASSWORD,
    dispose,
    log_in_client,
    make_site_app,
    token_of,
)
from tests.console.test_me import OTHER, post

ADMINS = ("accounts", "tokens", "webhooks", "audit", "admin")


@pytest.mark.parametrize("name", ["olga", "vera"])
def test_pages_of_admins_are_for_admins(site, name):
    client = log_in_client(site.app, name)
    for rule in walking.rules():
        if rule.endpoint.split(".")[1] in ADMINS:
            answer = client.get(walking.filled(rule, site.known))
            assert answer.status_code == 403, rule.rule
    assert "/admin" not in client.get("/me").text


def test_a_user_is_added_limited_and_removed(fresh_site, look):
    looker = look(fresh_site, "anna")
    page = looker.page
    looker.open("/admin/users/add")
    page.fill('input[name="name"]', "nina")
    page.fill('main input[name="password"]', "short")
    page.click("main form.card button")
    assert "12 characters or more" in page.locator(".wrong").inner_text()
    assert page.input_value('main input[name="name"]') == "nina"
    page.fill('main input[name="password"]', OTHER)
    page.select_option('select[name="role"]', "operator")
    page.click("main form.card button")
    page.wait_for_url("**/admin/users")
    log_in_client(fresh_site.app, "nina", OTHER)
    page.click("text=nina >> nth=-1")
    page.uncheck('input[name="enabled"]')
    page.click("main form.card button")
    page.wait_for_url("**/admin/users")
    assert "disabled" in page.locator("main").inner_text()
    page.click("td >> text=nina")
    page.click("text=Remove")
    page.click("button.btn-danger")
    page.wait_for_url("**/admin/users")
    assert "nina is removed" in page.locator(".alert-success").inner_text()
    assert page.locator("td >> text=nina").count() == 0


def test_who_gets_no_password_where_no_provider_is_set_up_is_told_of(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    fields = {"name": "nina", "role": "viewer", "enabled": "y"}
    assert post(client, "/admin/users/add", **fields).status_code == 303
    assert "nina can&#39;t log in without a password" in client.get("/admin/users").text
    fields |= {"name": "otto", "password": OTHER}
    assert post(client, "/admin/users/add", **fields).status_code == 303
    assert "without a password" not in client.get("/admin/users").text


def test_a_password_stays_where_none_is_typed(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    path = path_of(fresh_site.app, "vera")
    page = client.get(path)
    etag = page.text.split('name="etag"')[1].split('value="')[1].split('"')[0]
    form = {"csrf_token": token_of(page), "etag": etag.replace("&#34;", '"'), "name": "vera"}
    form |= {"role": "operator", "enabled": "y", "password": ""}
    assert client.post(path, data=form).status_code == 303
    log_in_client(fresh_site.app, "vera")
    late = client.post(path, data=form | {"role": "viewer"})
    assert late.status_code == 409
    assert "Somebody else changed this" in late.text


def test_the_last_admin_is_not_lost(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    path = path_of(fresh_site.app, "anna")
    for answer in (
        post(client, f"{path}/remove", f"{path}/remove"),
        post(client, path, path, name="anna", role="viewer", enabled="y"),
    ):
        assert answer.status_code == 409
        assert "the last admin who can log in" in answer.text
    assert client.get("/admin").status_code == 200


def path_of(app, name):
    with app.app_context():
        number = db.session.scalar(db.select(Account.id).where(Account.name == name))
    return f"/admin/users/{number}"


def test_a_token_is_made_shown_once_and_revoked(fresh_site, look):
    looker = look(fresh_site, "anna")
    page = looker.page
    looker.open("/admin/tokens/add")
    page.fill('main input[name="name"]', "master one")
    page.select_option('select[name="scope"]', "relay")
    page.click("main form.card button")
    text = page.locator(".copyable code").first.inner_text()
    assert text.startswith("cmdb_")
    assert text not in page.url
    page.click("text=I have it")
    assert text not in page.content()
    page.on("dialog", lambda dialog: dialog.accept())
    page.click('button[aria-label="Revoke master one"]')
    assert "master one is revoked" in page.locator(".alert-success").inner_text()


def test_a_webhook_to_an_inner_address_is_refused_beside_its_field(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    fields = {"name": "inner", "type": "webhook", "url": "http://127.0.0.1/x", "enabled": "y"}
    answer = post(client, "/admin/webhooks/add", **fields)
    assert answer.status_code == 422
    assert 'value="http://127.0.0.1/x"' in answer.text
    assert 'id="url-error"' in answer.text


def test_a_webhook_is_paused_goes_on_and_gets_a_new_secret(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    path = f"/admin/webhooks/{fresh_site.known['subscription']}"
    assert post(client, f"{path}/pause", enabled="0").status_code == 303
    assert "paused" in client.get(path).text
    assert post(client, f"{path}/pause", enabled="1").status_code == 303
    answer = post(client, f"{path}/secret", keep_old_for="24h")
    assert answer.headers["Cache-Control"] == "no-store"
    secret = answer.text.split("whsec_")[1].split("<")[0]
    page = client.get(path).text
    assert secret not in page
    assert "The old secret signs until" in page
    assert post(client, f"{path}/remove", f"{path}/remove").status_code == 303
    assert client.get(path).status_code == 404


@pytest.fixture
def receiver():
    with running() as receiver:
        yield receiver


def test_a_test_event_is_posted_and_the_answer_is_shown(fresh_site, receiver):
    fresh_site.app.config["WEBHOOK_ALLOWED_NETWORKS"] = ["127.0.0.0/8"]
    client = log_in_client(fresh_site.app, "anna")
    fields = {"name": "inner", "type": "webhook", "url": receiver.url, "enabled": "y"}
    assert "whsec_" in post(client, "/admin/webhooks/add", "/admin/webhooks/add", **fields).text
    with fresh_site.app.app_context():
        number = db.session.scalar(db.select(Subscription.id).where(Subscription.name == "inner"))
    path = f"/admin/webhooks/{number}"
    receiver.answer = lambda event: (202, {}, b"thanks <b>")
    taken = post(client, f"{path}/test").text
    assert "The receiver took the test, with status 202" in taken
    assert "thanks &lt;b&gt;" in taken
    assert [event["type"] for event in receiver.events] == ["cmdb.test"]
    assert "webhook-signature" in receiver.requests[-1][1]
    # The page is that of the webhook: its form is filled in, and the test is in its log.
    assert f'value="{receiver.url}"' in taken
    assert taken.count('data-label="Outcome"') == 1 and "a test" in taken
    assert "Nothing waits" in client.get(f"{path}/deliveries").text
    receiver.answer = lambda event: 500
    assert "The receiver answered with status 500" in post(client, f"{path}/test").text


def give_up(site, error):
    """Give up the first event that waits for the webhook of the fleet; return its number."""
    with site.app.app_context():
        own = Delivery.subscription_id == site.known["subscription"]
        row = db.session.scalars(
            db.select(Delivery).where(own).order_by(Delivery.outbox_id)
        ).first()
        row.status, row.attempts, row.error = "dead", 9, error
        db.session.commit()
        return row.outbox_id


def test_what_was_given_up_is_sent_again_or_dropped(fresh_site):
    event = give_up(fresh_site, "answered 422: <script>")
    client = log_in_client(fresh_site.app, "anna")
    path = f"/admin/webhooks/{fresh_site.known['subscription']}/deliveries"
    page = client.get(f"{path}?status=dead").text
    assert "answered 422: &lt;script&gt;" in page and "1 given up" in page
    assert "given up" in client.get("/admin").text
    assert "Nothing was chosen" in follow(client, post(client, f"{path}/resend"))
    # One that was delivered meanwhile keeps the others from nothing.
    both = [event, event + 1000]
    for name, done in (("resend", "1 event is sent again"), ("drop", "1 is dropped")):
        said = follow(client, post(client, f"{path}/{name}", pick=both))
        assert done in said and f"nothing with id {event + 1000} waits" in said
    gone = client.get(f"{path}?query=id:{event}").text
    assert "Nothing fits what you asked for" in gone


def test_the_log_of_a_webhook_is_looked_through_by_outcome_and_event(site):
    client, path = log_in_client(site.app, "anna"), f"/admin/webhooks/{site.known['subscription']}"
    page = client.get(f"{path}/log").text
    assert page.count('name="pick"') == 3
    assert "answered 503: try later" in page and "no answer within 10 s" in page
    failed = client.get(f"{path}/log?outcome=failed").text
    assert failed.count('name="pick"') == 2
    # Each try leads to all of its event, as does their number where it waits.
    (tried,) = set(re.findall(r'href="([^"]+query=event[^"]+)"', failed))
    assert tried in client.get(f"{path}/deliveries?query=attempts:>0").text
    assert client.get(tried).text.count('name="pick"') == 2
    with client.get(f"{path}/log?query=outcome:delivered&format=csv&columns=status_code") as file:
        assert file.text.split()[-1] == "204" and len(file.text.splitlines()) == 2
    last = client.get(path).text
    assert last.count('data-label="Outcome"') == 3 and "answered 503: try later" in last
    wrong = client.get(f"{path}/log?outcome=lost")
    assert wrong.status_code == 200 and "alert-danger" in wrong.text


def test_the_help_of_a_log_leads_back_to_its_webhook(site):
    client, path = log_in_client(site.app, "anna"), f"/admin/webhooks/{site.known['subscription']}"
    for own in ("log", "deliveries"):
        (link,) = re.findall(r'href="(/search/[^"]+/help[^"]*)"', client.get(f"{path}/{own}").text)
        page = client.get(link).text
        examples = re.findall(rf'href="({path}/{own}\?query[^"]+)"', page)
        assert len(examples) >= 4
        for address in examples:
            assert client.get(address.replace("&amp;", "&")).status_code == 200
        # Whose it is nobody says: the page above both.
        assert f'{path}/{own}"' not in client.get(link.partition("?")[0]).text
        assert client.get(f"{link.partition('?')[0]}?number=x").status_code == 200


def test_the_chosen_of_a_log_are_a_file_of_their_own(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    path = f"/admin/webhooks/{fresh_site.known['subscription']}/log"
    numbers = re.findall(r'name="pick" value="(\d+)"', client.get(path).text)
    picked = post(client, f"{path}/picked?columns=id", path, pick=numbers[1:], format="csv")
    with picked:
        assert picked.text.split()[1:] == numbers[1:]


def test_more_than_a_page_counts_is_told_so(fresh_site, monkeypatch):
    monkeypatch.setattr(waiting, "MOST", 0)
    client = log_in_client(fresh_site.app, "anna")
    path = f"/admin/webhooks/{fresh_site.known['subscription']}"
    for address in ("/admin/webhooks", path, f"{path}/deliveries"):
        assert "more than 0" in client.get(address).text, address
    assert "More than 0 events" in client.get(f"{path}/remove").text
    with client.get("/admin/webhooks?format=csv&columns=pending_count") as file:
        assert max(map(int, file.text.split()[1:])) > 1


def test_a_stream_has_what_waits_and_no_log(site):
    client = log_in_client(site.app, "anna")
    with site.app.app_context():
        number = db.session.scalar(db.select(Subscription.id).where(Subscription.type == "stream"))
    path = f"/admin/webhooks/{number}"
    assert "Delivery log" not in client.get(path).text
    assert "its reader takes the events" in client.get(f"{path}/log").text
    assert client.get(f"{path}/deliveries").status_code == 200


def follow(client, answer):
    assert answer.status_code == 303, answer.text
    return client.get(answer.location).text


def test_the_audit_log_is_filtered_and_exported(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    page = client.get("/admin/audit?action=login&actor=anna")
    assert page.status_code == 200
    assert "failed login</span>" not in page.text
    file = client.get("/admin/audit?action=login&format=csv")
    assert "POST /login" in file.text
    file.close()
    wrong = client.get("/admin/audit?since=nonsense")
    assert wrong.status_code == 200
    assert "alert-danger" in wrong.text


@pytest.fixture
def canary_app(make_sqlite_database):
    app = make_site_app(
        make_sqlite_database(),
        SECRET_KEY="canary-secret-key-value",
        MASTER_SECRET="canary-master-secret-value",
        MASTER_SECRET_PREVIOUS="canary-previous-secret-value",
        OIDC_ISSUER="https://id.example.com",
        OIDC_CLIENT_ID="cmdb",
        OIDC_CLIENT_SECRET="canary-oidc-secret",
        OIDC_REDIRECT_URL="https://someone:canary-login@cmdb.example.com/api/v1/oidc/callback",
    )
    yield app
    dispose(app)


def test_no_page_shows_a_secret_of_the_settings(canary_app):
    client = log_in_client(canary_app, "anna")
    url = "postgresql+psycopg://cmdb:canary-db@192.0.2.1/cmdb?password=canary-option"
    canary_app.config["SQLALCHEMY_DATABASE_URI"] = url
    for path in ("/admin", "/admin/settings", "/admin/about"):
        text = client.get(path).text
        assert "canary" not in text, path
    text = client.get("/admin/settings").text
    assert "OIDC_CLIENT_SECRET" in text
    assert "postgresql+psycopg://cmdb:***@192.0.2.1/cmdb" in text
    assert "given at the start" in text
    assert "Largest request body as it arrives, bytes." in text


def test_every_setting_is_told_of_with_its_comment(canary_app):
    from cmdb_api import default_settings, settings_told

    told = {each["name"]: each["about"] for each in settings_told.every(canary_app.config)}
    assert told.keys() == {name for name in vars(default_settings) if name.isupper()}
    assert all(told.values()), [name for name, about in told.items() if not about]
    assert PASSWORD not in str(told)


def test_what_is_made_is_asked_first_of_a_subscription(site):
    page = log_in_client(site.app, "anna").get("/admin/webhooks/add").text
    assert page.index('name="type"') < page.index('name="url"') < page.index('name="query"')


def test_settings_are_found_ordered_and_filed(site):
    client = log_in_client(site.app, "anna")

    def names(query=""):
        return re.findall(
            r'<section class="card[^>]+id="(\w+)"', client.get(f"/admin/settings{query}").text
        )

    every = names()
    assert len(every) > 20 and names("?sort=name") == sorted(every)
    assert {"SECRET_KEY", "MASTER_SECRET"} <= {*names("?q=secret")} < {*every}
    assert "Nothing fits" in client.get("/admin/settings?q=no-such-thing").text
    is_set = [name for name in names("?sort=origin") if name in names("?q=given+at+the+start")]
    assert is_set and names("?sort=origin")[: len(is_set)] == is_set
    for form in ("csv", "jsonl"):
        with client.get(f"/admin/settings?q=secret&format={form}") as answer:
            assert "MASTER_SECRET" in answer.text and "***" in answer.text
            assert site.app.config["MASTER_SECRET"] not in answer.text
    assert client.get("/admin/settings?sort=value").status_code == 200
    assert log_in_client(site.app, "vera").get("/admin/settings?format=csv").status_code == 403
