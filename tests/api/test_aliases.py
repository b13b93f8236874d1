"""Names of assets: aliases, short and full forms, new hostnames."""

import threading

import pytest

from cmdb_api.services import canonical
from tests.reports import MASTER_SECRET, make_report

ASSETS = "/api/v1/assets"
DISK = {"disk": [{"slot": "1"}]}


@pytest.fixture
def short_app(make_app, database_url):
    """Return an app on the test's database that matches short names with full ones."""
    return make_app(database_url, MATCH_SHORT_NAMES=True)


@pytest.fixture
def short(short_app):
    """Return a function that posts a report to it and gives the result."""
    client = short_app.test_client()

    def post(report):
        return client.post("/api/v1/reports", json=report).json

    return post


def key(host, generation=1):
    return canonical.host_key(MASTER_SECRET, host, generation)


def names(client):
    return [item["hostname"] for item in client.get(ASSETS).json["items"]]


def message(answer, status):
    assert answer.status_code == status
    return answer.json["error"]["message"]


def test_an_asset_is_found_by_its_alias_in_any_case(writer):
    writer.post(ASSETS, json={"hostname": "web01"})
    answer = writer.put(f"{ASSETS}/WEB01/aliases/Shop")
    assert (answer.status_code, answer.json) == (200, {"hostname": "web01", "aliases": ["Shop"]})
    for name in ("shop", "SHOP"):
        asset = writer.get(f"{ASSETS}/{name}").json
        assert (asset["hostname"], asset["aliases"]) == ("web01", ["Shop"])
    assert writer.patch(f"{ASSETS}/shop", json={"comment": "x"}).json["hostname"] == "web01"
    assert writer.get(f"{ASSETS}/shop/changes").json["items"][0]["kind"] == "asset"
    assert names(writer) == ["web01"]


def test_a_report_under_an_alias_is_the_assets(writer, post):
    writer.post(ASSETS, json={"hostname": "web01"})
    writer.put(f"{ASSETS}/web01/aliases/shop")
    assert post(make_report("Shop", DISK))[0]["result"] == "recorded"
    assert post(make_report("web01", DISK))[0]["result"] == "unchanged"
    assert post(make_report("shop", DISK), make_report("shop", DISK))[1]["result"] == "unchanged"
    assert names(writer) == ["web01"]
    assert [d["place"] for d in writer.get(f"{ASSETS}/web01").json["components"]["disk"]] == ["1"]


def test_reports_under_several_names_of_one_asset_in_one_request(writer, post):
    writer.post(ASSETS, json={"hostname": "web01"})
    writer.put(f"{ASSETS}/web01/aliases/shop")
    post(make_report("web01", DISK))
    same = make_report("web01", DISK)
    results = post(
        make_report("shop", DISK), same, same, make_report("web01", {"disk": [{"slot": "2"}]})
    )
    told = [each["result"] for each in results]
    assert told[:2] == ["unchanged", "unchanged"]
    assert told[2:] == ["duplicate", "recorded"]


def test_the_key_of_an_alias_is_its_own_and_of_the_assets_generation(
    writer, post, make_client, app
):
    writer.post(ASSETS, json={"hostname": "web01"})
    writer.put(f"{ASSETS}/web01/aliases/shop")
    assert post(make_report("shop", DISK, key=key("web01")))[0]["result"] == "refused"
    make_client("admin").post(f"{ASSETS}/shop/key")
    relay = make_client("relay")
    told = relay.get("/api/v1/keys/generations").json["generations"]
    assert told == {"shop": 2, "web01": 2}
    assert post(make_report("shop", DISK, key=key("shop")))[0]["result"] == "refused"
    assert post(make_report("shop", DISK, key=key("shop", 2)))[0]["result"] == "recorded"


def test_a_refusal_under_an_alias_is_noted_of_the_asset(writer, post):
    writer.post(ASSETS, json={"hostname": "web01"})
    writer.put(f"{ASSETS}/web01/aliases/shop")
    post(make_report("shop", DISK, key=key("db01")))
    (missing,) = writer.get("/api/v1/coverage/missing").json["items"]
    assert (missing["hostname"], missing["reason"]) == ("web01", "report_refused")


