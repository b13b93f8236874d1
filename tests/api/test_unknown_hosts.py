"""Reports of hosts that nobody registered, and of those that are retired or ignored."""

import pytest
from sqlalchemy import Engine, event

from cmdb_api.extensions import db
from cmdb_api.services import canonical
from cmdb_api.services.access import tokens
from tests.reports import MASTER_SECRET, make_report

ASSETS = "/api/v1/assets"
FINDINGS = "/api/v1/findings"
NIC = {"port": "pci-0000:03:00.0", "ipv4": ["192.0.2.7/24"], "ipv6": []}
DISK = {"disk": [{"slot": "1"}]}


@pytest.fixture
def under(make_app, database_url):
    """Return a function that gives the reports' door of an app with UNKNOWN_HOSTS of this value."""

    def under(way):
        client = make_app(database_url, UNKNOWN_HOSTS=way).test_client()
        return lambda report: client.post("/api/v1/reports", json=report)

    return under


def names(client, **query):
    answer = client.get(ASSETS, query_string=query)
    return [item["hostname"] for item in answer.json["items"]]


def findings(client, **query):
    answer = client.get(FINDINGS, query_string=query)
    return [(each["kind"], each["hostname"]) for each in answer.json["items"]]


def refusal(answer, code):
    assert (answer.status_code, answer.json["error"]["code"]) == (403, code)
    return answer.json["error"]["message"]


def retire(client, host):
    assert client.post(f"{ASSETS}/{host}/state", json={"state": "retired"}).status_code == 200


def test_accepted_hosts_are_assets_without_a_finding(under, writer):
    assert under("accept")(make_report("web99", DISK)).json["result"] == "recorded"
    assert names(writer) == ["web99"]
    assert writer.get(f"{ASSETS}/web99").json["standing"] == "accepted"
    assert findings(writer, status="any") == []


def test_a_host_under_review_is_recorded_apart_from_the_others(under, writer):
    post = under("review")
    report = make_report("web99", DISK | {"nic": {
        "status": "ok", "digest": canonical.digest([NIC], ["port"]), "key": ["port"],
        "items": [NIC],
    }})  # fmt: skip
    assert post(report).json["result"] == "recorded"
    assert post(make_report("web99", DISK)).json["result"] == "unchanged"
    assert names(writer) == []
    assert names(writer, standing="review") == ["web99"]
    (finding,) = writer.get(FINDINGS).json["items"]
    assert (finding["kind"], finding["hostname"]) == ("unknown_host", "web99")
    assert finding["message"] == "web99 reports (salt), and nobody registered it"
    evidence = writer.get(f"{FINDINGS}/{finding['id']}").json["evidence"]
    assert evidence["addresses"] == ["192.0.2.7/24"]
    assert evidence["identity"]["hostname"] == "web99"
    assert (evidence["via"], evidence["carried_by"]) == ("salt", [])


def test_registering_ends_the_review(under, writer):
    under("review")(make_report("web99", DISK))
    answer = writer.post(ASSETS, json={"hostname": "WEB99"})
    assert answer.status_code == 201
    assert (answer.json["standing"], list(answer.json["components"])) == ("registered", ["disk"])
    assert names(writer) == ["web99"]
    assert findings(writer) == []
    assert findings(writer, status="closed") == [("unknown_host", "web99")]


def test_a_report_of_a_host_that_is_not_registered_is_refused_and_told(under, writer):
    post = under("refuse")
    told = refusal(post(make_report("web99", DISK)), "unknown_host")
    assert told == (
        "web99 is not registered; register it with: cmdb asset register web99 "
        "(or POST /api/v1/assets)"
    )
    assert names(writer, standing="any") == []
    assert findings(writer) == [("unknown_host", "web99")]
    writer.post(ASSETS, json={"hostname": "web99"})
    assert findings(writer) == []
    assert post(make_report("web99", DISK)).json["result"] == "recorded"


