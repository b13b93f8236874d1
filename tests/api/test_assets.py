"""Assets: registered, listed, described by people."""

import threading
from datetime import date

import pytest
from sqlalchemy import event, update

from cmdb_api.extensions import db
from cmdb_api.models import Asset

ASSETS = "/api/v1/assets"


def names(answer):
    return [item["hostname"] for item in answer.json["items"]]


def test_an_asset_is_registered(writer):
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    writer.post("/api/v1/racks", json={"name": "A12", "data_centre": "FRA1"})
    where = {"data_centre": "FRA1", "rack": " A12 ", "position_u": 17}
    answer = writer.post(ASSETS, json={"hostname": "web01", **where})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{ASSETS}/web01"
    assert answer.json["hostname"] == "web01"
    assert answer.json["rack"] == "A12"
    assert (answer.json["position_u"], answer.json["height_u"]) == (17, 1)
    assert (answer.json["state"], answer.json["standing"]) == ("online", "registered")
    assert answer.json["registered_at"].endswith("Z")
    assert answer.json["last_report"] is None
    assert writer.get(answer.headers["Location"]).json == answer.json


def test_a_name_is_registered_once_in_any_case(writer):
    writer.post(ASSETS, json={"hostname": "Web01"})
    answer = writer.post(ASSETS, json={"hostname": "wEB01", "comment": "A2"})
    assert answer.status_code == 409
    assert answer.json["error"]["message"] == "Web01 is registered already"
    assert writer.get(f"{ASSETS}/WEB01").json["hostname"] == "Web01"
    assert writer.get(f"{ASSETS}/web01").json["comment"] is None


def test_a_refused_registration_leaves_no_change(writer):
    for _ in range(2):
        writer.post(ASSETS, json={"hostname": "web01"})
    assert len(writer.get(f"{ASSETS}/web01/changes").json["items"]) == 1


def test_a_host_that_has_reported_becomes_registered_and_keeps_its_record(
    writer, post, make_report
):
    post(make_report("web01", {"disk": [{"slot": "1"}]}))
    assert writer.get(f"{ASSETS}/web01").json["registered_at"] is None
    answer = writer.post(ASSETS, json={"hostname": "WEB01", "comment": "A1"})
    assert answer.status_code == 201
    assert answer.json["registered_at"] is not None
    assert answer.json["hostname"] == "web01"
    assert answer.json["comment"] == "A1"
    assert [disk["place"] for disk in answer.json["components"]["disk"]] == ["1"]
    post(make_report("web01", {"disk": [{"slot": "2"}]}))
    actions = [c["action"] for c in writer.get(f"{ASSETS}/web01/changes").json["items"]]
    assert sorted(actions) == ["added", "added", "baseline", "removed"]


def test_a_name_that_stands_twice_in_a_body_is_refused_and_named(writer):
    body = '{"hostname": "web01", "comment": "A1", "comment": "B2"}'
    answer = writer.post(ASSETS, data=body, content_type="application/json")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "malformed")
    assert "'comment' stood twice" in answer.json["error"]["message"]
    assert writer.get(ASSETS).json["total"] == 0


@pytest.mark.parametrize(
    "name", ["", " ", "web 01", "web/01", "a\nb", "a\0b", "a\x7f", "\ud800", "x" * 256, "İ" * 200]
)
def test_what_is_no_hostname_is_refused(writer, name):
    answer = writer.post(ASSETS, json={"hostname": name})
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"hostname"}
    assert writer.get(ASSETS).json["total"] == 0


@pytest.mark.parametrize(
    "name", ["web01.example.com", "x" * 255, "bücher", "a,b", "%41", "..a?b#c"]
)
def test_any_other_hostname_can_be_registered_and_found(writer, name):
    answer = writer.post(ASSETS, json={"hostname": name})
    assert answer.status_code == 201
    assert writer.get(answer.headers["Location"]).json["hostname"] == name


