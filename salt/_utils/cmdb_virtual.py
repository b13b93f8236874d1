"""Whether this machine is physical, a virtual one, or a container, from files alone."""

import re

import cmdb_source as source
import cmdb_text as text

DMI_ID = "/sys/class/dmi/id/"
DMI_FILES = ("sys_vendor", "product_name", "bios_vendor", "board_vendor", "product_version")
# What hypervisors write into the SMBIOS of their guests; the first that fits.
FIRMWARE = (
    (
        "kvm",
        r"KVM|QEMU|Red Hat.*(?:KVM|RHEV|RHEL)|oVirt|Google Compute Engine|OpenStack|DigitalOcean",
    ),
    (
        "kvm",
        r"Amazon EC2(?!.*\.metal)|Alibaba Cloud|Hetzner.*vServer|Scaleway|Vultr|Linode|UpCloud",
    ),
    ("vmware", r"VMware"),
    ("virtualbox", r"VirtualBox|innotek GmbH"),
    ("hyperv", r"Microsoft Corporation.*Virtual Machine|Hyper-V"),
    ("xen", r"\bXen\b|HVM domU"),
    ("parallels", r"Parallels"),
    ("bhyve", r"BHYVE"),
    ("nutanix", r"Nutanix.*AHV"),
    ("bochs", r"Bochs"),
    ("apple", r"Apple Virtualization"),
)
# Bare metal of a cloud bears its name as well.
METAL = re.compile(r"\.metal\b|bare ?metal", re.IGNORECASE)
CLOCKS = (("kvm", "kvm-clock"), ("hyperv", "hyperv_clocksource"), ("xen", "xen"))
DEVICE_TREE = "/proc/device-tree/"


def detect():
    """Return (hypervisor or "physical" or None, container or None)."""
    dmi = " ".join(filter(None, (text.clean(source.read(DMI_ID + name)) for name in DMI_FILES)))
    for answer in (_from_xen(), _from_firmware(dmi), _from_tree(), _from_mainframe()):
        if answer:
            return answer, container()
    cpuinfo = source.read("/proc/cpuinfo") or ""
    flagged = re.search(r"^flags\s*:.*\bhypervisor\b", cpuinfo, re.MULTILINE) is not None
    if flagged:
        return _from_clock() or "unknown", container()
    known = bool(dmi) or bool(source.glob(DEVICE_TREE + "model"))
    # x86 tells by the flag; elsewhere its absence says nothing where firmware is silent too.
    return "physical" if known or "\nflags" in cpuinfo else None, container()


def container():
    """Return the kind of container that this system runs in; None outside of one."""
    said = text.clean(source.read("/run/systemd/container")) or _said_by_init()
    if said:
        return said
    for kind, path in (("docker", "/.dockerenv"), ("podman", "/run/.containerenv")):
        if source.glob(path):
            return kind
    if source.glob("/proc/vz") and not source.glob("/proc/bc"):
        return "openvz"
    return "wsl" if "microsoft" in (source.read("/proc/sys/kernel/osrelease") or "") else None


def _from_xen():
    if (text.clean(source.read("/sys/hypervisor/type")) or "") != "xen":
        return None
    # The host's own system is a guest of Xen as well, the one in control.
    return "physical" if "control_d" in (source.read("/proc/xen/capabilities") or "") else "xen"


def _from_firmware(dmi):
    if METAL.search(dmi):
        return "physical"
    return next((name for name, said in FIRMWARE if re.search(said, dmi)), None)


def _from_tree():
    hypervisor = source.read(DEVICE_TREE + "hypervisor/compatible") or ""
    for name, said in (("kvm", "linux,kvm"), ("xen", "xen,xen"), ("vmware", "vmware")):
        if said in hypervisor:
            return name
    compatible = source.read(DEVICE_TREE + "compatible") or ""
    if "qemu" in compatible or "linux,dummy-virt" in compatible:
        return "kvm"
    return "powervm" if source.glob(DEVICE_TREE + "ibm,partition-name") else None


def _from_mainframe():
    said = source.read("/proc/sysinfo") or ""
    control = re.search(r"^VM00 Control Program:\s*(\S+)", said, re.MULTILINE)
    if control:
        return "zvm" if "VM" in control.group(1) and "KVM" not in control.group(1) else "kvm"
    return "lpar" if re.search(r"^LPAR Number:", said, re.MULTILINE) else None


def _from_clock():
    said = source.read("/sys/devices/system/clocksource/clocksource0/available_clocksource") or ""
    return next((name for name, clock in CLOCKS if clock in said), None)


def _said_by_init():
    """Return what the first process was told of its container; only root may see it."""
    try:
        # Not by source.read: a bundle must not carry what else is in its environment.
        return source.ask("container of init", _container_of_init)
    except OSError:
        return None


def _container_of_init():
    with open("/proc/1/environ", "rb") as file:
        return parse_environment(file.read(1 << 20))


def parse_environment(environment):
    """Return the value of ``container`` in a process's environment."""
    match = re.search(rb"(?:^|\0)container=([a-z0-9_-]{1,40})(?:\0|$)", environment)
    return match.group(1).decode("ascii") if match else None
