"""Master data: data centres, racks, contacts and the like, through the API."""

import pytest
from sqlalchemy import event

from cmdb_api.extensions import db
from cmdb_api.services.resources import RESOURCES

API = "/api/v1"
ASSETS = f"{API}/assets"
PATHS = [resource.path for resource in RESOURCES]
# Sorts whose pieces need nothing but a name.
PLAIN = [path for path in PATHS if path not in ("rooms", "racks")]
# The field of an asset that names one, or several.
FIELDS = {resource.path: resource.field for resource in RESOURCES}
MANY = {resource.path for resource in RESOURCES if resource.link is not None}


@pytest.fixture
def add(writer):
    """Return a function that adds a piece of master data and gives it as it is told."""

    def add(path, name, **more):
        answer = writer.post(f"{API}/{path}", json={"name": name, **more})
        assert answer.status_code == 201, answer.text
        return answer.json

    return add


@pytest.fixture
def make(add):
    """Return a function that adds a piece of any sort with what it needs."""

    def make(path, name="X1"):
        if path not in ("rooms", "racks"):
            return add(path, name)
        add("data-centres", "FRA1")
        return add(path, name, data_centre="FRA1")

    return make


def named(path, name):
    return {FIELDS[path]: [name] if path in MANY else name}


@pytest.mark.parametrize("path", PATHS)
def test_a_piece_is_added_shown_edited_and_removed(writer, make, path):
    made = make(path)
    place = f"{API}/{path}/{made['id']}"
    assert made["name"] == "X1"
    assert made["asset_count"] == 0
    shown = writer.get(place)
    assert shown.json == made
    assert shown.headers["ETag"] == made["etag"]
    edited = writer.patch(place, json={"description": " for\ntests ", "name": "X2"})
    assert edited.status_code == 200
    assert (edited.json["name"], edited.json["description"]) == ("X2", "for\ntests")
    assert edited.headers["ETag"] == edited.json["etag"] != made["etag"]
    assert writer.patch(place, json={"description": ""}).json["description"] is None
    assert writer.delete(place).status_code == 204
    assert writer.get(place).status_code == 404
    assert [r["name"] for r in writer.get(f"{API}/{path}?name=X").json["items"]] == []


@pytest.mark.parametrize("path", PATHS)
def test_a_new_piece_is_told_where_it_is(writer, path):
    writer.post(f"{API}/data-centres", json={"name": "FRA1"})
    needed = {"data_centre": "FRA1"} if path in ("rooms", "racks") else {}
    answer = writer.post(f"{API}/{path}", json={"name": "X1"} | needed)
    assert answer.headers["Location"] == f"{API}/{path}/{answer.json['id']}"
    assert answer.headers["ETag"] == answer.json["etag"]


@pytest.mark.parametrize("path", PATHS)
def test_a_name_is_taken_once_in_any_case(writer, make, path):
    make(path, "Über")
    needed = {"data_centre": "FRA1"} if path in ("rooms", "racks") else {}
    answer = writer.post(f"{API}/{path}", json={"name": " ÜBER "} | needed)
    assert answer.status_code == 409
    assert set(answer.json["error"]["fields"]) == {"name"}
    assert "is named ÜBER already" in answer.json["error"]["message"]


def test_a_piece_can_not_be_renamed_to_a_name_that_is_taken(writer, add):
    add("tags", "pci")
    other = add("tags", "gdpr")
    answer = writer.patch(f"{API}/tags/{other['id']}", json={"name": "PCI"})
    assert answer.status_code == 409
    assert writer.get(f"{API}/tags/{other['id']}").json == other
    # Its own name in another case is no other's.
    assert writer.patch(f"{API}/tags/{other['id']}", json={"name": "GDPR"}).status_code == 200


def test_rooms_are_named_within_their_data_centre_and_racks_within_their_room(writer, add):
    for name in ("FRA1", "BER"):
        add("data-centres", name)
        add("rooms", "room 1", data_centre=name)
        add("rooms", "room 2", data_centre=name)
    for place in (
        *({"data_centre": "FRA1"}, {"data_centre": "FRA1", "room": "room 1"}),
        *({"data_centre": "FRA1", "room": "room 2"}, {"room": "BER / room 1"}),
    ):
        add("racks", "A12", **place)
        answer = writer.post(f"{API}/racks", json={"name": "a12"} | place)
        assert answer.status_code == 409, place
    racks = writer.get(f"{API}/racks?data_centre=FRA1").json
    assert racks["total"] == 3
    assert writer.get(f"{API}/racks?room=FRA1 / room 1").json["total"] == 1
    assert writer.get(f"{API}/rooms?data_centre=ber").json["total"] == 2


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("number", [99, 2**63, 10**30])
def test_an_unknown_id_is_a_404(writer, path, number):
    place = f"{API}/{path}/{number}"
    for answer in (writer.get(place), writer.patch(place, json={}), writer.delete(place)):
        assert answer.status_code == 404
    assert str(number) in writer.get(place).json["error"]["message"]