@pytest.mark.parametrize("rack", [5, ["A1"], "x" * 801, "A\0", "\udfff"])
def test_a_rack_that_is_no_text_is_refused(writer, rack):
    answer = writer.post(ASSETS, json={"hostname": "web01", "rack": rack})
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"rack"}


def test_registering_and_editing_are_changes_with_a_name(make_client):
    client = make_client("write", name="Anna")
    client.post(ASSETS, json={"hostname": "web01", "comment": "first"})
    edit = {"comment": "second\nline", "inventory_number": "7", "warranty_until": "2031-01-31"}
    client.patch(f"{ASSETS}/web01", json=edit)
    changed, added = client.get(f"{ASSETS}/web01/changes").json["items"]
    assert (added["action"], added["kind"], added["actor"]) == ("added", "asset", "Anna")
    assert added["after"] == {"hostname": "web01", "state": "online", "comment": "first"}
    assert (changed["action"], changed["actor"], changed["report_id"]) == ("changed", "Anna", None)
    assert changed["changes"] == [
        {"field": "comment", "old": "first", "new": "second\nline"},
        {"field": "inventory_number", "old": None, "new": "7"},
        {"field": "warranty_until", "old": None, "new": "2031-01-31"},
    ]


def test_a_warranty_does_not_end_before_the_purchase(writer):
    days = {"purchased_on": "2026-03-01", "warranty_until": "2026-02-28"}
    wrong = writer.post(ASSETS, json={"hostname": "web01"} | days)
    assert wrong.status_code == 422
    assert wrong.json["error"]["fields"] == {
        "warranty_until": [
            "the warranty would end on 2026-02-28, before the purchase on 2026-03-01"
        ]
    }
    same = days | {"warranty_until": "2026-03-01"}
    assert writer.post(ASSETS, json={"hostname": "web01"} | same).status_code == 201

    def edit(**given):
        answer = writer.patch(f"{ASSETS}/web01", json=given)
        return answer.status_code, list(answer.json.get("error", {}).get("fields", ()))

    assert edit(purchased_on="2026-03-02") == (422, ["purchased_on"])
    assert edit(warranty_until="2026-02-28") == (422, ["warranty_until"])
    # All that is wrong is told at once, and nothing of it is written.
    both = edit(warranty_until="2026-02-28", environment="nosuch", comment="x")
    assert both == (422, ["environment", "warranty_until"])
    assert edit(warranty_until="2026-02-28", purchased_on=None) == (200, [])


def test_days_that_were_wrong_before_stay_while_the_rest_is_edited(app, writer):
    writer.post(ASSETS, json={"hostname": "web01"})
    days = {"purchased_on": "2026-03-01", "warranty_until": "2026-02-28"}
    with app.app_context():
        given = {name: date.fromisoformat(day) for name, day in days.items()}
        db.session.execute(update(Asset).values(**given))
        db.session.commit()
    answer = writer.patch(f"{ASSETS}/web01", json=days | {"comment": "x"})
    assert (answer.status_code, answer.json["comment"]) == (200, "x")
    worse = writer.patch(f"{ASSETS}/web01", json={"warranty_until": "2026-02-27"})
    assert worse.status_code == 422
    assert writer.patch(f"{ASSETS}/web01", json={"warranty_until": None}).status_code == 200


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_edit_leaves_what_it_does_not_name_and_null_or_blank_takes_away(writer, nothing):
    given = {"comment": "C", "inventory_number": "7", "purchased_on": "2026-01-31"}
    writer.post(ASSETS, json={"hostname": "web01", **given})
    edit = {"comment": nothing, "purchased_on": nothing and nothing.strip()}
    answer = writer.patch(f"{ASSETS}/WEB01", json=edit)
    assert answer.status_code == 200
    assert answer.json["comment"] is answer.json["purchased_on"] is None
    assert answer.json["inventory_number"] == "7"


