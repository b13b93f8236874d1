"""Give each minion its host key as pillar ``cmdb:key``: derived from the master secret.

In the master's configuration:

.. code-block:: yaml

    cmdb:
      secret_file: /etc/salt/cmdb.secret
    ext_pillar:
      - cmdb: true

Nothing is asked over the network: what the API tells of keys, the engine keeps in a file. A host
that is retired there is given none.
"""

import logging

import cmdb_master as master

log = logging.getLogger(__name__)

__virtualname__ = "cmdb"


def __virtual__():
    return __virtualname__


def ext_pillar(minion_id, pillar, *_args, **_kwargs):
    """Return the minion's key; nothing where it is retired, or the master's settings allow none."""
    try:
        keys = master.Keys(master.settings(__opts__), __opts__)
        if keys.is_retired(minion_id):
            log.info("%s is retired in the CMDB: it is given no host key", minion_id)
            return {}
        key = keys.of(minion_id)
    except master.MasterError as error:
        # Raised, it would break the whole pillar of every minion.
        log.error("no host key for %s: %s", minion_id, error)
        return {}
    return {"cmdb": {"key": key}}
