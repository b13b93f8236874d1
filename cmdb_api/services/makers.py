"""Who made a part, however that is spelled: "ATA" is nobody, "Samsung Electronics" is SAMSUNG."""

import re
from functools import lru_cache

# What stands for the vendor where the bus has none to tell.
NOBODY = "ATA USB SCSI SATA SAS NVME GENERIC OEM JMICRON ASMT ASMEDIA UNKNOWN"
FORMS = """
    INC INCORPORATED CORP CORPORATION CO COMPANY LTD LIMITED LLC PLC GMBH AG SA KG R TM GROUP
    ELECTRONICS ELECTRO MECHANICS TECHNOLOGY TECHNOLOGIES SEMICONDUCTOR SEMICONDUCTORS COMPUTER
    INTERNATIONAL INDUSTRIES SYSTEMS STORAGE AND SUBSIDIARIES ENTERPRISE
"""
_SAME = {
    "HEWLETT PACKARD": "HP",
    "HPE": "HP",
    "WDC": "WD",
    "WESTERN DIGITAL": "WD",
    "SK HYNIX": "HYNIX",
    "SKHYNIX": "HYNIX",
    "HYUNDAI": "HYNIX",
    "SUPER MICRO": "SUPERMICRO",
    "IBM ESXS": "IBM",
    "LENOVO X": "LENOVO",
    "INTERNATIONAL BUSINESS MACHINES": "IBM",
}
DRIVE_MAKERS = """
    SAMSUNG WDC WD SEAGATE TOSHIBA KIOXIA INTEL SOLIDIGM HGST HITACHI MICRON CRUCIAL KINGSTON
    SANDISK MAXTOR FUJITSU HYNIX SKHYNIX PLEXTOR TRANSCEND ADATA CORSAIR LITEON OCZ
"""
_NOBODY, _FORMS = frozenset(NOBODY.split()), frozenset(FORMS.split())
_DRIVE_MAKERS = frozenset(DRIVE_MAKERS.split())
# What drives of these makers are called, who often leave their name out.
_DRIVE_MODELS = (
    (re.compile(r"ST\d{3,}"), "SEAGATE"),
    (re.compile(r"WD\d{2,}"), "WD"),
    (re.compile(r"MZ[A-Z0-9]{4,}"), "SAMSUNG"),
    (re.compile(r"MTFD[A-Z]"), "MICRON"),
    (re.compile(r"CT\d{3,}"), "CRUCIAL"),
    (re.compile(r"SSD(?:SC|PE|PF|PD)[A-Z0-9]"), "INTEL"),
    (re.compile(r"(?:HU[SHA]|HD[ST]|HT[SE])[0-9]{4,}"), "HGST"),
    (re.compile(r"(?:KXG|KPM|KCD|THNS|MG0|DT01)[A-Z0-9]"), "TOSHIBA"),
)


@lru_cache(4096)
def maker(vendor, model=None):
    """Return one name for all spellings of a vendor; of a drive without one its model tells it."""
    words = _words(vendor)
    if words and words[0] not in _NOBODY:
        return _one(words)
    named = _words(model)
    if found := next((word for word in named if word in _DRIVE_MAKERS), None):
        return _SAME.get(found, found)
    first = named[0] if named else ""
    return next((name for pattern, name in _DRIVE_MODELS if pattern.match(first)), None)


def _words(text):
    return re.findall(r"\w+", (text or "").upper().replace("_", " "))


def _one(words):
    whole = " ".join(words)
    kept = " ".join(word for word in words if word not in _FORMS) or whole
    return _SAME.get(whole) or _SAME.get(kept) or kept