def test_an_edit_that_changes_nothing_is_no_change(writer):
    writer.post(ASSETS, json={"hostname": "web01", "comment": "A1", "tags": ["a", "b"]})
    before = writer.get(f"{ASSETS}/web01").headers["ETag"]
    writer.patch(f"{ASSETS}/web01", json={"comment": "A1", "tags": ["B", "A"]})
    writer.patch(f"{ASSETS}/web01", json={})
    assert len(writer.get(f"{ASSETS}/web01/changes").json["items"]) == 1
    assert writer.get(f"{ASSETS}/web01").headers["ETag"] == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("purchased_on", value) for value in ("31.1.2026", "2026-02-30", 5, "20260131", [])),
        *(("position_u", value) for value in (0, -1, 1.5, "17", True, 2**70, [1])),
        *(
            ("tags", value)
            for value in ("pci", [None], [""], [5], ["x" * 256], ["İ" * 200], {"a": 1})
        ),
        *(("state", value) for value in (None, "", "broken", 5)),
        *(("comment", value) for value in (5, "\0", "x" * 10_001)),
    ],
)
def test_a_value_that_can_not_be_is_refused_and_named(writer, field, value):
    writer.post(ASSETS, json={"hostname": "web01"})
    answer = writer.patch(f"{ASSETS}/web01", json={field: value})
    assert answer.status_code == 422
    assert [name.partition(".")[0] for name in answer.json["error"]["fields"]] == [field]


@pytest.mark.parametrize("path", ["", "/changes"])
@pytest.mark.parametrize("name", ["web01", "a%00b", "%ED%A0%80", "x" * 3000, "%"])
def test_an_unknown_asset_is_a_404(reader, writer, path, name):
    writer.post(ASSETS, json={"hostname": "ab"})
    answer = reader.get(f"{ASSETS}/{name}{path}")
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"


def test_an_unknown_asset_can_not_be_edited(writer):
    assert writer.patch(f"{ASSETS}/web01", json={"comment": "A1"}).status_code == 404
    assert writer.get(ASSETS).json["total"] == 0


def test_a_404_names_what_may_have_been_meant(writer):
    for name in ("web01", "web02.example.com", "db01"):
        writer.post(ASSETS, json={"hostname": name})

    def told(name):
        return writer.get(f"{ASSETS}/{name}").json["error"]["message"]

    assert told("web1") == "there is no asset web1; there is web01"
    assert told("web02") == "there is no asset web02; there is web02.example.com, web01"
    assert told("mail") == "there is no asset mail"


def test_assets_are_listed_by_name_page_by_page(writer):
    for number in (3, 1, 5, 2, 4):
        writer.post(ASSETS, json={"hostname": f"web0{number}"})
    first = writer.get(f"{ASSETS}?limit=2")
    assert names(first) == ["web01", "web02"]
    assert first.json["total"] == 5
    writer.post(ASSETS, json={"hostname": "web00"})
    second = writer.get(f"{ASSETS}?limit=2&cursor={first.json['next_cursor']}")
    assert names(second) == ["web03", "web04"]
    last = writer.get(f"{ASSETS}?limit=2&cursor={second.json['next_cursor']}")
    assert names(last) == ["web05"]
    assert last.json["next_cursor"] is None


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", ["db_01", "db101", "web%01", "WEB01"]),
        ("01", ["db101", "db_01", "web%01", "WEB01"]),
        ("web", ["web%01", "WEB01"]),
        ("WeB", ["web%01", "WEB01"]),
        ("web*", ["web%01", "WEB01"]),
        ("?b*", ["db101", "db_01"]),
        ("b*", []),
        ("db?01", ["db101", "db_01"]),
        ("%", ["web%01"]),
        ("_", ["db_01"]),
        ("!", []),
        ("'; --", []),
        ("\\", []),
    ],
)
def test_the_name_filter_is_a_part_or_a_pattern(writer, pattern, found):
    for name in ("WEB01", "web%01", "db_01", "db101"):
        writer.post(ASSETS, json={"hostname": name})
    answer = writer.get(ASSETS, query_string={"name": pattern})
    assert sorted(names(answer)) == sorted(found)
    assert answer.json["total"] == len(found)


