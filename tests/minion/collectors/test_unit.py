"""Units of systemd, and scripts of System V and OpenRC, in hand-made folders."""

import cmdb_source as source
import cmdb_unit as unit
import pytest

LIB = "/usr/lib/systemd/system/"
ETC = "/etc/systemd/system/"
INSTALL = "[Unit]\nDescription=x\n[Install]\nWantedBy=multi-user.target\n"


@pytest.fixture
def tree(machine, tmp_path):
    def link(path, goal):
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(goal)

    machine(
        {
            f"{LIB}sshd.service": INSTALL + "Alias=ssh.service\n",
            f"{LIB}cups.service": INSTALL,
            f"{LIB}once.service": "[Service]\nExecStart=/bin/true\n",
            f"{LIB}also.service": "[Install]\nAlso=cups.socket\n",
            f"{LIB}getty@.service": "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n",
            f"{LIB}bad.service": INSTALL,
            f"{LIB}fstrim.timer": "[Install]\r\nWantedBy=timers.target\r\n",
            f"{LIB}basic.target": "",
            f"{ETC}own.service": INSTALL,
            "/opt/app/app.service": INSTALL,
            f"{ETC}sshd.service.d/limits.conf": "[Service]\n",
            "/sys/fs/cgroup/system.slice/sshd.service/cgroup.procs": "1\n",
            "/etc/init.d/legacy": "",
            "/dev/null": "",
        }
    )
    link(f"{ETC}multi-user.target.wants/sshd.service", f"{LIB}sshd.service")
    link(f"{ETC}ssh.service", f"{LIB}sshd.service")
    link(f"{ETC}getty.target.wants/getty@tty1.service", f"{LIB}getty@.service")
    link(f"{ETC}bad.service", "/dev/null")
    link(f"{ETC}app.service", "/opt/app/app.service")
    link("/run/systemd/system/multi-user.target.wants/cups.service", f"{LIB}cups.service")
    link("/etc/rc3.d/S20legacy", "../init.d/legacy")
    link("/etc/rc0.d/K01legacy", "../init.d/legacy")
    link("/etc/rc2.d/S20sshd", "../init.d/sshd")


def test_the_state_of_each_unit_is_what_links_and_files_say(tree):
    items = {item["name"]: item for item in unit.collect()}
    assert {name: item["state"] for name, item in items.items()} == {
        "also.service": "indirect",
        "app.service": "linked",
        "bad.service": "masked",
        "cups.service": "enabled-runtime",
        "fstrim.timer": "disabled",
        "getty@.service": "enabled",
        "getty@tty1.service": "enabled",
        "legacy": "enabled",
        "once.service": "static",
        "own.service": "disabled",
        "sshd.service": "enabled",
    }
    assert items["sshd.service"]["running"] is True
    assert items["own.service"]["running"] is False
    assert items["sshd.service"]["overrides"] == [f"{ETC}sshd.service.d/limits.conf"]
    assert items["bad.service"]["path"] is None
    assert items["app.service"]["path"] == "/opt/app/app.service"
    assert items["legacy"]["system"] == "sysv"


def test_a_section_for_enabling_counts_only_where_it_says_something():
    assert unit.parse_install("[Install]\nWantedBy=\n") == "static"
    assert unit.parse_install("[Service]\nAlias=no.service\n") == "static"
    assert unit.parse_install("[Install]\n# WantedBy=a.target\n[Unit]\nWantedBy=b\n") == "static"


def test_scripts_of_openrc_are_enabled_by_a_run_level(machine):
    machine(
        {
            "/etc/init.d/sshd": "",
            "/etc/init.d/ntpd": "",
            "/etc/init.d/functions.sh": "",
            "/etc/runlevels/default/sshd": "",
        }
    )
    states = [(item["name"], item["system"], item["state"]) for item in unit.collect()]
    assert states == [("ntpd", "openrc", "disabled"), ("sshd", "openrc", "enabled")]


def test_a_machine_without_an_init_system_is_unavailable(machine):
    with pytest.raises(source.Unavailable):
        unit.collect()
