"""What the pages of an asset read of the record, on both databases."""

from cmdb_api.extensions import db
from cmdb_api.services import changes, contacting, headline, inspection, worklist
from tests.console import fleet, richhost
from tests.console.conftest import Driver


def test_an_asset_is_read_for_its_pages(fresh_site):
    admin = richhost.build(fresh_site.app)
    for name in ("www", "box"):
        assert admin.put(f"{fleet.API}/assets/box01/aliases/{name}").status_code < 300
    with fresh_site.app.app_context():
        asset = headline.of(db.session, "BOX01", headline.ALIASES, *inspection.STATUS)
        assert (asset["hostname"], asset["rack"], asset["rack_height_u"]) == ("box01", "A12", 42)
        assert sorted(asset["aliases"].split("\n")) == ["box", "www"]
        assert headline.of(db.session, "www")["id"] == asset["id"]
        found = contacting.of(db.session, asset["id"])
        assert [(each["name"], each["phone"]) for each in found] == [("On call", "+49 (30) 1234")]
        newest = changes.newest(db.session, asset["id"], 3)
        assert [each["seq"] for each in newest] == sorted((e["seq"] for e in newest), reverse=True)
        assert len(newest) == 3
        kinds = inspection.of(db.session, asset, ("disk", "package"))
        assert [item["serial"] for item in kinds["disk"].items] == ["EXAMPLE-D2"]
        assert kinds["memory"].item_count == 4 and not kinds["memory"].items
        # Bulk kinds are read where they are asked for.
        assert kinds["package"].is_bulk and not kinds["package"].items
        every = inspection.of(db.session, asset, ("package", "unit"), bulk=True)
        assert len(every["package"].items) == 131
        assert every["unit"].items[1]["running"] is True
        (held,) = kinds["ups"].not_taken
        assert (held["field"], held["raw"]) == ("size_bytes", '"much"')


def test_findings_are_counted_as_they_are_listed(fresh_site):
    admin = Driver(fresh_site.app, "admin")

    def told():
        with fresh_site.app.app_context():
            asset = headline.of(db.session, "db01")
            found = worklist.open_of(db.session, asset["id"], 10)
            listed = admin.get(f"{fleet.API}/findings?asset=db01").json["items"]
            assert [each["id"] for each in found] == [each["id"] for each in listed]
            assert asset["open_findings"] == len(found)
            return [each["id"] for each in found]

    (number,) = told()
    mute = {"decision": "mute", "comment": "known"}
    assert admin.post(f"{fleet.API}/findings/{number}/decision", json=mute).status_code == 200
    assert told() == []
