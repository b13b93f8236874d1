"""What this server is for: an example of a collector of one's own, one file and nothing else.

Source: a text file with a line a role, ``web = team-shop``; the setting
``cmdb:collectors:role:path`` says where, default /etc/server-roles.

=====  ===  ===============================================
role   str  what the server does; the identity
owner  str  who answers for it; None where nobody is named
=====  ===  ===============================================
"""

import cmdb_source as source

__load__ = ["collect"]

KEY = ["role"]


def collect():
    """
    Return this server's roles.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_role.collect
    """
    return parse(source.need(source.option("path", "/etc/server-roles")))


def parse(text):
    """Turn lines of ``role = owner`` into items; empty lines and # comments are left out."""
    items = []
    for line in text.splitlines():
        role, _, owner = line.partition("#")[0].partition("=")
        if role.strip():
            items.append({"role": role.strip(), "owner": owner.strip() or None})
    return items
