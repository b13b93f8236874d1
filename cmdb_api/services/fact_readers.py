"""How facts are read from the components of a kind: {place: item} -> the value, or None.

Items are as they are stored: fields that were not told are not there.
"""

# Words for what fails: of controllers and batteries, of volumes, of their disks, of supplies.
CONTROLLER = ("degraded", "failed")
VOLUME = ("degraded", "rebuilding", "failed", "offline", "missing")
DISK = ("failed", "bad", "offline", "missing")
SUPPLY = ("Critical", "Non-critical")
# Cards of these PCI vendors only show a console: of management controllers, of virtual machines.
CONSOLES = frozenset(("1a03", "102b", "1234", "1b36", "1af4", "15ad", "1013", "1414", "80ee"))


def first(field):
    """Return what reads a field of the only item of a kind."""

    def read(items):
        return next((item.get(field) for _, item in sorted(items.items())), None)

    return read


def total(field):
    """Return what adds up a field; None where one item lacks it."""

    def read(items):
        values = [item.get(field) for item in items.values()]
        return sum(values) if all(isinstance(value, int) for value in values) else None

    return read


def words(field):
    """Return what reads a field that all items should have the same of."""

    def read(items):
        values = {item[field] for item in items.values() if item.get(field)}
        return ", ".join(sorted(values)) or None

    return read


def of_kernel(items):
    """Tell whether the kernel told the memory, which knows no modules."""
    return len(items) == 1 and "total" in items


def module_count(items):
    """Return how many modules of memory there are."""
    return None if of_kernel(items) else len(items)


def volumes(items):
    """Return the disks that stay in, each path to a SAN volume once."""
    fixed = {place: item for place, item in items.items() if not item.get("removable")}
    return {item.get("wwn") or place: item for place, item in sorted(fixed.items())}


def disks(items):
    """Return the same by what is one drive: the namespaces of NVMe share its serial number."""
    return {
        (item.get("serial") if item.get("namespace") else None) or name: item
        for name, item in volumes(items).items()
    }


def serials(items):
    """Return the serial numbers of disks; None where no disk has one."""
    there = volumes(items)
    found = sorted({item["serial"] for item in there.values() if item.get("serial")})
    return found if found or not there else None


def ports(items):
    """Return the ports of network cards."""
    return [item for item in items.values() if item.get("kind", "physical") == "physical"]


def macs(items):
    """Return the cards' own hardware addresses."""
    found = (item.get("permanent_mac") or item.get("mac") for item in ports(items))
    return sorted({mac for mac in found if mac})


def addresses(items):
    """Return all IP addresses, without the length of their prefix."""
    fields = [item.get(name) or () for item in items.values() for name in ("ipv4", "ipv6")]
    return sorted({text.partition("/")[0] for field in fields for text in field})


def gpus(items):
    """Return the cards that are more than a console."""
    return {place: item for place, item in items.items() if str(item.get("id"))[:4] not in CONSOLES}


def virtual(items):
    """Tell whether it is a virtual machine or a container; None where nothing tells."""
    if first("container")(items):
        return True
    hypervisor = first("virtualisation")(items)
    return None if hypervisor is None else hypervisor != "physical"


def faults(*tests):
    """
    Return what reads "PLACE (SERIAL): FAULT" of all that fails.

    A test gives an item's fault, or None.
    """

    def read(items):
        told = (
            (place, item, test(item)) for place, item in sorted(items.items()) for test in tests
        )
        return [f"{_which(place, item)}: {fault}" for place, item, fault in told if fault]

    return read


def _which(place, item):
    """Return what somebody looks for who is to change it: the place, and the sticker."""
    return f"{place} ({item['serial']})" if item.get("serial") else place


def said(field, words, before=""):
    """Return the test whether a field says one of these words."""
    return lambda item: f"{before}{item[field]}" if item.get(field) in words else None


def volume(item):
    """Return what a RAID volume suffers from; of one without disks the number, whatever it says."""
    if item.get("state") in VOLUME:
        return item["state"]
    many = sum(item.get(name) or 0 for name in ("missing_count", "failed_count"))
    return f"lacks {many}" if many else None


def foresees(field, value):
    """Return the test whether a field says so that a drive will fail."""
    return lambda item: "failure foreseen" if item.get(field) is value else None


def switches(items):
    """Return the names of the neighbours."""
    return sorted({item["switch"] for item in items.values() if item.get("switch")})


def switch_ports(items):
    """Return "SWITCH PORT" of each neighbour."""
    named = [item for item in items.values() if item.get("switch") and item.get("port")]
    return sorted({f"{item['switch']} {item['port']}" for item in named})
