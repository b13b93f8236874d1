"""The agent and the real API: what the timer runs delivers, as root and as a plain user."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.agent.conftest import PROJECT, SALT_CALL
from tests.salt.conftest import wait_until

# What everybody may read of a Linux machine.
FOR_ALL = {"cpu", "filesystem", "host", "nic", "package", "user"}


@pytest.fixture
def options(api, tmp_path):
    """Return a function that gives the options of install for a host."""

    def options(host, *, key_of=None):
        path = tmp_path / f"key-{host}"
        path.write_text(api.key(key_of or host))
        return ["--url", api.url, "--key-file", str(path), "--id", host, "--report"]

    return options


def test_installing_reports_and_the_units_command_reports_again(agent, api, options):
    said = agent.install(*options("web11"))
    assert "report    recorded" in said
    asset = api.asset("web11")
    assert asset["last_report"]["via"] == "agent"
    assert asset["kinds"]["cpu"]["status"] == "ok"
    summary = agent.report()
    assert summary["result"] in ("recorded", "unchanged")
    assert api.asset("web11")["last_report"]["report_id"] == summary["report_id"]
    code, told = agent.status()
    assert "spooled_count: 0" in told and "last_error: -" in told
    # Below a folder for a trial no timer runs, and status says so.
    assert code == 1
    assert [line for line in told.splitlines() if line.startswith("wrong")] == [
        "wrong: systemd does not run here, so the timer does not either"
    ]


def test_a_host_is_registered_at_installation(agent, api, options, tmp_path):
    token = tmp_path / "token"
    token.write_text(api.cmdb("token", "create", "--scope", "write"))
    words = [*options("web12"), "--register-token-file", str(token), "--no-report"]
    assert "web12 is new in the CMDB" in agent.install(*words)
    assert api.asset("web12")["registered_at"]
    assert "web12 was registered before" in agent.install(*words)
    assert token.read_text() not in "".join(
        path.read_text(errors="replace") for path in agent.root.rglob("*") if path.is_file()
    )


def test_a_token_that_may_not_register_is_told(agent, api, options, tmp_path):
    token = tmp_path / "token"
    words = [*options("web13"), "--register-token-file", str(token), "--no-report"]
    token.write_text(api.cmdb("token", "create", "--scope", "read"))
    assert "web13 could not be registered: " in agent.refused(*words)
    token.write_text("cmdb_no\nsuch token")
    said = agent.refused(*words)
    assert "web13 could not be registered: " in said
    assert "such token" not in said
    assert api.asset("web13") is None


def test_the_key_of_another_host_is_refused_and_told(agent, api, options):
    said = agent.refused(*options("web14", key_of="db14"))
    assert "the first report was not delivered: " in said and "sign" in said
    assert "next one" not in said
    assert "rejected_count: 1" in agent.status()[1]
    assert api.asset("web14") is None
    agent.install(*options("web14"))
    assert api.asset("web14")


def test_while_the_api_is_down_reports_wait_and_then_arrive(agent, api, options):
    agent.install(*options("web15"))
    before = api.asset("web15")["last_report"]["report_id"]
    api.stop()
    try:
        assert agent.report()["result"] == "spooled"
    finally:
        api.start()
    summary = agent.report()
    assert summary["spooled_count"] == 0
    assert api.asset("web15")["last_report"]["report_id"] == summary["report_id"] != before


def test_a_plain_user_reports_what_it_may_read(plain_user, api, options):
    words = ["--url", api.url, "--key-file", "-", "--id", "web16", "--timer", "systemd"]
    said = plain_user.install(*words, text=api.key("web16"))
    assert "report    recorded" in said
    assert plain_user.root.stat().st_mode & 0o777 == 0o700
    summary = plain_user.report()
    kinds = api.asset("web16")["kinds"]
    assert {kind for kind in FOR_ALL if kinds[kind]["status"] != "ok"} == set()
    assert {each["status"] for each in kinds.values()} <= {"ok", "unavailable", "disabled"}
    assert summary["kinds"]["memory"] in ("ok", "unavailable")
    assert plain_user.run("uninstall", *plain_user.where[:1], "--purge").returncode == 0
    assert plain_user.files() == {}


RENAMED = ("unshare", "--uts", "sh", "-c", 'hostname renamed && exec "$@"', "-")
can_unshare = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare"
)


@can_unshare
def test_another_hostname_is_reported_and_never_followed(agent, api, options):
    agent.install(*options("web18"), "--no-report")
    agent.report(*RENAMED)
    assert api.asset("web18")["identity"]["hostname"] == "renamed"
    assert api.asset("renamed") is None
    said = agent.execute(
        [*RENAMED, agent.python, "-m", "cmdb_agent", "status", *agent.where]
    ).stdout
    assert "this host calls itself: renamed" in said


@can_unshare
def test_salt_itself_keeps_the_name_of_a_first_run_that_nobody_installed(agent, api):
    (agent.config / "minion.d").mkdir(parents=True)
    (agent.config / "minion").write_text(json.dumps({"root_dir": str(agent.root)}))
    argv = [SALT_CALL, "--local", "--config-dir", str(agent.config), "-m", str(PROJECT / "salt")]
    argv += ["--out=json", "cmdb.report", "cpu"]
    assert agent.execute(argv).returncode == 0
    name = (agent.config / "minion_id").read_text().strip()
    assert agent.execute([*RENAMED, *argv]).returncode == 0
    assert (agent.config / "minion_id").read_text().strip() == name
    heads = [path.read_text().partition("\n")[0] for path in agent.spool.glob("0*.json")]
    assert [json.loads(head)["report"]["id"] for head in heads] == [name, name]


# The real /etc and /var, less what others need of them: in copies that end with the namespace.
COPIES = """
copies=/mnt; mount -t tmpfs tmpfs "$copies" || exit 2
mkdir "$copies/etc" "$copies/var" "$copies/local" && cp -a /etc/. "$copies/etc" || exit 2
mount --bind "$copies/etc" /etc && mount --bind "$copies/var" /var || exit 2
mount --bind "$copies/local" /usr/local && mkdir -p /etc/cron.d /var/lib/dpkg || exit 2
rm -rf /etc/salt
python -m cmdb_agent install --timer cron "$@" || exit 1
find /etc/salt /etc/cron.d/salt-cmdb /usr/local/lib/salt-cmdb/_modules/cmdb.py /var -type f
$(tail -n 1 /etc/cron.d/salt-cmdb | cut -d ' ' -f 7- | sed 's/ >.*//')
salt-call --local cmdb.status --out=json
python -m cmdb_agent uninstall --purge
echo left:
find /etc/salt /etc/cron.d/salt-cmdb /usr/local /var/cache/salt/minion/cmdb -type f
"""


@can_unshare
def test_for_the_whole_system_it_lies_where_salt_looks_by_itself(agent, api, options):
    argv = ["unshare", "--mount", "--propagation", "private", "bash", "-c", COPIES, "-"]
    ended = agent.execute(
        [*argv, *options("web19")], PATH=f"{PROJECT}/.venv/bin:/usr/bin:/bin:/sbin"
    )
    assert "report    recorded" in ended.stdout, ended.stderr
    installed, _, left = ended.stdout.partition("left:\n")
    folders = ("/etc/salt/minion_id", "/etc/salt/minion.d/cmdb-agent.conf", "/etc/cron.d/salt-cmdb")
    for path in folders:
        assert path in installed.splitlines()
        assert f"removed   {path}" in installed.splitlines()
    assert left == ""
    assert '"id": "web19"' in installed and '"spooled_count": 0' in installed
    assert '"result": "unchanged"' in installed or '"result": "recorded"' in installed
    assert not Path("/etc/cron.d/salt-cmdb").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused nothing")
def test_a_plain_user_can_t_install_for_all(plain_user, key_file):
    plain_user.where = []
    said = plain_user.refused("--url", "https://cmdb.example.com")
    assert "this needs root; --user installs it for what a plain user may read" in said


MANAGER = "/lib/systemd/systemd"
can_run_systemd = pytest.mark.skipif(
    os.geteuid() != 0 or not Path(MANAGER).exists() or not shutil.which("unshare"),
    reason="needs root, systemd and unshare",
)
# A /run of its own makes systemd run a user's manager where the machine was not booted by it.
SCRIPT = f"""
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system "$XDG_RUNTIME_DIR" || exit 2
{MANAGER} --user --log-target=null &
until systemctl --user is-system-running >/dev/null 2>&1; do sleep 0.1; done
python -m cmdb_agent install --user --interval 1m --splay 0m --no-report "$@" || exit 1
python -m cmdb_agent status --user
touch "$HOME/ready"
until [ -e "$HOME/done" ]; do sleep 0.1; done
python -m cmdb_agent status --user && python -m cmdb_agent uninstall --user --purge
systemctl --user list-unit-files 'salt-cmdb*' --no-legend
kill %1; wait
"""


@pytest.mark.slow
@can_run_systemd
def test_systemd_runs_the_timer_and_status_tells_of_it(api, options, tmp_path):
    environment = {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": "/run/own",
        "PATH": f"{Path(PROJECT, '.venv/bin')}:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    argv = ["unshare", "--mount", "--propagation", "private", "bash", "-c", SCRIPT, "-"]
    with open(tmp_path / "said", "w+") as said:
        process = subprocess.Popen(
            [*argv, *options("web17")], cwd=PROJECT, env=environment,
            stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
        try:
            wait_until((tmp_path / "ready").exists)
            wait_until(lambda: api.asset("web17"), limit_seconds=100)
            # Until the service has ended, its last run is still the one before.
            time.sleep(5)
            (tmp_path / "done").touch()
            assert process.wait(60) == 0
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        said.seek(0)
        told = said.read()
    assert api.asset("web17")["last_report"]["via"] == "agent"
    after = told.rpartition("id: web17")[2]
    assert "timer_last_run_at: -" not in after and "wrong" not in after
    assert "last_success_at: 20" in after
    assert f"removed   {tmp_path}/.config/systemd/user/salt-cmdb.timer" in after
    # Nothing of it is known to systemd any more.
    assert after.rstrip().splitlines()[-1].startswith("removed")
