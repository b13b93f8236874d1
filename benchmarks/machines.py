"""Made-up servers: what each is made of, and what its packages are. Plain data, no clock.

The same number always gives the same host. Kinds and fields are those of our collectors. A host has
about 40 hardware components with serial numbers of their own and 400 packages; hosts come in a few
models and run a few OS images, each patched in rounds, as in life. Of other kinds only ``host`` is
told, the operating system: no units, users, sockets, filesystems.
"""

import hashlib
import random
from functools import cache

PACKAGES, POOL, IMAGES, ROLES = 400, 3000, 6, 12
OF_IMAGE, ROUND = 372, 8
# One of so many hosts has so many packages that no other of its role has.
PET, OWN = 20, 3
NAMED = ("openssl", "bash", "coreutils", "openssh-server", "sudo", "systemd", "curl", "python3")
DEBIAN = ("debian", "Debian GNU/Linux", "12", "6.1.0-28-amd64", "amd64", "all", "-{}+deb12u{}")
REDHAT = ("rhel", "Red Hat Enterprise Linux", "9.4", "5.14.0-427.el9.x86_64", "x86_64", "noarch")
SYSTEMS = (DEBIAN, (*REDHAT, "-{}.el9_4.{}"))

# model: share of the fleet, maker, product, and how many of each kind it has.
MODELS = {
    "rack": (5, "Dell Inc.", "PowerEdge R650", dict(
        cpu=2, memory=8, disk=2, nic=4, raid_volume=2, raid_disk=4, psu=2, pci=5, fru=4, sfp=2)),
    "storage": (2, "Supermicro", "SSG-6029P-E1CR12H", dict(
        cpu=2, memory=12, disk=6, smart=6, nic=2, psu=2, pci=4, fru=3)),
    "gpu": (1, "Supermicro", "SYS-420GP-TNR", dict(
        cpu=2, memory=16, disk=2, nic=2, gpu=4, psu=2, pci=4, fru=3, sfp=2)),
    "blade": (2, "HPE", "ProLiant BL460c Gen10", dict(
        cpu=2, memory=10, disk=1, nic=4, raid_volume=1, raid_disk=2, pci=8, fru=8)),
}  # fmt: skip
MISSING = {"lldp": "lldpcli is not installed"}
NO_TOOL = "storcli64 is not installed"
KEYS = {
    "cpu": ("socket",), "nic": ("port",), "sfp": ("port",), "package": ("name", "arch"),
    **dict.fromkeys(("board", "host", "raid_controller", "raid_volume", "raid_disk"), ("place",)),
}  # fmt: skip
SERIALS = frozenset(("board", "disk", "fru", "gpu", "memory", "psu", "raid_controller"))
SERIALS |= {"raid_disk", "sfp", "smart"}


