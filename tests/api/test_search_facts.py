"""Searches by observed facts, and how these are kept as reports come."""

import json

import pytest
from sqlalchemy import event, select, update

from cmdb_api.extensions import db
from cmdb_api.models import Asset, AssetFacts
from cmdb_api.services import tallies
from cmdb_api.services.search import fact_terms, filling, summaries
from tests.api.searches import Finder
from tests.machines import machine
from tests.reports import digest_only, section

GIB = 1024**3


@pytest.fixture
def find(writer):
    return Finder(writer)


def memory(*sizes):
    """Return a section of modules of so many GiB."""
    items = [
        {"slot": f"A{number}", "size_bytes": size * GIB, "type": "DDR4", "serial": f"EX-{number}"}
        for number, size in enumerate(sizes)
    ]
    return section(items, serial="serial")


def host(**more):
    item = {
        "place": "system",
        "os_name": "Debian GNU/Linux",
        "os_id": "debian",
        "kernel": "6.1.0-28",
    }
    return section([item | more], ["place"])


def cpus(*cores):
    items = [
        {"socket": f"CPU{number}", "core_count": count, "model": f"EX {count}"}
        for number, count in enumerate(cores)
    ]
    return section(items, ["socket"])


def nics(*addresses):
    items = [
        {"port": str(n), "mac": f"00:00:5e:00:53:{n:02x}", "ipv4": [f"{address}/24"]}
        for n, address in enumerate(addresses)
    ]
    return section(items, ["port"])


@pytest.fixture
def kept(session):
    """Return a function that gives the kept facts of an asset, None where none are kept."""

    def kept(name="web01"):
        session.rollback()
        row = session.query(AssetFacts).join(Asset, Asset.id == AssetFacts.asset_id)
        found = row.filter(Asset.hostname == name).one_or_none()
        return found and found.facts

    return kept


def volumes(*states):
    items = [{"place": f"c0:v{number}", "state": state} for number, state in enumerate(states)]
    return section(items, ["place"])


def test_hosts_are_found_by_what_fails_until_it_is_mended(find, post, make_report, session):
    power = section([{"slot": "PSU 1", "state": "Critical"}])
    post(
        make_report("web01", {"raid_volume": volumes("optimal", "degraded"), "psu": power}),
        make_report("web02", {"raid_volume": volumes("optimal")}),
        make_report("vm01", {"unit": [{"slot": "1"}]}),
    )
    searches = {
        "fault:*": "web01",
        "NOT fault:*": "web02 vm01",
        "fault:*degraded*": "web01",
        "fault:*Critical": "web01",
        "fault:*failed*": "",
        "raid_volume.faults:*v1*": "web01",
        "_exists_:fault": "web01",
    }
    find.check(searches)
    assert tallies.assets(session)["faulty"] == 1
    table = find.client.get("/api/v1/search", query_string={"columns": "hostname,fault"}).json
    assert {item["hostname"]: item["faults"] for item in table["items"]} == {
        "web01": ["raid_volume c0:v1: degraded", "psu PSU 1: Critical"],
        "web02": [],
        "vm01": [],
    }
    post(make_report("web01", {"raid_volume": volumes("optimal", "optimal")}))
    find.check({"fault:*": "web01", "fault:*degraded*": ""})
    post(make_report("web01", {"psu": section([{"slot": "PSU 1", "state": "OK"}])}))
    find.check({"fault:*": ""})
    assert tallies.assets(session)["faulty"] == 0


def test_what_fails_is_found_before_an_upgrade_is_done(find, post, make_report, session):
    post(
        make_report("web01", {"raid_volume": volumes("degraded")}),
        make_report("web02", {"raid_volume": volumes("optimal")}),
    )
    session.execute(update(AssetFacts).values(facts={}, version=1, fault_count=0))
    session.commit()
    find.check({"fault:*": "web01", "fault:*degraded": "web01", "NOT fault:*": "web02"})
    filling.fill(session, 10)
    session.commit()
    assert session.query(AssetFacts.fault_count).order_by("asset_id").all() == [(1,), (0,)]
    find.check({"fault:*": "web01"})


