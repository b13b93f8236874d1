"""The modules on a real minion, synced from a real master."""

import json

import cmdb_canonical as canonical
import jsonschema
import pytest

from tests.minion.schema import REPORT
from tests.salt.conftest import MINION, wait_until

OURS = {"host", "board", "cpu", "memory", "disk", "nic", "package"}


@pytest.fixture(autouse=True)
def role(roles):
    roles.write_text("web = team-shop\n")


def test_collect_returns_a_valid_signed_report_of_all_collectors(salt, api):
    report = salt("cmdb.collect")
    jsonschema.validate(report, REPORT)
    assert report["id"] == MINION
    assert report["via"] == "salt"
    assert report["sig"] == canonical.sign(report, api.key(MINION))
    assert set(report["sections"]) >= OURS | {"role"}
    for kind, section in report["sections"].items():
        assert section["status"] in ("ok", "unavailable", "disabled"), (kind, section)
    assert report["sections"]["role"]["items"] == [{"role": "web", "owner": "team-shop"}]


def test_collect_takes_kinds(salt):
    assert set(salt("cmdb.collect", "role", "cpu")["sections"]) == {"role", "cpu"}


def test_collect_names_a_kind_that_is_not_there(salt):
    said = salt("cmdb.collect", "cpuu")
    assert "no collector for cpuu; there are: " in said


def test_collect_and_report_leave_out_kinds(salt):
    all_kinds = set(salt("cmdb.collect")["sections"])
    for given in ("package,unit", "[package, unit]"):
        sections = salt("cmdb.collect", f"exclude={given}")["sections"]
        assert all_kinds - set(sections) == {"package", "unit"}
    assert set(salt("cmdb.report", "cpu", "package", "exclude=package")["kinds"]) == {"cpu"}
    assert "no collector for unitt; there are: " in salt("cmdb.collect", "exclude=unitt")
    assert "cmdb.collect has no option exclud" in salt("cmdb.report", "exclud=cpu")


def test_the_key_never_shows_in_what_a_minion_returns(salt, api):
    key = api.key(MINION)
    for function in ("cmdb.collect", "cmdb.status", "cmdb.plugins"):
        assert key not in json.dumps(salt(function))


def test_plugins_tells_where_each_comes_from_and_why_it_is_unavailable(salt, roles, pillar):
    roles.unlink()
    pillar.set(collectors={"package": False})
    plugins = salt("cmdb.plugins")
    assert plugins["role"]["reason"] == f"{roles} is not on this machine"
    assert plugins["role"]["origin"].endswith("/extmods/modules/cmdb_role.py")
    assert (plugins["package"]["enabled"], plugins["package"]["status"]) == (False, "disabled")
    assert plugins["cpu"]["item_count"] >= 1


def test_pillar_lies_over_the_minions_own_settings_key_by_key(salt, pillar):
    pillar.set(collectors={"role": {"limit": 7}, "cpu": False})
    report = salt("cmdb.collect", "role", "cpu")
    assert report["sections"]["cpu"] == {"status": "disabled"}
    # The path is the minion config's, the limit the pillar's.
    assert report["sections"]["role"]["status"] == "ok"


def test_a_setting_of_the_wrong_shape_is_named(salt, pillar):
    pillar.set(collectors=["cpu"])
    assert "cmdb:collectors must be a mapping" in salt("cmdb.collect")
    pillar.set(colectors={})
    assert salt("cmdb.status")["settings_problems"] == [
        "unknown setting cmdb:colectors; did you mean collectors?"
    ]


def test_a_broken_collector_leaves_its_traceback_and_spoils_nothing(salt, file_root):
    modules, library = file_root / "_modules", file_root / "_utils/cmdb_half.py"
    (modules / "cmdb_broken.py").write_text("def collect(:\n")
    library.write_text("import no_such_thing\n")
    (modules / "cmdb_needs.py").write_text("import cmdb_half\n")
    (modules / "cmdb_raises.py").write_text(
        "KEY = ['a']\n\n\ndef collect():\n    return [{'a': {}['Slot']}]\n"
    )
    try:
        salt("saltutil.sync_all")
        sections = salt("cmdb.collect")["sections"]
        assert sections["broken"]["status"] == "error"
        assert "SyntaxError" in sections["broken"]["error"]
        assert sections["raises"]["error"] == "KeyError: 'Slot'"
        assert "cmdb_raises.py" in sections["raises"]["traceback"]
        assert "cmdb_half" in sections["needs"]["error"]
        assert sections["role"]["status"] == "ok"
    finally:
        (modules / "cmdb_broken.py").unlink()
        (modules / "cmdb_raises.py").unlink()
        (modules / "cmdb_needs.py").unlink()
        library.unlink()
        salt("saltutil.sync_all")


