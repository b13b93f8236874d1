"""Processors: one item for each socket that has one. Empty sockets are counted by ``board``.

Source: /proc/cpuinfo and the topology in /sys/devices/system/cpu, on x86, ARM, POWER, s390x and
RISC-V; only CPUs that are online count. Where neither tells (another system's dump), SMBIOS
type 4. Nothing that changes by itself, such as the clock rate now, is read.

============  ====  ===================================================================
socket        str   "P0": the number that the kernel knows the socket by; the identity
model         str   as the processor says it; on ARM by its part number
vendor        str   "GenuineIntel", "AuthenticAMD", "ARM", "IBM" …
core_count    int   cores with at least one CPU online; None where nothing tells
thread_count  int   CPUs online
base_hz       int   nominal frequency, Hz
max_hz        int   highest frequency, Hz
family        str   of the processor
model_number  str   of the processor
stepping      str   or revision of the processor
microcode     str   revision of the microcode
============  ====  ===================================================================
"""

import re

import cmdb_cpuinfo as cpuinfo
import cmdb_smbios as smbios
import cmdb_source as source
import cmdb_text as text

__load__ = ["collect"]

KEY = ["socket"]

CPU = "/sys/devices/system/cpu/"
MOST_KILOHERTZ = 10**9
MOST_CPUS = 1 << 16
# What a topology may be made of, the largest first; s390x has books and drawers of sockets.
LEVELS = ("drawer_id", "book_id", "physical_package_id")


def collect():
    """
    Return this machine's processors.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_cpu.collect
    """
    said = source.read("/proc/cpuinfo")
    cpus = cpuinfo.parse(said or "")
    topology = _topology(cpus)
    if said is not None or topology:
        return _items(cpus, topology, _frequencies(topology))
    items = parse_smbios(smbios.structures(4))
    if not items:
        # There is no machine without one.
        raise source.Unavailable("SMBIOS tells of no processor here")
    return items


def parse(said):
    """Turn /proc/cpuinfo alone into items; where it tells no sockets, there is one."""
    return _items(cpuinfo.parse(said), {}, {})


def parse_smbios(structures):
    """Turn SMBIOS processors into items; empty sockets and disabled processors are left out."""
    items = [
        {
            "socket": processor["socket"] or "CPU",
            "model": cpuinfo.spaced(processor["model"] or processor["family"]),
            "vendor": processor["manufacturer"],
            "core_count": processor["core_enabled_count"] or processor["core_count"],
            "thread_count": processor["thread_count"],
            "base_hz": cpuinfo.advertised_hz(processor["model"]),
        }
        for processor in structures
        if processor["type"] == 4 and processor["processor_type"] in (None, "Central Processor")
        if _is_working(processor)
    ]
    return text.unique(items, "socket")


def _items(cpus, topology, frequencies):
    topology = topology or cpuinfo.topology(cpus)
    if not topology:
        raise source.ParseError("/proc/cpuinfo names no processor")
    sockets = {}
    for cpu in sorted(topology):
        sockets.setdefault(topology[cpu][0], []).append(cpu)
    return [
        _item(socket, members, cpus, topology, frequencies) for socket, members in sockets.items()
    ]


def _item(socket, members, cpus, topology, frequencies):
    about = [cpus[cpu] for cpu in members if cpu in cpus] or list(cpus.values())[:1]
    cores = {topology[cpu][1] for cpu in members}
    item = {
        "socket": socket,
        **cpuinfo.describe(about),
        "core_count": None if None in cores else len(cores),
        "thread_count": len(members),
    }
    rates = [frequencies[cpu] for cpu in members if cpu in frequencies]
    # The name's is of the product; the other may depend on the board's power settings.
    item["base_hz"] = item["base_hz"] or _hertz(rates, "base_frequency")
    item["max_hz"] = _hertz(rates, "cpuinfo_max_freq")
    return item


def _is_working(processor):
    """Tell whether a socket has a processor that is not disabled; dmidecode 1 does not say."""
    status = (processor["status"] or "").lower()
    if not status:
        return any(processor[field] for field in ("model", "family", "manufacturer"))
    return status.startswith("populated") and "disabled" not in status


def _topology(cpus):
    """Return {CPU: (socket, core)} of the CPUs that are online."""
    offline = _offline()
    cpus = {cpu: about for cpu, about in cpus.items() if cpu not in offline}
    if cpuinfo.tells_topology(cpus):
        return cpuinfo.topology(cpus)
    found, ids = {}, {}
    for path in source.glob(CPU + "cpu[0-9]*/topology"):
        number = int(re.search(r"cpu(\d+)/topology$", path).group(1))
        core = text.clean(_first(path, "core_cpus_list", "thread_siblings_list", "thread_siblings"))
        if core is None or number in offline:
            continue
        ids[number] = [text.integer(source.read(f"{path}/{level}")) for level in LEVELS]
        siblings = _first(path, "package_cpus_list", "core_siblings_list", "core_siblings")
        found[number] = (text.clean(siblings), core)
    sockets = {cpu: _socket(ids[cpu], siblings, found) for cpu, (siblings, _) in found.items()}
    if cpuinfo.are_unlike(cpus, sockets):
        sockets = dict.fromkeys(sockets, "P0")
    return {cpu: (sockets[cpu], core) for cpu, (_, core) in found.items()}


def _offline():
    """Return the numbers of the CPUs that are switched off."""
    if source.read(CPU + "online"):
        return parse_list(source.read(CPU + "offline") or "")
    # Kernels before 2.6.26 have no list.
    paths = source.glob(CPU + "cpu[0-9]*/online")
    off = [path for path in paths if (source.read(path) or "").strip() == "0"]
    return {int(re.search(r"cpu(\d+)/online$", path).group(1)) for path in off}


def parse_list(said):
    """Turn a kernel's list of CPUs, "0-3,8", into a set of numbers."""
    found = set()
    for first, last in re.findall(r"(\d{1,6})(?:-(\d{1,6}))?", said):
        found.update(range(int(first), min(int(last or first), MOST_CPUS) + 1))
    return found


def _socket(ids, siblings, found):
    """Return a socket's name: by its numbers, or by order where the kernel has none for it."""
    known = [str(number) for number in ids if number is not None and number >= 0]
    if known and ids[-1] is not None and ids[-1] >= 0:
        return "P" + ".".join(known)
    order = sorted(
        {other for other, _ in found.values() if other}, key=lambda cpus: (len(cpus), cpus)
    )
    return f"P{order.index(siblings)}" if siblings in order else "P0"


def _frequencies(topology):
    """Return what cpufreq says of each socket's first and last CPU: hybrid chips have two kinds."""
    ends = {}
    for cpu in sorted(topology):
        first, _ = ends.get(topology[cpu][0], (cpu, cpu))
        ends[topology[cpu][0]] = (first, cpu)
    names = ("base_frequency", "cpuinfo_max_freq")
    return {
        cpu: {name: source.read(f"{CPU}cpu{cpu}/cpufreq/{name}") for name in names}
        for pair in ends.values()
        for cpu in pair
    }


def _hertz(rates, name):
    found = [text.integer(rate.get(name)) or 0 for rate in rates]
    kilohertz = max(found, default=0)
    return kilohertz * 1000 if 0 < kilohertz < MOST_KILOHERTZ else None


def _first(path, *names):
    found = (source.read(f"{path}/{name}") for name in names)
    return next((said for said in found if said), None)
