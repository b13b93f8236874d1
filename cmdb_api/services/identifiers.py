"""Which fields tell one machine or part from another of its sort, whatever they are made of.

Two servers that were bought together differ in these; a change of theirs alone makes no change
another. No database.
"""

import re

# Serial numbers, addresses, world-wide names, tags, random names, and when or what was made.
_NAMES = re.compile(
    r"(.*_)?(serial|uuid|wwn|mac|macs|asset_tag|fingerprint|machine_id|instance_id|chassis_id"
    r"|ip_address|sas_address|addresses|hostname|boot_at|made_on|created_at)"
)
_OF_KIND = {
    "nic": {"ipv4", "ipv6"},
    "socket": {"address"},
    "bmc": {"gateway", "netmask"},
    "container": {"id"},
    "lldp": {"port", "port_description"},
    # Of what people declare.
    "asset": {"aliases", "inventory_number", "key_generation", "position_u", "why"},
}


def is_identifier(kind, field, serial=None):
    """Tell whether a field names one machine or part; ``serial`` is the kind's own such field."""
    if field == serial or field in _OF_KIND.get(kind, ()):
        return True
    return _NAMES.fullmatch(field) is not None


def without(kind, item, serial=None):
    """Return an item less its identifiers; None for None."""
    if item is None:
        return None
    return {f: value for f, value in item.items() if not is_identifier(kind, f, serial)}
