"""What firmware says instead of nothing, made None; for facts, which no collector has cleaned.

The collectors have a list of their own, word by word; here a text of such words alone is nothing.
"""

import re

WORDS = """
    to be filled by o.e.m. o.e.m oem odm tbd not no none specified applicable available present
    settable provided installed defined set n/a na null nil unknown unknow undefined empty
    invalid default string other unspecified blank reserved bad index out of spec dimm module x.x
    0x system manufacturer product name version serial number num sernum partnum sku family base
    board baseboard vendor mb chassis asset tag part component enclosure location s/n assettag
    information used unavailable dpk pcb rev serialnumber modulepartnumber
"""
NOTHING = frozenset(WORDS.split())
_BETWEEN = re.compile(r"[\s_:#()<>]+|(?<=\w)-+(?=\w)| - ")
_CODED = re.compile(
    r"type[12][a-z0-9 -]*|rev [0-9x]\.[0-9x]{2}|(?:asset|mb)-1234567890|serial#unknown"
    r"|[\W_]+|x{4,}|(?:0x)?f{8,}|(?:0x)?0{8,}|sku=notprovided.*|oem define ?[0-9]*"
)
_EMPTY_SERIAL = re.compile(
    r"(?:0x)?(?:0+|f+|x+|9{6,})|[-_.*?#:/\\ x0]+|0?123456(?:7|78|789|7890)?|(?:0?123456789[0a-f]*)+"
    r"|0?987654321?0?|(?:[a-z0-9]{1,8}_)?(?:ser|asset|asst|part|mod)[a-z_]*(?:num|tag)[a-z]*\d{0,3}"
)
# As of the collectors. Longer texts are no placeholders, and would take the pattern for ever.
LONGEST_SERIAL = 64
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Boards whose maker wrote the same UUID into all of them.
_SHARED_UUID = re.compile(r"03000200-.*|00020003-.*|12345678-1234-5678-.*|4c4c4544-0000-2010-.*")


def name(text):
    """Return a name stripped; None where it is no text, or a placeholder."""
    text = text.strip("\0 \t\r\n") if isinstance(text, str) else ""
    low = text.lower()
    words = [word for word in _BETWEEN.split(low) if word]
    return None if _CODED.fullmatch(low) or all(word in NOTHING for word in words) else text


def serial(text):
    """Return a serial number or tag stripped; None where it names no one thing."""
    text = name(text)
    empty = text is None or (len(text) <= LONGEST_SERIAL and _EMPTY_SERIAL.fullmatch(text.lower()))
    return None if empty else text


def uuid(text):
    """Return a UUID in lower case; None where it is none, or one that many machines have."""
    text = text.strip().lower() if isinstance(text, str) else ""
    shared = len(set(text)) <= 3 or _SHARED_UUID.fullmatch(text)
    return text if _UUID.fullmatch(text) and not shared else None
