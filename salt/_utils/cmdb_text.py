"""Text as firmware, kernels and tools give it, made plain: blanks and placeholders become None.

===============  ==================================================================
clean(text)      stripped, NUL and lone surrogates replaced; None where blank
value(text)      the same for a name: what vendors print for "nothing" is None too
serial(text)     the same for a serial number or tag, which has more ways to say nothing
uuid(text)       lower case; None where it is none or known to repeat across machines
integer(text)    a whole number of at most 64 bits, else None
unique(items)    makes a key field unique, however odd the firmware
===============  ==================================================================
"""

import re

# What firmware says instead of nothing, lower case. One list for every collector.
PLACEHOLDERS = frozenset(
    text.strip()
    for text in """
    to be filled by o.e.m.|to be filled by o.e.m|to be filled by oem|to be filled|tbd
    not specified|not applicable|not available|not present|not settable|not provided|not installed
    not defined|not set|none|none set|no|n/a|na|null|(null)|nil|unknown|unknow|undefined|empty
    invalid|default|default string|default_string|oem|o.e.m.|other|unspecified|blank|(none)|reserved
    bad index|<bad index>|<out of spec>|out of spec|no dimm|no module installed|x.x|0x
    system manufacturer|system product name|system version|system serial number|system name
    system sku|system sku number|system family|sku|sku number|product name|family|manufacturer
    base board manufacturer|base board product name|base board version|base board serial number
    base board asset tag|baseboard asset tag|board manufacturer|board product name|board version
    board serial number|board asset tag|mb serial number|mb asset tag
    chassis manufacturer|chassis version|chassis serial number|chassis asset tag|chassis part number
    type2 - board chassis location|part component|base board chassis location
    serial|serial number|serialnumber|serial num|s/n|asset tag|asset tag:|assettag|no asset tag
    no asset information|asset|asset-1234567890|serial#unknown|part number|enclosure serial number
    type1sku0|type1family|type1productconfigid|type2 - board version|tbd by oem|system vendor
    pcb version|rev x.0x|rev 1.xx|mb-1234567890|no dpk|none provided|not used|unavailable|<unknown>
    type2 - board vendor name1|type2 - board product name1|type2 - board serial number
    type2 - board asset tag|module serial number|module part number|modulepartnumber|partnum
    vendor|version|sernum|manufacturer not set|part number not set|serial number not set
    asset tag not set
    """.replace("\n", "|").split("|")
)
LONGEST_SERIAL = 64
# A serial that is all of one filler, counts up or down, or is a label with the socket's number.
_EMPTY_SERIAL = re.compile(
    r"""
      (?:0x)? (?: 0+ | f+ | x+ | 9{6,} )
    | [-_.*?#:/\\ x0]+
    | (?: 0?123456789 (?:0|a|ab|abcdef)? )+ | 0?1234567 | 12345678? | 123456
    | (?: 0?9876543210? | fedcba98765432[01]{2} )+
    | (?:[a-z0-9]{1,8}_)? (?:ser|asset|asst|part|mod)[a-z_]* (?:num|tag)[a-z]* [0-9]{0,3}
    | (?:[a-z0-9]{1,8}_)? (?:module)? manufacturer [0-9]{0,3}
    | [a-z0-9_-]{0,16} assettag (?: \s? \(.*\) )? | array\ [0-9]{1,2}\ asset\ tag\ [0-9]{1,2}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?i:sku=notprovided.*|oem define ?[0-9]*|tbd by odm)"
    r"|[\W_]+|[xX]{4,}|(?:0x)?[fF]{8,}|(?:0x)?0{8,}|(?:0123456789){2,}(?:AB)?"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Boards whose maker wrote the same UUID into all of them, or made it of a serial not yet set.
SHARED_UUIDS = frozenset(
    {
        "03000200-0400-0500-0006-000700080009",
        "12345678-1234-5678-90ab-cddeefaabbcc",
        "00020003-0004-0005-0006-000700080009",
        "4c4c4544-0000-2010-8020-80c04f202020",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
    }
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_BAD = re.compile("[\0\ud800-\udfff]")
_LIMIT = 1 << 63


def clean(text):
    """Return the text stripped, NUL and lone surrogates as U+FFFD; None where it is blank."""
    if text is None:
        return None
    text = text.strip("\0 \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029")
    return _BAD.sub("\ufffd", text).strip() or None


def value(text):
    """Return the cleaned text of a name; None where it is a vendor's placeholder."""
    text = clean(text)
    if text is None or text.lower() in PLACEHOLDERS or _FILLER.fullmatch(text):
        return None
    return text


def serial(text):
    """Return the cleaned text of a serial number or tag; None where it names no one thing."""
    text = value(text)
    empty = text is None or (len(text) <= LONGEST_SERIAL and _EMPTY_SERIAL.fullmatch(text))
    return None if empty else text


def uuid(text):
    """Return a UUID in lower case; None where it is none, all one digit, or shared by many."""
    text = (clean(text) or "").lower()
    if not _UUID.fullmatch(text) or len(set(text)) <= 2 or text in SHARED_UUIDS:
        return None
    return text


def integer(text, base=10):
    """Return a whole number of at most 64 bits, with ``base`` 16 from hex digits; else None."""
    text = (clean(text) or "").lower()
    if base == 16:
        text = text[2:] if text.startswith("0x") else text
        return int(text, 16) if re.fullmatch(r"[0-9a-f]{1,15}", text) else None
    number = int(text) if _INTEGER.fullmatch(text) else None
    return number if number is not None and -_LIMIT <= number < _LIMIT else None


def unique(items, field):
    """Return the items with ``field`` unique: the second of a name gets " #2", in their order."""
    seen = set()
    for item in items:
        name, count = item[field], 1
        while item[field] in seen:
            count += 1
            item[field] = f"{name} #{count}"
        seen.add(item[field])
    return items
