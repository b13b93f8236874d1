"""Findings are decided on their page or many at once, and what is in the way is told."""

import pytest

from cmdb_api.extensions import db
from cmdb_api.services import actions, worklist
from cmdb_api.views.console import finding_evidence, finding_texts
from tests.console.conftest import Driver, log_in_client, posting, token_of
from tests.reports import make_report


def of_kind(site, kind):
    """Return the number of the first open finding of a kind."""
    with site.app.app_context():
        return worklist.page(db.session, kind=[kind], limit=1)["items"][0]["id"]


def told(site, number):
    with site.app.app_context():
        return worklist.of(db.session, number)


def test_each_finding_says_what_happened_with_its_evidence_beside(site, look):
    looker = look(site, "olga")
    looker.open("/findings")
    text = looker.page.inner_text("main")
    assert "It seems that web02 was renamed to web03." in text
    assert "Power supplies: the collector fails on db01." in text
    pair = looker.page.locator("article", has_text="renamed to web03")
    assert pair.locator("thead th a").all_inner_texts() == ["web02", "web03"]
    assert "System UUID" in pair.locator("tbody").inner_text()
    assert pair.locator("tbody .badge").all_inner_texts() == ["same", "same"]
    psu = looker.page.locator("article", has_text="Power supplies")
    psu.locator("summary", has_text="The whole error").click()
    assert "ParseError: no such line" in psu.locator("pre").inner_text()


def test_a_viewer_sees_findings_and_is_offered_no_decision(site):
    client = log_in_client(site.app, "vera")
    number = of_kind(site, "collector")
    for path in ("/findings", f"/findings/{number}"):
        assert 'name="decision"' not in client.get(path).text
    token = token_of(client.get("/preferences"))
    for path in (f"/findings/{number}", "/findings/decide"):
        assert client.post(path, data={"csrf_token": token}).status_code == 403


def test_one_is_decided_from_the_list_and_the_list_goes_on_as_it_was(fresh_site, look):
    number = of_kind(fresh_site, "identity")
    looker = look(fresh_site, "olga")
    looker.open("/findings?kind=identity")
    looker.page.click("button[value=clone]")
    assert looker.page.url.endswith("/findings?kind=identity")
    assert "They are two machines" in looker.page.locator("[role=status]").inner_text()
    assert looker.page.locator("article").count() == 0
    assert told(fresh_site, number)["status"] == "decided"
    looker.open(f"/findings/{number}")
    assert "olga" in looker.page.locator("section", has_text="What was decided").last.inner_text()
    looker.page.click("button[value=reopen]")
    assert told(fresh_site, number)["status"] == "open"


def test_two_assets_are_merged_into_the_one_that_is_chosen(fresh_site, look):
    number = of_kind(fresh_site, "identity")
    looker = look(fresh_site, "olga")
    looker.page.on("dialog", lambda dialog: dialog.accept())
    looker.open(f"/findings/{number}")
    looker.page.fill("textarea", "one machine\nunder two names")
    looker.page.select_option("select[name=into]", "web02")
    looker.page.click("button[value=merge]")
    assert "Decided: Merge" in looker.page.locator("[role=status]").first.inner_text()
    (decision,) = told(fresh_site, number)["decisions"]
    assert decision.comment == "one machine\nunder two names"
    assert looker.context.request.get(fresh_site.url + "/assets/web03").ok


