"""What a host reports that has something of every kind."""
# ruff: noqa: E501 - tables are read better in lines

from tests.console import fleet
from tests.console.conftest import Driver, posting
from tests.reports import make_report, section

GIB = 2**30


def build(app):
    """Make box01 in a fleet: it stands, is described and has reported; return who made it."""
    admin = Driver(app, "admin")
    given = {"rack": "A12", "position_u": 17, "height_u": 2, "business_unit": "Shop"}
    given |= {"contacts": ["On call"], "expected": {"memory.total_bytes": 256 * GIB}}
    contact = {"name": "On call", "email": "ops@example.com", "phone": "+49 (30) 1234"}
    assert admin.post(f"{fleet.API}/contacts", json=contact).status_code == 201
    made = admin.post(f"{fleet.API}/assets", json={"hostname": "box01"} | given)
    assert made.status_code == 201
    found = fleet.sections("box01", "EXAMPLE-D2", 1) | sections()
    posting(admin)(make_report("box01", found, identity=fleet._identity("box01", 9)))
    return admin


# fmt: off
def sections():
    """Return the sections that web01 has beside those of each host of the fleet."""
    units = [{"name": f"{name}.service", "system": "systemd", "state": state} for name, state in (("nginx", "enabled"), ("sshd", "enabled"), ("cups", "masked"))]
    modules = [{"slot": f"P{cpu} {bank}1", "size_bytes": 32 * GIB, "type": "DDR4", "speed_mts": 3200, "configured_speed_mts": 2933, "manufacturer": "Example", "part_number": "EX-32G", "serial": f"EXAMPLE-M-{cpu}{bank}"} for cpu in (0, 1) for bank in "AB"]
    nics = [
        {"port": "0000:3b:00.0", "name": "eth0", "kind": "physical", "mac": "00:00:5e:00:53:01", "master": "bond0", "driver": "ice", "firmware": "4.20"},
        {"port": "0000:3b:00.1", "name": "eth1", "kind": "physical", "mac": "00:00:5e:00:53:11", "master": "bond0", "driver": "ice", "firmware": "4.20"},
        {"port": "bond0", "name": "bond0", "kind": "bond", "mac": "00:00:5e:00:53:01", "ports": ["eth0", "eth1"], "bond_mode": "802.3ad"},
        {"port": "bond0.40", "name": "bond0.40", "kind": "vlan", "vlan_id": 40, "parent": "bond0", "ipv4": ["192.0.2.10/24"], "ipv6": ["2001:db8::10/64"]},
    ]
    links = {"0000:3b:00.0": {"carrier": True, "speed_mbps": 25000, "duplex": "full"}, "0000:3b:00.1": {"carrier": False}, "bond0": {"carrier": True, "speed_mbps": 25000, "duplex": "full"}, "bond0.40": {"carrier": True}}
    mounts = [{"mount_point": path, "device": device, "type": kind, "size_bytes": size * GIB} for path, device, kind, size in (("/", "/dev/mapper/vg0-root", "xfs", 100), ("/boot", "UUID=0000-1111", "ext4", 1), ("/srv", "/dev/mapper/vg0-srv", "xfs", 700))]
    use = {"/": {"used_bytes": 91 * GIB, "available_bytes": 9 * GIB}, "/boot": {"used_bytes": GIB // 4, "available_bytes": GIB * 3 // 4}, "/srv": {"used_bytes": 590 * GIB, "available_bytes": 110 * GIB}}
    volumes = [
        {"place": "vg/vg0", "item_type": "vg", "name": "vg0", "size_bytes": 890 * GIB, "free_bytes": 90 * GIB, "pv_count": 1, "lv_count": 2},
        {"place": "pv/EXAMPLE", "item_type": "pv", "vg": "vg0", "size_bytes": 890 * GIB, "free_bytes": 90 * GIB},
        {"place": "lv/vg0/root", "item_type": "lv", "vg": "vg0", "name": "root", "path": "/dev/vg0/root", "segment_type": "linear", "size_bytes": 100 * GIB},
    ]
    return {
        "board": section([{"place": "system", "manufacturer": "Example Inc", "product": "Server 2000", "serial": "EXAMPLE-B-web01", "bios_vendor": "Example", "bios_version": "2.4", "bios_date": "2025-03-01", "memory_slot_count": 16, "memory_max_bytes": 2048 * GIB, "cpu_socket_count": 2}], ["place"], serial="serial"),
        "cpu": section([{"socket": f"P{n}", "vendor": "GenuineIntel", "model": "Example CPU 2.0 GHz", "core_count": 16, "thread_count": 32, "base_hz": 2_000_000_000, "max_hz": 3_400_000_000} for n in (0, 1)], ["socket"]),
        "memory": section(modules, serial="serial"),
        "nic": section(nics, ["port"], volatile=links),
        "bond": section([{"name": "bond0", "mode": "802.3ad", "ports": ["eth0", "eth1"], "down_ports": ["eth1"]}], ["name"], volatile={"bond0": {"state": "up", "link_failure_count": 3}}),
        "lldp": section([{"place": name, "interface": name, "switch": f"sw0{n}", "port": "Eth1/12", "port_description": "web01"} for n, name in ((1, "eth0"), (2, "eth1"))], ["place"]),
        "filesystem": section(mounts, ["mount_point"], volatile=use),
        "lvm": section(volumes, ["place"]),
        "bmc": section([{"slot": "bmc", "manufacturer": "Example", "firmware": "5.10", "ip_address": "192.0.2.110", "mac": "00:00:5e:00:53:21"}]),
        "psu": section([{"slot": "PSU1", "name": "EX-750", "serial": "EXAMPLE-P1", "max_watts": 750, "state": "OK", "plugged": True}, {"slot": "PSU2", "name": "EX-750", "serial": "EXAMPLE-P2", "max_watts": 750, "state": "Critical", "plugged": False}], serial="serial"),
        "sfp": section([{"port": "0000:3b:00.0", "name": "eth0", "form_factor": "SFP28", "media": "25GBASE-SR", "connector": "LC", "vendor": "Example", "serial": "EXAMPLE-S1"}], ["port"], serial="serial"),
        "smart": section([{"slot": "0:1:0", "model": "SSD 960", "serial": "EXAMPLE-D2", "passed": True}], serial="serial", volatile={"0:1:0": {"temperature_celsius": 31, "wear_percent": 4, "power_on_hours": 12000, "reallocated_count": 2}}),
        "pci": section([{"slot": f"0000:00:{n:02x}.0", "class": "Bridge", "vendor": "Example", "device": "PCIe port"} for n in range(24)]),
        "unit": section(units, ["name"], bulk=True, volatile={"nginx.service": {"running": True}, "sshd.service": {"running": True}}),
        "package": section([{"name": f"library-{n}", "arch": "amd64", "version": f"1.{n}"} for n in range(130)] + [{"name": "openssl", "arch": "amd64", "version": "3.0.2"}], ["name", "arch"], bulk=True),
        "user": section([{"name": "root", "uid": 0, "gid": 0, "home": "/root", "shell": "/bin/bash", "login": True, "sudo": ["root"]}, {"name": "anna", "uid": 1000, "gid": 1000, "groups": ["sudo"], "login": True, "sudo": ["%sudo"]}], ["name"]),
        "ssh_key": section([{"place": "/etc/ssh/ssh_host_ed25519_key.pub", "use": "host", "type": "ssh-ed25519", "bits": 256, "fingerprint": "SHA256:EXAMPLE"}], ["place"]),
        "ups": section([{"slot": "ups0", "model": "Example UPS", "load_percent": 40, "size_bytes": "much"}]),
    }
# fmt: on
