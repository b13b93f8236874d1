"""What the overview counts, on both databases."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from cmdb_api.models import Asset, AssetFacts, Change, DataCentre, Rack
from cmdb_api.models.types import now
from cmdb_api.services import neighbours, tallies


def asset(session, name, facts=None, **given):
    row = Asset(hostname=name, hostname_key=name, **given)
    session.add(row)
    session.flush()
    if facts is not None:
        session.add(AssetFacts(asset_id=row.id, facts=facts, version=1))
    return row


def change(session, row, seq, at, **given):
    told = {"kind": "disk", "place": "0", "action": "changed", "own_fields": []} | given
    session.add(Change(asset_id=row.id, hostname=row.hostname, seq=seq, at=at, **told))


def test_assets_are_counted_by_what_is_declared(session):
    today = now().date()
    asset(session, "a", purchased_on=date(2024, 12, 31), warranty_until=today + timedelta(90))
    asset(session, "b", purchased_on=date(2024, 1, 1), warranty_until=today + timedelta(91))
    asset(session, "c", state="retired", purchased_on=date(2024, 1, 1), warranty_until=today)
    asset(session, "d", state="planned", warranty_until=today - timedelta(1))
    asset(session, "e", standing="review")
    found = tallies.assets(session)
    assert found["states"] == {"planned": 1, "racked": 0, "online": 2, "offline": 0, "retired": 1}
    assert found["purchased"] == {2024: 2, None: 1}
    assert (found["warranty"], found["ended"]) == (1, 1)
    assert sum(found["made"].values()) == 4


def test_the_month_that_an_asset_came_is_one_of_utc(session):
    asset(session, "a", created_at=datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC))
    asset(session, "b", created_at=datetime(2026, 2, 1, 0, 0, 1, tzinfo=UTC))
    assert tallies.assets(session)["made"] == {(2026, 1): 1, (2026, 2): 1}


def test_hardware_is_counted_of_assets_that_live_also_those_that_never_reported(session):
    facts = {"board.vendor": "Example", "os.name": "Debian", "os.version": "12"}
    asset(session, "a", facts)
    asset(session, "b", facts | {"os.version": "13"})
    asset(session, "c", facts, state="retired")
    asset(session, "d")
    found = tallies.hardware(session)
    assert found["board.vendor"] == {"Example": 2, None: 1}
    assert found["board.model"] == {None: 3}
    assert found["os"] == {("Debian", "12"): 1, ("Debian", "13"): 1, (None, None): 1}


def test_changes_are_counted_between_moments_of_hosts_and_of_people(session):
    row, start = asset(session, "a"), datetime(2026, 3, 1, tzinfo=UTC)
    day = timedelta(days=1)
    change(session, row, 1, start - timedelta(microseconds=1))
    change(session, row, 2, start)
    change(session, row, 3, start + day, kind="asset", actor="anna")
    change(session, row, 4, start + 2 * day)
    moments = [start, start + day, start + 2 * day]
    assert tallies.changes_in(session, pairwise(moments)) == [(1, 0), (0, 1)]


def test_racks_are_told_the_fullest_first_with_the_sums_of_all(session):
    centre = DataCentre(name="FRA1", name_key="fra1")
    session.add(centre)
    session.flush()
    for name, height in (("A", 42), ("B", 10), ("C", 10)):
        values = {"height_u": height, "data_centre_id": centre.id, "name_key": name}
        session.add(Rack(name=name, **values))
    session.flush()
    racks = {rack.name: rack.id for rack in session.query(Rack)}
    asset(session, "a", rack_id=racks["A"], position_u=1, height_u=4)
    asset(session, "b", rack_id=racks["B"], position_u=1)
    asset(session, "c", rack_id=racks["B"])
    found = tallies.racks(session, 2)
    assert [(row["name"], row["used_u"]) for row in found["racks"]] == [("B", 1), ("A", 4)]
    assert (found["count"], found["height_u"], found["used_u"]) == (3, 62, 5)


def test_the_changes_of_a_component_before_and_after_one_are_found(session):
    row, at = asset(session, "a"), datetime(2026, 3, 1, tzinfo=UTC)
    for seq, place in enumerate(("0", "1", "0", "0", "1"), 1):
        change(session, row, seq, at, place=place)
    session.flush()
    of = lambda seq, place: neighbours.of(  # noqa: E731
        session, {"asset_id": row.id, "kind": "disk", "place": place, "seq": seq}
    )
    assert of(3, "0") == (1, 4)
    assert of(1, "0") == (None, 3)
    assert of(5, "1") == (2, None)