def test_a_collector_that_no_report_may_hold_spoils_none_and_is_named(salt, file_root):
    path = file_root / "_modules/cmdb_Web.py"
    path.write_text("KEY = ['a']\n\n\ndef collect():\n    return [{'a': 1}]\n")
    try:
        salt("saltutil.sync_all")
        summary = salt("cmdb.report")
        assert summary["result"] != "refused" and "Web" not in summary["kinds"]
        assert "'Web' is no name of a kind" in salt("cmdb.plugins")["Web"]["error"]
        (problem,) = salt("cmdb.status")["settings_problems"]
        assert "cmdb_Web.py: 'Web' is no name of a kind" in problem
        assert "'Web' is no name of a kind" in salt("cmdb.collect", "Web", "cpu")
    finally:
        path.unlink()
        salt("saltutil.sync_all")


def test_one_collector_can_be_called_alone(salt):
    (item,) = salt("cmdb_memory.collect")
    assert item["size_bytes"] > 0
    # Alone it has no settings: the default path counts, and the message is plain.
    assert salt("cmdb_role.collect") == "ERROR: /etc/server-roles is not on this machine"


def test_debug_replays_instead_of_reading_this_machine(salt, pillar, tmp_path, roles):
    elsewhere = tmp_path / str(roles).lstrip("/")
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_text("db = team-data\n")
    pillar.set(debug=str(tmp_path))
    report = salt("cmdb.collect", "role", "package")
    assert report["sections"]["role"]["items"] == [{"role": "db", "owner": "team-data"}]
    assert report["sections"]["package"]["status"] == "unavailable"
    pillar.set(debug=str(tmp_path / "none"))
    assert "is no bundle and no folder" in salt("cmdb.collect")


def test_a_captured_bundle_replays_the_same_items(salt, pillar, tmp_path, roles):
    bundle = salt("cmdb.capture", str(tmp_path / "bundle.json"))
    live = salt("cmdb.collect")
    roles.unlink()
    pillar.set(debug=bundle["path"])
    replayed = salt("cmdb.collect")
    digests = [
        # Sockets and guests come and go between two looks.
        {kind: report["sections"][kind].get("digest") for kind in OURS}
        for report in (live, replayed)
    ]
    assert digests[0] == digests[1]
    assert set(replayed["sections"]) == set(live["sections"])
    assert replayed["identity"] == live["identity"]


def test_a_bundle_is_not_written_beside_or_over_something_else(salt, tmp_path):
    assert "the bundle's path comes first, as /tmp/web01.json" in salt("cmdb.capture", "memory")
    theirs, bundle = tmp_path / "theirs", tmp_path / "bundle.json"
    theirs.write_text("theirs")
    assert "is there, and not overwritten" in salt("cmdb.capture", str(theirs), "cpu")
    assert theirs.read_text() == "theirs"
    assert "is there, and no file" in salt("cmdb.capture", str(tmp_path), "cpu")
    for kind in ("cpu", "host"):
        assert salt("cmdb.capture", str(bundle), kind)["kinds"] == {kind: "ok"}


def test_an_anonymised_bundle_replays_and_names_nothing_of_this_minion(salt, pillar, tmp_path):
    path = str(tmp_path / "bundle.json")
    bundle = salt("cmdb.capture", path, "host", "nic", "role", anonymise=True)
    live = salt("cmdb.collect", "host", "nic", "role")
    content = (tmp_path / "bundle.json").read_text().lower()
    macs, machine_id = live["identity"]["macs"], live["identity"]["machine_id"]
    assert [each for each in [MINION, machine_id, *macs] if each and each in content] == []
    pillar.set(debug=bundle["path"])
    replayed = salt("cmdb.collect", "host", "nic", "role")
    for kind, section in live["sections"].items():
        assert replayed["sections"][kind]["status"] == section["status"]
        assert len(replayed["sections"][kind]["items"]) == len(section["items"])


def collect_and_deliver(salt, api):
    before = api.report_id()
    report = salt("cmdb.collect", "--return=cmdb")
    wait_until(lambda: api.report_id() not in (None, before))
    return report


