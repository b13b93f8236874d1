"""Report from the master's side of salt-ssh: collect on the target, sign and deliver here.

The target needs no address of the API, no key and no token. All other functions of ``cmdb``
(collect, plugins, status, capture ...) are the target's own.
"""

import salt.loader
from salt.exceptions import CommandExecutionError

__virtualname__ = "cmdb"


def __virtual__():
    return __virtualname__


def report(*kinds, **options):
    """
    Collect on the target, deliver from the master; takes what ``cmdb.collect`` takes.

    The summary is that of ``cmdb.report`` on a minion. The name in the roster is the host's.

    CLI Example:

    .. code-block:: bash

        salt-ssh '*' cmdb.report
        salt-ssh web01 cmdb.report cpu memory
        salt-ssh web01 cmdb.report exclude=package,unit
    """
    collected = __salt__["cmdb.collect"](*kinds, **options)
    # Salt 3006 returns what went wrong in place of the report; later ones raise it.
    if not isinstance(collected, dict) or "sections" not in collected:
        raise CommandExecutionError(f"no report came from {__opts__['id']}: {collected}")
    statuses = {kind: each["status"] for kind, each in collected["sections"].items()}
    return {"kinds": statuses, "result": "failed", **_deliver(collected)}


def _deliver(collected):
    """
    Deliver by our runner: no library of ours can be imported here, and runners have them.

    That the report came over ssh, only this process can say in the context of a runner; whoever
    else calls that one must bring a signature.
    """
    options = __opts__["__master_opts__"]
    runners = salt.loader.runner(
        options,
        utils=salt.loader.utils(options),
        context={"cmdb_came_by_ssh_from": __opts__["id"]},
        whitelist=["cmdb"],
    )
    return runners["cmdb.deliver"](collected)
