"""Machines for tests: identities as their reports carry them."""

import hashlib
import uuid

from tests.reports import section


def machine(name, **other):
    """Return the identity of a machine, always the same; members can be replaced, or None."""
    text = hashlib.sha256(name.encode()).hexdigest()
    identity = {
        "hostname": name,
        "machine_id": text[:32],
        "system_uuid": str(uuid.UUID(hex=text[:32], version=4)),
        "board_serial": f"BOARD{text[:10].upper()}",
        "macs": [f"52:54:00:{text[:2]}:{text[2:4]}:{text[4:6]}"],
    } | other
    return {member: value for member, value in identity.items() if value is not None}


def disks(name, number=2):
    """Return the section of a machine's disks."""
    return section(parts(name, number), serial="serial")


def parts(name, number=2):
    """Return the disks of a machine."""
    text = hashlib.sha256(name.encode()).hexdigest()
    return [
        {"slot": str(n), "serial": f"DISK{text[:8].upper()}{n}", "size_bytes": 960197124096}
        for n in range(number)
    ]