def test_the_returner_delivers_and_a_real_change_is_recorded(salt, api, roles):
    report = collect_and_deliver(salt, api)
    asset = api.asset()
    assert asset["last_report"]["report_id"] == report["report_id"]
    for kind, section in report["sections"].items():
        assert asset["kinds"][kind]["status"] == section["status"]
        if section["status"] == "ok":
            assert asset["kinds"][kind]["item_count"] == len(section["items"])
    roles.write_text("web = team-platform\n")
    collect_and_deliver(salt, api)
    (change,) = api.changes(asset=MINION, action="changed", kind="role")
    assert change["changes"] == [{"field": "owner", "old": "team-shop", "new": "team-platform"}]


def test_the_returner_lets_other_functions_pass(salt, api):
    before = api.report_id()
    assert salt("test.ping", "--return=cmdb") is True
    assert salt("cmdb.status")["spooled_count"] == 0
    assert api.report_id() == before


def test_report_collects_delivers_and_returns_a_short_summary(salt, api):
    # Kinds that nothing else on this machine changes meanwhile.
    salt("cmdb.report", "role", "cpu", "package")
    summary = salt("cmdb.report", "role", "cpu", "package")
    assert summary["result"] == "unchanged"
    assert summary["kinds"]["role"] == "ok"
    assert summary["counts"] == {"ok": 3}
    assert api.report_id() == summary["report_id"]
    assert len(json.dumps(summary)) < 1000


def test_while_the_api_is_down_nothing_is_lost_and_no_job_fails(salt, api, roles):
    salt("cmdb.report")
    api.stop()
    try:
        roles.write_text("web = team-night\n")
        summary = salt("cmdb.report")
        assert (summary["result"], summary["spooled_count"]) == ("spooled", 1)
        assert "refused" in summary["error"]
        roles.write_text("web = team-day\n")
        assert "sections" in salt("cmdb.collect", "--return=cmdb")
        status = wait_until(lambda: _waiting(salt, 2))
        assert "refused" in status["last_error"]
    finally:
        api.start()
    assert salt("cmdb.deliver")["result"] == "delivered"
    owners = [
        each["changes"][0]["new"]
        for each in reversed(api.changes(asset=MINION, kind="role", action="changed"))
    ]
    assert owners[-2:] == ["team-night", "team-day"]
    assert salt("cmdb.status")["spooled_count"] == 0


def test_a_kind_that_failed_says_why_in_the_summary(salt, pillar):
    pillar.set(collectors={"cpu": {"limit": "abc"}})
    summary = salt("cmdb.report", "cpu", "role")
    said = "cmdb:collectors:cpu:limit must be a number of seconds, not 'abc'"
    assert summary["kinds"] == {"cpu": f"error: {said}", "role": "ok"}
    assert summary["counts"] == {"error": 1, "ok": 1}
    assert salt("cmdb.status")["settings_problems"] == [said]


def test_without_a_key_a_report_waits_until_there_is_one(salt, api, pillar, roles):
    salt("cmdb.report", "role")
    rejected = salt("cmdb.status")["rejected_count"]
    roles.write_text("web = team-keyless\n")
    pillar.set(key=None)
    summary = salt("cmdb.report", "role")
    assert (summary["result"], summary["spooled_count"]) == ("spooled", 1)
    assert summary["error"] == "cmdb:key is not set; reports wait in the spool"
    pillar.set()
    assert salt("cmdb.deliver")["result"] == "delivered"
    assert salt("cmdb.status")["rejected_count"] == rejected
    (change, *_) = api.changes(asset=MINION, kind="role", action="changed")
    assert change["changes"][0]["new"] == "team-keyless"


def _waiting(salt, count):
    status = salt("cmdb.status")
    return status if status["spooled_count"] == count else None


def test_a_wrong_key_is_refused_and_shown_and_the_job_fails(salt, salt_cli, api, pillar):
    before = salt("cmdb.status")["last_success_at"]
    pillar.set(key=api.key("db01"))
    ended = salt_cli.run("cmdb.report", minion_tgt=MINION)
    assert ended.returncode != 0
    summary = ended.data
    assert summary["result"] == "refused"
    assert isinstance(summary["error"], str)
    assert salt("cmdb.status")["last_success_at"] == before
    status = salt("cmdb.status")
    assert status["rejected_count"] >= 1
    assert status["spooled_count"] == 0
    assert status["last_error"]


def test_a_kind_that_is_off_unless_asked_for_runs_when_it_is_named(salt, pillar):
    assert salt("cmdb.collect")["sections"]["smart"] == {"status": "disabled"}
    # smartctl is not here, or it is: in either case it was looked for.
    assert salt("cmdb.collect", "smart")["sections"]["smart"]["status"] != "disabled"
    pillar.set(collectors={"smart": False})
    assert salt("cmdb.collect", "smart")["sections"]["smart"] == {"status": "disabled"}
