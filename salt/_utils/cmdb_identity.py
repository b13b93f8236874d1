"""Evidence of which machine this is. Never the asset's name: hardware identifiers lie.

Source: /proc/sys/kernel/hostname, /etc/hosts, /etc/machine-id, /sys/class/dmi/id,
/sys/class/net. No name is looked up over the network.
"""

import cmdb_source as source
import cmdb_text as text


def read():
    """Return hostname, fqdn, machine_id, system_uuid, board_serial (None: not known) and macs."""
    hostname = _line("/proc/sys/kernel/hostname")
    return {
        "hostname": hostname,
        "fqdn": fqdn(hostname, source.read("/etc/hosts") or ""),
        "machine_id": _line("/etc/machine-id"),
        "system_uuid": text.uuid(_line("/sys/class/dmi/id/product_uuid")),
        "board_serial": text.serial(_line("/sys/class/dmi/id/board_serial")),
        "macs": _macs(),
    }


def fqdn(hostname, hosts):
    """Return the host's full name as it says itself or /etc/hosts says; None where neither."""
    if not hostname or "." in hostname:
        return hostname
    for line in hosts.splitlines():
        names = line.partition("#")[0].split()[1:]
        if hostname in names:
            return next((name for name in names if name.startswith(hostname + ".")), None)
    return None


def _line(path):
    return text.clean((source.read(path) or "").partition("\n")[0])


def _macs():
    """Return the addresses of interfaces that have a device: no bridges, bonds and veths."""
    devices = source.glob("/sys/class/net/*/device")
    found = {_line(path[: -len("device")] + "address") for path in devices}
    return sorted(mac.lower() for mac in found if mac and mac.strip("0:"))