@pytest.fixture
def fleet(writer):
    """Register assets that differ in all that the list can be narrowed by."""
    for path, name, more in (
        *(("data-centres", "FRA1", {}), ("data-centres", "BER", {})),
        *(("rooms", "R1", {"data_centre": "FRA1"}), ("racks", "A12", {"room": "R1"})),
        *(("racks", "A12", {"data_centre": "BER"}), ("environments", "production", {})),
        *(("services", "shop", {}), ("services", "mail", {}), ("contacts", "Team Web", {})),
        *(("business-units", "Sales", {}), ("suppliers", "Example Ltd", {})),
    ):
        writer.post(f"/api/v1/{path}", json={"name": name, **more})
    for name, given in {
        "web01": {
            **{"rack": "FRA1 / R1 / A12", "position_u": 7, "height_u": 2, "services": ["shop"]},
            **{"environment": "production", "tags": ["pci", "old"], "contacts": ["Team Web"]},
            **{"warranty_until": "2026-12-31", "inventory_number": "IT-1"},
        },
        "web02": {"rack": "BER / A12", "services": ["mail", "shop"], "tags": ["pci"]},
        "vm01": {"asset_type": "VM", "business_unit": "Sales", "supplier": "Example Ltd"},
        "old01": {"state": "retired", "tags": ["pci"], "warranty_until": "2020-01-01"},
        "new01": {"state": "planned", "data_centre": "FRA1", "warranty_until": "2030-01-01"},
    }.items():
        assert writer.post(ASSETS, json={"hostname": name, **given}).status_code == 201


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "new01 vm01 web01 web02"),
        ("state=any", "new01 old01 vm01 web01 web02"),
        ("state=planned&state=retired", "new01 old01"),
        ("data_centre=fra1", "new01 web01"),
        ("room=R1", "web01"),
        ("rack=a12", "web01 web02"),
        ("rack=A12&data_centre=BER", "web02"),
        ("rack=FRA1 / R1 / A12", "web01"),
        ("environment=Production", "web01"),
        ("service=shop", "web01 web02"),
        ("service=shop&service=mail", "web02"),
        ("contact=team web", "web01"),
        ("business_unit=sales", "vm01"),
        ("supplier=example ltd", "vm01"),
        ("asset_type=vm", "vm01"),
        ("tag=pci", "web01 web02"),
        ("tag=pci&tag=old", "web01"),
        ("tag=pci&state=retired", "old01"),
        ("warranty_before=2027-01-01", "web01"),
        ("warranty_before=2026-12-31", ""),
        ("name=web*&tag=pci&data_centre=BER", "web02"),
        ("standing=registered", "new01 vm01 web01 web02"),
        ("standing=review", ""),
        ("standing=any&state=any", "new01 old01 vm01 web01 web02"),
    ],
)
def test_the_list_is_narrowed_by_what_is_declared(writer, fleet, query, found):
    answer = writer.get(f"{ASSETS}?{query}")
    assert answer.status_code == 200, answer.text
    assert names(answer) == found.split()
    assert answer.json["total"] == len(found.split())


def test_the_list_tells_what_is_declared(writer, fleet):
    (row,) = writer.get(f"{ASSETS}?name=web01").json["items"]
    told = {
        **{"data_centre": "FRA1", "room": "R1", "rack": "A12", "position_u": 7, "height_u": 2},
        **{"state": "online", "standing": "registered", "environment": "production"},
        **{"services": ["shop"], "contacts": ["Team Web"], "tags": ["old", "pci"]},
        **{"warranty_until": "2026-12-31", "inventory_number": "IT-1", "asset_type": None},
    }
    assert {name: row[name] for name in told} == told
    detail = writer.get(f"{ASSETS}/web01").json
    assert {name: detail[name] for name in row if name in detail} == {
        name: value for name, value in row.items() if name in detail
    }


