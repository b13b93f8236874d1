"""Addresses of our pages with what somebody asked for, by whatever names.

Names in an address are anybody's: given to ``url_for``, some would mean something to it.
"""

from urllib.parse import quote, urlencode

from flask import g, url_for
from markupsafe import Markup, escape

# Characters of a path that Werkzeug leaves as they are.
_PLAIN = "!$&'()*+,/:;=@"


def of(endpoint, asked, **parts):
    """Return the address of a page: ``parts`` of its path, ``asked`` as {name: values} or pairs."""
    path, query = url_for(endpoint, **parts), urlencode(asked, doseq=True)
    return f"{path}?{query}" if query else path


def asset(hostname):
    """Return the address of an asset's page; a list has a thousand, ``url_for`` takes its time."""
    prefix = g.get("asset_prefix")
    if prefix is None:
        prefix = g.asset_prefix = url_for("console.asset.page", hostname="x")[:-1]
    return prefix + quote(hostname, safe=_PLAIN)


def asset_link(hostname):
    """Return a link to an asset's page by its name."""
    return Markup(
        f'<a class="host" href="{escape(asset(hostname))}"><bdi>{escape(hostname)}</bdi></a>'
    )