def test_a_finding_is_found_by_the_name_of_its_host_in_any_case(under, writer):
    refusal(under("refuse")(make_report("KÖLN01", DISK)), "unknown_host")
    for name in ("köln01", "KÖLN01", "Köln01"):
        assert findings(writer, asset=name) == [("unknown_host", "KÖLN01")]
    assert writer.get(FINDINGS, query_string={"asset": "köln02"}).status_code == 404


def test_a_name_that_becomes_an_alias_is_unknown_no_more(under, writer):
    post = under("refuse")
    post(make_report("web99", DISK))
    writer.post(ASSETS, json={"hostname": "web01"})
    writer.put(f"{ASSETS}/web01/aliases/web99")
    assert findings(writer) == []
    assert post(make_report("web99", DISK)).json["result"] == "recorded"


@pytest.mark.parametrize("way", ["accept", "review", "refuse"])
def test_what_is_signed_wrong_makes_no_asset_and_no_finding(under, writer, way):
    report = make_report("web99", DISK, key=canonical.host_key(MASTER_SECRET, "db01"))
    refusal(under(way)(report), "forbidden")
    assert names(writer, standing="any") == []
    assert findings(writer, status="any") == []


@pytest.mark.parametrize("way", ["accept", "review", "refuse"])
def test_several_in_one_request_get_what_one_gets(under, make_app, database_url, writer, way):
    writer.post(ASSETS, json={"hostname": "web01"})
    client = make_app(database_url, UNKNOWN_HOSTS=way).test_client()
    reports = [make_report(name, DISK) for name in ("web01", "web98", "web99", "web98")]
    body = "\n".join(canonical.dumps(report) for report in reports)
    answer = client.post("/api/v1/reports", data=body, content_type="application/x-ndjson")
    results = [canonical.json.loads(line)["result"] for line in answer.text.splitlines()]
    first = "refused" if way == "refuse" else "recorded"
    again = "refused" if way == "refuse" else "unchanged"
    assert results == ["recorded", first, first, again]
    assert len(findings(writer)) == (0 if way == "accept" else 2)


def test_a_host_that_is_accepted_after_it_was_refused_is_no_finding(under, writer):
    under("refuse")(make_report("web99", DISK))
    under("accept")(make_report("web99", DISK))
    assert findings(writer) == []


def test_a_refused_host_that_comes_under_review_keeps_its_finding(under, writer):
    under("refuse")(make_report("web99", DISK))
    under("review")(make_report("web99", DISK))
    (finding,) = writer.get(FINDINGS).json["items"]
    assert writer.get(f"{ASSETS}/web99").json["standing"] == "review"
    writer.post(ASSETS, json={"hostname": "web99"})
    assert findings(writer) == []
    assert finding["hostname"] == "web99"


def test_findings_about_hosts_that_are_no_assets_are_bounded(under, writer, monkeypatch):
    monkeypatch.setattr("cmdb_api.services.findings.MOST_OF_NO_ASSET", 3)
    post = under("refuse")
    for number in range(5):
        refusal(post(make_report(f"web9{number}", DISK)), "unknown_host")
    assert len(findings(writer)) == 3


@pytest.mark.parametrize("generation", [1, 2])
def test_a_report_of_a_retired_host_is_refused_whatever_key_it_had(writer, post, generation):
    post(make_report("web01", DISK))
    retire(writer, "web01")
    key = canonical.host_key(MASTER_SECRET, "web01", generation)
    (result,) = post(make_report("web01", {"disk": []}, key=key))
    assert (result["result"], result["error"]["code"]) == ("refused", "retired")
    assert "cmdb asset set web01 state=planned" in result["error"]["message"]
    assert findings(writer) == [("retired", "web01")]
    assert writer.get(f"{ASSETS}/web01").json["components"]["disk"] != []


def test_a_retired_host_that_signs_wrong_is_no_finding(writer, post):
    post(make_report("web01", DISK))
    retire(writer, "web01")
    wrong = canonical.host_key(MASTER_SECRET, "web01", 3)
    (result,) = post(make_report("web01", DISK, key=wrong))
    assert result["error"]["code"] == "forbidden"
    assert findings(writer) == []


