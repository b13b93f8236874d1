"""Where assets stand: data centres, rooms, racks and their units, through the API."""

import pytest

API = "/api/v1"
ASSETS = f"{API}/assets"
WHERE = ("data_centre", "room", "rack", "position_u", "height_u")


@pytest.fixture
def places(writer):
    """
    Return {path: id} of two data centres with rooms and racks.

    FRA1 has room 1 and room 2, each with a rack A12, and a rack B1 in no room; BER has a room 2
    with a rack A12, and a rack C1 in no room.
    """
    ids = {}

    def add(resource, name, **more):
        answer = writer.post(f"{API}/{resource}", json={"name": name, **more})
        assert answer.status_code == 201, answer.text
        path = [more.get("data_centre"), more.get("room"), name]
        ids[" / ".join(filter(None, path))] = answer.json["id"]

    for centre in ("FRA1", "BER"):
        add("data-centres", centre)
    for centre, room in (("FRA1", "room 1"), ("FRA1", "room 2"), ("BER", "room 2")):
        add("rooms", room, data_centre=centre)
        add("racks", "A12", data_centre=centre, room=room)
    add("racks", "B1", data_centre="FRA1")
    add("racks", "C1", data_centre="BER", height_u=10)
    return ids


@pytest.fixture
def put(writer, places):
    """Return a function that declares where an asset stands, and gives where it does then."""

    def put(host, status=200, **where):
        if writer.get(f"{ASSETS}/{host}").status_code == 404:
            writer.post(ASSETS, json={"hostname": host})
        answer = writer.patch(f"{ASSETS}/{host}", json=where)
        assert answer.status_code == status, answer.text
        if status != 200:
            return answer.json["error"]
        return tuple(answer.json[name] for name in WHERE)

    return put


def test_a_rack_tells_its_room_and_data_centre(put):
    assert put("web01", rack="C1") == ("BER", None, "C1", None, None)
    assert put("web02", rack="b1", position_u=3) == ("FRA1", None, "B1", 3, 1)
    assert put("web02", position_u="") == ("FRA1", None, "B1", None, None)
    assert put("web02", position_u=3) == ("FRA1", None, "B1", 3, 1)
    assert put("web03", rack="A12", room="room 1") == ("FRA1", "room 1", "A12", None, None)


def test_a_room_tells_its_data_centre(put):
    assert put("web01", room="room 1") == ("FRA1", "room 1", None, None, None)
    assert put("web01", room="FRA1 / room 2") == ("FRA1", "room 2", None, None, None)


def test_a_rack_that_is_not_where_it_is_said_to_be_is_refused(put):
    error = put("web01", 422, rack="C1", data_centre="FRA1")
    assert error["message"] == "data_centre: the rack given is BER / C1, not in FRA1"
    error = put("web01", 422, rack="B1", room="room 1")
    assert set(error["fields"]) == {"room"}
    assert put("web01", 422, rack="C1", data_centre=None)["fields"]["data_centre"] == [
        "the rack given is BER / C1, which can't be taken away: leave data_centre out"
    ]
    assert set(put("web01", 422, room="room 1", data_centre="BER")["fields"]) == {"data_centre"}
    assert set(
        put("web01", 422, rack="A12", room="BER / room 2", data_centre="FRA1")["fields"]
    ) == {"room"}


def test_what_repeats_what_is_known_is_no_contradiction(put):
    where = {"data_centre": "FRA1", "room": None, "rack": "B1", "position_u": 3, "height_u": 2}
    assert put("web01", **where) == ("FRA1", None, "B1", 3, 2)
    assert put("web01", **where) == ("FRA1", None, "B1", 3, 2)


def test_a_name_that_several_racks_have_is_refused_with_all_of_them(put):
    error = put("web01", 422, rack="a12")
    assert error["fields"]["rack"] == [
        "a12 may be BER / room 2 / A12, FRA1 / room 1 / A12, FRA1 / room 2 / A12: give one of "
        "these, or data_centre and room too"
    ]
    assert error["details"]["candidates"] == [
        *("BER / room 2 / A12", "FRA1 / room 1 / A12", "FRA1 / room 2 / A12")
    ]
    error = put("web01", 422, rack="A12", data_centre="FRA1")
    assert error["details"]["candidates"] == ["FRA1 / room 1 / A12", "FRA1 / room 2 / A12"]
    error = put("web01", 422, rack="A12", room="room 2")
    assert error["details"]["candidates"] == ["BER / room 2 / A12", "FRA1 / room 2 / A12"]
    assert put("web01", 422, room="room 2")["details"]["candidates"] == [
        *("BER / room 2", "FRA1 / room 2")
    ]


