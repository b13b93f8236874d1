"""``cmdb import puppetdb`` from a real PuppetDB into the record, on PostgreSQL and SQLite."""

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from cmdb_api.models import AssetStatus, Change, Component, PuppetNode
from cmdb_api.services import canonical
from tests.puppet.facts import SERVER, VIRTUAL
from tests.puppet.puppetdb import ALLOWED
from tests.reports import MASTER_SECRET, make_report

pytestmark = pytest.mark.slow


def carrying(report, age_seconds=0):
    """Return facts that carry a report as contrib/puppet packs it."""
    packed = base64.b64encode(gzip.compress(json.dumps(report).encode())).decode()
    parts = [packed[i : i + 4000] for i in range(0, len(packed), 4000)]
    return SERVER | {"salt_cmdb": {"age_seconds": age_seconds, "report": parts}}


def asset(reader, name):
    answer = reader.get(f"/api/v1/assets/{name}")
    assert answer.status_code == 200, answer.text
    told = answer.json
    components = {
        kind: [each["fields"] for each in found] for kind, found in told["components"].items()
    }
    return told["last_report"] | {"hostname": told["hostname"], "components": components}


def changes(session):
    session.rollback()
    return [
        (row.kind, row.action, row.place)
        for row in session.scalars(select(Change).order_by(Change.asset_id, Change.seq))
        if row.action != "baseline"
    ]


def test_nodes_are_recorded_as_their_facts_say(pdb, import_, reader, ago):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    pdb.replace_facts("web01.example.com", VIRTUAL, producer_timestamp=ago(5))
    result = import_()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "2 nodes: 2 recorded (0 changes).\n"
    told = asset(reader, "db01.example.com")
    assert told["via"] == "puppetdb"
    assert told["reported_at"].startswith(ago(600).isoformat()[:18])
    assert told["components"]["board"][0]["serial"] == "EXMPL01"
    assert len(told["components"]["cpu"]) == 2
    assert "disk" not in told["components"]


def test_a_second_import_asks_nobody_whose_facts_have_not_moved(pdb, import_, ago):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    import_()
    assert import_().stdout == "1 node: 1 skipped, their facts have not moved.\n"
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(300))
    assert import_().stdout == "1 node: 1 unchanged.\n"


def test_the_same_facts_are_recorded_once_by_whatever_address(pdb, import_, run, session, ago):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    import_()
    result = run("import", "puppetdb", f"http://localhost:{pdb.port}")
    assert result.stdout == "1 node: 1 known already.\n"


def test_an_import_that_was_cut_off_goes_on(pdb, import_, session, ago):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    import_()
    # As if it had been killed after the first report and before its own note of it.
    session.query(PuppetNode).delete()
    session.commit()
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(300))
    assert import_().stdout == "1 node: 1 unchanged.\n"
    upgraded = SERVER | {"kernelrelease": "5.14.0-503.el9.x86_64"}
    pdb.replace_facts("db01.example.com", upgraded, producer_timestamp=ago(200))
    assert import_().stdout == "1 node: 1 recorded (1 change).\n"


def test_what_changed_in_the_facts_is_a_change(pdb, import_, session, ago):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    import_()
    upgraded = SERVER | {"kernelrelease": "5.14.0-503.el9.x86_64"}
    pdb.replace_facts("db01.example.com", upgraded, producer_timestamp=ago(300))
    assert import_().stdout == "1 node: 1 recorded (1 change).\n"
    assert changes(session) == [("host", "changed", "os")]


def test_a_fact_that_went_away_removes_nothing_but_says_so(pdb, import_, session, reader, ago):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    import_()
    less = {name: fact for name, fact in SERVER.items() if name not in ("mountpoints", "dmi")}
    pdb.replace_facts("db01.example.com", less, producer_timestamp=ago(300))
    import_()
    assert [each for each in changes(session) if each[0] != "memory"] == []
    assert len(asset(reader, "db01.example.com")["components"]["filesystem"]) == 3