def test_a_name_is_one_assets_only(writer):
    for name in ("web01", "web02"):
        writer.post(ASSETS, json={"hostname": name})
    writer.put(f"{ASSETS}/web01/aliases/shop")

    def put(host, alias):
        return message(writer.put(f"{ASSETS}/{host}/aliases/{alias}"), 409)

    assert put("web02", "SHOP") == "SHOP is another name of web01"
    assert put("web02", "Web01") == "web01 is another asset"
    assert put("web01", "WEB01") == "WEB01 is the hostname of web01 itself"
    told = message(writer.post(ASSETS, json={"hostname": "Shop"}), 409)
    assert told == "Shop is another name of web01"
    assert writer.put(f"{ASSETS}/web01/aliases/SHOP").json["aliases"] == ["shop"]


@pytest.mark.parametrize("alias", ["a%20b", "x" * 256, "%00", "%09"])
def test_what_is_no_hostname_is_no_alias(writer, alias):
    writer.post(ASSETS, json={"hostname": "web01"})
    answer = writer.put(f"{ASSETS}/web01/aliases/{alias}")
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"alias"}


def test_an_alias_is_taken_away(writer, post):
    writer.post(ASSETS, json={"hostname": "web01"})
    told = message(writer.delete(f"{ASSETS}/web01/aliases/shop"), 404)
    assert told == "shop is no other name of web01; it has none"
    writer.put(f"{ASSETS}/web01/aliases/shop")
    told = message(writer.delete(f"{ASSETS}/web01/aliases/shp"), 404)
    assert told == "shp is no other name of web01; it has: shop"
    assert writer.delete(f"{ASSETS}/web01/aliases/SHOP").json["aliases"] == []
    assert writer.get(f"{ASSETS}/shop").status_code == 404
    assert writer.post(ASSETS, json={"hostname": "shop"}).status_code == 201


def test_who_gave_and_took_an_alias_is_in_the_history(make_client):
    client = make_client("write", name="Anna")
    client.post(ASSETS, json={"hostname": "web01"})
    client.put(f"{ASSETS}/web01/aliases/shop")
    client.put(f"{ASSETS}/web01/aliases/shop")
    client.delete(f"{ASSETS}/web01/aliases/shop")
    taken, given, _ = client.get(f"{ASSETS}/web01/changes").json["items"]
    assert (given["actor"], taken["actor"]) == ("Anna", "Anna")
    assert given["changes"] == [{"field": "aliases", "old": None, "new": ["shop"]}]
    assert taken["changes"] == [{"field": "aliases", "old": ["shop"], "new": None}]


def test_a_renamed_asset_keeps_its_record_and_its_old_name(writer, post):
    post(make_report("web01", DISK))
    answer = writer.patch(f"{ASSETS}/web01", json={"hostname": "db01", "comment": "moved"})
    assert answer.status_code == 200
    assert (answer.json["hostname"], answer.json["aliases"]) == ("db01", ["web01"])
    assert writer.get(f"{ASSETS}/web01").json["hostname"] == "db01"
    assert post(make_report("web01", DISK))[0]["result"] == "unchanged"
    assert post(make_report("DB01", DISK))[0]["result"] == "unchanged"
    (change, _) = writer.get(f"{ASSETS}/db01/changes").json["items"]
    assert (change["actor"], change["hostname"]) == ("anna", "db01")
    assert {"field": "hostname", "old": "web01", "new": "db01"} in change["changes"]
    assert names(writer) == ["db01"]


def test_an_asset_gets_an_alias_of_its_own_as_its_name_and_back(writer):
    writer.post(ASSETS, json={"hostname": "web01"})
    for old, new in (("web01", "db01"), ("db01", "Web01"), ("web01", "DB01")):
        asset = writer.patch(f"{ASSETS}/{old}", json={"hostname": new}).json
        assert asset["hostname"] == new
        assert [alias.lower() for alias in asset["aliases"]] == [old]


def test_a_name_can_be_spelled_anew(writer):
    writer.post(ASSETS, json={"hostname": "web01"})
    asset = writer.patch(f"{ASSETS}/web01", json={"hostname": "WEB01"}).json
    assert (asset["hostname"], asset["aliases"]) == ("WEB01", [])


def test_an_asset_does_not_get_the_name_of_another(writer):
    for name in ("web01", "web02"):
        writer.post(ASSETS, json={"hostname": name})
    writer.put(f"{ASSETS}/web02/aliases/shop")
    for name, told in (("WEB02", "web02 is another asset"), ("shop", "shop is another name")):
        answer = writer.patch(f"{ASSETS}/web01", json={"hostname": name, "comment": "x"})
        assert told in message(answer, 409)
    assert writer.get(f"{ASSETS}/web01").json["comment"] is None