@pytest.mark.parametrize(
    "where",
    [
        {"rack": "fra1 / ROOM 2 / a12"},
        {"rack": "A12", "data_centre": "FRA1", "room": "room 2"},
        {"rack": "A12", "room": "FRA1 / room 2"},
        {"rack": "FRA1 / room 2 / A12", "data_centre": "FRA1"},
    ],
)
def test_what_is_given_with_a_name_or_its_path_decides(put, where):
    assert put("web01", **where) == ("FRA1", "room 2", "A12", None, None)


def test_where_it_stands_already_decides(put):
    put("web01", room="FRA1 / room 2")
    assert put("web01", rack="A12") == ("FRA1", "room 2", "A12", None, None)
    put("web02", data_centre="BER")
    assert put("web02", rack="A12") == ("BER", "room 2", "A12", None, None)
    assert put("web02", room="room 2") == ("BER", "room 2", "A12", None, None)
    put("web03", data_centre="FRA1")
    assert put("web03", 422, rack="A12")["details"]["candidates"] == [
        *("FRA1 / room 1 / A12", "FRA1 / room 2 / A12")
    ]


@pytest.mark.parametrize(
    ("field", "name", "near"),
    [
        *(("rack", "A13", "A12"), ("room", "room 3", "room 2"), ("data_centre", "FRA", "FRA1")),
        *(("rack", "BER / B1", None), ("rack", "x / y / z / A12", None), ("room", "%", None)),
    ],
)
def test_an_unknown_place_is_refused_with_the_nearest(put, field, name, near):
    error = put("web01", 422, **{field: name})
    assert set(error["fields"]) == {field}
    assert f"there is no {field.replace('_', ' ')} {name}" in error["message"]
    assert near is None or near in error["message"]


def test_another_data_centre_or_room_takes_the_rack_away(put):
    full = {"rack": "FRA1 / room 2 / A12", "position_u": 7, "height_u": 2}
    there = put("web01", **full)
    assert put("web01", data_centre="FRA1") == there
    assert put("web01", room="room 2", data_centre="fra1") == there
    assert put("web01", room="room 1") == ("FRA1", "room 1", None, None, None)
    put("web01", **full)
    assert put("web01", room=None) == ("FRA1", None, None, None, None)
    put("web01", **full)
    assert put("web01", data_centre="BER") == ("BER", None, None, None, None)
    put("web01", **full)
    assert put("web01", data_centre=None) == (None,) * 5
    put("web01", **full)
    assert put("web01", rack=None) == ("FRA1", "room 2", None, None, None)
    put("web01", **full)
    assert put("web01", rack="B1") == ("FRA1", None, "B1", None, None)
    put("web01", rack="FRA1 / B1", position_u=5)
    assert put("web01", room="room 1") == ("FRA1", "room 1", None, None, None)


def test_a_position_is_of_a_rack(put):
    assert set(put("web01", 422, position_u=5)["fields"]) == {"position_u"}
    assert set(put("web01", 422, data_centre="FRA1", position_u=5)["fields"]) == {"position_u"}
    assert set(put("web01", 422, rack="B1", height_u=2)["fields"]) == {"height_u"}
    put("web01", rack="B1", position_u=5, height_u=2)
    assert set(put("web01", 422, rack=None, position_u=5)["fields"]) == {"position_u"}
    # It keeps its height where it is not told.
    assert put("web01", position_u=8) == ("FRA1", None, "B1", 8, 2)
    assert put("web01", height_u=None) == ("FRA1", None, "B1", 8, 1)
    assert put("web01", position_u=None) == ("FRA1", None, "B1", None, None)
    put("web01", position_u=8, height_u=3)
    assert put("web01", rack="C1", position_u=1) == ("BER", None, "C1", 1, 3)


def test_a_position_past_the_top_is_refused(put):
    error = put("web01", 422, rack="C1", position_u=11)
    assert error["message"] == "position_u: there is no unit 11; rack C1 has 10 units"
    error = put("web01", 422, rack="C1", position_u=9, height_u=3)
    assert error["message"] == (
        "position_u: unit 9 with a height of 3 ends at unit 11; rack C1 has 10 units"
    )
    assert put("web01", rack="C1", position_u=8, height_u=3)[3:] == (8, 3)


