"""What RAID tools print, made the same for all of them: sizes, levels, states, media, addresses.

The tools say most sizes rounded. Where one also prints sectors or blocks, the size is exact;
else it is the rounded number times its unit, which is binary for most tools whatever they call
it: their "GB" is 2^30 bytes.
"""

import re

import cmdb_text as text

SECTOR_BYTES = 512
SECTORS_BYTES = (512, 4096, 520, 528, 4160, 4224)
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*([kmgtp]?)(i?)b(?:ytes)?\b", re.I)
_SECTORS = re.compile(r"\[\s*0x([0-9a-f]{1,13})\s*sectors\s*\]", re.I)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_LEVEL = re.compile(r"(?:raid)?[- ]?([0-9]{1,2})(?:\s*\+\s*([0-9]))?(e(?![a-z]))?", re.I)
_NUMBER = re.compile(r"\s*(-?[0-9]{1,18})(?![0-9.]*[0-9])")
_PAIR = re.compile(r"((?:[^:()]|\([^()]*\))+):(.*)", re.S)
_ASIDE = re.compile(r"\(.*|\[.*|[,:;]? *[0-9.]+ *%.*|, *[0-9].*")
_CELSIUS = re.compile(r"(-?[0-9]{1,3})(?:\.[0-9]+)? *(?:deg(?:rees)? *)?c\b|(-?[0-9]{1,3})", re.I)
# The first that is found in what a tool says of a disk, lower case.
DISK_STATES = (
    (r"foreign|frgn", "foreign"),
    (r"bad|ubunsp|unusa?bl", "bad"),
    (r"jbod|hba|pass[- ]?through|system|^shld", "jbod"),
    (r"fail|defunct|dead|fld", "failed"),
    (r"missing|msng|\bmis\b|not present|removed", "missing"),
    (r"rebuil|rbld|recover", "rebuilding"),
    (r"copy ?back|cpybck|cbshld|replac|erasing", "copying"),
    (r"spare|[dg]hs(?:shld)?\b|hspshld", "spare"),
    (r"unconf|uconf|ugood|ugshld|ugunsp|unassigned|ready|available|raw|\brdy", "unconfigured"),
    (r"offline|offln|ofln|inconsistent|standby|\bsby", "offline"),
    (r"onl|optimal|optl|\bok\b|okay|conf|present|cfshld|good", "online"),
)
VOLUME_STATES = (
    (r"fail|\bfld\b|dead", "failed"),
    (r"offline|ofln|offln", "offline"),
    (r"missing|\bmis\b", "missing"),
    (r"rebuil|recover(?!y mode)|rbld|^rec$", "rebuilding"),
    (r"degr|dgrd|pdgd|dgd|interim|suboptimal|critical|ready for", "degraded"),
    (r"init", "initializing"),
    (r"expan|transform|migrat|reconfig|reconstruct|reshap", "reshaping"),
    (r"optimal|optl|^ok|okay|online|\bonl\b", "optimal"),
)
BATTERY_STATES = (
    (r"fail|fault|replace|non ?operational|dead|not good|bad", "failed"),
    (r"not present|not installed|absent|missing|removed|^na$|^n/a|no battery", "absent"),
    (r"learn", "learning"),
    (r"charg", "charging"),
    (r"degrad|need|low|warn", "degraded"),
    (r"optimal|operational|^ok|healthy|good|ready|present|^0$", "optimal"),
)


def size(said, decimal=False):
    """
    Return the bytes that a size stands for; None where it says none.

    ``decimal`` is for a tool whose "GB" are 10^9 bytes; "GiB" are always 2^30. A count of sectors
    beside it makes the size exact.
    """
    match = _SIZE.search(said or "")
    rounded = None
    if match:
        number, power, binary = match.groups()
        base = 1024 if binary or not decimal else 1000
        rounded = round(float(number) * base ** _POWERS[power.lower()])
    sectors = _SECTORS.search(said or "")
    return of_sectors(int(sectors.group(1), 16), rounded) if sectors else _fit(rounded)