def test_assets_are_found_by_their_facts(find, post, make_report):
    post(
        make_report(
            "web01",
            {
                "memory": memory(32, 32),
                "host": host(virtualisation="physical"),
                "cpu": cpus(16, 16),
                "nic": nics("192.0.2.7", "192.0.2.8"),
                "disk": [{"slot": "1", "serial": "EX-9", "size_bytes": 10}],
                "role": [{"slot": "1"}, {"slot": "2"}],
            },
        ),
        make_report("vm01", {"memory": memory(4), "host": host(virtualisation="kvm"), "disk": []}),
        make_report("old01", {"unit": [{"slot": "1"}]}),
    )
    find.check(
        {
            "memory.total_bytes:>=64G": "web01",
            "memory.total_bytes:[1G TO 4G]": "vm01",
            "memory.total_bytes:64GiB": "web01",
            "NOT memory.total_bytes:>=64G": "old01 vm01",
            "memory.size_bytes:32G": "web01",
            "memory.size_bytes:64G": "",
            "memory.module_count:2": "web01",
            "memory.type:ddr4": "vm01 web01",
            "cpu.core_count:32": "web01",
            "cpu.core_count:16": "",
            "cpu:(core_count:16)": "web01",
            "cpu.socket_count:2": "web01",
            "host.virtual:true": "vm01",
            "host.virtual:false": "web01",
            "os.name:deb*": "vm01 web01",
            "os.name:*": "vm01 web01",
            "os.name:Debian": "vm01 web01",
            'os.name:"Debian GNU/Linux"': "vm01 web01",
            "NOT os.name:Debian": "old01",
            "os.name:deb": "",
            "host.kernel:6.1*": "vm01 web01",
            "os.kernel:<6.1.0-29": "vm01 web01",
            "os.kernel:<6.1.0-28": "",
            "os.kernel:<=6.1.0-28": "vm01 web01",
            "os.kernel:[5.10 TO 6.2}": "vm01 web01",
            "os.kernel:>=6.1.0-28 AND NOT os.kernel:>6.1": "vm01 web01",
            "host.addresses:192.0.2.8": "web01",
            "host.addresses:192.0.2.*": "web01",
            "nic.macs:00:00:5e:00:53:01": "web01",
            "disk.serials:ex-9": "web01",
            "disk.count:1": "web01",
            "disk.count:0": "vm01",
            "unit.count:1": "old01",
            "role.count:>1": "web01",
            "nic.count:<3": "web01",
        }
    )


def test_facts_follow_the_reports(kept, post, make_report):
    post(make_report("web01", {"memory": memory(8), "host": host(), "disk": [{"slot": "1"}]}))
    assert kept()["memory.total_bytes"] == 8 * GIB and kept()["os.name"] == "Debian GNU/Linux"
    assert "disk.total_bytes" not in kept()
    post(make_report("web01", {"memory": memory(8, 8)}))
    assert kept()["memory.total_bytes"] == 16 * GIB and kept()["os.name"] == "Debian GNU/Linux"
    post(make_report("web01", {"host": host(os_name=None)}))
    assert "os.name" not in kept() and kept()["memory.total_bytes"] == 16 * GIB
    failed = {"status": "error", "error": "ParseError: no"}
    post(make_report("web01", {"memory": failed}))
    assert kept()["memory.total_bytes"] == 16 * GIB


def test_a_report_that_changes_no_fact_writes_none(app, post, make_report):
    sections = {"memory": memory(8), "host": host(), "role": [{"slot": "1"}]}
    post(make_report("web01", sections))
    written = []

    def note(_connection, _cursor, statement, *_):
        if "asset_facts" in statement and not statement.lstrip().startswith("SELECT"):
            written.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    post(make_report("web01", sections | {"memory": digest_only(sections["memory"])}))
    post(make_report("web01", {"role": [{"slot": "2"}], "host": host(timezone="UTC")}))
    assert written == []
    post(make_report("web01", {"memory": memory(16)}))
    event.remove(engine, "before_cursor_execute", note)
    assert len(written) == 1


def test_facts_go_with_their_asset(find, session, writer, make_client, post, make_report):
    post(make_report("web01", {"memory": memory(8)}))
    writer.patch("/api/v1/assets/web01", json={"state": "retired"})
    answer = make_client("admin").delete("/api/v1/assets/web01")
    assert answer.status_code in (200, 204), answer.text
    assert session.query(AssetFacts).count() == 0
    assert find.names("memory.total_bytes:8G") == []


