"""Install, change, uninstall: what lies where afterwards, and what is said of bad input."""

import json
import os
import shlex
import sys

import pytest

from cmdb_agent import identity
from tests.agent.conftest import KEY, NOWHERE, SALT_CALL

FIRST = ("--url", NOWHERE, "--id", "web01", "--no-report")


@pytest.fixture
def installed(agent, key_file):
    agent.install(*FIRST, "--key-file", key_file)
    return agent


def content(agent):
    text = agent.settings.read_text()
    return json.loads("".join(line for line in text.splitlines() if not line.startswith("#")))


def test_one_command_installs_all_that_the_timer_needs(installed):
    assert (installed.config / "minion_id").read_text() == "web01\n"
    assert content(installed)["cmdb"] == {"url": NOWHERE, "key": KEY}
    library = installed.root / "usr/local/lib/salt-cmdb"
    assert (library / "_modules/cmdb_disk.py").exists()
    assert (library / "_utils/cmdb_deliver.py").exists()
    assert {path.name for path in installed.units.iterdir()} == {
        "salt-cmdb.service",
        "salt-cmdb.timer",
    }


def test_the_key_is_in_one_file_that_others_can_t_read(installed):
    assert installed.settings.stat().st_mode & 0o777 == 0o600
    holds = [path for path in installed.root.rglob("*") if path.is_file()]
    holds = [path for path in holds if KEY in path.read_text(errors="replace")]
    assert holds == [installed.settings]


def test_the_key_comes_by_standard_input_too(agent):
    agent.install(*FIRST, "--key-file", "-", text=f"{KEY.upper()}\n")
    assert content(agent)["cmdb"]["key"] == KEY


def test_to_install_again_changes_nothing(installed):
    before = installed.files()
    said = installed.install("--no-report")
    assert installed.files() == before
    assert "0 files changed" in said and "as they were" in said


def test_to_install_again_changes_only_what_differs(installed):
    before = installed.files()
    installed.install("--no-report", "--interval", "6h", "--splay", "30m")
    after = installed.files()
    assert {name for name in after if after[name] != before.get(name)} == {
        "etc/salt/minion.d/cmdb-agent.conf",
        "etc/systemd/system/salt-cmdb.timer",
    }
    timer = (installed.units / "salt-cmdb.timer").read_text()
    assert "OnCalendar=0/6:00\nRandomizedDelaySec=1800\nPersistent=true\n" in timer


def test_to_install_again_brings_the_collectors_of_this_version(installed):
    modules = installed.root / "usr/local/lib/salt-cmdb/_modules"
    (modules / "cmdb_disk.py").write_text("an older version")
    (modules / "cmdb_gone.py").write_text("of an older version")
    assert "2 files changed" in installed.install("--no-report")
    assert "an older" not in (modules / "cmdb_disk.py").read_text()
    assert not (modules / "cmdb_gone.py").exists()


def test_a_name_that_salt_has_written_is_used(agent, key_file):
    agent.config.mkdir(parents=True)
    (agent.config / "minion_id").write_text("db07.example.com")
    said = agent.install("--url", NOWHERE, "--key-file", key_file, "--no-report")
    assert "db07.example.com (from " in said
    assert "calls itself" in said
    assert (agent.config / "minion_id").read_text() == "db07.example.com"


def test_a_name_in_salts_configuration_is_used(agent, key_file):
    agent.config.mkdir(parents=True)
    (agent.config / "minion").write_text("id: 'db08'  # by hand\n")
    said = agent.install("--url", NOWHERE, "--key-file", key_file, "--no-report")
    assert "db08 (from " in said
    assert not (agent.config / "minion_id").exists()


def test_without_a_name_the_hosts_own_is_written_once(agent, key_file):
    name = os.uname().nodename
    agent.install("--url", NOWHERE, "--key-file", key_file, "--no-report")
    written = (agent.config / "minion_id").read_text().strip()
    assert written == name or written.startswith(f"{name}.")


