"""Virtual machines as their hosts' files describe them: libvirt's XML, Proxmox's configuration.

``parse_xml`` reads a domain, bare or as libvirt keeps that of a running one; ``parse_list`` what
``virsh list --all`` prints; ``parse_proxmox`` a file of /etc/pve. All give plain dicts.
"""

import re
import xml.etree.ElementTree as ElementTree

import cmdb_source as source
import cmdb_text as text

STATES = ("running", "idle", "paused", "in shutdown", "shut off", "crashed", "dying", "pmsuspended")
_LINE = re.compile(rf"\s*(?:\d+|-)\s+(\S.*?)\s+({'|'.join(STATES)}|no state)\s*")
_UNITS = {"b": 1, "bytes": 1, "kb": 10**3, "k": 2**10, "kib": 2**10, "mb": 10**6, "m": 2**20}
_UNITS.update({"mib": 2**20, "gb": 10**9, "g": 2**30, "gib": 2**30, "tb": 10**12, "t": 2**40})
_UNITS["tib"] = 2**40
_DISK = re.compile(r"(?:scsi|virtio|ide|sata|efidisk|tpmstate|mp|rootfs)\d*")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


def parse_xml(said):
    """Return a domain's facts; raises ParseError where the text is none."""
    start = said.find("<dom")
    # Entities have no use in a domain, and can be made to fill the memory.
    if start < 0 or "<!DOCTYPE" in said or "<!ENTITY" in said:
        raise source.ParseError(f"no domain's XML: {said[:200]!r}")
    try:
        root = ElementTree.fromstring(said[start : said.rfind(">") + 1])
    except (ElementTree.ParseError, ValueError) as error:
        raise source.ParseError(f"a domain's XML: {error}") from None
    domain = root if root.tag == "domain" else root.find("domain")
    if domain is None or not text.clean(domain.findtext("name")):
        raise source.ParseError("a domain's XML: it has no name")
    disks = [_disk(disk) for disk in domain.findall("devices/disk")]
    return {
        "name": text.clean(domain.findtext("name")),
        "uuid": text.uuid(domain.findtext("uuid")),
        "hypervisor": text.clean(domain.get("type")),
        "state": _state(root),
        "vcpu_count": text.integer(domain.findtext("vcpu")),
        "memory_bytes": _memory(domain.find("memory")),
        "disks": sorted(filter(None, disks)),
        "macs": _macs(each.get("address") for each in domain.findall("devices/interface/mac")),
    }


def parse_list(said):
    """Return {name: state} of ``virsh list --all``; raises ParseError where it is none."""
    lines = [line for line in said.splitlines() if line.strip()]
    ruled = [at for at, line in enumerate(lines) if re.fullmatch(r"\s*-{5,}\s*", line)]
    if not ruled:
        raise source.ParseError(f"virsh, no table in: {said[:200]!r}")
    found = {}
    for line in lines[ruled[0] + 1 :]:
        match = _LINE.fullmatch(line)
        if not match:
            raise source.ParseError(f"virsh, no virtual machine in: {line[:200]}")
        found[match.group(1)] = match.group(2)
    return found


def parse_proxmox(said):
    """Return the facts of a virtual machine or container of Proxmox, without its snapshots."""
    lines = re.split(r"^\[", said, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    pairs = [line.partition(":") for line in lines if not line.startswith("#") and ":" in line]
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    if not {"memory", "cores", "ostype", "net0", "boot", "arch"} & fields.keys():
        raise source.ParseError(f"no configuration of Proxmox: {said[:200]!r}")
    container = "rootfs" in fields
    identity = re.search(r"uuid=([0-9A-Fa-f-]{36})", fields.get("smbios1", ""))
    cores, sockets = text.integer(fields.get("cores")), text.integer(fields.get("sockets"))
    disks = [f"{name} {value}" for name, value in fields.items() if _DISK.fullmatch(name)]
    cards = [value.lower() for name, value in fields.items() if re.fullmatch(r"net\d+", name)]
    memory = text.integer(re.sub(r"^current=|,.*$", "", fields.get("memory", "")))
    return {
        "name": text.clean(fields.get("name") or fields.get("hostname")),
        "uuid": text.uuid(identity.group(1)) if identity else None,
        "hypervisor": "lxc" if container else "kvm",
        # A container without a number of cores may use all of the host's.
        "vcpu_count": cores if container else _times(cores or 1, sockets or 1),
        "memory_bytes": _times(memory, 2**20),
        "disks": sorted(disk for disk in disks if ",media=cdrom" not in disk),
        "macs": _macs(found for card in cards for found in _MAC.findall(card)),
        "autostart": fields.get("onboot") == "1",
    }


def _state(root):
    """Return the state that libvirt keeps with a domain that runs."""
    said = text.clean(root.get("state")) if root.tag != "domain" else None
    # Where virsh printed it, a domain with a number is one that runs.
    return said or ("running" if root.tag == "domain" and root.get("id") else None)


def _memory(element):
    if element is None:
        return None
    unit = _UNITS.get((element.get("unit") or "KiB").lower())
    return _times(text.integer(element.text), unit)


def _times(number, factor):
    if number is None or factor is None or not 0 < number * factor < 1 << 62:
        return None
    return number * factor


def _disk(disk):
    if disk.get("device", "disk") not in ("disk", "lun"):
        return None
    target, origin = disk.find("target"), disk.find("source")
    name = target.get("dev", "") if target is not None else ""
    said = origin.attrib if origin is not None else {}
    where = [said.get(each) for each in ("file", "dev", "dir", "volume", "name")]
    return text.clean(" ".join([name, *filter(None, [said.get("pool"), *where])]))


def _macs(addresses):
    lower = {(address or "").lower() for address in addresses}
    return sorted(address for address in lower if _MAC.fullmatch(address))
