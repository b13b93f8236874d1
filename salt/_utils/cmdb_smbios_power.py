"""Decoders of SMBIOS power supplies (type 39), in pairs: of the table's bytes and of text."""

import re

import cmdb_text as text

_WATTS = re.compile(r"([0-9]{1,6})(?:\.([0-9]{3}))?\s*(m?)W\b")
_CHARACTERISTICS = 0x0E
UNKNOWN_WATTS = 0x8000
# The kinds that the specification names; "Other" and "Unknown" are None.
STATES = {3: "OK", 4: "Non-critical", 5: "Critical"}
TYPES = {3: "Linear", 4: "Switching", 5: "Battery", 6: "UPS", 7: "Converter", 8: "Regulator"}


def watts():
    """Decode the highest power that a supply gives, in watts."""

    def raw(body):
        found = body.number(0x0C, 2)
        return None if found in (None, 0, UNKNOWN_WATTS) else found

    return raw, said_watts


def said_watts(said):
    """Return a power as ``dmidecode`` prints it: "750 W", of old versions "0.750 W"."""
    match = _WATTS.match(said.strip())
    if not match:
        return None
    whole, thousandths, milli = match.groups()
    # Old versions took the table's watts for milliwatts.
    number = int(whole) * 1000 + int(thousandths) if thousandths else int(whole)
    return (number // 1000 if milli else number) or None


def present():
    """Decode whether there is a supply in the bay; "Present, OK" in text."""
    return _flag(0x02), lambda said: None if not said.strip() else "Not Present" not in said


def plugged():
    """Decode whether a supply is plugged in."""
    unplugged = _flag(0x04)

    def raw(body):
        found = unplugged(body)
        return None if found is None else not found

    return raw, _yes


def hot_replaceable():
    """Decode whether a supply can be replaced in a running machine."""
    return _flag(0x01), _yes


def state():
    """Decode a supply's state: "OK", "Non-critical" or "Critical"."""
    return _bits(7, STATES), lambda said: _named(said.rpartition(",")[2], STATES)


def kind():
    """Decode what a supply is: "Switching", "Battery" …"""
    return _bits(10, TYPES), lambda said: _named(said, TYPES)


def _flag(mask):
    def raw(body):
        word = body.number(_CHARACTERISTICS, 2)
        return None if word is None else bool(word & mask)

    return raw


def _bits(shift, names):
    def raw(body):
        word = body.number(_CHARACTERISTICS, 2)
        return None if word is None else names.get(word >> shift & (7 if shift == 7 else 15))

    return raw


def _yes(said):
    return {"yes": True, "no": False}.get((text.clean(said) or "").lower())


def _named(said, names):
    found = (text.clean(said) or "").lower()
    return next((name for name in names.values() if name.lower() == found), None)