@pytest.mark.parametrize("name", [None, "", "  ", 5, ["a"], "x" * 256, "İ" * 200, "a\0", "a\nb"])
def test_what_is_no_name_is_refused(writer, name):
    answer = writer.post(f"{API}/environments", json={"name": name})
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"name"}
    assert writer.post(f"{API}/environments", json={}).status_code == 422


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        *(("racks", "height_u", value) for value in (0, -1, 201, 1.5, "42", True, None)),
        ("racks", "data_centre", None),
        ("rooms", "data_centre", None),
        ("rooms", "data_centre", "NYC"),
        ("racks", "room", "nowhere"),
        ("services", "business_unit", "nobody"),
        ("contacts", "phone", "x" * 65),
        ("tags", "colour", "red"),
    ],
)
def test_a_field_that_can_not_be_is_named(writer, add, path, field, value):
    add("data-centres", "FRA1")
    needed = {"data_centre": "FRA1"} if path in ("rooms", "racks") else {}
    answer = writer.post(f"{API}/{path}", json={"name": "X"} | needed | {field: value})
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {field}


def test_an_unknown_name_is_told_with_the_nearest_and_how_to_add_it(writer, add):
    add("data-centres", "FRA1")
    answer = writer.post(f"{API}/rooms", json={"name": "room 1", "data_centre": "FRA2"})
    assert answer.json["error"]["message"] == (
        "data_centre: there is no data centre FRA2; did you mean FRA1? POST /api/v1/data-centres "
        "adds one"
    )
    writer.post(ASSETS, json={"hostname": "web01"})
    wrong = {"environment": "prod", "services": ["shop"], "data_centre": "FRA9"}
    answer = writer.patch(f"{ASSETS}/web01", json=wrong | {"comment": "x"})
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == set(wrong)
    assert writer.get(f"{ASSETS}/web01").json["comment"] is None


@pytest.mark.parametrize("name", ["FRA1 / 2", "a / b"])
def test_a_place_has_no_name_that_could_be_a_path(writer, name):
    answer = writer.post(f"{API}/data-centres", json={"name": name})
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"name"}


def test_pieces_are_listed_by_name_page_by_page(writer, add):
    for name in ("b", "a", "d", "c", "e"):
        add("tags", name)
    first = writer.get(f"{API}/tags?limit=2").json
    assert [row["name"] for row in first["items"]] == ["a", "b"]
    assert first["total"] == 5
    second = writer.get(f"{API}/tags?limit=2&cursor={first['next_cursor']}").json
    last = writer.get(f"{API}/tags?limit=2&cursor={second['next_cursor']}").json
    assert [row["name"] for row in second["items"] + last["items"]] == ["c", "d", "e"]
    assert last["next_cursor"] is None


def test_racks_of_one_name_are_all_on_the_pages(writer, add):
    for name in ("FRA1", "BER", "NYC"):
        add("data-centres", name)
        add("racks", "A12", data_centre=name)
    found, cursor = [], ""
    while cursor is not None:
        page = writer.get(
            f"{API}/racks?limit=1&cursor={cursor}" if cursor else f"{API}/racks?limit=1"
        )
        found += [row["data_centre"] for row in page.json["items"]]
        cursor = page.json["next_cursor"]
    assert sorted(found) == ["BER", "FRA1", "NYC"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [("ro", ["prod", "Proof"]), ("PRO*", ["prod", "Proof"]), ("?est", ["test"])],
)
def test_the_name_filter_is_a_part_or_a_pattern(writer, add, pattern, found):
    for name in ("prod", "test", "Proof"):
        add("environments", name)
    rows = writer.get(f"{API}/environments", query_string={"name": pattern}).json
    assert sorted(row["name"] for row in rows["items"]) == sorted(found)


@pytest.mark.parametrize("path", PATHS)
def test_the_name_filter_knows_every_letter_in_any_case(writer, make, path):
    made = make(path, "KÖLN 7")
    for pattern in ("köln", "KÖLN*", "?öln 7", "kÖl"):
        query = {"name": pattern}
        rows = writer.get(f"{API}/{path}", query_string=query).json
        assert [row["id"] for row in rows["items"]] == [made["id"]]
        rows = writer.get(f"{API}/master-changes", query_string=query | {"resource": path}).json
        assert [row["resource_id"] for row in rows["items"]] == [made["id"]]
    for pattern in ("koln", "1", ":", "öln*"):
        assert writer.get(f"{API}/{path}", query_string={"name": pattern}).json["items"] == []


