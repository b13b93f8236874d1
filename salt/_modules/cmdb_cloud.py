"""What a cloud's provider calls this machine: one item; unavailable on machines of one's own.

Source: cloud-init's files on this disk (/run/cloud-init/instance-data.json, /var/lib/cloud), else
what the provider wrote into the firmware (/sys/class/dmi/id). The network is never asked, and
nothing secret is read: user data stays where it is.

=============  ====  ===================================================================
place          str   "instance"; the identity
provider       str   "aws", "azure", "gce", "openstack", "digitalocean", "hetzner" …
instance_id    str   the provider's name for this machine
instance_type  str   its size in the provider's words, "m5.large"
region         str   "eu-central-1"
zone           str   "eu-central-1a"
image          str   what it was made from, "ami-…"
hostname       str   the name that the provider gave it
source         str   "cloud-init" or "firmware"
=============  ====  ===================================================================
"""

import json
import re

import cmdb_source as source
import cmdb_text as text

__load__ = ["collect"]

KEY = ["place"]

INSTANCE_DATA = "/run/cloud-init/instance-data.json"
INSTANCE_ID = "/var/lib/cloud/data/instance-id"
DATASOURCE = "/var/lib/cloud/instance/datasource"
DMI = "/sys/class/dmi/id/"
DMI_FILES = (
    *("sys_vendor", "product_name", "product_version", "bios_vendor", "board_asset_tag"),
    *("chassis_asset_tag", "chassis_vendor", "product_serial", "product_uuid", "bios_version"),
)
# The file that gives a provider away, and what it says there; the first that fits.
FIRMWARE = (
    ("aws", "sys_vendor", r"Amazon EC2"),
    ("aws", "bios_version", r".*amazon"),
    ("gce", "product_name", r"Google Compute Engine|Google$"),
    ("azure", "chassis_asset_tag", r"7783-7084-3265-9085-8269-3286-77"),
    ("oracle", "chassis_asset_tag", r"OracleCloud\.com"),
    ("openstack", "product_name", r"OpenStack"),
    ("openstack", "chassis_asset_tag", r"OpenStack|OpenTelekomCloud|HUAWEICLOUD|SAP CCloud"),
    ("digitalocean", "sys_vendor", r"DigitalOcean"),
    ("hetzner", "sys_vendor", r"Hetzner"),
    ("aliyun", "product_name", r"Alibaba Cloud ECS"),
    ("tencent", "sys_vendor", r"Tencent Cloud|CVM"),
    ("vultr", "sys_vendor", r"Vultr"),
    ("scaleway", "sys_vendor", r"Scaleway"),
    ("akamai", "sys_vendor", r"Linode|Akamai"),
    ("upcloud", "sys_vendor", r"UpCloud"),
    ("exoscale", "product_name", r"Exoscale"),
    ("cloudstack", "sys_vendor", r"Apache Software Foundation"),
    ("ibmcloud", "chassis_vendor", r"IBM:Cloud Compute"),
    ("brightbox", "product_serial", r".*\.brightbox\.com$"),
    ("e24cloud", "sys_vendor", r"e24cloud"),
)
# Where the firmware holds the provider's name of the machine, and of its size.
FIRMWARE_ID = {
    "aws": "board_asset_tag",
    **dict.fromkeys(("digitalocean", "hetzner", "vultr", "aliyun", "upcloud"), "product_serial"),
    **dict.fromkeys(("openstack", "scaleway", "exoscale", "cloudstack", "oracle"), "product_uuid"),
}
FIRMWARE_TYPE = ("aws",)
# What cloud-init calls a source of settings that no provider stands behind.
NO_CLOUD = {
    None,
    "none",
    "nocloud",
    "unknown",
    "configdrive",
    "lxd",
    "ovf",
    "vmware",
    "maas",
    "wsl",
}
OTHER_NAMES = {"ec2": "aws", "amazon": "aws", "google": "gce", "gcp": "gce", "linode": "akamai"}


def collect():
    """
    Return what this machine is in its provider's cloud.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_cloud.collect
    """
    dmi = {name: source.read(DMI + name) for name in DMI_FILES if source.glob(DMI + name)}
    told = source.read(INSTANCE_DATA)
    items = parse(told) if told else []
    known = parse_dmi(dmi)
    if not items and known:
        items = known
        # Some providers leave the firmware's name of the machine blank; cloud-init keeps it.
        if source.glob(DATASOURCE) and not items[0]["instance_id"]:
            items[0]["instance_id"] = text.value(source.read(INSTANCE_ID))
    if not items:
        raise source.Unavailable("no sign of a cloud's provider is on this machine")
    return items


def parse(instance_data):
    """Turn cloud-init's data of the instance, JSON, into the item; none where it is no cloud's."""
    try:
        said = json.loads(instance_data)
    except (ValueError, RecursionError) as error:
        raise source.ParseError(f"{INSTANCE_DATA}, JSON: {error}") from None
    if not isinstance(said, dict):
        raise source.ParseError(f"{INSTANCE_DATA} holds no names and values")
    first, meta = _dict(said.get("v1")), _meta(said)
    provider = _provider(first)
    if provider is None:
        return []
    placement = _dict(meta.get("placement"))
    kind = _pick(meta, "instance-type", "instance_type", "instanceType", "vmSize", "machineType")
    return [
        {
            "place": "instance",
            "provider": provider,
            "instance_id": _pick(first, "instance_id", "instance-id"),
            # Google gives a whole path.
            "instance_type": kind.rpartition("/")[2] or None if kind else None,
            "region": _pick(first, "region") or _pick(placement, "region"),
            "zone": _pick(first, "availability_zone", "availability-zone")
            or _pick(placement, "availability-zone"),
            "image": _pick(meta, "ami-id", "ami_id", "image-id", "image_id", "image"),
            "hostname": _pick(first, "local_hostname", "local-hostname"),
            "source": "cloud-init",
        }
    ]


def parse_dmi(dmi):
    """Turn the fields of the firmware into the item; none where they name no provider."""
    said = {name: text.clean(words) for name, words in dmi.items()}
    found = (
        provider for provider, name, words in FIRMWARE if re.match(words, said.get(name) or "")
    )
    provider = next(found, None)
    if provider is None:
        return []
    kind = text.value(said.get("product_name")) if provider in FIRMWARE_TYPE else None
    identifier = text.serial(said.get(FIRMWARE_ID.get(provider)))
    return [
        {
            "place": "instance",
            "provider": provider,
            "instance_id": identifier.lower() if identifier else None,
            # Old machines of Amazon's bear the hypervisor's name there.
            "instance_type": kind
            if kind and re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", kind)
            else None,
            "source": "firmware",
        }
    ]


def _provider(first):
    for name in ("cloud_name", "cloud-name", "platform"):
        said = (_pick(first, name) or "none").lower()
        if said not in NO_CLOUD:
            return OTHER_NAMES.get(said, said)
    return None


def _meta(said):
    """Return what the provider told cloud-init, in the places where its sources keep it."""
    data = _dict(said.get("ds"))
    parts = [_dict(data.get("meta_data")), _dict(data.get("dynamic"))]
    for part in list(parts):
        for name in ("instance-identity", "document", "imds", "compute", "instance"):
            part = _dict(part.get(name)) or part
            parts.append(part)
    merged = {}
    for part in parts:
        merged = {**part, **merged}
    return merged


def _pick(said, *names):
    for name in names:
        found = said.get(name)
        if isinstance(found, str) and text.value(found):
            return text.value(found)
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
    return None


def _dict(said):
    return said if isinstance(said, dict) else {}
