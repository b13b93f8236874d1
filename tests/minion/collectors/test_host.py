"""The operating system and what it runs on."""

import cmdb_host as host
import cmdb_source as source
import cmdb_virtual as virtual
import pytest

RELEASE = """
# a comment
NAME="Example Linux"
ID=example
ID_LIKE='rhel fedora'
VERSION_ID="9.4"
PRETTY_NAME="Example \\"Nine\\" 9.4"
BROKEN LINE
"""


def test_os_release_is_read_as_a_shell_would():
    assert host.parse_os_release(RELEASE) == {
        "os_name": "Example Linux",
        "os_id": "example",
        "os_like": "rhel fedora",
        "os_version": "9.4",
        "os_title": 'Example "Nine" 9.4',
    }


def test_the_boot_time_is_utc_and_volatile():
    assert host.parse_boot("cpu 1 2\nbtime 1767225600\n") == "2026-01-01T00:00:00Z"
    assert host.parse_boot("cpu 1 2\n") is None
    assert host.VOLATILE == ["boot_at"]


def test_the_host_is_one_item_whatever_its_name(machine):
    machine(
        {
            "/etc/os-release": RELEASE,
            "/etc/machine-id": "8a1bc3d48a1bc3d48a1bc3d48a1bc3d4\n",
            "/proc/sys/kernel/osrelease": "6.1.0-1-amd64\n",
            "/proc/1/comm": "systemd\n",
            "/etc/timezone": "Europe/Berlin\n",
        }
    )
    (item,) = host.collect()
    assert item["place"] == "os"
    assert item["kernel"] == "6.1.0-1-amd64"
    assert item["machine_id"] == "8a1bc3d48a1bc3d48a1bc3d48a1bc3d4"
    assert item["timezone"] == "Europe/Berlin"
    assert item["init"] == "systemd"


def test_the_link_to_the_zone_wins_over_a_stale_file(machine, tmp_path):
    machine({"/etc/timezone": "Europe/Berlin\n"}, {"/etc/localtime": "/usr/share/zoneinfo/Etc/UTC"})
    assert host.collect()[0]["timezone"] == "Etc/UTC"


def test_an_image_s_empty_machine_id_is_none(machine):
    machine({"/proc/1/comm": "init\n", "/etc/machine-id": "uninitialized\n"})
    assert host.collect()[0]["machine_id"] is None


FLAGGED = "processor : 0\nflags\t\t: fpu hypervisor lahf_lm\n"
PLAIN = "processor : 0\nflags\t\t: fpu lahf_lm\n"
DMI = "/sys/class/dmi/id/"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"/proc/cpuinfo": PLAIN, DMI + "sys_vendor": "Dell Inc."}, "physical"),
        ({"/proc/cpuinfo": PLAIN}, "physical"),
        ({"/proc/cpuinfo": FLAGGED}, "unknown"),
        ({"/proc/cpuinfo": FLAGGED, DMI + "sys_vendor": "QEMU"}, "kvm"),
        ({"/proc/cpuinfo": FLAGGED, DMI + "product_name": "VMware Virtual Platform"}, "vmware"),
        ({"/proc/cpuinfo": FLAGGED, DMI + "product_name": "VirtualBox"}, "virtualbox"),
        ({DMI + "sys_vendor": "Amazon EC2", DMI + "product_name": "m5.metal"}, "physical"),
        ({DMI + "sys_vendor": "Amazon EC2", DMI + "product_name": "m5.large"}, "kvm"),
        (
            {DMI + "sys_vendor": "Microsoft Corporation", DMI + "product_name": "Virtual Machine"},
            "hyperv",
        ),
        (
            {DMI + "sys_vendor": "Microsoft Corporation", DMI + "product_name": "Surface"},
            "physical",
        ),
        ({"/sys/hypervisor/type": "xen\n"}, "xen"),
        ({"/sys/hypervisor/type": "xen\n", "/proc/xen/capabilities": "control_d\n"}, "physical"),
        (
            {
                "/proc/cpuinfo": FLAGGED,
                "/sys/devices/system/clocksource/clocksource0/available_clocksource": "kvm-clock\n",
            },
            "kvm",
        ),
        ({"/proc/device-tree/hypervisor/compatible": "linux,kvm\0"}, "kvm"),
        ({"/proc/device-tree/ibm,partition-name": "lpar1\0"}, "powervm"),
        ({"/proc/device-tree/model": "Example Board\0"}, "physical"),
        ({"/proc/sysinfo": "LPAR Number: 7\nVM00 Control Program: z/VM    6.4.0\n"}, "zvm"),
        ({"/proc/sysinfo": "LPAR Number: 7\nVM00 Control Program: KVM/Linux\n"}, "kvm"),
        ({"/proc/sysinfo": "LPAR Number: 7\n"}, "lpar"),
        ({"/proc/cpuinfo": "processor : 0\nFeatures : fp\n"}, None),
    ],
)
def test_the_hypervisor_is_told_by_files_alone(machine, files, expected):
    machine(files)
    assert virtual.detect()[0] == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"/run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"),
        ({"/.dockerenv": ""}, "docker"),
        ({"/run/.containerenv": ""}, "podman"),
        ({"/proc/vz/version": ""}, "openvz"),
        ({"/proc/vz/version": "", "/proc/bc/0": ""}, None),
        ({}, None),
    ],
)
def test_a_container_is_told_by_what_its_manager_leaves(machine, files, expected):
    machine(files)
    assert virtual.container() == expected


def test_of_the_first_process_s_environment_only_its_container_is_taken():
    assert virtual.parse_environment(b"TOKEN=x\0container=lxc\0") == "lxc"
    assert virtual.parse_environment(b"TOKEN=container=lxc\0") is None


def test_where_nothing_tells_of_a_system_it_is_unavailable(machine):
    with pytest.raises(source.Unavailable, match="an operating system"):
        host.collect()