def test_the_first_asset_types_are_there(reader):
    rows = reader.get(f"{API}/asset-types").json["items"]
    assert [row["name"] for row in rows] == ["Network device", "Other", "Server", "VM"]
    for row in rows:
        assert reader.get(f"{API}/asset-types/{row['id']}").status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_piece_tells_how_many_assets_name_it_and_stays_while_any_does(writer, make, path):
    made = make(path)
    place = f"{API}/{path}/{made['id']}"
    for number in range(22):
        answer = writer.post(ASSETS, json={"hostname": f"web{number:02}"} | named(path, "x1"))
        assert answer.status_code == 201, answer.text
        assert answer.json[FIELDS[path]] == (["X1"] if path in MANY else "X1")
    assert writer.get(place).json["asset_count"] == 22
    (row,) = writer.get(f"{API}/{path}?name=X1").json["items"]
    assert row["asset_count"] == 22
    answer = writer.delete(place)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "in_use")
    error = answer.json["error"]
    assert "X1 is used by web00, web01, web02" in error["message"]
    assert "web19 and 2 more: let these name another first" in error["message"]
    assert error["details"]["count"] == 22
    assert error["details"]["used_by"][0]["resource"] == "assets"
    assert [used["hostname"] for used in error["details"]["used_by"]] == [
        f"web{number:02}" for number in range(20)
    ]
    assert writer.get(place).status_code == 200
    for number in range(22):
        answer = writer.patch(f"{ASSETS}/web{number:02}", json={FIELDS[path]: None})
        assert answer.json[FIELDS[path]] == ([] if path in MANY else None)
    assert writer.delete(place).status_code == 204


def test_a_data_centre_with_rooms_and_racks_stays_and_a_unit_with_services(writer, add):
    centre = add("data-centres", "FRA1")
    room = add("rooms", "room 2", data_centre="FRA1")
    add("racks", "A12", room="room 2")
    unit = add("business-units", "Shop")
    add("services", "web shop", business_unit="Shop")

    def refused(path, piece):
        answer = writer.delete(f"{API}/{path}/{piece['id']}")
        assert answer.status_code == 409
        return answer.json["error"]["message"]

    assert "FRA1 is used by room room 2, rack A12:" in refused("data-centres", centre)
    assert "room 2 is used by rack A12:" in refused("rooms", room)
    assert "Shop is used by service web shop:" in refused("business-units", unit)


def test_a_rack_in_use_is_refused_with_what_stands_where(writer, add):
    add("data-centres", "FRA1")
    rack = add("racks", "A12", data_centre="FRA1")
    for name, place in (
        ("db01", {"position_u": 1, "height_u": 2}),
        *(("web01", {"position_u": 17}), ("web02", {})),
    ):
        writer.post(ASSETS, json={"hostname": name, "rack": "A12"} | place)
    error = writer.delete(f"{API}/racks/{rack['id']}").json["error"]
    assert "used by web01 (unit 17), db01 (units 1-2), web02:" in error["message"]
    assert error["details"]["used_by"] == [
        {"resource": "assets", "hostname": "web01", "position_u": 17, "height_u": 1},
        {"resource": "assets", "hostname": "db01", "position_u": 1, "height_u": 2},
        {"resource": "assets", "hostname": "web02", "position_u": None, "height_u": None},
    ]


def test_tags_are_made_as_they_are_needed_and_others_are_not(make_client):
    client = make_client("write", name="Anna")
    given = {"hostname": "web01", "tags": ["PCI", "pci", "gdpr"]}
    assert client.post(ASSETS, json=given).json["tags"] == ["gdpr", "PCI"]
    assert client.patch(f"{ASSETS}/web01", json={"tags": ["Pci"]}).json["tags"] == ["PCI"]
    assert [row["name"] for row in client.get(f"{API}/tags").json["items"]] == ["gdpr", "PCI"]
    edits = client.get(f"{API}/master-changes?resource=tags").json["items"]
    assert [(e["action"], e["name"], e["actor"]) for e in edits] == [
        ("added", "PCI", "Anna"),
        ("added", "gdpr", "Anna"),
    ]
    refused = client.post(ASSETS, json={"hostname": "web02", "tags": ["new"], "services": ["no"]})
    assert refused.status_code == 422
    assert client.get(f"{API}/tags?name=new").json["total"] == 0


def test_a_renamed_piece_is_named_so_by_its_assets_at_once(writer, add):
    made = add("environments", "prod")
    writer.post(ASSETS, json={"hostname": "web01", "environment": "PROD"})
    writer.patch(f"{API}/environments/{made['id']}", json={"name": "production"})
    assert writer.get(f"{ASSETS}/web01").json["environment"] == "production"
    # It is no edit of the asset, nor is the next that leaves it.
    writer.patch(f"{ASSETS}/web01", json={"comment": "x"})
    changed, added = writer.get(f"{ASSETS}/web01/changes").json["items"]
    assert changed["fields"] == ["comment"]
    assert added["after"]["environment"] == "prod"