def test_several_are_decided_at_once_and_each_has_its_outcome(fresh_site, look):
    first, second = of_kind(fresh_site, "identity"), of_kind(fresh_site, "collector")
    looker = look(fresh_site, "olga")
    looker.open("/findings")
    assert looker.page.locator(".bulk .btn-primary").is_disabled()
    looker.page.check("[data-pick-all]")
    count = looker.page.locator("article").count()
    assert looker.page.locator("[data-picked-count]").inner_text() == str(count)
    # Somebody else is faster with one of them.
    decide(fresh_site, "anna", first, decision="ignore")
    looker.page.select_option(".bulk select[name=decision]", "ignore")
    looker.page.fill(".bulk input[name=comment]", "all known")
    looker.page.click(".bulk .btn-primary")
    page = looker.page.inner_text("main")
    assert f"{count - 1} findings were decided" in page and "1 was refused" in page
    assert "decided by anna" in looker.page.locator("tr", has_text="web03").inner_text()
    assert told(fresh_site, second)["decisions"][0].comment == "all known"


def test_what_somebody_else_decided_meanwhile_is_explained(fresh_site):
    number = of_kind(fresh_site, "identity")
    decide(fresh_site, "anna", number, decision="clone")
    answer = decide(fresh_site, "olga", number, decision="ignore")
    assert answer.status_code == 409
    assert "Nothing was done: anna has decided this" in answer.text.replace("\n", " ")
    assert "They are two machines" in answer.text


def test_what_is_wrong_stands_beside_and_what_was_typed_stays(site):
    number = of_kind(site, "identity")
    answer = decide(site, "olga", number, decision="merge", into="web 02", comment="why")
    assert answer.status_code == 422
    assert "no space and no slash" in answer.text and ">why</textarea>" in answer.text
    answer = decide(site, "olga", number, decision="merge", into="db01", comment="why")
    assert answer.status_code == 409
    assert "none of the two" in answer.text
    assert decide(site, "olga", number, decision="nosuch").status_code == 409
    assert decide(site, "olga", number, comment="x").status_code == 422
    assert decide(site, "olga", 99999, decision="ignore").status_code == 404


@pytest.mark.parametrize("until", ["7d", ""])
def test_one_is_muted_for_a_while_or_for_ever(fresh_site, until):
    number = of_kind(fresh_site, "collector")
    answer = decide(fresh_site, "olga", number, decision="mute", until=until)
    assert (answer.status_code, answer.location) == (303, f"/findings/{number}")
    found = told(fresh_site, number)
    assert found["status"] == "muted"
    assert (found["muted_until"] is None) == (until == "")


def test_a_drift_is_settled_by_declaring_what_is_observed(fresh_site):
    number = of_kind(fresh_site, "drift")
    client = log_in_client(fresh_site.app, "olga")
    text = client.get(f"/findings/{number}").text
    assert "Accept what is observed" in text and "Keep what is declared" in text
    assert "64 GiB" in text and "128 GiB" in text
    assert decide(fresh_site, "olga", number, decision="accept_observed").status_code == 303
    with fresh_site.app.app_context():
        assert worklist.page(db.session, kind=["drift"], limit=9)["items"] == []


def test_an_unknown_host_is_registered_or_is_another_name_of_an_asset(fresh_site, look):
    fresh_site.app.config["UNKNOWN_HOSTS"] = "review"
    post = posting(Driver(fresh_site.app, "admin"))
    identity = {"hostname": "twin", "system_uuid": "00000004-1111-4222-8333-444444444444"}
    for name in ("fresh01", "twin"):
        sent = identity if name == "twin" else {"hostname": name}
        post(make_report(name, {"disk": []}, identity=sent))
    looker = look(fresh_site, "olga")
    looker.page.on("dialog", lambda dialog: dialog.accept())
    looker.open("/findings?kind=unknown_host")
    card = looker.page.locator("article", has_text="fresh01 reports, and nobody registered it.")
    card.locator("button[value=register]").click()
    assert "Decided: Register" in looker.page.locator("[role=status]").inner_text()
    card = looker.page.locator("article", has_text="twin reports")
    assert "Has the identifiers of" in card.inner_text()
    card.locator("summary").last.click()
    assert card.locator("input[name=into]").input_value() == "db01"
    # Enter decides nothing.
    card.locator("input[name=into]").press("Enter")
    card.locator("input[name=into]").fill("nosuch")
    card.locator("button[value=alias]").click()
    assert "nosuch" in looker.page.locator(".wrong, [role=alert]").first.inner_text()
    looker.page.fill("input[name=into]", "db01")
    looker.page.click("button[value=alias]")
    assert "Decided:" in looker.page.locator("[role=status]").first.inner_text()
    looker.open("/findings?kind=unknown_host")
    assert looker.page.locator("article").count() == 0