class Host:
    """One server of the fleet."""

    def __init__(self, number):
        self.number, self.name = number, f"srv{number:05}.example.com"
        self.random = random.Random(number)
        names = [name for name, model in MODELS.items() for _ in range(model[0])]
        self.model = self.random.choice(names)
        _, self.maker, self.product, self.counts = MODELS[self.model]
        self.image, self.role = self.random.randrange(IMAGES), self.random.randrange(ROLES)
        self.system = SYSTEMS[self.image % len(SYSTEMS)]
        self.words = [f"{self.random.getrandbits(40):010X}" for _ in range(4)]

    def serial(self, kind, place):
        """Return the serial number of a part; no two are the same."""
        text = f"{self.number} {kind} {place}"
        made = hashlib.sha256(text.encode()).hexdigest().upper()
        return made[:10] if kind == "memory" else f"{kind[:2].upper()}{made[:14]}"

    def mac(self, place):
        octets = self.number.to_bytes(3, "big") + bytes([place])
        return "02:1b:" + ":".join(f"{octet:02x}" for octet in octets)

    def identity(self):
        return {
            "hostname": self.name.partition(".")[0],
            "fqdn": self.name,
            "machine_id": f"{self.number:08x}{self.words[0] * 2}{self.words[1][:4]}".lower(),
            "system_uuid": self.uuid(),
            "board_serial": self.serial("board", 1),
            "macs": [self.mac(place) for place in range(self.counts["nic"])],
        }

    def uuid(self):
        text = f"{self.words[2]}{self.words[3]}{self.number:012x}".lower()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32]))

    def hardware(self, swapped=0):
        """Return {kind: items}; disks were swapped so many times, one after the other."""
        makers = {"board": _board, "host": _host, "bmc": _bmc, "bond": None}
        found = {kind: [make(self, 0)] for kind, make in makers.items() if make} | {"bond": []}
        for kind in (*_MAKERS, "raid_controller"):
            count = self.counts.get(kind, 0)
            if kind == "raid_controller":
                count = min(self.counts.get("raid_disk", 0), 1)
            found[kind] = [_MAKERS[kind](self, place) for place in range(count)]
        drives = found["raid_disk"] or found["disk"]
        for number in range(swapped):
            drives[number % len(drives)]["serial"] = self.serial("disk", 100 + number)
        for smart, disk in zip(found["smart"], found["disk"], strict=False):
            smart["serial"] = disk["serial"]
        return found

    def volatile(self, moment=0):
        """Return {kind: {place: values}}; some differ from moment to moment."""
        warm = 30 + (self.number + moment) % 5
        found = {"host": {"os": {"boot_at": "2026-06-03T04:05:06Z"}}}
        nic = {"carrier": True, "speed_mbps": 10000, "duplex": "full"}
        found["nic"] = {_port(place): nic for place in range(self.counts["nic"])}
        found["disk"] = {
            _slot(n): {"name": f"sd{'abcdefgh'[n]}"} for n in range(self.counts["disk"])
        }
        hours = 20_000 + self.number % 1000 + moment
        for place in range(self.counts.get("smart", 0)):
            found.setdefault("smart", {})[_slot(place)] = {
                "name": f"/dev/sd{'abcdefgh'[place]}", "temperature_celsius": warm,
                "power_on_hours": hours, "power_cycle_count": 21, "wear_percent": 3,
                "reallocated_count": 0, "pending_count": 0, "uncorrectable_count": 0,
                "crc_error_count": 0, "written_bytes": hours * 7_000_000_000,
            }  # fmt: skip
        for place in range(self.counts.get("raid_disk", 0)):
            found.setdefault("raid_disk", {})[f"c0:252:{place}"] = {
                "state_text": "Onln", "temperature_celsius": warm, "media_error_count": 0,
                "other_error_count": 0, "predictive_failure_count": 0,
            }  # fmt: skip
        for place in range(self.counts.get("raid_volume", 0)):
            told = {"state_text": "Optl", "device": f"/dev/sd{'ab'[place]}"}
            found.setdefault("raid_volume", {})[f"c0:v{place}"] = told
        if self.counts.get("raid_disk"):
            found["raid_controller"] = {"c0": {"temperature_celsius": warm + 20}}
        for place in range(self.counts.get("gpu", 0)):
            found.setdefault("gpu", {})[f"0000:{0x3b + place:02x}:00.0"] = {
                "temperature_celsius": warm + 9, "utilisation_percent": (hours * 7) % 100,
                "memory_used_bytes": hours * 1048576, "power_milliwatts": 60_000 + hours,
            }  # fmt: skip
        return found

    def missing(self):
        """Return {kind: why} of what could not be collected."""
        raid = ("raid_controller", "raid_disk", "raid_volume")
        no_tool = {} if self.counts.get("raid_disk") else dict.fromkeys(raid, NO_TOOL)
        return MISSING | no_tool

    def packages(self, level=0):
        """Return the packages after so many rounds of patches."""
        plain, every, revision = self.system[4], self.system[5], self.system[6]
        patched = _patched(self.image, level)
        return [
            {
                "name": name,
                "arch": every if index % 5 == 4 else plain,
                "version": f"{1 + index % 7}.{index % 23}.{self.image}"
                + revision.format(1 + index % 3, patched.get(name, 0)),
            }
            for index, name in enumerate(self._names())
        ]

    def _names(self):
        names = _names(self.image, self.role)
        if self.number % PET:
            return names
        # Somebody tried something out on it.
        draw = random.Random(f"own {self.number}")
        return [*names[:-OWN], *draw.sample(sorted({*_pool()} - {*names}), OWN)]


@cache
def _pool():
    draw, heads = random.Random("pool"), ("lib", "python3-", "golang-", "fonts-", "", "perl-")
    parts = ("ax", "bre", "cor", "dil", "exa", "fo", "gly", "hex", "ion", "ka", "lum", "mir", "net")
    names = dict.fromkeys(NAMED)
    while len(names) < POOL:
        stem = "".join(draw.choices(parts, k=draw.randint(2, 4)))
        names[f"{draw.choice(heads)}{stem}{draw.choice(('', '1', '2', '-dev', '-common'))}"] = None
    return list(names)


