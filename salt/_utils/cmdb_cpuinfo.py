"""/proc/cpuinfo of any architecture as {CPU number: {name: text}}, and what it says of a chip."""

import re

import cmdb_later as later
import cmdb_text as text

arm = later.library("cmdb_arm")

MODELS = ("model name", "cpu model", "cpu", "uarch", "processor", "model", "family")
# Kernels of Alpha and SPARC do not list their CPUs, they count them.
COUNTS = ("cpus active", "ncpus active")
MOST_CPUS = 1 << 13
_S390 = re.compile(r"processor [0-9]{1,9}")
_ADVERTISED = re.compile(r"@\s*([0-9]{1,6})(?:\.([0-9]{1,3}))?\s*([GM])Hz", re.IGNORECASE)
_MHZ = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,6}))?\s*(?:MHz)?", re.IGNORECASE)


def parse(said):
    """Turn /proc/cpuinfo into {CPU: {name in lower case: text}}; what is of no CPU goes to each."""
    cpus, common, block, numbered = {}, {}, None, None
    for line in said.splitlines():
        name, colon, rest = line.partition(":")
        if not colon:
            block = block if line.strip() else None
            continue
        name, rest = name.strip().lower(), rest.strip()
        starts = name == (numbered or name) and name in ("processor", "cpu number")
        if starts and re.fullmatch("[0-9]{1,9}", rest):
            # On s390x the second is a CPU's number, on IA-64 something else below the first.
            numbered = name
            block = cpus.setdefault(int(rest), {})
        elif _S390.fullmatch(name):
            cpus.setdefault(int(name.split()[1]), {}).update(_assignments(rest))
        elif name and rest:
            (common if block is None else block).setdefault(name, rest)
    if not cpus and any(name in common for name in MODELS):
        # Some kernels for one CPU only do not number it.
        cpus = {cpu: {} for cpu in range(_count(common))}
    return {cpu: {**common, **about} for cpu, about in cpus.items()}


def _count(common):
    counts = (text.integer(common.get(name)) or 0 for name in COUNTS)
    return min(max(1, *counts), MOST_CPUS)


def _assignments(said):
    pairs = (pair.partition("=") for pair in said.split(","))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def tells_topology(cpus):
    """Tell whether the CPUs' own lines say which socket and core each belongs to."""
    if not cpus:
        return False
    if all({"package", "core"} <= about.keys() for about in cpus.values()):
        return True
    if not all({"physical id", "core id", "cpu cores"} <= about.keys() for about in cpus.values()):
        return False
    cores = {}
    for cpu, (socket, core) in topology(cpus).items():
        cores.setdefault((socket, cpus[cpu]["cpu cores"]), set()).add(core)
    # Old kernels number the cores of each die from 0 where a socket has two dies.
    return all(str(len(several)) == stated for (_, stated), several in cores.items())


def topology(cpus):
    """Return {CPU: (socket, core)} as far as the CPUs' own lines tell; a core may be None."""
    threaded = any(
        cpu + 1 in cpus and ("timebase" in about or about.get("type") == "sun4v")
        for cpu, about in cpus.items()
    )
    return {cpu: (_socket(cpus[cpu]), _core(cpu, cpus[cpu], threaded)) for cpu in cpus}


def are_unlike(cpus, sockets):
    """Tell whether ``sockets``, by CPU, are an ARM chip's clusters of fast and of slow cores."""
    parts = {}
    for cpu, socket in sockets.items():
        parts.setdefault(socket, set()).add(cpus.get(cpu, {}).get("cpu part"))
    known = [several for several in parts.values() if None not in several]
    return any(several != known[0] for several in known)


def _socket(about):
    # On s390x a socket's number is that of a book, a book's that of a drawer.
    levels = [about.get(name) for name in ("drawer id", "book id")]
    number = about.get("physical id") or about.get("package") or "0"
    return "P" + ".".join([*filter(None, levels), number])