@pytest.mark.parametrize(
    ("query", "near"),
    [
        *(
            ("environment=productoin", "production"),
            ("data_centre=FRA", "FRA1"),
            ("tag=pcl", "pci"),
        ),
        *(("rack=A13", "A12"), ("room=R2", None), ("service=shops", "shop"), ("supplier=x", None)),
        *(("contact=Team", None), ("business_unit=sale", "Sales"), ("asset_type=vms", "VM")),
        *(("state=gone", "online"), ("standing=gone", "review"), ("warranty_before=soon", None)),
    ],
)
def test_an_unknown_value_of_a_filter_is_refused_with_the_nearest(writer, fleet, query, near):
    answer = writer.get(f"{ASSETS}?{query}")
    assert answer.status_code == 422
    fields = answer.json["error"]["fields"]
    assert [name.partition(".")[0] for name in fields] == [query.partition("=")[0]]
    assert near is None or near in answer.json["error"]["message"]


def test_who_only_reported_is_listed_and_who_is_ignored_is_not(writer, post, make_report, session):
    post(*(make_report(f"web0{n}", {"disk": []}) for n in (1, 2, 3)))
    for name, standing in (("web02", "review"), ("web03", "ignored")):
        session.execute(update(Asset).where(Asset.hostname == name).values(standing=standing))
    session.commit()
    assert names(writer.get(ASSETS)) == ["web01"]
    assert names(writer.get(f"{ASSETS}?standing=review&standing=ignored")) == ["web02", "web03"]


def test_a_mistyped_kind_is_told_with_the_nearest(writer, post, make_report):
    post(make_report("web01", {"gadget": [{"slot": "1"}]}))
    assert writer.get(f"{ASSETS}/web01?kind=gadget").status_code == 200
    # It is a kind, though this host has none of it.
    assert writer.get(f"{ASSETS}/web01?kind=disk").json["components"] == {}
    answer = writer.get(f"{ASSETS}/web01?kind=disk&kind=gadgets")
    assert answer.status_code == 404
    assert "did you mean gadget?" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=1001", "limit=1.5", "limit=", "cursor=x", "name=%00", "page=2"],
)
def test_wrong_arguments_of_a_list_are_named(reader, query):
    answer = reader.get(f"{ASSETS}?{query}")
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {query.partition("=")[0]}


def test_a_list_takes_as_many_queries_for_many_assets_as_for_one(app, writer):
    def queries():
        told = []
        with app.app_context():
            engine = db.engine
        listener = lambda *args: told.append(args[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        writer.get(ASSETS)
        event.remove(engine, "before_cursor_execute", listener)
        return len(told)

    writer.post(ASSETS, json={"hostname": "web00"})
    one = queries()
    for number in range(1, 20):
        writer.post(ASSETS, json={"hostname": f"web{number:02}"})
    assert queries() == one


def test_one_of_several_who_register_a_name_at_once_succeeds(writer):
    statuses = []

    def register():
        statuses.append(writer.post(ASSETS, json={"hostname": "web01"}).status_code)

    threads = [threading.Thread(target=register) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409, 409, 409]
    assert len(writer.get(f"{ASSETS}/web01/changes").json["items"]) == 1


def test_people_and_reports_of_one_host_at_once_wait_for_each_other(app, make_client, make_report):
    client, statuses = make_client("write"), []

    def register():
        statuses.append(client.post(ASSETS, json={"hostname": "web01"}).status_code)

    def edit(comment):
        statuses.append(client.patch(f"{ASSETS}/web01", json={"comment": comment}).status_code)

    def report(size):
        sections = {"disk": [{"slot": "1", "size_bytes": size}]}
        answer = client.post("/api/v1/reports", json=make_report("web01", sections))
        statuses.append(answer.status_code)

    report(0)
    jobs = [(register,), *((edit, f"A{n}") for n in range(3)), *((report, n) for n in range(1, 4))]
    threads = [threading.Thread(target=job, args=args) for job, *args in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 7 + [201]
    changes = client.get(f"{ASSETS}/web01/changes").json["items"]
    assert sorted(change["seq"] for change in changes) == list(range(1, len(changes) + 1))
    assert len([change for change in changes if change["kind"] == "asset"]) == 4
