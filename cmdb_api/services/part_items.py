"""Which items are parts, and what names them: serial number, vendor, model. No database.

A part is a physical thing. Volumes of arrays and RAID controllers and what a hypervisor makes up
have serial numbers too, and are none.
"""

import re

from cmdb_api.services import placeholders

MAX_SERIAL = 255
# Kinds that have drives: some of them are volumes.
DRIVES = ("disk", "raid_disk", "smart")
_NO_DRIVE = ("fc", "iscsi", "virtio", "xen")
_BEHIND_FABRIC = re.compile(r"(?:^|-)(?:fc|iscsi)-")
# Arrays and RAID controllers name their volumes by NAA 6; drives have NAA 5, or an EUI-64.
_VOLUME_WWN = re.compile(r"6[0-9a-f]{31}")
_VIRTUAL = re.compile(
    r"\b(?:vmware|qemu|virtio|virtual|vbox|virtualbox|innotek|bochs|xen|hvm domu|parallels|bhyve"
    r"|msft|amazon ec2|amazon elastic block|google compute engine|persistentdisk|nvme_card"
    r"|nvme accelerator|nvme direct disk|openstack|alibaba cloud|tencent cloud|droplet|vserver"
    r"|kvm|rhev|ovirt)\b"
)
# Makers of controllers and arrays, who make no drives; then what they call their volumes.
_VOLUME = re.compile(
    r"^(?:lsi|avago|broadcom|adaptec|areca|amcc|3ware|promise|hpt|servera|dgc|emc|pure"
    r"|3pardata|eqlogic|compelnt|nimble|infinidat|lio-org|freenas|truenas|synology|qnap)\b"
    r"|\b(?:logical ?(?:volume|drive|drv|disk)|perc|serveraid|megaraid|p?raid|mr\d{4}|smc\d{4}"
    r"|ucsc|vol#\d+|open-v|symmetrix|lun|vdisk|disk array|universal xport|flasharray|storwize"
    r"|2145|2107900|hsv\d+|msa|vv|powerstore)\b"
)
# In this order: of a module the part number is the model, and its name is not.
_MODEL = ("model", "product", "part_number", "name")
_VENDOR = ("vendor", "manufacturer")


def serial_of(kind, item, field):
    """Return a part's serial number as it is looked up; None of what is no part, or has none."""
    value = item.get(field) if field else None
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    text = as_looked_up(str(value))
    return text and (None if is_made_up(kind, item) else text)


def as_looked_up(text):
    """Return a serial number in the form in which it is stored; None where it is a placeholder."""
    return (placeholders.serial(text) or "").upper()[:MAX_SERIAL].strip() or None


def is_made_up(kind, item):
    """Tell whether an item is a volume or a virtual device, which nobody can carry away."""
    named = " ".join(filter(None, (vendor_of(item), model_of(item)))).lower()
    return bool(_VIRTUAL.search(named)) or (kind in DRIVES and _is_volume(kind, item, named))


def _is_volume(kind, item, named):
    if kind == "raid_disk":
        return False
    transport = item.get("transport")
    if transport in _NO_DRIVE or str(transport).startswith("nvme-") or item.get("lun") is not None:
        return True
    if _BEHIND_FABRIC.search(str(item.get("slot"))) or _VOLUME.search(named):
        return True
    is_nvme = transport == "nvme" or item.get("protocol") == "NVMe"
    return not is_nvme and bool(_VOLUME_WWN.fullmatch(str(item.get("wwn"))))


def vendor_of(item):
    """Return who made a part, as the item says it; None where it does not."""
    return _first(item, _VENDOR)


def model_of(item):
    """Return what a part is called by its maker; None where the item does not say."""
    return _first(item, _MODEL)


def _first(item, fields):
    values = (item.get(field) for field in fields)
    texts = (value.strip()[:255] for value in values if isinstance(value, str))
    return next((text for text in texts if text), None)


def is_cable(item):
    """Tell whether a pluggable module is one end of a cable: both ends have one serial number."""
    return "cable" in str(item.get("media")) or item.get("connector") == "copper pigtail"