def _core(cpu, about, threaded):
    """Return a CPU's core; on POWER and SPARC, CPUs in a row may be threads of one."""
    stated, siblings = about.get("core id") or about.get("core"), about.get("siblings", "1")
    if stated:
        # As many cores as CPUs: the numbers may repeat, once for each die.
        return str(cpu) if siblings == about.get("cpu cores") else stated
    return None if threaded or siblings != "1" else str(cpu)


def describe(cpus):
    """Return what /proc/cpuinfo says of one socket's CPUs: model, vendor, base_hz, revisions."""
    first = cpus[0] if cpus else {}
    model = _model(first)
    if "cpu part" in first and (not model or model.startswith(("ARMv", "AArch64"))):
        # Chips with fast and slow cores have two parts.
        parts = sorted({name for name in map(_arm_part, cpus) if name})
        model = " + ".join(parts) or model
    return {
        "model": model,
        "vendor": _vendor(first),
        "base_hz": advertised_hz(model) or _stated_hz(first),
        "family": _either(first, "cpu family", "cpu architecture", "isa", "family"),
        "model_number": _model_number(first),
        "stepping": _either(first, "stepping", "cpu revision", "revision"),
        "microcode": _either(first, "microcode"),
    }


def spaced(model):
    """Return a model's name with single spaces; some are padded in the middle."""
    return " ".join(model.split()) or None if model else None


def advertised_hz(model):
    """Return the frequency in a model's name, "… @ 2.10GHz"; None without one."""
    match = _ADVERTISED.search(model or "")
    if not match:
        return None
    digits = 9 if match.group(3) in "Gg" else 6
    hertz = int(match.group(1)) * 10**digits + int((match.group(2) or "0").ljust(digits, "0"))
    return hertz or None


def _stated_hz(cpu):
    """Return the nominal frequency where the kernel states that, not the one of the moment."""
    if "cycle frequency [hz]" in cpu:
        return text.integer(cpu["cycle frequency [hz]"].partition(" ")[0]) or None
    ticks = next((said for name, said in cpu.items() if name.endswith("clktck")), None)
    if ticks:
        return text.integer(ticks.lstrip("0")[:12], 16)
    said = cpu.get("cpu mhz static") or cpu.get("clock") or ""
    if cpu.get("arch") == "IA-64" or cpu.get("cpu family", "").startswith("Loongson"):
        # Measured at each start: what is behind the point differs.
        said = cpu.get("cpu mhz", "").partition(".")[0]
    match = _MHZ.fullmatch(said)
    if not match:
        return None
    return int(match.group(1)) * 10**6 + int((match.group(2) or "0").ljust(6, "0")) or None


def _model(cpu):
    found = (text.value(cpu.get(name)) for name in MODELS if name in cpu)
    if "cpu implementer" in cpu:
        # There "model" is the board's.
        found = (text.value(cpu.get(name)) for name in ("model name", "processor"))
    model = next((said for said in found if said and not said.isdigit()), None)
    return spaced(model)


def _model_number(cpu):
    if "identification" in cpu:
        return text.clean(cpu.get("machine"))
    # On POWER and ARM boards "model" is the machine's.
    return _either(cpu, "cpu part") or (cpu["model"] if cpu.get("model", "").isdigit() else None)


def _vendor(cpu):
    implementer = text.integer(cpu.get("cpu implementer"), 16)
    if implementer is not None:
        return arm.VENDORS.get(implementer) or cpu["cpu implementer"]
    said = text.value(cpu.get("vendor_id")) or text.value(cpu.get("vendor"))
    said = said or text.serial(cpu.get("mvendorid"))
    return said or ("IBM" if re.match("POWER|PPC", cpu.get("cpu", "")) else None)


def _arm_part(cpu):
    implementer = text.integer(cpu.get("cpu implementer"), 16)
    return arm.part(implementer, text.integer(cpu.get("cpu part"), 16))


def _either(cpu, *names):
    return next((text.clean(cpu[name]) for name in names if cpu.get(name)), None)