def test_a_collectors_kind_is_left_alone(pdb, import_, post, session, reader, ago):
    collected = {
        "host": make_section("place", {"place": "os", "kernel": "6.1.0", "machine_id": "a" * 32}),
        "filesystem": make_section(
            "mount_point", {"mount_point": "/boot", "device": "/dev/sda1", "type": "xfs"}
        ),
        "disk": make_section("slot", {"slot": "pci-0000:00:1f.2-ata-1", "serial": "S1"}),
        "raid_disk": {"status": "unavailable", "reason": "storcli64 is not installed"},
    }
    post(make_report("db01.example.com", collected, age_ms=3600_000))
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(60))
    result = import_()
    assert "Left to collectors, which told of them: 4 sections." in result.stdout
    told = asset(reader, "db01.example.com")["components"]
    assert told["host"][0]["machine_id"] == "a" * 32
    assert [each["mount_point"] for each in told["filesystem"]] == ["/boot"]
    assert told["board"][0]["serial"] == "EXMPL01"
    assert changes(session) == []
    session.rollback()
    (row,) = session.scalars(select(AssetStatus)).all()
    assert row.ages["disk"][0] == row.ages["disk"][1]


def test_collectors_take_over_what_facts_told_without_a_change(pdb, import_, post, session, ago):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    import_()
    kernel = {"place": "os", "os_id": "rocky", "os_name": "Rocky Linux", "os_version": "9.4"}
    kernel |= {"kernel": SERVER["kernelrelease"], "architecture": "x86_64"}
    kernel |= {"virtualisation": "physical", "machine_id": "a" * 32}
    post(make_report("db01.example.com", {"host": make_section("place", kernel)}))
    assert changes(session) == []
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(-5))
    assert "Left to collectors, which told of them: 1 sections." in import_().stdout
    assert changes(session) == []


def make_section(key, *items):
    return {
        "status": "ok",
        "digest": canonical.digest(items, [key]),
        "key": [key],
        "items": list(items),
    }


def test_inactive_nodes_are_told_and_not_imported(pdb, import_, reader, ago):
    pdb.replace_facts("old.example.com", SERVER, producer_timestamp=ago(600))
    pdb.deactivate("old.example.com", producer_timestamp=ago(0))
    result = import_()
    assert result.exit_code == 0
    assert result.stderr.startswith("old.example.com: not imported: deactivated since 20")
    assert result.stdout == "1 node: 1 not active.\n"
    assert reader.get("/api/v1/assets/old.example.com").status_code == 404


def test_a_node_that_fails_is_told_tried_again_and_holds_no_other(pdb, import_, ago):
    pdb.replace_facts("a node", SERVER, producer_timestamp=ago(600))
    pdb.replace_facts("web01.example.com", VIRTUAL, producer_timestamp=ago(600))
    result = import_()
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("a node: failed: id: must be 1 to 255 characters without space")
    assert result.stdout == "2 nodes: 1 recorded (0 changes), 1 failed.\n"
    assert import_().stdout == "2 nodes: 1 skipped, their facts have not moved, 1 failed.\n"


def test_nodes_whose_facts_are_old_are_skipped_when_asked(pdb, import_, ago):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(90_000))
    assert import_("--limit-age", "1d").stdout == "1 node: 1 skipped, their facts are too old.\n"
    assert "1 recorded" in import_("--limit-age", "2d").stdout


def test_a_dry_run_records_nothing(pdb, import_, session, ago):
    pdb.replace_facts("a.example.com", SERVER, producer_timestamp=ago(600))
    pdb.replace_facts("b.example.com", SERVER | {"salt_cmdb": 1}, producer_timestamp=ago(600))
    result = import_("--dry-run")
    assert result.stdout == "2 nodes: 1 would be imported, 1 failed.\n"
    assert session.scalars(select(Component)).all() == []
    assert session.scalars(select(PuppetNode)).all() == []


def test_another_fact_can_name_the_asset(pdb, import_, reader, ago):
    pdb.replace_facts("4711.example.com", SERVER, producer_timestamp=ago(600))
    pdb.replace_facts("nameless.example.com", {"kernel": "x"}, producer_timestamp=ago(600))
    result = import_("--name-fact", "networking.hostname")
    assert result.exit_code == 1
    told = "nameless.example.com: failed: it has no fact networking.hostname to be named by\n"
    assert result.stderr == told
    assert asset(reader, "db01")["components"]["board"][0]["serial"] == "EXMPL01"