def test_the_list_says_what_was_decided_by_whom_and_why(fresh_site):
    number = fresh_site.known["finding"]
    form = {"decision": "mute", "until": "", "comment": "known <b>issue</b>"}
    assert decide(fresh_site, "olga", number, **form).status_code == 303
    client = log_in_client(fresh_site.app, "vera")
    assert 'class="decided' not in client.get("/findings").text
    card = client.get("/findings?status=muted").text
    said = card.partition('class="decided')[2].partition("</p>")[0]
    assert "Decided:" in said and "Mute" in said and "<bdi>olga</bdi>" in said
    assert "known &lt;b&gt;issue&lt;/b&gt;" in said
    table = client.get("/findings?status=muted&view=table").text
    assert 'data-label="Decided by"' in table and "olga" in table
    assert 'data-label="Decided by"' not in client.get("/findings?view=table").text
    assert "olga" in client.get("/findings?status=any&view=table&columns=decided_by").text
    found = client.get("/findings?status=any&query=decided_by:olga&sort=-decided_at").text
    assert f"/findings/{number}" in found
    assert "Nothing fits" in client.get("/findings?status=any&query=decided_by:anna").text
    decide(fresh_site, "anna", number, decision="unmute")
    assert "Decided before:" in client.get("/findings").text


def test_nobody_is_sent_elsewhere_after_a_decision(site):
    number = of_kind(site, "collector")
    client = log_in_client(site.app, "olga")
    token = token_of(client.get("/preferences"))
    for target in ("//evil.example", "/findings.evil", "https://evil.example/findings"):
        form = {"csrf_token": token, "next": target, "decision": "ignore"}
        assert client.post("/findings/decide", data=form).location == "/findings"
    assert told(site, number)["status"] == "open"


def test_every_decision_and_hypothesis_has_its_words():
    names = {
        name for table in (*actions._IDENTITY.values(), *actions._KINDS.values()) for name in table
    }
    names |= {*actions._UNKNOWN, "mute", "unmute", "reopen", "ignore"}
    assert names <= finding_texts.DECISIONS.keys()
    assert names <= finding_texts.DOES.keys()
    for subject in actions._IDENTITY:
        assert f"identity.{subject}" in finding_texts.SENTENCES


@pytest.mark.parametrize("kind", [*finding_texts.KINDS])
def test_evidence_of_any_shape_is_shown(site, kind):
    bare = {"kind": kind, "subject": None, "hostname": "50%(x)s", "other": None, "message": "%(y)s"}
    with site.app.test_request_context():
        for evidence in (None, {}, {"known": {}, "shared": {}}, {"status": "%s", "reasons": []}):
            finding = bare | {"evidence": evidence}
            assert "50%(x)s" in finding_texts.plain(finding)
            assert finding_evidence.of(finding)


def test_a_page_of_findings_has_what_each_by_itself_has(fresh_site):
    with fresh_site.app.app_context():
        page = worklist.page(db.session, status="any", limit=50, detailed=True)["items"]
        for found in page:
            alone = worklist.of(db.session, found["id"])
            assert {name: alone[name] for name in found} == found
        numbers = [found["id"] for found in page]
        some = worklist.some(db.session, [*numbers, 99999])
        assert [found["id"] for found in some] == sorted(numbers)


def decide(site, name, number, **form):
    client = log_in_client(site.app, name)
    token = token_of(client.get("/preferences"))
    return client.post(f"/findings/{number}", data={"csrf_token": token} | form)