def test_an_overlap_is_refused_with_who_stands_there_and_where_there_is_room(put):
    put("db01", rack="C1", position_u=4, height_u=4)
    put("web01", rack="C1", position_u=8)
    error = put("web02", 409, rack="C1", position_u=7, height_u=2)
    assert error["message"] == (
        "position_u: units 7-8 are not free in rack C1: taken by web01 (8) and db01 (4-7); the "
        "nearest free place for 2 units is 9"
    )
    assert error["details"] == {
        "taken_by": [
            {"hostname": "web01", "position_u": 8, "height_u": 1},
            {"hostname": "db01", "position_u": 4, "height_u": 4},
        ],
        "free": 9,
    }
    assert put("web02", 409, rack="C1", position_u=5)["details"]["free"] == 3
    error = put("web02", 409, rack="C1", position_u=5, height_u=4)
    assert error["details"]["free"] is None
    assert error["message"].endswith("; no 4 units are free")
    # An asset is not in its own way.
    assert put("db01", position_u=3)[3:] == (3, 4)
    assert put("web02", rack="C1", position_u=9, height_u=2)[3:] == (9, 2)


def test_the_same_unit_of_another_rack_is_free(put):
    put("web01", rack="C1", position_u=4)
    assert put("web02", rack="B1", position_u=4)[3] == 4
    put("web01", position_u=None)
    assert put("web03", rack="C1", position_u=4)[3] == 4


def test_a_refused_place_changes_nothing(writer, put):
    put("web01", rack="C1", position_u=4)
    put("web02", 409, rack="C1", position_u=4, comment="lost")
    assert writer.get(f"{ASSETS}/web02").json["comment"] is None
    assert writer.get(f"{ASSETS}/web02").json["rack"] is None


def test_the_elevation_shows_a_rack_from_the_top(writer, put, places):
    put("db01", rack="C1", position_u=4, height_u=2)
    put("web01", rack="C1", position_u=10)
    put("web02", rack="C1")
    shown = writer.get(f"{API}/racks/{places['BER / C1']}/elevation").json
    holders = {row["unit"]: row["asset"] and row["asset"]["hostname"] for row in shown["units"]}
    assert list(holders) == list(range(10, 0, -1))
    assert {u: name for u, name in holders.items() if name} == {10: "web01", 5: "db01", 4: "db01"}
    assert (shown["used_units"], shown["free_units"]) == (3, 7)
    assert [row["hostname"] for row in shown["without_position"]] == ["web02"]
    assert shown["rack"]["name"] == "C1"
    assert shown["rack"]["data_centre"] == "BER"
    assert writer.get(f"{API}/racks/9999/elevation").status_code == 404


def test_a_retired_asset_keeps_its_units_until_somebody_clears_them(writer, put):
    put("web01", rack="C1", position_u=4)
    writer.patch(f"{ASSETS}/web01", json={"state": "retired"})
    put("web02", 409, rack="C1", position_u=4)
    put("web01", rack=None)
    assert put("web02", rack="C1", position_u=4)[3] == 4


def test_a_rack_is_not_made_lower_than_what_stands_in_it(writer, put, places):
    rack = f"{API}/racks/{places['BER / C1']}"
    put("db01", rack="C1", position_u=7, height_u=2)
    put("web01", rack="C1", position_u=10)
    answer = writer.patch(rack, json={"height_u": 7})
    assert answer.status_code == 409
    error = answer.json["error"]
    assert error["message"] == (
        "height_u: 7 units are too few, above them stand web01 (10), db01 (7-8)"
    )
    assert [used["hostname"] for used in error["details"]["used_by"]] == ["web01", "db01"]
    assert writer.get(rack).json["height_u"] == 10
    put("web01", position_u=None)
    assert writer.patch(rack, json={"height_u": 8}).json["height_u"] == 8
    assert writer.patch(rack, json={"height_u": 50}).json["height_u"] == 50


def test_a_rack_that_moves_takes_its_assets_along(make_client, put, places):
    client = make_client("write", name="Anna")
    put("web01", rack="FRA1 / room 2 / A12", position_u=4)
    put("web02", rack="FRA1 / room 2 / A12")
    put("web03", rack="FRA1 / room 1 / A12", position_u=4)
    rack = f"{API}/racks/{places['FRA1 / room 2 / A12']}"
    before = client.get(f"{ASSETS}/web01").headers["ETag"]
    moved = client.patch(rack, json={"data_centre": "BER"})
    assert (moved.json["data_centre"], moved.json["room"]) == ("BER", None)
    assert client.get(f"{ASSETS}/web01").headers["ETag"] != before
    assert put("web01") == ("BER", None, "A12", 4, 1)
    assert put("web02") == ("BER", None, "A12", None, None)
    assert put("web03") == ("FRA1", "room 1", "A12", 4, 1)
    for host in ("web01", "web02"):
        change = client.get(f"{ASSETS}/{host}/changes").json["items"][0]
        assert change["actor"] == "Anna"
        assert change["changes"] == [
            {"field": "data_centre", "old": "FRA1", "new": "BER"},
            {"field": "room", "old": "room 2", "new": None},
        ]
    assert client.patch(rack, json={"room": "BER / room 2"}).status_code == 409
    back = client.patch(rack, json={"room": "FRA1 / room 2", "data_centre": "FRA1"})
    assert (back.status_code, back.json["room"]) == (200, "room 2")
    assert put("web01") == ("FRA1", "room 2", "A12", 4, 1)


