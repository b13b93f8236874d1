"""Virtual machines that this host runs or could run.

Source: libvirt's own files (/etc/libvirt, and /run/libvirt for those that run), Proxmox's files in
/etc/pve; both need root. ``virsh list --all`` only where libvirt's files do not tell the states.

============  ====  ====================================================================
place         str   "qemu/web01" of libvirt, "qemu/100" and "lxc/101" of Proxmox; the identity
name          str   the host's name for it
uuid          str   the one that its firmware tells it
hypervisor    str   "kvm", "qemu", "xen", "lxc"
state         str   "running", "paused", "shut off" …
autostart     bool  True where it starts with the host
vcpu_count    int   virtual CPUs it may have
memory_bytes  int   memory it may have, bytes
disks         list  its name of each disk and where the host keeps it
macs          list  hardware addresses of its network cards
============  ====  ====================================================================
"""

import contextlib

import cmdb_later as later
import cmdb_source as source
import cmdb_text as text

domain = later.library("cmdb_domain")

__load__ = ["collect"]

KEY = ["place"]
SLOW = True
TOOLS = {"virsh": "package libvirt-clients; root; only where /run/libvirt tells no states"}

DRIVERS = ("qemu", "libxl", "lxc", "xen", "bhyve")
PROXMOX = {"qemu-server": "qemu", "lxc": "lxc"}


def collect():
    """
    Return this host's virtual machines.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_guest.collect
    """
    # A driver's folder always holds something; one that looks empty is closed to us.
    here = [driver for driver in DRIVERS if source.glob(f"/etc/libvirt/{driver}/*")]
    proxmox = source.glob("/etc/pve/local")
    if not proxmox and not here and source.is_partial():
        with contextlib.suppress(source.Unavailable):
            return _alone()
    if not proxmox and not here:
        closed = any(source.glob(f"/etc/libvirt/{driver}") for driver in DRIVERS)
        raise source.Unavailable(
            "nothing to be seen in the folders of /etc/libvirt: run as root"
            if closed
            else "neither libvirt nor Proxmox is on this machine"
        )
    items = [item for driver in here for item in _libvirt(driver)]
    return text.unique(items + (_proxmox() if proxmox else []), "place")


def _alone():
    """Return the domains of which only virsh's words were kept, whole or in a list."""
    said = _virsh()
    if "<domain" in said:
        known = [domain.parse_xml(said)]
    else:
        known = [{"name": name, "state": state} for name, state in domain.parse_list(said).items()]
    items = [{**item, "place": f"{_driver(item)}/{item['name']}"} for item in known]
    return text.unique(items, "place")


def _driver(item):
    hypervisor = item.get("hypervisor")
    return {"lxc": "lxc", "xen": "libxl"}.get(hypervisor, "qemu")


def _libvirt(driver):
    """Return the domains of one driver: the defined ones and those that only run."""
    defined = _domains(f"/etc/libvirt/{driver}/*.xml")
    running = _domains(f"/run/libvirt/{driver}/*.xml")
    folder = f"/etc/libvirt/{driver}/autostart/"
    starting = source.glob(folder + "*.xml")
    for item in {**running, **defined}.values():
        item["autostart"] = f"{folder}{item['name']}.xml" in starting
    told = bool(source.glob(f"/run/libvirt/{driver}"))
    states = {} if told or not defined else domain.parse_list(_virsh())
    items = []
    for name, item in sorted({**running, **defined}.items()):
        state = (running[name]["state"] or "running") if name in running else states.get(name)
        items.append({**item, "place": f"{driver}/{name}", "state": state or "shut off"})
    return items


def _virsh():
    try:
        return source.run(["virsh", "list", "--all"])
    except source.Unavailable as error:
        raise source.Unavailable(f"{error}: install the package libvirt-clients") from None


def _domains(pattern):
    found = {}
    for path in source.glob(pattern):
        said = source.read(path)
        if said is None:
            raise source.Unavailable(f"no right to read {path}: run as root")
        if "<domain" not in said:
            # Networks and locks lie beside them.
            continue
        item = domain.parse_xml(said)
        found[item["name"]] = item
    return found


def _proxmox():
    items = []
    for folder, kind in PROXMOX.items():
        for path in source.glob(f"/etc/pve/local/{folder}/*.conf"):
            number = path.rpartition("/")[2][: -len(".conf")]
            said = source.need(path)
            pid = {"qemu": f"/run/qemu-server/{number}.pid", "lxc": f"/run/lxc/lock/{number}"}[kind]
            running = source.glob(pid)
            state = None if kind == "lxc" else "running" if running else "shut off"
            items.append(
                {"place": f"{kind}/{number}", **domain.parse_proxmox(said), "state": state}
            )
    return items
