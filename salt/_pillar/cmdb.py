"""Give each minion its host key as pillar ``cmdb:key``: derived from the master secret.

In the master's configuration:

.. code-block:: yaml

    cmdb:
      secret_file: /etc/salt/cmdb.secret
    ext_pillar:
      - cmdb: true

Nothing is asked over the network: what the API tells of generations, the engine keeps in a file.
"""

import logging

import cmdb_master as master

log = logging.getLogger(__name__)

__virtualname__ = "cmdb"


def __virtual__():
    return __virtualname__


def ext_pillar(minion_id, pillar, *_args, **_kwargs):
    """Return the minion's key; nothing where the master's settings do not allow for one."""
    try:
        key = master.Keys(master.settings(__opts__), __opts__).of(minion_id)
    except master.MasterError as error:
        # Raised, it would break the whole pillar of every minion.
        log.error("no host key for %s: %s", minion_id, error)
        return {}
    return {"cmdb": {"key": key}}
