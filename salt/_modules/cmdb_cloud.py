"""What a cloud's provider calls this machine: one item; unavailable on machines of one's own.

Source: cloud-init's files on this disk (/run/cloud-init/instance-data.json, /var/lib/cloud), else
what the provider wrote into the firmware (/sys/class/dmi/id). With the option ``metadata``: true
the provider's own service is asked as well, at its link-local address, for one second at most
(aws, azure, gce, openstack; the provider's name instead of true asks that one); never without.
Nothing secret is read: user data stays where it is.

=============  ====  ===================================================================
place          str   "instance"; the identity
provider       str   "aws", "azure", "gce", "openstack", "digitalocean", "hetzner" …
instance_id    str   the provider's name for this machine
instance_type  str   its size in the provider's words, "m5.large"
region         str   "eu-central-1"
zone           str   "eu-central-1a"
image          str   what it was made from, "ami-…"
hostname       str   the name that the provider gave it
source         str   "cloud-init", "firmware" or "metadata"
=============  ====  ===================================================================
"""

import json
import re

import cmdb_later as later
import cmdb_providers as providers
import cmdb_source as source
import cmdb_text as text

metadata = later.library("cmdb_metadata")

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
# What cloud-init writes instead of a secret, and before bytes that are no text.
HIDDEN = ("redacted for", "ci-b64:")


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
    if source.option("metadata"):
        items = _asked(items)
    if not items:
        raise source.Unavailable("no sign of a cloud's provider is on this machine")
    return items


def _asked(items):
    """Return the items with what the provider's own service says laid over them."""
    told, known = source.option("metadata"), items[0]["provider"] if items else None
    provider = known if told is True else str(told)
    if provider not in metadata.QUESTIONS:
        asked = ", ".join(sorted(metadata.QUESTIONS))
        source.problem(f"option metadata: no service of {provider or 'nobody'} is known: {asked}")
        return items
    try:
        said = source.ask(
            "metadata", metadata.ask, provider, limit_seconds=2 * metadata.LIMIT_SECONDS
        )
    except OSError as error:
        raise source.CollectorError(f"metadata service of {provider}: {error}") from error
    return [{**(items[0] if items else {}), **parse_metadata(said, provider)}]


def parse_metadata(said, provider):
    """Turn what a provider's service says, {field: text}, into the item's fields."""
    found = {field: text.value(words) for field, words in said.items() if text.value(words)}
    if provider == "gce":
        # It gives whole paths, and of the region the zone alone.
        for field in ("instance_type", "zone"):
            found[field] = found.get(field, "").rpartition("/")[2] or None
        found["region"] = (found["zone"] or "").rpartition("-")[0] or None
    return {"place": "instance", "provider": provider, **found, "source": "metadata"}


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
        provider
        for provider, name, words in providers.FIRMWARE
        if re.match(words, said.get(name) or "")
    )
    provider = next(found, None)
    if provider is None:
        return []
    kind = text.value(said.get("product_name")) if provider in providers.FIRMWARE_TYPE else None
    identifier = text.serial(said.get(providers.FIRMWARE_ID.get(provider)))
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
        if said not in providers.NO_CLOUD:
            return providers.OTHER_NAMES.get(said, said)
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
        if isinstance(found, str) and text.value(found) and not found.startswith(HIDDEN):
            return text.value(found)
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
    return None


def _dict(said):
    return said if isinstance(said, dict) else {}