@pytest.mark.parametrize(
    "more",
    [{"version": 0, "facts": {}}, {"version": summaries.VERSION + 1, "facts": {"old": 1}}],
)
def test_facts_that_are_not_kept_are_made(find, session, kept, post, make_report, more):
    """As after an upgrade from a version that did not keep them, or kept others."""
    for number in range(3):
        post(make_report(f"web0{number}", {"memory": memory(8 * (number + 1)), "nic": nics()}))
    post(make_report("web09", {"unit": [{"slot": "1"}]}))
    session.execute(update(AssetFacts).values(**more))
    session.commit()
    wanted = {
        "memory.total_bytes:>=16G": "web01 web02",
        "NOT memory.total_bytes:>=16G": "web00 web09",
        "memory.type:DDR4 AND nic.count:0": "web00 web01 web02",
        "host.addresses:192.0.2.1": "",
        "memory.type:>DDR3": "web00 web01 web02",
    }
    find.check(wanted)
    # A report that brings but some of the kinds leaves the others to be made.
    post(make_report("web00", {"nic": nics("192.0.2.1")}))
    find.check(
        wanted
        | {"host.addresses:192.0.2.1": "web00"}
        | {"nic.count:1": "web00"}
        | {"memory.type:DDR4 AND nic.count:0": "web01 web02"}
    )
    assert filling.fill(session, 3) == 3
    session.commit()
    assert filling.fill(session, 100) == 1
    session.commit()
    assert filling.fill(session, 100) == 0
    assert kept("web01")["memory.total_bytes"] == 16 * GIB
    find.check(
        wanted
        | {"memory.type:DDR4 AND nic.count:0": "web01 web02"}
        | {"host.addresses:192.0.2.1": "web00"}
    )


def test_a_search_waits_for_facts_of_many_assets(find, session, post, make_report, monkeypatch):
    post(*(make_report(f"web0{number}", {"memory": memory(8)}) for number in range(3)))
    session.execute(update(AssetFacts).values(version=0))
    session.commit()
    monkeypatch.setattr(fact_terms, "AT_ONCE", 2)
    answer = find.ask("memory.total_bytes:>1G")
    assert answer.status_code == 503 and "cmdb worker" in answer.json["error"]["message"]
    assert answer.headers["Retry-After"] == "60"
    assert find.names("memory.size_bytes:8G") == ["web00", "web01", "web02"]
    filling.fill(session, 1)
    session.commit()
    assert find.names("memory.total_bytes:>1G") == ["web00", "web01", "web02"]


def test_facts_of_an_older_version_order_nothing_and_complete_nothing(
    find, reader, session, post, make_report, monkeypatch
):
    for name, size in {"web00": 8, "web01": 16, "web02": 32}.items():
        post(make_report(name, {"memory": memory(size)}))
    stale = {"version": 0, "facts": {"memory.total_bytes": 1, "memory.type": "EDO"}}
    web02 = session.scalar(select(Asset.id).where(Asset.hostname == "web02"))
    session.execute(update(AssetFacts).where(AssetFacts.asset_id == web02).values(**stale))
    session.commit()
    for sort, names in {
        "memory.total_bytes": ["web00", "web01", "web02"],
        "-memory.total_bytes": ["web01", "web00", "web02"],
    }.items():
        answer = find.ask("hostname:web*", sort=sort)
        assert [item["hostname"] for item in answer.json["items"]] == names
    asked = {"query": "memory.type:E", "position": 13}
    told = reader.get("/api/v1/search/complete", query_string=asked).json
    assert "EDO" not in json.dumps(told)
    monkeypatch.setattr(fact_terms, "AT_ONCE", 0)
    assert find.ask("hostname:web*", sort="memory.total_bytes").status_code == 503
    assert find.ask("hostname:web*", sort="rack").status_code == 200
    assert filling.fill(session, 10) == 1
    session.commit()
    answer = find.ask("hostname:web*", sort="-memory.total_bytes")
    assert answer.json["items"][0]["hostname"] == "web02"


def test_two_assets_that_become_one_have_the_facts_of_both(writer, kept, post, make_report):
    who, ago = machine("one"), {"age_ms": 3_600_000}
    post(make_report("web01", {"memory": memory(8), "host": host()}, identity=who, **ago))
    post(make_report("web02", {"memory": memory(16), "cpu": cpus(4)}, identity=who))
    (finding,) = writer.get("/api/v1/findings?kind=identity").json["items"]
    decision = {"decision": "merge", "into": "web01"}
    answer = writer.post(f"/api/v1/findings/{finding['id']}/decision", json=decision)
    assert answer.status_code == 200, answer.text
    found = kept()
    assert found["cpu.core_count"] == 4 and found["os.name"] == "Debian GNU/Linux"
    assert found["memory.total_bytes"] == 16 * GIB


def test_another_machine_of_a_name_has_but_its_own_facts(kept, post, make_report):
    ago = {"age_ms": 7_200_000}
    first = {"memory": memory(8), "host": host()}
    post(make_report("web01", first, identity=machine("one"), **ago))
    post(make_report("web01", {"cpu": cpus(4)}, identity=machine("two")))
    assert kept() == {"cpu.socket_count": 1, "cpu.core_count": 4, "cpu.model": "EX 4"}
