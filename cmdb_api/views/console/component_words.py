"""Which fields a table of a kind shows, and which of their values are good or bad news."""

from flask_babel import lazy_gettext as _l

# The fields that a table of a kind shows; of any other kind all.
COLUMNS = {
    "cpu": ("socket", "model", "core_count", "thread_count", "base_hz", "max_hz", "microcode"),
    "memory": (
        *("slot", "size_bytes", "type", "configured_speed_mts", "speed_mts", "manufacturer"),
        *("part_number", "serial", "ecc"),
    ),
    "disk": (
        *("name", "vendor", "model", "serial", "size_bytes", "transport", "rotational"),
        *("firmware", "slot"),
    ),
    "raid_disk": (
        *("place", "vendor", "model", "serial", "size_bytes", "media", "state", "smart_alert"),
        *("temperature_celsius", "media_error_count", "firmware"),
    ),
    "filesystem": ("mount_point", "type", "device", "name", "read_only"),
    "lvm": (
        *("item_type", "vg", "name", "size_bytes", "free_bytes", "segment_type", "pool"),
        *("origin", "data_percent", "device"),
    ),
    "smart": (
        *("slot", "name", "model", "serial", "passed", "temperature_celsius", "wear_percent"),
        *("power_on_hours", "reallocated_count", "pending_count", "uncorrectable_count"),
        *("media_error_count", "crc_error_count"),
    ),
    "psu": (
        *("slot", "state", "plugged", "manufacturer", "name", "part_number", "serial"),
        *("max_watts", "hot_replaceable"),
    ),
    "sfp": ("name", "form_factor", "media", "connector", "vendor", "part_number", "serial"),
    "fru": ("slot", "manufacturer", "name", "product_name", "part_number", "serial", "made_on"),
    "pci": ("slot", "class", "vendor", "device", "subsystem", "driver"),
    "gpu": (
        *("slot", "vendor", "model", "memory_bytes", "memory_used_bytes", "temperature_celsius"),
        *("utilisation_percent", "power_milliwatts", "serial", "driver", "driver_version"),
    ),
    "lldp": (
        *("interface", "switch", "port", "port_description", "native_vlan", "vlans"),
        *("addresses", "protocol"),
    ),
    "bond": ("name", "state", "mode", "ports", "down_ports", "active_port", "lacp_rate"),
    "guest": ("name", "state", "hypervisor", "vcpu_count", "memory_bytes", "autostart", "macs"),
    "container": ("name", "state", "health", "image", "ports", "project", "engine", "created_at"),
    "package": ("name", "version", "arch", "older_versions"),
    "unit": ("name", "state", "running", "system", "overrides"),
    "socket": ("protocol", "address", "port", "processes", "users", "loopback", "interface"),
    "user": ("name", "uid", "full_name", "login", "sudo", "groups", "shell", "home"),
    "ssh_key": ("place", "use", "type", "bits", "user", "comment", "fingerprint", "options"),
}
# Kinds whose serial numbers are those of parts that move.
PARTS = ("memory", "disk", "raid_disk", "raid_controller", "smart", "psu", "gpu", "sfp", "fru")
GOOD, WARN, BAD = "good", "warn", "bad"
_WORDS = {
    GOOD: "ok optimal online up running enabled healthy active charged ready jbod hba passed spare",
    WARN: "rebuilding copying foreign initializing reshaping charging learning restarting paused "
    "starting non-critical recovery resync check unconfigured exited",
    BAD: "failed degraded offline bad missing critical down dead unhealthy absent failure",
}
LOOKS = {word: look for look, words in _WORDS.items() for word in words.split()}
STATES = ("state", "battery_state", "health")
# Fields of yes or no whose "yes" or "no" is good or bad news, and what each is called.
FLAGS = {
    "passed": ((GOOD, _l("healthy")), (BAD, _l("foresees its failure"))),
    "smart_alert": ((BAD, _l("foresees its failure")), (GOOD, _l("healthy"))),
    "carrier": ((GOOD, _l("up")), (BAD, _l("down"))),
    "plugged": ((GOOD, _l("plugged in")), (BAD, _l("not plugged in"))),
    "rotational": ((None, _l("spinning")), (None, _l("solid state"))),
    "read_only": ((WARN, _l("read only")), (None, _l("writable"))),
}
# Counts of what should not be.
FAULTS = (
    *("reallocated_count", "pending_count", "uncorrectable_count", "media_error_count"),
    *("crc_error_count", "other_error_count", "predictive_failure_count", "missing_count"),
    *("failed_count", "link_failure_count"),
)