@cache
def _names(image, role):
    of_image = random.Random(f"image {image}").sample(_pool()[len(NAMED) :], OF_IMAGE - len(NAMED))
    free = sorted(set(_pool()) - {*of_image, *NAMED})
    more = random.Random(f"role {image} {role}").sample(free, PACKAGES - OF_IMAGE)
    return [*NAMED, *of_image, *more]


@cache
def _patched(image, level):
    """Return {name: how often it was patched} after so many rounds."""
    if not level:
        return {}
    before = _patched(image, level - 1)
    names = random.Random(f"round {image} {level}").sample(_names(image, 0)[:OF_IMAGE], ROUND)
    return before | {name: before.get(name, 0) + 1 for name in names}


def _slot(place):
    return f"pci-0000:00:17.0-ata-{place + 1}"


def _port(place):
    return f"pci-0000:{0x18 + place // 2:02x}:00.{place % 2}"


def _board(host, _):
    return {
        "place": "system", "manufacturer": host.maker, "product": host.product,
        "serial": host.serial("board", 0), "uuid": host.uuid(), "sku": "SKU=0A6B;ModelName",
        "family": "PowerEdge", "bios_vendor": host.maker, "bios_version": "1.12.1",
        "bios_date": "2024-02-13", "baseboard_manufacturer": host.maker,
        "baseboard_product": "0H8VNH", "baseboard_version": "A03",
        "baseboard_serial": host.serial("board", 1), "chassis_manufacturer": host.maker,
        "chassis_type": "Rack Mount Chassis", "chassis_serial": host.serial("board", 0),
        "height_units": 1, "cpu_socket_count": 2, "memory_slot_count": 32,
        "memory_max_bytes": 4398046511104,
    }  # fmt: skip


def _host(host, _):
    os_id, name, version, kernel = host.system[:4]
    return {
        "place": "os", "os_name": name, "os_id": os_id, "os_version": version,
        "os_title": f"{name} {version}", "kernel": kernel, "architecture": "x86_64",
        "virtualisation": "physical", "init": "systemd", "timezone": "Europe/Berlin",
        "machine_id": host.identity()["machine_id"],
    }  # fmt: skip


def _bmc(host, _):
    return {
        "slot": "bmc", "manufacturer": "DELL Inc", "manufacturer_id": 674, "product_id": 256,
        "firmware": "7.00", "ipmi_version": "2.0", "ip_source": "static", "mac": host.mac(250),
        "ip_address": _address(host, 200), "netmask": "255.255.0.0", "gateway": "10.200.0.1",
    }  # fmt: skip


def _address(host, net):
    return f"10.{net}.{host.number // 250 % 250}.{host.number % 250 + 2}"


def _cpu(host, place):
    return {
        "socket": f"P{place}", "model": "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz",
        "vendor": "GenuineIntel", "core_count": 32, "thread_count": 64, "base_hz": 2000000000,
        "max_hz": 3200000000, "family": "6", "model_number": "106", "stepping": "6",
        "microcode": "0xd0003b9",
    }  # fmt: skip


def _memory(host, place):
    return {
        "slot": f"P{place % 2} DIMM_{'ABCDEFGH'[place // 2]}1", "size_bytes": 34359738368,
        "type": "DDR4", "form_factor": "DIMM", "speed_mts": 3200, "configured_speed_mts": 2933,
        "voltage_mv": 1200, "rank_count": 2, "ecc": "Multi-bit ECC", "manufacturer": "Samsung",
        "part_number": "M393A4K40EB3-CWE", "serial": host.serial("memory", place),
    }  # fmt: skip


def _disk(host, place):
    return {
        "slot": _slot(place), "model": "MZ7L3960HCJR-00A07", "serial": host.serial("disk", place),
        "wwn": f"0x5002538{host.number:06x}{place:03x}", "firmware": "JXTC404Q",
        "size_bytes": 960197124096, "rotational": False, "removable": False, "transport": "sata",
    }  # fmt: skip


def _smart(host, place):
    disk = _disk(host, place)
    told = {"protocol": "ATA", "passed": True}
    return told | {
        name: disk[name] for name in ("slot", "model", "serial", "wwn", "firmware", "size_bytes")
    }