def test_a_node_that_takes_anothers_name_is_refused(pdb, import_, reader, ago):
    pdb.replace_facts("first.example.com", SERVER, producer_timestamp=ago(600))
    import_("--name-fact", "networking.hostname")
    thief = SERVER | {"kernelrelease": "6.6.6"}
    pdb.replace_facts("thief.example.com", thief, producer_timestamp=ago(300))
    result = import_("--name-fact", "networking.hostname")
    assert result.exit_code == 1
    assert "db01 is told of by the node first.example.com already" in result.stderr
    assert asset(reader, "db01")["components"]["host"][0]["kernel"] == SERVER["kernelrelease"]
    pdb.deactivate("first.example.com", producer_timestamp=ago(0))
    assert import_("--name-fact", "networking.hostname").exit_code == 0


def test_of_two_new_nodes_with_one_name_the_second_is_refused(pdb, import_, reader, ago):
    pdb.replace_facts("a.example.com", SERVER, producer_timestamp=ago(600))
    pdb.replace_facts("b.example.com", SERVER | {"dmi": {}}, producer_timestamp=ago(300))
    result = import_("--name-fact", "networking.hostname")
    assert result.stdout == "2 nodes: 1 recorded (0 changes), 1 failed.\n"
    assert "failed: db01 is told of by the node " in result.stderr


def test_a_report_that_a_fact_carries_is_taken_whole(pdb, import_, reader, ago):
    report = make_report("web01", {"disk": [{"slot": "a", "serial": "S1"}]}, sig=None, seq=5)
    pdb.replace_facts("db01.example.com", carrying(report, 100), producer_timestamp=ago(600))
    assert import_().stdout == "1 node: 1 recorded (0 changes).\n"
    told = asset(reader, "db01.example.com")
    assert told["via"] == "puppet"
    assert told["reported_at"].startswith(ago(700).isoformat()[:18])
    assert told["components"].keys() == {"disk"}
    pdb.replace_facts("db01.example.com", carrying(report, 400), producer_timestamp=ago(300))
    assert import_().stdout == "1 node: 1 known already.\n"


def test_a_fact_cannot_speak_for_another_host(pdb, import_, reader, ago):
    forged = make_report(
        "db01", {"disk": []}, key=canonical.host_key(MASTER_SECRET, "db01"), via="salt"
    )
    pdb.replace_facts("evil.example.com", carrying(forged), producer_timestamp=ago(600))
    import_()
    assert reader.get("/api/v1/assets/db01").status_code == 404
    assert asset(reader, "evil.example.com")["hostname"] == "evil.example.com"


BOMB = base64.b64encode(gzip.compress(b" " * 50_000_000)).decode()


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (1, "it has no list named report"),
        ({"report": "x"}, "it has no list named report"),
        ({"report": [1]}, "it is not base64"),
        ({"report": ["no base64"]}, "it is not base64"),
        ({"report": ["AAAA"]}, "the body is not gzip, or damaged"),
        ({"report": [base64.b64encode(gzip.compress(b"[1]")).decode()]}, "it is no report"),
        ({"report": [base64.b64encode(gzip.compress(b'{"a": NaN}')).decode()]}, "NaN is not"),
        ({"report": [BOMB]}, "larger than 4194304 bytes once inflated"),
        ({"report": [], "error": "no Python 3"}, "the host says: no Python 3"),
        (carrying({"schema": 1, "sections": {}})["salt_cmdb"], "collected_at: Missing data"),
        (carrying(make_report() | {"schema": 99})["salt_cmdb"], "schema: must be 1"),
    ],
)
def test_a_fact_that_carries_no_report_is_told(pdb, import_, fact, told, ago):
    facts = SERVER | {"salt_cmdb": fact}
    pdb.replace_facts("db01.example.com", facts, producer_timestamp=ago(600))
    result = import_()
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("db01.example.com: failed: ")
    assert told in line


def test_a_section_that_is_not_taken_is_told(pdb, import_, ago):
    twice = [{"slot": "a"}, {"slot": "a"}]
    report = make_report(sections={"disk": twice, "nic": [{"slot": "b"}]})
    pdb.replace_facts("db01.example.com", carrying(report), producer_timestamp=ago(600))
    result = import_()
    assert result.exit_code == 0
    assert result.stderr == "db01.example.com: disk: two items at the same place: slot = a\n"