def test_a_room_that_moves_takes_its_racks_and_assets_along(writer, put, places):
    put("web01", rack="FRA1 / room 1 / A12", position_u=4)
    put("web02", room="room 1")
    put("web03", data_centre="FRA1")
    room = f"{API}/rooms/{places['FRA1 / room 1']}"
    assert writer.patch(room, json={"data_centre": "BER"}).json["data_centre"] == "BER"
    assert put("web01") == ("BER", "room 1", "A12", 4, 1)
    assert put("web02") == ("BER", "room 1", None, None, None)
    assert put("web03") == ("FRA1", None, None, None, None)
    rack = writer.get(f"{API}/racks/{places['FRA1 / room 1 / A12']}").json
    assert (rack["data_centre"], rack["room"]) == ("BER", "room 1")
    edits = writer.get(f"{API}/master-changes").json["items"]
    assert [(edit["resource"], edit["fields"]) for edit in edits[:2]] == [
        ("racks", ["data_centre"]),
        ("rooms", ["data_centre"]),
    ]
    # The name of a rack that moved along is taken there, and free where it was.
    again = writer.post(f"{API}/racks", json={"name": "a12", "room": "BER / room 1"})
    assert again.status_code == 409
    assert (
        writer.post(f"{API}/rooms", json={"name": "room 1", "data_centre": "FRA1"}).status_code
        == 201
    )


def test_a_room_does_not_move_to_where_its_name_is_taken(writer, put, places):
    put("web01", rack="FRA1 / room 2 / A12")
    room = f"{API}/rooms/{places['FRA1 / room 2']}"
    answer = writer.patch(room, json={"data_centre": "BER"})
    assert answer.status_code == 409
    assert put("web01")[:3] == ("FRA1", "room 2", "A12")


def test_a_room_of_a_rack_is_of_its_data_centre(writer, places):
    rack = {"name": "D1", "data_centre": "FRA1", "room": "BER / room 2"}
    answer = writer.post(f"{API}/racks", json=rack)
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"data_centre"}
    answer = writer.post(f"{API}/racks", json={"name": "D1"})
    assert answer.json["error"]["fields"] == {"data_centre": ["a rack needs one"]}
    answer = writer.post(f"{API}/racks", json={"name": "D1", "room": "room 1"})
    assert (answer.json["data_centre"], answer.json["room"]) == ("FRA1", "room 1")


def test_two_can_not_take_a_unit_at_once(at_once, put, writer):
    for number in range(6):
        put(f"web0{number}")

    def take(number):
        where = {"rack": "C1", "position_u": 4 + number % 2, "height_u": 2}
        return writer.patch(f"{ASSETS}/web0{number}", json=where).status_code

    statuses = at_once(*[lambda n=n: take(n) for n in range(6)])
    assert sorted(statuses) == [200] + [409] * 5


def test_a_rack_is_lowered_or_filled_but_not_both(at_once, put, writer, places):
    rack = f"{API}/racks/{places['BER / C1']}"
    put("web01")
    lowered, placed = at_once(
        lambda: writer.patch(rack, json={"height_u": 5}).status_code,
        lambda: writer.patch(f"{ASSETS}/web01", json={"rack": "C1", "position_u": 8}).status_code,
    )
    assert (lowered, placed) in [(200, 422), (409, 200)]


def test_whoever_is_put_in_a_rack_that_moves_is_where_it_is(at_once, put, writer, places):
    rack = f"{API}/racks/{places['FRA1 / B1']}"
    hosts = [f"web0{number}" for number in range(4)]
    for host in hosts:
        put(host, rack="B1")
    for centre in ("BER", "FRA1", "BER"):
        put("web09", rack=None, data_centre=None)
        statuses = at_once(
            lambda centre=centre: writer.patch(rack, json={"data_centre": centre}).status_code,
            lambda: writer.patch(f"{ASSETS}/web09", json={"rack": "B1"}).status_code,
            *[
                lambda host=host: writer.patch(f"{ASSETS}/{host}", json={"comment": centre})  # noqa: B023
                for host in hosts
            ],
        )[:2]
        # Who comes in just then may have to ask again.
        assert set(statuses) <= {200, 503}
        where = writer.get(rack).json["data_centre"]
        for host in [*hosts, "web09"]:
            told = writer.get(f"{ASSETS}/{host}").json
            assert told["rack"] is None or told["data_centre"] == where