def test_every_edit_is_kept_with_who_made_it(make_client):
    client = make_client("write", name="Anna")
    made = client.post(f"{API}/contacts", json={"name": "Team Web", "email": "w@example.com"}).json
    place = f"{API}/contacts/{made['id']}"
    client.patch(place, json={"email": "web@example.com"})
    client.patch(place, json={"email": "web@example.com"})
    client.delete(place)
    removed, changed, added = client.get(f"{API}/master-changes").json["items"]
    assert {e["actor"] for e in (removed, changed, added)} == {"Anna"}
    assert {(e["resource"], e["resource_id"]) for e in (removed, changed, added)} == {
        ("contacts", made["id"])
    }
    assert (added["action"], added["before"]) == ("added", None)
    assert added["after"] == {"name": "Team Web", "email": "w@example.com"}
    assert (changed["action"], changed["fields"]) == ("changed", ["email"])
    assert (removed["action"], removed["after"]) == ("removed", None)
    assert removed["before"] == changed["after"]


def test_edits_are_filtered_and_paged(writer, add):
    add("tags", "pci")
    add("tags", "gdpr")
    add("environments", "prod")

    def names(**query):
        answer = writer.get(f"{API}/master-changes", query_string=query)
        assert answer.status_code == 200, answer.text
        return [edit["name"] for edit in answer.json["items"]]

    assert names() == ["prod", "gdpr", "pci"]
    assert names(resource="tags") == ["gdpr", "pci"]
    assert names(name="P*") == ["prod", "pci"]
    assert names(since="1h") == ["prod", "gdpr", "pci"]
    assert names(since="2100-01-01") == []
    first = writer.get(f"{API}/master-changes?limit=2").json
    assert names(limit=2, cursor=first["next_cursor"]) == ["pci"]
    for wrong in ("resource=tag", "since=never", "cursor=x", "limit=0"):
        answer = writer.get(f"{API}/master-changes?{wrong}")
        assert answer.status_code == 422
        assert set(answer.json["error"]["fields"]) == {wrong.partition("=")[0]}


def test_one_of_several_who_add_a_name_at_once_succeeds(at_once, writer):
    statuses = at_once(*[lambda: writer.post(f"{API}/tags", json={"name": "pci"}).status_code] * 4)
    assert sorted(statuses) == [201, 409, 409, 409]
    assert writer.get(f"{API}/tags").json["total"] == 1


def test_tags_that_are_made_at_once_are_made_once(at_once, writer):
    for number in range(4):
        writer.post(ASSETS, json={"hostname": f"web0{number}"})

    def tag(number):
        tags = ["a", "b", "c"] if number % 2 else ["c", "b", "a"]
        return writer.patch(f"{ASSETS}/web0{number}", json={"tags": tags}).status_code

    assert at_once(*[lambda n=n: tag(n) for n in range(4)]) == [200] * 4
    assert writer.get(f"{API}/tags").json["total"] == 3
    assert {row["asset_count"] for row in writer.get(f"{API}/tags").json["items"]} == {4}


def test_what_is_removed_and_named_at_once_is_one_or_the_other(at_once, writer, add):
    for turn in range(4):
        made = add("environments", f"env {turn}")
        host = f"web0{turn}"
        writer.post(ASSETS, json={"hostname": host})
        removed, declared = at_once(
            lambda made=made: writer.delete(f"{API}/environments/{made['id']}").status_code,
            lambda host=host, turn=turn: (
                writer.patch(f"{ASSETS}/{host}", json={"environment": f"env {turn}"}).status_code
            ),
        )
        assert (removed, declared) in [(204, 422), (409, 200)]


@pytest.mark.parametrize("path", PATHS)
def test_only_who_may_write_edits(reader, make, path):
    made = make(path)
    assert reader.get(f"{API}/{path}/{made['id']}").status_code == 200
    for answer in (
        reader.post(f"{API}/{path}", json={"name": "Y"}),
        reader.patch(f"{API}/{path}/{made['id']}", json={"name": "Y"}),
        reader.delete(f"{API}/{path}/{made['id']}"),
    ):
        assert answer.status_code == 403


def test_a_list_takes_as_many_queries_for_many_as_for_one(app, writer, add):
    def queries():
        told = []
        with app.app_context():
            engine = db.engine
        listener = lambda *args: told.append(args[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        writer.get(f"{API}/racks")
        event.remove(engine, "before_cursor_execute", listener)
        return len(told)

    add("data-centres", "FRA1")
    add("racks", "A0", data_centre="FRA1")
    one = queries()
    for number in range(1, 10):
        add("racks", f"A{number}", data_centre="FRA1")
    assert queries() == one