def test_certificates_let_the_api_in_and_nobody_else(pdb, run, authority, ago):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))

    def import_as(name):
        cert, key = authority.issue(name)
        options = ["--cert", cert, "--key", key, "--ca", authority.ca]
        return run("import", "puppetdb", pdb.tls_url, *options)

    assert import_as(ALLOWED[1]).exit_code == 0
    refused = import_as("web01.example.com")
    assert refused.exit_code == 2
    assert "answered 403" in refused.stderr
    nobody = run("import", "puppetdb", pdb.tls_url, "--ca", authority.ca)
    assert (nobody.exit_code, "answered 403" in nobody.stderr) == (2, True)


def test_many_nodes_come_in_pages(pdb, import_, ago, monkeypatch):
    monkeypatch.setattr("cmdb_api.services.puppetdb.PAGE", 10)
    for number in range(25):
        name = f"node{number:02}.example.com"
        pdb.replace_facts(name, {"kernel": "Linux", "n": number}, producer_timestamp=ago(600))
    assert import_().stdout == "25 nodes: 25 recorded (0 changes).\n"
    assert import_().stdout == "25 nodes: 25 skipped, their facts have not moved.\n"


def test_facts_of_this_machine_are_what_its_collectors_report(
    pdb, import_, reader, facter, own_report, ago
):
    pdb.replace_facts("this.example.com", json.loads(facter()), producer_timestamp=ago(0))
    assert import_().exit_code == 0
    told = asset(reader, "this.example.com")["components"]
    assert {"host", "cpu", "filesystem"} <= told.keys()
    for kind, items in told.items():
        section = own_report["sections"][kind]
        own = {canonical.place(item, section["key"]): item for item in section["items"]}
        assert len(items) == len(own), kind
        for item in items:
            place = canonical.place(item, section["key"])
            assert item.items() <= own[place].items(), (kind, place)


@pytest.fixture(scope="session")
def own_report():
    """Return what this machine's collectors say."""
    program = Path(__file__).parent.parent / "minion/report_alone.py"
    ended = subprocess.run([sys.executable, program], capture_output=True)
    return json.loads(ended.stdout)


def test_hosts_under_review_are_named(pdb, import_, reader, ago, monkeypatch):
    monkeypatch.setenv("CMDB_UNKNOWN_HOSTS", "review")
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    result = import_()
    assert (result.exit_code, result.stdout) == (
        0,
        "1 node: 1 recorded (0 changes).\n"
        "Under review until they are registered: db01.example.com.\n",
    )
    assert reader.get("/api/v1/assets").json["total"] == 0


def test_hosts_that_are_not_registered_or_retired_are_refused_and_named(
    pdb, import_, run, reader, ago, monkeypatch
):
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    import_()
    run("asset", "retire", "db01.example.com")
    monkeypatch.setenv("CMDB_UNKNOWN_HOSTS", "refuse")
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(300))
    pdb.replace_facts("web01.example.com", VIRTUAL, producer_timestamp=ago(5))
    result = import_()
    assert result.exit_code == 0
    assert result.stdout == ("2 nodes: 2 refused.\nRefused: db01.example.com, web01.example.com.\n")
    retired, unknown = sorted(result.stderr.splitlines())
    assert retired.startswith("db01.example.com: refused: db01.example.com is retired since ")
    assert unknown.startswith("web01.example.com: refused: web01.example.com is not registered; ")
    run("asset", "register", "web01.example.com")
    assert import_().stdout.startswith("2 nodes: 1 recorded (0 changes), 1 refused.\n")


def test_facts_of_a_host_under_its_alias_are_the_assets(pdb, import_, run, reader, ago):
    run("asset", "register", "db01")
    run("asset", "alias", "db01", "db01.example.com")
    pdb.replace_facts("db01.example.com", SERVER, producer_timestamp=ago(600))
    assert import_().stdout == "1 node: 1 recorded (0 changes).\n"
    assert asset(reader, "db01")["hostname"] == "db01"
    assert import_().stdout == "1 node: 1 skipped, their facts have not moved.\n"
