"""Which machine it is, as far as identifiers tell. No database: plain data in and out.

Evidence is {type: {values}}, made comparable: in lower case, and of a UUID the lesser of its two
byte orders, as firmware and tools disagree on which is right.
"""

import re
from typing import NamedTuple

from cmdb_api.models.identity import BOARD_SERIAL, MAC, MACHINE_ID, SYSTEM_UUID, TYPES
from cmdb_api.services import placeholders
from cmdb_api.services.quarantine import tidy

REINSTALL, BOARD_SWAP, OTHER = "reinstall", "board_swap", "other"
SPOKEN = {
    MACHINE_ID: "machine-id",
    SYSTEM_UUID: "system UUID",
    BOARD_SERIAL: "board serial",
    MAC: "MAC",
}
HARDWARE = (SYSTEM_UUID, BOARD_SERIAL, MAC)
MAX_VALUE, MAX_MACS, SHOWN = 128, 64, 4

_UUID = re.compile(r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})")
_MACHINE_ID = re.compile("[0-9a-f]{32}")
_MAC = re.compile("[0-9a-f]{2}(:[0-9a-f]{2}){5}(?:(:[0-9a-f]{2}){2}|(:[0-9a-f]{2}){14})?")
# Locally administered, but given once by what runs virtual machines: QEMU, OpenStack.
_OF_VIRTUAL = ("52:54:00", "fa:16:3e")
# Several machines have them at once, or in turn: VRRP, HSRP.
_SHARED_MAC = ("00:00:5e:00:01", "00:00:5e:00:02", "00:00:0c:07:ac", "00:00:0c:9f:f")


class Comparison(NamedTuple):
    """How the evidence of two sides that both know stands, by type; what has no weight is out."""

    # {type: values of both}
    same: dict
    # {type: (values of one, values of the other)}
    differs: dict


def read(identity):
    """Return the evidence in the identity of a report."""
    found = {}
    for kind in TYPES:
        given = identity.get("macs") if kind == MAC else [identity.get(kind)]
        values = {normal(kind, text) for text in given or () if isinstance(text, str)} - {""}
        if values:
            found[kind] = set(sorted(values)[:MAX_MACS])
    return found


def normal(kind, text):
    """Return an identifier in the form in which it is compared."""
    text = tidy(text).strip("\ufffd \t\r\n").lower()
    if kind == SYSTEM_UUID and (match := _UUID.fullmatch(text.strip("{}"))):
        plain = "-".join(match.groups())
        return min(plain, swapped(plain))
    if kind == MACHINE_ID:
        text = text.replace("-", "")
    if kind == MAC:
        text = text.replace("-", ":")
    return text[:MAX_VALUE]


def swapped(uuid):
    """Return a UUID with its first three groups in the other byte order."""
    *first, fourth, last = uuid.split("-")
    return "-".join([*(bytes.fromhex(part)[::-1].hex() for part in first), fourth, last])


def is_placeholder(kind, value):
    """Tell whether a value, in its normal form, can't name one machine."""
    if kind == SYSTEM_UUID:
        if not _UUID.fullmatch(value):
            return True
        return placeholders.uuid(value) is None or placeholders.uuid(swapped(value)) is None
    if kind == MACHINE_ID:
        return not _MACHINE_ID.fullmatch(value) or len(set(value)) <= 2
    if kind == BOARD_SERIAL:
        return placeholders.serial(value) is None
    return _is_special(value)


def _is_special(mac):
    if not _MAC.fullmatch(mac) or len(set(mac)) <= 2 or mac.startswith(_SHARED_MAC):
        return True
    # Bit 0 is that of a group, bit 1 that of an address which somebody made up.
    made_up = int(mac[:2], 16) & 3
    return len(mac) == 17 and made_up and not mac.startswith(_OF_VIRTUAL)


def weighty(evidence, frequent=frozenset()):
    """Return the evidence that carries weight; ``frequent`` holds (type, value) that many have."""
    found = {}
    for kind, values in evidence.items():
        kept = {v for v in values if (kind, v) not in frequent and not is_placeholder(kind, v)}
        if kept:
            found[kind] = kept
    return found


def compare(one, other):
    """Return the Comparison of two sides' evidence of weight."""
    same, differs = {}, {}
    for kind in TYPES:
        if kind not in one or kind not in other:
            continue
        if both := one[kind] & other[kind]:
            same[kind] = both
        else:
            differs[kind] = one[kind], other[kind]
    return Comparison(same, differs)


def is_shared(comparison):
    """
    Tell whether two assets' evidence speaks for one machine, or a copy of one.

    A board may go by its chassis' serial, and cards move with their MACs: these alone say nothing
    against a UUID or a machine-id that differs.
    """
    same, differs = comparison
    if MACHINE_ID in same or SYSTEM_UUID in same:
        return True
    if BOARD_SERIAL in same:
        return SYSTEM_UUID not in differs
    return MAC in same and not differs.keys() & {SYSTEM_UUID, BOARD_SERIAL}


def hypothesis(comparison):
    """
    Return what happened to one asset between two identities: REINSTALL, BOARD_SWAP, OTHER or None.

    OTHER, another machine, needs two sorts of evidence against it, and none for it: a card or a
    chassis that is the same is none where all else differs.
    """
    same, differs = comparison
    moved = same.keys() <= {MAC, BOARD_SERIAL} and len(differs) == len(TYPES) - 1
    if len(differs) > 1 and (not same or moved):
        return OTHER
    if not same:
        return None
    if MACHINE_ID in differs:
        return REINSTALL if same.keys() & set(HARDWARE) else None
    return BOARD_SWAP if differs.keys() & {SYSTEM_UUID, BOARD_SERIAL} else None


def reasons(comparison):
    """Return lines that tell what is equal and what differs."""
    told = [f"{SPOKEN[kind]} equal: {_shown(v)}" for kind, v in comparison.same.items()]
    for kind, (old, new) in comparison.differs.items():
        told.append(f"{SPOKEN[kind]} differs: {_shown(old)} -> {_shown(new)}")
    return told


def plain(comparison):
    """Return the Comparison as evidence of a finding keeps it: lists, and old beside new."""
    return {
        "reasons": reasons(comparison),
        "shared": {kind: sorted(values) for kind, values in comparison.same.items()},
        "differs": {
            kind: {"old": sorted(old), "new": sorted(new)}
            for kind, (old, new) in comparison.differs.items()
        },
    }


def listed(evidence):
    """Return evidence as JSON has it, in one order."""
    return {kind: sorted(evidence[kind]) for kind in TYPES if kind in evidence}


def _shown(values):
    some = sorted(values)[:SHOWN]
    more = len(values) - len(some)
    return ", ".join(some) + (f" and {more} more" if more else "")