def _nic(host, place):
    return {
        "port": _port(place), "name": f"eno{place + 1}", "kind": "physical",
        "mac": host.mac(place), "permanent_mac": host.mac(place), "mtu": 1500,
        "ipv4": [f"{_address(host, place)}/16"] if place < 2 else [], "ipv6": [],
        "driver": "bnxt_en", "firmware": "224.1.102.0/pkg 22.41.06.10",
        "pci_address": _port(place)[4:],
    }  # fmt: skip


def _raid_controller(host, place):
    return {
        "place": "c0", "model": "PERC H755 Front", "serial": host.serial("raid", place),
        "firmware": "5.240.02-0310", "firmware_package": "52.26.0-5179", "driver": "megaraid_sas",
        "driver_version": "07.719.03.00-rc1", "pci_address": "0000:65:00.0",
        "sas_address": f"500062b2{host.number:08x}", "state": "optimal", "mode": "raid",
        "cache_size_bytes": 8589934592, "battery_model": "BBU", "battery_state": "optimal",
    }  # fmt: skip


def _raid_volume(host, place):
    return {
        "place": f"c0:v{place}", "controller": "c0", "name": f"volume{place}", "level": "raid1",
        "size_bytes": 959656755200, "state": "optimal", "strip_size_bytes": 262144,
        "write_cache": "write back", "read_cache": "read ahead",
        "members": [f"c0:252:{2 * place}", f"c0:252:{2 * place + 1}"], "missing_count": 0,
        "wwn": f"6000062b2{host.number:07x}{place:02x}",
    }  # fmt: skip


def _raid_disk(host, place):
    return {
        "place": f"c0:252:{place}", "controller": "c0", "enclosure": "252", "slot": place,
        "vendor": "SEAGATE", "model": "ST1200MM0099", "serial": host.serial("raid_disk", place),
        "wwn": f"5000c500{host.number:06x}{place:02x}", "firmware": "ST31", "media": "hdd",
        "size_bytes": 1200243695616, "interface": "sas", "state": "online", "smart_alert": False,
    }  # fmt: skip


def _psu(host, place):
    return {
        "slot": f"PSU{place + 1}", "name": "PWR SPLY,1400W,RDNT,LTON", "manufacturer": "DELL",
        "part_number": "0CMPGMA03", "serial": host.serial("psu", place), "max_watts": 1400,
        "type": "Switching", "state": "OK", "plugged": True, "hot_replaceable": True,
    }  # fmt: skip


def _pci(host, place):
    return {
        "slot": f"0000:{0x17 + place:02x}:00.0", "class": "Ethernet controller",
        "class_id": "0200", "vendor": "Broadcom Inc. and subsidiaries",
        "device": "BCM57414 NetXtreme-E 10Gb/25Gb RDMA Ethernet Controller", "id": "14e4:16d7",
        "subsystem_vendor": "Dell", "subsystem_id": "1028:4142", "driver": "bnxt_en",
    }  # fmt: skip


def _fru(host, place):
    return {
        "slot": f"Riser Config {place} (ID {place})", "fru_id": place, "manufacturer": "DELL",
        "name": "PowerEdge Riser", "part_number": "0FCNCRA01", "serial": host.serial("fru", place),
        "made_on": "2022-05-18",
    }  # fmt: skip


def _gpu(host, place):
    return {
        "slot": f"0000:{0x3b + place:02x}:00.0", "vendor": "NVIDIA Corporation",
        "model": "NVIDIA A100-SXM4-80GB", "id": "10de:20b2", "serial": host.serial("gpu", place),
        "uuid": f"GPU-{host.uuid()[:-2]}{place:02x}", "part_number": "692-2G506-0212-002",
        "memory_bytes": 85899345920, "vbios": "92.00.A0.00.01", "driver": "nvidia",
        "driver_version": "550.54.15", "ecc": True, "mig": False,
    }  # fmt: skip


def _sfp(host, place):
    return {
        "port": _port(place), "name": f"eno{place + 1}", "form_factor": "SFP",
        "media": "10GBASE-SR", "connector": "LC", "vendor": "FINISAR CORP.",
        "part_number": "FTLX8574D3BCL", "revision": "A", "serial": host.serial("sfp", place),
        "made_on": "2021-03-07",
    }  # fmt: skip


_MAKERS = {
    "cpu": _cpu, "memory": _memory, "disk": _disk, "smart": _smart, "nic": _nic, "psu": _psu,
    "raid_controller": _raid_controller, "raid_volume": _raid_volume, "raid_disk": _raid_disk,
    "pci": _pci, "fru": _fru, "gpu": _gpu, "sfp": _sfp,
}  # fmt: skip
