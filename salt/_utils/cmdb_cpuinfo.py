"""/proc/cpuinfo of any architecture as {CPU number: {name: text}}, and what it says of a chip."""

import re

import cmdb_text as text

# ARM does not name its chips: (implementer, part) to a name. Servers' and common boards' only.
ARM_VENDORS = {
    0x41: "ARM",
    0x42: "Broadcom",
    0x43: "Cavium",
    0x46: "Fujitsu",
    0x48: "HiSilicon",
    0x4E: "NVIDIA",
    0x50: "APM",
    0x51: "Qualcomm",
    0x53: "Samsung",
    0x56: "Marvell",
    0x61: "Apple",
    0x69: "Intel",
    0x6D: "Microsoft",
    0x70: "Phytium",
    0xC0: "Ampere",
}
ARM_PARTS = {
    (0x41, 0xB76): "ARM1176",
    (0x41, 0xC05): "Cortex-A5",
    (0x41, 0xC07): "Cortex-A7",
    (0x41, 0xC08): "Cortex-A8",
    (0x41, 0xC09): "Cortex-A9",
    (0x41, 0xC0D): "Cortex-A12",
    (0x41, 0xC0E): "Cortex-A17",
    (0x41, 0xC0F): "Cortex-A15",
    (0x41, 0xD03): "Cortex-A53",
    (0x41, 0xD04): "Cortex-A35",
    (0x41, 0xD05): "Cortex-A55",
    (0x41, 0xD07): "Cortex-A57",
    (0x41, 0xD08): "Cortex-A72",
    (0x41, 0xD09): "Cortex-A73",
    (0x41, 0xD0A): "Cortex-A75",
    (0x41, 0xD0B): "Cortex-A76",
    (0x41, 0xD0C): "Neoverse-N1",
    (0x41, 0xD0D): "Cortex-A77",
    (0x41, 0xD40): "Neoverse-V1",
    (0x41, 0xD41): "Cortex-A78",
    (0x41, 0xD49): "Neoverse-N2",
    (0x41, 0xD4F): "Neoverse-V2",
    (0x41, 0xD83): "Neoverse-V3AE",
    (0x41, 0xD84): "Neoverse-V3",
    (0x41, 0xD85): "Cortex-X925",
    (0x41, 0xD87): "Cortex-A725",
    (0x41, 0xD8E): "Neoverse-N3",
    (0x43, 0x0A1): "ThunderX",
    (0x43, 0x0AF): "ThunderX2",
    (0x46, 0x001): "A64FX",
    (0x48, 0xD01): "Kunpeng-920",
    (0x4E, 0x004): "Carmel",
    (0x50, 0x000): "X-Gene",
    (0x51, 0xC00): "Falkor",
    (0xC0, 0xAC3): "Ampere-1",
    (0xC0, 0xAC4): "Ampere-1a",
}
MODELS = ("model name", "cpu model", "cpu", "uarch", "processor", "model")
_S390 = re.compile(r"processor [0-9]{1,9}")
_ADVERTISED = re.compile(r"@\s*([0-9]{1,2})\.([0-9]{1,3})\s*GHz", re.IGNORECASE)
_MHZ = re.compile(r"([0-9]{1,6})\.?([0-9]{0,6})\s*MHz", re.IGNORECASE)


def parse(said):
    """Turn /proc/cpuinfo into {CPU: {name in lower case: text}}; what is of no CPU goes to each."""
    cpus, common, block = {}, {}, None
    for line in said.splitlines():
        name, colon, rest = line.partition(":")
        if not colon:
            block = block if line.strip() else None
            continue
        name, rest = name.strip().lower(), rest.strip()
        if name in ("processor", "cpu number") and re.fullmatch("[0-9]{1,9}", rest):
            block = cpus.setdefault(int(rest), {})
        elif _S390.fullmatch(name):
            cpus.setdefault(int(name.split()[1]), {}).update(_assignments(rest))
        elif name and rest:
            (common if block is None else block).setdefault(name, rest)
    if not cpus and any(name in common for name in MODELS):
        # Some kernels for one CPU only do not number it.
        cpus = {0: {}}
    return {cpu: {**common, **about} for cpu, about in cpus.items()}


def _assignments(said):
    pairs = (pair.partition("=") for pair in said.split(","))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def tells_topology(cpus):
    """Tell whether the CPUs' own lines say which socket and core each belongs to, as on x86."""
    if not cpus or not all(
        {"physical id", "core id", "cpu cores"} <= c.keys() for c in cpus.values()
    ):
        return False
    cores = {}
    for cpu, (socket, core) in topology(cpus).items():
        cores.setdefault((socket, cpus[cpu]["cpu cores"]), set()).add(core)
    # Old kernels number the cores of each die from 0 where a socket has two dies.
    return all(str(len(several)) == stated for (_, stated), several in cores.items())


def topology(cpus):
    """Return {CPU: (socket, core)} as x86 states them."""
    return {cpu: (f"P{about['physical id']}", about["core id"]) for cpu, about in cpus.items()}


def describe(cpus):
    """Return what /proc/cpuinfo says of one socket's CPUs: model, vendor, base_hz, revisions."""
    first = cpus[0] if cpus else {}
    model = _model(first)
    if "cpu part" in first:
        # Chips with fast and slow cores have two parts.
        parts = sorted({name for name in map(_arm_part, cpus) if name})
        model = " + ".join(parts) or model
    return {
        "model": model,
        "vendor": _vendor(first),
        "base_hz": advertised_hz(model) or _stated_hz(first),
        "family": _either(first, "cpu family", "cpu architecture", "isa"),
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
    return int(match.group(1)) * 10**9 + int(match.group(2).ljust(9, "0")) if match else None


def _stated_hz(cpu):
    """Return the nominal frequency on POWER and s390x; elsewhere it is the one of the moment."""
    said = cpu.get("clock") or ""
    static = cpu.get("cpu mhz static")
    match = _MHZ.match(f"{static} MHz" if static else said)
    return int(match.group(1)) * 10**6 + int(match.group(2).ljust(6, "0")) if match else None


def _model(cpu):
    found = (text.value(cpu.get(name)) for name in MODELS if name in cpu)
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
        return ARM_VENDORS.get(implementer) or cpu["cpu implementer"]
    said = text.value(cpu.get("vendor_id")) or text.value(cpu.get("mvendorid"))
    return said or ("IBM" if re.match("POWER|PPC", cpu.get("cpu", "")) else None)


def _arm_part(cpu):
    key = (text.integer(cpu.get("cpu implementer"), 16), text.integer(cpu.get("cpu part"), 16))
    return ARM_PARTS.get(key)


def _either(cpu, *names):
    return next((text.clean(cpu[name]) for name in names if cpu.get(name)), None)