def test_a_name_is_given_once_to_those_who_ask_at_once(app, writer, make_client):
    for name in ("web01", "web02", "web03"):
        writer.post(ASSETS, json={"hostname": name})
    statuses = []

    def alias(host):
        client = make_client("write")
        statuses.append(client.put(f"{ASSETS}/{host}/aliases/shop").status_code)

    def register():
        client = make_client("write")
        statuses.append(client.post(ASSETS, json={"hostname": "shop"}).status_code)

    jobs = [(alias, "web01"), (alias, "web02"), (alias, "web03"), (register,)]
    threads = [threading.Thread(target=job, args=args) for job, *args in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses)[1:] == [409, 409, 409]
    assert sorted(statuses)[0] in (200, 201)


def test_without_the_setting_short_and_full_names_are_two(writer, post):
    post(make_report("web01", DISK), make_report("web01.example.com", DISK))
    assert names(writer) == ["web01", "web01.example.com"]


@pytest.mark.parametrize(
    ("known", "reported"),
    [("web01", "WEB01.example.com"), ("web01.example.com", "web01")],
)
def test_a_short_and_a_full_name_are_one_host_where_the_setting_says_so(
    short_app, short, writer, known, reported
):
    assert short(make_report(known, DISK))["result"] == "recorded"
    assert short(make_report(reported, DISK))["result"] == "unchanged"
    assert names(writer) == [known]
    change, *_ = writer.get(f"{ASSETS}/{known}/changes").json["items"]
    assert change["actor"] == "the setting MATCH_SHORT_NAMES"
    assert change["changes"] == [{"field": "aliases", "old": None, "new": [reported]}]
    # From here on it is its alias, and nothing more is written.
    assert short(make_report(reported, DISK))["result"] == "unchanged"
    assert len(writer.get(f"{ASSETS}/{known}/changes").json["items"]) == 2
    client = short_app.test_client()
    client.environ_base = writer.environ_base
    assert client.get(f"{ASSETS}/{reported}").json["hostname"] == known


def test_two_full_names_are_never_one_host(short, writer):
    short(make_report("web01.example.com", DISK))
    short(make_report("web01.example.org", DISK))
    assert names(writer) == ["web01.example.com", "web01.example.org"]


def test_a_short_name_is_one_full_names_only(short, writer):
    short(make_report("web01", DISK))
    short(make_report("web01.example.com", DISK))
    short(make_report("web01.example.org", DISK))
    assert names(writer) == ["web01", "web01.example.org"]


def test_a_short_name_that_fits_two_is_not_matched_and_told(short_app, short, make_client, writer):
    for name in ("web01.example.com", "web01.example.org"):
        short(make_report(name, DISK))
    client = short_app.test_client()
    client.environ_base = writer.environ_base
    told = message(client.get(f"{ASSETS}/web01"), 404)
    assert told == "there is no asset web01; there is web01.example.com, web01.example.org"
    assert short(make_report("web01", DISK))["result"] == "recorded"
    assert names(writer) == ["web01", "web01.example.com", "web01.example.org"]
    (finding,) = writer.get("/api/v1/findings?kind=unknown_host").json["items"]
    assert finding["hostname"] == "web01"
    assert "it may be web01.example.com or web01.example.org" in finding["message"]


def test_both_forms_that_report_first_at_once_are_one_asset(short, writer):
    forms = ("web01", "web01.example.com", "web01", "web01.example.com")
    reports = [make_report(form, DISK) for form in forms]
    threads = [threading.Thread(target=short, args=(report,)) for report in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(writer)) == 1


def test_addresses_have_no_short_form(short, writer):
    for name in ("10", "10.0.0.1", "10.0.0.2"):
        short(make_report(name, DISK))
    assert names(writer) == ["10", "10.0.0.1", "10.0.0.2"]


def test_a_wrong_signature_makes_no_alias(short, writer):
    short(make_report("web01", DISK))
    assert short(make_report("web01.example.com", DISK, key=key("web01")))["result"] == "refused"
    assert writer.get(f"{ASSETS}/web01").json["aliases"] == []
