"""Addresses of our pages with what somebody asked for, by whatever names.

Names in an address are anybody's: given to ``url_for``, some would mean something to it.
"""

from urllib.parse import urlencode

from flask import url_for


def of(endpoint, asked, **parts):
    """Return the address of a page: ``parts`` of its path, ``asked`` as {name: values} or pairs."""
    path, query = url_for(endpoint, **parts), urlencode(asked, doseq=True)
    return f"{path}?{query}" if query else path
