"""An asset as it was: declared and observed, rebuilt from what is now and the changes since."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from cmdb_api.models import Asset, Change
from cmdb_api.services import locking, takeover, times
from tests.reports import make_report, section

ASSET = "/api/v1/assets/web01"
HOUR_MS = 3600 * 1000


def ago(hours):
    return times.text(datetime.now(UTC) - timedelta(hours=hours))


def disk(slot, size, **more):
    return {"slot": slot, "size_bytes": size} | more


@pytest.fixture
def reported(post):
    """Return a function that posts a report of web01, collected so many hours ago."""

    def reported(hours, sections, host="web01", **more):
        (result,) = post(make_report(host, sections, age_ms=int(hours * HOUR_MS), **more))
        assert result["result"] in ("recorded", "unchanged"), result

    return reported


@pytest.fixture
def at(reader):
    """Return a function that gives web01 as it was so many hours ago."""

    def at(hours, **query):
        answer = reader.get(ASSET, query_string={"at": ago(hours)} | query)
        assert answer.status_code == 200, answer.text
        return answer.json

    return at


def items(past, kind="disk"):
    return {row["place"]: row["fields"] for row in past["components"][kind]}


def test_components_are_as_they_were(reported, at):
    reported(9, {"disk": [disk("1", 10, serial="EXAMPLE-1")]})
    reported(7, {"disk": [disk("1", 10, serial="EXAMPLE-2"), disk("2", 20)]})
    reported(5, {"disk": [disk("2", 21)]})
    assert items(at(8)) == {"1": disk("1", 10, serial="EXAMPLE-1")}
    assert items(at(6)) == {"1": disk("1", 10, serial="EXAMPLE-2"), "2": disk("2", 20)}
    assert items(at(1)) == {"2": disk("2", 21)}


def test_the_time_of_a_report_is_part_of_what_it_brought(reported, reader, session):
    reported(5, {"disk": [disk("1", 10)]})
    reported(3, {"disk": [disk("1", 11)]})
    (change,) = reader.get(f"{ASSET}/changes?action=changed").json["items"]
    then = reader.get(ASSET, query_string={"at": change["at"]}).json
    assert items(then) == {"1": disk("1", 11)}


def test_a_component_is_told_with_its_serial_number(reported, at):
    reported(5, {"disk": section([disk("1", 10, serial="EXAMPLE-1")], serial="serial")})
    (row,) = at(1)["components"]["disk"]
    assert row == {
        "place": "1",
        "serial": "EXAMPLE-1",
        "fields": disk("1", 10, serial="EXAMPLE-1"),
    }


def test_packages_are_rebuilt_too(reported, at):
    for hours, version in ((5, "1.0"), (3, "1.1")):
        rows = [{"name": "bash", "version": version}, {"name": "zsh", "version": "5"}]
        reported(hours, {"package": section(rows, ["name"], bulk=True)})
    assert items(at(4), "package")["bash"]["version"] == "1.0"
    assert items(at(2), "package")["bash"]["version"] == "1.1"
    assert items(at(4), "package")["zsh"] == {"name": "zsh", "version": "5"}


def test_a_field_that_came_later_is_not_part_of_what_was_before(reported, at):
    reported(5, {"disk": [disk("1", 10)]})
    reported(3, {"disk": [disk("1", 10, firmware="F1")]})
    assert items(at(4)) == {"1": disk("1", 10)}
    assert items(at(2)) == {"1": disk("1", 10, firmware="F1")}


def test_a_kind_that_came_later_is_said_to_be_unknown_then(reported, at):
    reported(9, {"disk": [disk("1", 10)]})
    reported(5, {"psu": [{"slot": "1"}]})
    then = at(7)
    assert (list(then["components"]), then["unknown"]) == (["disk"], ["psu"])
    assert at(4)["unknown"] == []


def test_a_kind_whose_items_are_named_otherwise_now_has_the_places_of_then(reported, at):
    rows = [{"slot": "1", "name": "sda", "size_bytes": 1}]
    reported(5, {"disk": section(rows, ["name"])})
    reported(3, {"disk": section(rows, ["slot"])})
    assert list(items(at(4))) == ["sda"]
    assert list(items(at(2))) == ["1"]


def test_only_some_kinds_can_be_asked_for(reported, at, reader):
    reported(5, {"disk": [disk("1", 10)], "psu": [{"slot": "1"}]})
    assert list(at(1, kind="psu")["components"]) == ["psu"]
    answer = reader.get(f"{ASSET}?at={ago(1)}&kind=dsk")
    assert answer.status_code == 404
    assert "did you mean disk?" in answer.json["error"]["message"]


def test_a_kind_whose_collector_brings_nothing_any_more_is_named(reported, at):
    reported(9, {"disk": [disk("1", 10)], "psu": [{"slot": "1"}]})
    reported(7, {"psu": {"status": "error", "error": "ParseError: no"}})
    assert at(8)["components"].keys() == at(5)["components"].keys() == {"disk", "psu"}
    (told,) = at(5)["not_ok"]
    assert (told["kind"], told["why"]) == ("psu", "error: ParseError: no")
    assert abs(datetime.fromisoformat(told["since"]) - datetime.fromisoformat(ago(9))) < (
        timedelta(minutes=5)
    )


def test_what_is_declared_is_as_it_was(reported, at, writer, session):
    reported(9, {"disk": [disk("1", 10)]})
    writer.post("/api/v1/assets", json={"hostname": "web01", "comment": "first", "tags": ["a"]})
    writer.patch(ASSET, json={"comment": "second", "warranty_until": "2030-01-31"})
    writer.patch(ASSET, json={"comment": "third", "tags": ["a", "b"]})
    _move_edits(session, {1: 6, 2: 4, 3: 2})
    assert _declared(at(7)) == (None, None, [])
    assert _declared(at(5)) == ("first", None, ["a"])
    assert _declared(at(3)) == ("second", "2030-01-31", ["a"])
    assert _declared(at(1)) == ("third", "2030-01-31", ["a", "b"])
    assert at(7)["registered_at"] is None
    assert at(7)["hostname"] == "web01"


def test_the_state_that_it_was_in_is_told(at, writer, session):
    writer.post("/api/v1/assets", json={"hostname": "web01", "state": "planned"})
    writer.post(f"{ASSET}/state", json={"state": "online", "comment": "it came today"})
    _move_edits(session, {1: 6, 2: 2})
    session.execute(update(Asset).values(created_at=datetime.now(UTC) - timedelta(hours=7)))
    session.commit()
    assert [at(hours)["state"] for hours in (5, 1)] == ["planned", "online"]
    assert at(1)["components"] == {}


def _declared(past):
    return past["comment"], past["warranty_until"], past["tags"]


def _move_edits(session, hours):
    """Let the edits of web01, by their number among them, be of so many hours ago."""
    edits = session.query(Change).where(Change.actor.is_not(None)).order_by(Change.seq).all()
    for number, edit in enumerate(edits, 1):
        edit.at = datetime.now(UTC) - timedelta(hours=hours[number])
    session.query(Asset).update({"registered_at": edits[0].at})
    session.commit()


def test_a_time_before_it_was_known_is_refused_with_since_when_it_is(reported, reader):
    reported(5, {"disk": [disk("1", 10)]})
    answer = reader.get(f"{ASSET}?at={ago(6)}")
    assert answer.status_code == 422
    (text,) = answer.json["error"]["fields"]["at"]
    assert text.startswith("web01 was not known then; it is since 20")


def test_a_time_to_come_is_refused(reported, reader):
    reported(5, {"disk": [disk("1", 10)]})
    answer = reader.get(f"{ASSET}?at={ago(-1)}")
    assert answer.status_code == 422
    assert "is yet to come" in answer.json["error"]["fields"]["at"][0]


@pytest.mark.parametrize("text", ["yesterday", "12", "", "2026-13-01"])
def test_what_is_no_time_is_refused(reported, reader, text):
    reported(5, {"disk": [disk("1", 10)]})
    answer = reader.get(ASSET, query_string={"at": text})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["at"])


def test_an_unknown_asset_was_unknown(reader):
    assert reader.get(f"{ASSET}?at=1h").status_code == 404


def test_a_past_state_has_no_etag(reported, reader):
    reported(5, {"disk": [disk("1", 10)]})
    assert "ETag" in reader.get(ASSET).headers
    answer = reader.get(f"{ASSET}?at=1h")
    assert "ETag" not in answer.headers
    assert "etag" not in answer.json


def test_a_past_state_is_as_the_document_says(reported, reader, client):
    reported(5, {"disk": [disk("1", 10)]})
    schemas = client.get("/api/v1/openapi.json").json["components"]["schemas"]
    past = reader.get(f"{ASSET}?at=1h").json
    assert set(past) == set(schemas["PastAsset"]["properties"])
    assert set(past["components"]["disk"][0]) == set(schemas["PastComponent"]["properties"])


def test_the_machine_before_a_reset_is_rebuilt(reported, at, session):
    reported(9, {"disk": [disk("1", 10)], "psu": [{"slot": "1"}]})
    _reset(session, 7)
    assert items(at(8)) == {"1": disk("1", 10)}
    reported(5, {"disk": [disk("1", 99, firmware="F1")]})
    assert items(at(8)) == {"1": disk("1", 10)}
    assert at(6)["components"] == {}
    assert at(6)["unknown"] == ["disk", "psu"]
    assert items(at(4)) == {"1": disk("1", 99, firmware="F1")}
    assert at(4)["unknown"] == ["psu"]


def test_what_a_kind_had_before_a_reset_is_told_of_that_change_alone(reported, reader, session):
    reported(9, {"disk": [disk("1", 10)]})
    _reset(session, 7)
    (listed,) = reader.get(f"{ASSET}/changes?action=reset").json["items"]
    assert (listed["item_count"], "items" in listed["before"]) == (1, False)
    change = reader.get(f"/api/v1/changes/web01/{listed['seq']}").json
    assert change["before"]["items"] == {"1": disk("1", 10)}
    (line,) = reader.get("/api/v1/changes/groups").json["items"][:1]
    assert (line["action"], line["before"]) == ("reset", None)


def _reset(session, hours):
    """Let another machine bear the name, as a decision does."""
    locking.begin(session)
    asset = locking.find(session, "web01")
    takeover.reset(session, asset, datetime.now(UTC) - timedelta(hours=hours))
    session.commit()


def test_master_data_is_told_by_its_names_of_then(reader, writer):
    def add(path, name, **more):
        return writer.post(f"/api/v1/{path}", json={"name": name, **more}).json["id"]

    centre = add("data-centres", "FRA1")
    add("data-centres", "FRA2")
    room = add("rooms", "room 1", data_centre="FRA1")
    rack = add("racks", "A1", data_centre="FRA1", room="room 1")
    other = add("racks", "A1", data_centre="FRA2")
    environment, tag = add("environments", "prod"), add("tags", "pci")
    declared = {"rack": "FRA1 / room 1 / A1", "environment": "prod", "tags": ["pci", "new"]}
    writer.post("/api/v1/assets", json={"hostname": "web01", **declared})
    moments = [times.text(datetime.now(UTC))]
    renames = [
        *(("racks", other, "B1"), ("environments", environment, "live"), ("tags", tag, "zone")),
        *(("racks", rack, "A2"), ("rooms", room, "hall 1"), ("data-centres", centre, "FRA9")),
    ]
    for path, number, name in renames:
        answer = writer.patch(f"/api/v1/{path}/{number}", json={"name": name})
        assert answer.status_code == 200, answer.text
    moments.append(times.text(datetime.now(UTC)))
    writer.patch(ASSET, json={"comment": "an edit between"})
    writer.patch(f"/api/v1/environments/{environment}", json={"name": "production"})
    # A new one may take the name that is free.
    add("environments", "prod")
    moments.append(times.text(datetime.now(UTC)))

    fields = ("data_centre", "room", "rack", "environment", "tags")
    told = [reader.get(ASSET, query_string={"at": when}).json for when in moments]
    assert [[past[name] for name in fields] for past in told] == [
        ["FRA1", "room 1", "A1", "prod", ["new", "pci"]],
        ["FRA9", "hall 1", "A2", "live", ["new", "zone"]],
        ["FRA9", "hall 1", "A2", "production", ["new", "zone"]],
    ]