def test_a_retired_host_that_comes_back_is_no_finding_any_more(writer, post):
    post(make_report("web01", DISK))
    retire(writer, "web01")
    post(make_report("web01", DISK))
    (finding,) = writer.get(FINDINGS).json["items"]
    evidence = writer.get(f"{FINDINGS}/{finding['id']}").json["evidence"]
    assert evidence["via"] == "salt"
    assert evidence["retired_at"].endswith("Z")
    writer.post(f"{ASSETS}/web01/state", json={"state": "planned"})
    assert findings(writer) == []


def test_retired_hosts_in_one_request_do_not_spoil_the_others(writer, post):
    post(make_report("web01", DISK), make_report("web02", DISK))
    retire(writer, "web01")
    results = post(make_report("web01", DISK), make_report("web02", DISK))
    assert [each["result"] for each in results] == ["refused", "unchanged"]


def test_the_words_of_the_setting_are_checked(make_app, database_url):
    from cmdb_api.errors import SettingsError

    with pytest.raises(SettingsError, match="one of accept, review, refuse, not deny"):
        make_app(database_url, UNKNOWN_HOSTS="deny")


def decide(client, decision, **more):
    (finding,) = client.get(FINDINGS).json["items"]
    given = {"decision": decision} | more
    answer = client.post(f"{FINDINGS}/{finding['id']}/decision", json=given)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("way", ["review", "refuse"])
def test_a_person_decides_that_an_unknown_host_is_ours(under, writer, way):
    post = under(way)
    post(make_report("web99", DISK))
    decide(writer, "register")
    assert findings(writer) == []
    told = post(make_report("web99", DISK)).json["result"]
    assert told == ("unchanged" if way == "review" else "recorded")
    assert writer.get(f"{ASSETS}/web99").json["standing"] == "registered"
    changes = writer.get(f"{ASSETS}/web99/changes").json["items"]
    assert [change["actor"] for change in changes if change["kind"] == "asset"] == ["anna"]


@pytest.mark.parametrize("way", ["review", "refuse"])
def test_a_person_decides_that_an_unknown_host_is_one_of_ours(under, writer, way):
    writer.post(ASSETS, json={"hostname": "web01"})
    post = under(way)
    post(make_report("web99", DISK))
    decide(writer, "alias", into="web01")
    assert findings(writer) == []
    assert names(writer, standing="any") == ["web01"]
    assert writer.get(f"{ASSETS}/web99").json["aliases"] == ["web99"]
    told = post(make_report("web99", DISK)).json["result"]
    assert told == ("unchanged" if way == "review" else "recorded")


def test_a_host_that_gets_the_key_of_its_asset_is_told(under, writer, make_client):
    writer.post(ASSETS, json={"hostname": "web01"})
    assert make_client("admin").post(f"{ASSETS}/web01/key").status_code == 200
    post = under("refuse")
    post(make_report("web99", DISK))
    (finding,) = writer.get(FINDINGS).json["items"]
    given = {"decision": "alias", "into": "web01"}
    answer = writer.post(f"{FINDINGS}/{finding['id']}/decision", json=given)
    (decision,) = answer.json["decisions"]
    assert decision["details"]["needs_new_key"] == ["web99"]
    refusal(post(make_report("web99", DISK)), "forbidden")
    key = canonical.host_key(MASTER_SECRET, "web99", decision["details"]["key_generation"])
    assert post(make_report("web99", DISK, key=key)).json["result"] == "recorded"


@pytest.mark.parametrize("into", ["web99", "WEB99", "www"])
def test_a_host_is_no_other_name_of_itself(under, writer, into):
    under("review")(make_report("web99", DISK))
    writer.put(f"{ASSETS}/web99/aliases/www")
    (finding,) = writer.get(FINDINGS).json["items"]
    given = {"decision": "alias", "into": into}
    answer = writer.post(f"{FINDINGS}/{finding['id']}/decision", json=given)
    assert answer.status_code == 409, answer.text
    error = answer.json["error"]
    assert "is web99 itself" in error["message"] and "into" in error["fields"]
    assert writer.get(f"{ASSETS}/web99").json["components"]["disk"] != []
    assert findings(writer) == [("unknown_host", "web99")]