def test_a_host_of_another_name_is_not_renamed(installed):
    before = installed.files()
    said = installed.refused("--id", "web02")
    assert "this host is web01 already" in said and "minion_id" in said
    assert installed.files() == before
    # Matching knows no case.
    installed.install("--id", "WEB01", "--no-report")


def test_what_salt_makes_of_the_name_is_checked(agent, key_file):
    agent.config.mkdir(parents=True)
    (agent.config / "minion").write_text("append_domain: example.com\n")
    said = agent.refused(*FIRST, "--key-file", key_file)
    assert "Salt calls this host web01.example.com, not web01" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--url", "cmdb.example.com"], "--url cmdb.example.com is no address as https://"),
        (["--url", "https://a:b@cmdb.example.com"], "--url holds a user name or password"),
        (["--url", "http://127.0.0.1:99999"], "is no address as https://"),
        (["--ca-file", "/nowhere/ca.pem"], "--ca-file /nowhere/ca.pem can't be used: No such file"),
        (["--ca-file", "/etc/hostname"], "/etc/hostname can't be used: it holds no certificates"),
        (["--interval", "7m"], "--interval must divide an hour or a day"),
        (["--interval", "soon"], "'soon' is no length of time; write 30m, 6h or 1d"),
        (["--interval", "10m", "--splay", "1h"], "--splay is longer than --interval 10m"),
        (["--id", "web 01"], "--id is 'web 01': a name has 1 to 255 characters, no space"),
        (["--id", "localhost"], "--id is localhost, which is no host's own"),
        (["--salt-call", "/nowhere/salt-call"], "--salt-call /nowhere/salt-call is no program"),
        (["--key-file", "/nowhere/key"], "the key can't be read from /nowhere/key: No such file"),
        (["--key-file", "/"], "the key can't be read from /: Is a directory"),
        (["--register-token-file", "/nowhere/t"], "the token to register with can't be read from"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(agent, key_file, words, said):
    right = ["--url", NOWHERE, "--id", "web01", "--key-file", str(key_file)]
    assert said in agent.refused(*right, *words)
    assert not agent.root.exists()


def test_a_key_of_another_shape_is_refused_without_showing_it(agent):
    for text in (KEY[:-1], KEY + "0", "g" * 64, f"{KEY}\n{KEY}", ""):
        said = agent.refused(*FIRST, "--key-file", "-", text=text)
        assert "the key must be 64 hex digits" in said
        assert not text or text not in said
    assert not agent.root.exists()


def test_what_is_missing_is_named(agent, key_file):
    assert "--url is missing" in agent.refused("--key-file", key_file)
    said = agent.refused("--url", NOWHERE, "--id", "web01")
    assert "--key-file is missing" in said and "cmdb key web01" in said


def test_without_salt_it_is_said_how_to_get_it(agent, key_file):
    agent.python = os.path.realpath(sys.executable)
    said = agent.refused(*FIRST, "--key-file", key_file, PATH="/nowhere")
    assert "Salt is not installed here" in said and "salt-minion" in said


def test_where_salt_has_moved_another_install_finds_it(agent, key_file, tmp_path):
    moved = tmp_path / "salt-call"
    moved.write_text(f'#!/bin/sh\nexec {SALT_CALL} "$@"\n')
    moved.chmod(0o755)
    agent.install(*FIRST, "--key-file", key_file, "--salt-call", str(moved))
    assert f"ExecStart={moved} " in (agent.units / "salt-cmdb.service").read_text()
    moved.unlink()
    agent.install("--no-report")
    assert f"ExecStart={SALT_CALL} " in (agent.units / "salt-cmdb.service").read_text()


def test_settings_that_were_edited_by_hand_are_not_thrown_away(installed):
    installed.settings.write_text("cmdb:\n  url: https://other.example.com\n")
    assert "is not as this program wrote it" in installed.refused("--no-report")
    assert "other.example.com" in installed.settings.read_text()


def test_settings_and_collectors_of_ones_own_are_taken_up_and_stay(installed, tmp_path):
    (installed.config / "minion.d/own.conf").write_text(
        json.dumps({"cmdb": {"collectors": {"cpu": False}, "limt": 5}})
    )
    modules = installed.config / "cmdb/_modules"
    text = 'KEY = ["a"]\n\n\ndef collect():\n    return [{"a": "mine"}]\n'
    (modules / "cmdb_mine.py").write_text(text)
    said = installed.install("--no-report")
    assert "unknown setting cmdb:limt; did you mean limit?" in said
    kinds = installed.report()["kinds"]
    assert (kinds["mine"], kinds["cpu"]) == ("ok", "disabled")
    installed.run("uninstall", *installed.where, "--purge")
    assert (modules / "cmdb_mine.py").read_text() == text
    assert (installed.config / "minion.d/own.conf").exists()


def test_uninstall_takes_all_back_and_keeps_what_waits_until_it_is_told(installed):
    (installed.root / "theirs").write_text("kept")
    assert installed.report()["result"] == "spooled"
    said = installed.run("uninstall", *installed.where).stdout
    assert "1 that had not been delivered wait in" in said
    assert set(installed.files()) == {"theirs", "etc/salt/minion_id"}
    assert list(installed.spool.glob("0*.json"))
    said = installed.run("uninstall", *installed.where, "--purge").stdout
    assert "1 that had not been delivered are lost" in said
    assert not installed.spool.exists()
    assert installed.run("uninstall", *installed.where).stdout == "nothing was installed here\n"
    assert "no agent is installed here" in installed.run("status", *installed.where).stderr


def test_purge_takes_the_name_back_that_install_wrote(installed):
    installed.run("uninstall", *installed.where, "--purge")
    assert installed.files() == {}


def test_cron_takes_the_timers_place_and_gives_it_back(agent, key_file):
    cron = agent.root / "etc/cron.d/salt-cmdb"
    cron.parent.mkdir(parents=True)
    said = agent.install(*FIRST, "--key-file", key_file, "--timer", "cron")
    assert f"timer     {cron}\n" in said
    line = cron.read_text().splitlines()[1]
    fields, user, command = line.split(None, 6)[:5], *line.split(None, 6)[5:]
    assert (len(fields[0].split(",")), fields[1:], user) == (2, ["*"] * 4, "root")
    assert agent.execute(["sh", "-c", command]).returncode == 0
    assert list(agent.spool.glob("0*.json"))
    agent.install("--no-report", "--timer", "systemd")
    assert not cron.exists()
    agent.install("--no-report", "--timer", "none")
    assert not list(agent.units.iterdir())


def test_without_systemd_and_cron_the_line_is_shown(agent, key_file):
    said = agent.install(*FIRST, "--key-file", key_file, "--timer", "cron")
    assert "timer     put this line into your crontab (crontab -e):" in said
    line = said.splitlines()[-1]
    assert shlex.split(line)[5].endswith("salt-call")


def test_a_wrong_address_is_told_at_once_and_the_report_waits(agent, key_file):
    said = agent.refused(*FIRST[:-1], "--report", "--key-file", key_file)
    assert "the first report was not delivered: http://127.0.0.1:1/api/v1/reports" in said
    assert "it waits, and goes with the next one" in said
    code, told = agent.status()
    assert code == 1
    assert "spooled_count: 1" in told
    assert "wrong: not all reports arrived: http://127.0.0.1:1" in told


def test_a_trial_reports_only_where_it_is_asked_to(agent, key_file):
    said = agent.install(*FIRST[:-1], "--key-file", key_file)
    assert "report    none: --root is for a trial; --report sends one" in said
    assert not list(agent.spool.glob("*"))


def test_a_name_that_is_left_blank_is_none():
    assert identity.CONFIGURED.search("id:\nmaster: salt\n") is None
    assert identity.CONFIGURED.search("id: 'web01'\n").group(1) == "web01"