def of_sectors(count, rounded=None):
    """Return the bytes of so many sectors, of that size which comes nearest to ``rounded``."""
    if not rounded:
        return _fit(count * SECTOR_BYTES)
    near = min(SECTORS_BYTES, key=lambda each: abs(count * each - rounded))
    return _fit(count * near if abs(count * near - rounded) <= rounded * 0.02 else rounded)


def level(said):
    """Return a RAID level as "raid10"; others ("linear", "jbod") as they are, lower case."""
    said = text.value(said)
    match = _LEVEL.match(said) if said else None
    if not match:
        return re.sub(r"[_\s]+", " ", said.lower()) if said else None
    first, second, extra = match.groups()
    # Vendors write the same nesting as "1+0" and "10"; "0+1" is a mirror of stripes.
    return f"raid{int(first)}{second or ''}{(extra or '').lower()}"


def state(said, states):
    """Return the common word for what a tool says, else its own without numbers; None for none."""
    said = (text.clean(str(said)) or "").lower() if said is not None else ""
    for pattern, word in states:
        if re.search(pattern, said):
            return word
    return text.value(_ASIDE.sub("", said))


def media(said):
    """Return "ssd" or "hdd"; None where it can't be told."""
    said = (said or "").lower()
    if re.search(r"ssd|solid|nvme|flash", said):
        return "ssd"
    return "hdd" if re.search(r"hdd|hard|rotat|spin", said) else None


def interface(said):
    """Return "sata", "sas", "nvme", "scsi" or "fc"; None where it can't be told."""
    said = (said or "").lower()
    for pattern, word in (
        (r"nvme|pcie", "nvme"),
        (r"sata|serial ata", "sata"),
        (r"sas|serial attached", "sas"),
        (r"scsi|ultra", "scsi"),
        (r"fibre|\bfc\b", "fc"),
    ):
        if re.search(pattern, said):
            return word
    return None


def number(said):
    """Return the whole number that a text begins with; None where it begins with none."""
    if isinstance(said, bool) or said is None:
        return None
    match = _NUMBER.match(str(said))
    return int(match.group(1)) if match else None


def celsius(said):
    """Return a temperature, "35C (95.00 F)"; None where it is none."""
    match = _CELSIUS.match(str(said).strip()) if said is not None else None
    # What has no sensor, or does not answer, says 0.
    return int(match.group(1) or match.group(2)) or None if match else None


def yes(said):
    """Return True for "Yes", False for "No", None for anything else."""
    said = (text.clean(str(said)) or "").lower() if said is not None else ""
    words = {"yes": True, "true": True, "y": True, "no": False, "false": False, "n": False}
    return words.get(said)


def wwn(said):
    """Return a world wide name as hex digits in lower case; None where it is none."""
    said = re.sub(r"^0x|[:\s-]", "", (text.clean(str(said)) or "").lower()) if said else ""
    fits = re.fullmatch(r"[0-9a-f]{16}|[0-9a-f]{32}", said)
    return said if fits and said.strip("0") and said.strip("f") else None


def pci(domain, bus, device, function):
    """Return a PCI address as Linux writes it; None where a part is no number or too large."""
    parts = (domain, bus, device, function)
    if any(part is None or part < 0 for part in parts) or bus > 255 or device > 31 or function > 7:
        return None
    return f"{domain:04x}:{bus:02x}:{device:02x}.{function:x}" if domain < 1 << 20 else None


def pair(line):
    """Return (name, value) of a line "Name (a:b) : value", stripped; None where it is none."""
    match = _PAIR.match(line)
    name, said = match.groups() if match else line.partition(":")[::2]
    name = " ".join(name.split())
    return (name, said.strip()) if name and ":" in line else None


def first(said, names):
    """Return the first of the names that a dict has a text for, as it is said; else None."""
    found = (said.get(name) for name in names)
    return next((str(each) for each in found if each is not None and str(each).strip()), None)


def shown(said, names):
    """Return the first of the names that a dict has a value for, cleaned; None where none has."""
    for name in names:
        value = said.get(name)
        value = text.value(str(value)) if value is not None else None
        if value is not None:
            return value
    return None


def _fit(number):
    return number if number is not None and 0 < number < 1 << 63 else None