def test_registering_under_another_name_ends_the_review(under, writer):
    under("review")(make_report("web99", DISK))
    assert writer.patch(f"{ASSETS}/web99", json={"hostname": "web01"}).status_code == 200
    assert findings(writer) == [("unknown_host", "web01")]
    assert writer.post(ASSETS, json={"hostname": "web01"}).status_code == 201
    assert findings(writer) == []


def test_a_person_decides_that_a_host_is_none_of_ours(under, writer):
    post = under("review")
    post(make_report("web99", DISK))
    decide(writer, "ignore")
    told = refusal(post(make_report("web99", DISK)), "ignored")
    assert "cmdb asset register web99" in told
    assert findings(writer) == []
    assert names(writer) == []
    assert names(writer, standing="ignored") == ["web99"]
    # Until somebody registers it.
    assert writer.post(ASSETS, json={"hostname": "web99"}).status_code == 201
    assert post(make_report("web99", DISK)).json["result"] == "unchanged"


def test_a_refused_host_that_is_ignored_is_not_told_again(under, writer):
    post = under("refuse")
    post(make_report("web99", DISK))
    decide(writer, "ignore")
    refusal(post(make_report("web99", DISK)), "unknown_host")
    assert findings(writer) == []


def test_who_carries_the_same_identifiers_is_told(under, writer, post):
    identity = {"machine_id": "5f0c1d2e3b4a59687786950413223140"}
    post(make_report("web01", DISK, identity=identity))
    under("refuse")(make_report("web99", DISK, identity=identity))
    (finding,) = writer.get(FINDINGS, query_string={"kind": "unknown_host"}).json["items"]
    assert finding["message"].endswith("the same identifiers are those of web01")
    evidence = writer.get(f"{FINDINGS}/{finding['id']}").json["evidence"]
    assert evidence["carried_by"] == [{"hostname": "web01", "shared": ["machine_id"]}]


def test_what_the_whole_fleet_carries_is_counted_and_not_read(under, writer, post):
    common = {"machine_id": "5f0c1d2e3b4a59687786950413223140"}
    own = {"board_serial": "BOARD42"}
    post(*(make_report(f"web{n:02}", DISK, identity=common) for n in range(6)))
    post(make_report("db01", DISK, identity=own))
    refuse, seen = under("refuse"), []

    def note(_connection, _cursor, statement, *_):
        if "identity_evidence" in statement and "count(" not in statement:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    refuse(make_report("web99", DISK, identity=common))
    event.remove(Engine, "before_cursor_execute", note)
    assert seen == []
    refuse(make_report("web98", DISK, identity=common | own))
    (one, other) = writer.get(FINDINGS, query_string={"kind": "unknown_host"}).json["items"]
    carried = [writer.get(f"{FINDINGS}/{f['id']}").json["evidence"] for f in (one, other)]
    assert [each["carried_by"] for each in carried] == [
        [{"hostname": "db01", "shared": ["board_serial"]}],
        [],
    ]


@pytest.mark.parametrize("way", ["review", "refuse"])
def test_a_host_is_no_other_name_of_a_retired_asset(make_app, database_url, way):
    app = make_app(database_url, UNKNOWN_HOSTS=way)
    with app.app_context():
        _, text = tokens.create(db.session, name="anna", scope="admin")
        db.session.commit()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    client.post("/api/v1/assets", json={"hostname": "old01"})
    client.post("/api/v1/assets/old01/state", json={"state": "retired"})
    client.post("/api/v1/reports", json=make_report("web01", {"disk": [{"slot": "1"}]}))
    (finding,) = client.get("/api/v1/findings").json["items"]
    path = f"/api/v1/findings/{finding['id']}/decision"
    answer = client.post(path, json={"decision": "alias", "into": "old01"})
    assert answer.status_code == 409
    assert "retired" in answer.json["error"]["fields"]["into"][0]
    assert client.get("/api/v1/assets/old01").json["state"] == "retired"
