"""Addresses in searches: one in any spelling, a pattern, or all of a network."""

import ipaddress

from sqlalchemy import or_, select

from cmdb_api.models import Asset, ComponentAddress
from cmdb_api.services import addresses
from cmdb_api.services.dialects import among
from cmdb_api.services.facts import MAC
from cmdb_api.services.search import bytewise

ADDRESS = ComponentAddress.__table__.c
# Addresses of one network that are looked through.
MOST = 50_000


def has(session, wanted):
    """Return the condition that an asset has such an address, or one of such a network."""
    return Asset.id.in_(select(ADDRESS.asset_id).where(condition(session, wanted)))


def begins(texts):
    """Return the condition that an asset has an address that begins with one of these."""
    starts = (bytewise.begins(ADDRESS.address, text) for text in texts)
    return Asset.id.in_(select(ADDRESS.asset_id).where(or_(*starts)))


def condition(session, wanted):
    """Return the condition on an address; raises ValueError for a network that is none."""
    if wanted.is_any:
        return ADDRESS.address.is_not(None)
    if "/" in wanted.text and wanted.pattern is None:
        return among(session, ADDRESS.address, _within(session, network(wanted.text)))
    if wanted.pattern is not None:
        # Addresses are kept in lower case.
        return ADDRESS.address.like(wanted.pattern, escape="!")
    spelled = addresses.read(MAC, wanted.text) or addresses.read(None, wanted.text)
    return ADDRESS.address == (spelled or wanted.text.lower())


def network(text):
    """Return a network; an address with the length of its prefix is the network around it."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        message = f"a network is wanted, like 192.0.2.0/24 or 2001:db8::/32, not {text}"
        raise ValueError(message) from None


def _within(session, wanted):
    """Return the addresses of a network that hosts have."""
    begins = ADDRESS.address.like(f"{start(wanted)}%")
    colon = ADDRESS.address.contains(":")
    query = select(ADDRESS.address).where(begins, colon if wanted.version == 6 else ~colon)
    found = session.scalars(query.distinct().limit(MOST + 1)).all()
    if len(found) > MOST:
        raise ValueError(f"more than {MOST} addresses begin so; write a smaller network")
    return [text for text in found if _is_in(text, wanted)]


def _is_in(text, wanted):
    try:
        return ipaddress.ip_address(text) in wanted
    except ValueError:
        return False


def start(wanted):
    """Return what the addresses of a network begin with, as text."""
    if wanted.version == 4:
        known, sign = str(wanted.network_address).split(".")[: wanted.prefixlen // 8], "."
    else:
        groups = wanted.network_address.exploded.split(":")[: wanted.prefixlen // 16]
        known, sign = [group.lstrip("0") for group in groups], ":"
        # What follows a group of zeros may be left out.
        known = known[: known.index("")] if "" in known else known
    whole = len(known) == wanted.max_prefixlen // (8 if wanted.version == 4 else 16)
    return sign.join(known) + ("" if whole or not known else sign)
