"""The CMDB from the master, on demand: collect what is missing, say why it is, see what waits.

Settings stand under ``cmdb:`` in the master's configuration (``cmdb_master``). Where a function
can't do its work it returns ``error`` and ``retcode`` 1, with which ``salt-run`` ends.
"""

import functools
import os
import sys

import cmdb_asking as asking
import cmdb_client as client
import cmdb_collecting as collecting
import cmdb_fleet as fleet
import cmdb_hosts as hosts_
import cmdb_master as master
import cmdb_search as search_
import cmdb_standing as standing
from salt.exceptions import SaltException, SaltSystemExit

__virtualname__ = "cmdb"

PING_BATCH = 1000


def __virtual__():
    return __virtualname__


def _plainly(function):
    """Turn what is wrong with settings, API, disk or Salt into one line, without a traceback."""

    @functools.wraps(function)
    def plainly(*args, **options):
        try:
            return function(*args, **options)
        except (client.ClientError, master.MasterError) as error:
            said = str(error)
        except (OSError, SaltException, SaltSystemExit) as error:
            said = f"{type(error).__name__}: {error}"
        return {"error": said, "retcode": 1}

    return plainly


@_plainly
def collect(
    tgt="*", tgt_type="glob", only_missing=True, kinds=None, batch=50, timeout=60, window=None
):
    """
    Collect from minions now and deliver; by default from those that the API misses.

    At most ``batch`` minions are waited for at once, each for ``timeout`` seconds. ``window`` is
    how old a report may be before its host is missing, like 2h; by default what the API's
    settings say. Returns of each host ``recorded``, ``unchanged``, ``failed`` and why, ``silent``,
    or ``spooled`` where the API is away and the report waits. ``salt-run`` ends with 1 where a
    host failed; a silent one is no failure.

    CLI Example:

    .. code-block:: bash

        salt-run cmdb.collect
        salt-run cmdb.collect 'web*' kinds=disk,nic
        salt-run cmdb.collect 'G@os:Debian' tgt_type=compound only_missing=False batch=100
    """
    collecting.check(only_missing, batch=batch, timeout=timeout)
    kinds = collecting.kinds(kinds)
    run = collecting.Run(__opts__, "salt", __opts__["id"], **hosts_.keys(__opts__))
    hosts = hosts_.matching(__opts__, tgt, tgt_type)
    if only_missing:
        hosts = run.missing(hosts, window, kinds)
    with hosts_.Bus(__opts__, "cmdb.collect", kinds, timeout) as bus:
        returns = asking.ask(hosts, bus.publish, bus.receive, batch=batch, timeout=timeout)
        return run.through(returns, len(hosts), timeout)


@_plainly
def ssh(
    tgt="*",
    tgt_type="glob",
    roster_file=None,
    only_missing=True,
    kinds=None,
    batch=25,
    timeout=60,
    window=None,
):
    """
    Collect over salt-ssh from the hosts of a roster and deliver; ``batch`` at once.

    Returns what ``cmdb.collect`` does; a host that can't be reached is ``failed``.

    CLI Example:

    .. code-block:: bash

        salt-run cmdb.ssh
        salt-run cmdb.ssh 'web*' roster_file=/etc/salt/roster.web batch=50 only_missing=False
    """
    collecting.check(only_missing, batch=batch, timeout=timeout)
    kinds = collecting.kinds(kinds)
    opts = {**__opts__, **({"roster_file": roster_file} if roster_file else {})}
    every, hosts = hosts_.rostered(opts, tgt, tgt_type)
    name = os.path.basename(opts.get("roster_file") or opts.get("roster") or "roster")
    run = collecting.Run(opts, "roster", f"{opts['id']}:{name}", hosts=every)
    if only_missing:
        hosts = run.missing(hosts, window, kinds)
    returns = hosts_.over_ssh(opts, run.keys, hosts, kinds, batch, timeout)
    return run.through(returns, len(hosts), timeout)


@_plainly
def missing(window=None, kind=None, list=False):
    """
    Return the hosts that the API misses, why, and what to do; with ``kind`` those that lack it.

    With ``list=True`` the names of those that Salt can reach, as ``salt -L`` takes them; what is
    wrong is then said on standard error, so that nothing of it becomes a target.

    CLI Example:

    .. code-block:: bash

        salt-run cmdb.missing
        salt-run cmdb.missing window=2h kind=disk
        salt -L "$(salt-run cmdb.missing list=True)" test.ping
    """
    if list:
        return _as_target("missing", _target(window, kind))
    return fleet.missing(master.settings(__opts__), window, kind)


@_plainly
def _target(window, kind):
    return fleet.target(master.settings(__opts__), window, kind)


def _as_target(function, told):
    """Return what ``salt -L`` is to take; an error must become no target."""
    if isinstance(told, dict) and __opts__.get("fun") == f"cmdb.{function}":
        # salt-run prints what is returned on standard output, and ends with 1 for this only.
        sys.stdout = sys.stderr
    return told


@_plainly
def search(query="", columns=None, sort=None, limit=None, saved=None):
    """
    Return what a search of the CMDB finds: of each host the columns that are asked for.

    ``query`` is in the syntax of the API's searches, without one all hosts are found. ``columns``
    and ``sort`` are names with commas, ``saved`` the name of a saved search, ``limit`` a number of
    hosts. The token in ``cmdb:read_token_file`` is of scope read.

    CLI Example:

    .. code-block:: bash

        salt-run cmdb.search 'os.name:Debian* AND memory.total_bytes:>=64G'
        salt-run cmdb.search 'rack:A12' columns=rack,position_u,os.version sort=-position_u
        salt-run cmdb.search saved='old disks' limit=10 --out=json
    """
    settings, (columns, sort) = master.settings(__opts__), map(_commas, (columns, sort))
    if limit is not None:
        collecting.check(limit=limit)
    return search_.rows(settings, str(query), columns, sort, limit, saved)


@_plainly
def targets(query="", saved=None):
    """
    Return the minions that a search of the CMDB finds, as ``salt -L`` takes them.

    Hosts that have no accepted key here are left out and named on standard error; so is what is
    wrong, and then ``salt-run`` ends with 1.

    CLI Example:

    .. code-block:: bash

        salt -L "$(salt-run cmdb.targets 'rack:A12 AND NOT tag:lab')" test.ping
        salt -L "$(salt-run cmdb.targets 'package.openssl:<3.0.13')" pkg.upgrade openssl
    """
    return _as_target("targets", _found(query, saved))


@_plainly
def _found(query, saved):
    settings, keys = master.settings(__opts__), hosts_.keys(__opts__)["accepted"]
    told, others = search_.target(settings, str(query), keys, saved)
    if others:
        print(others, file=sys.stderr, flush=True)
    return told


def _commas(names):
    """Return names with commas; Salt reads some as a list."""
    return ",".join(map(str, names)) if isinstance(names, (list, tuple)) else names


@_plainly
def coverage(window=None, timeout=10):
    """
    Tell the API which keys this master knows and who answers a ping; return the API's counts.

    Minions whose host key was revoked in the API get their new one.

    CLI Example:

    .. code-block:: bash

        salt-run cmdb.coverage
    """
    collecting.check(timeout=timeout)
    settings, keys = master.settings(__opts__), hosts_.keys(__opts__)
    hosts_.renew_keys(__opts__, settings, master.Keys(settings, __opts__))
    source = fleet.Source(__opts__, __opts__["id"])
    with hosts_.Bus(__opts__, "test.ping", (), timeout) as bus:
        returns = asking.ask(
            keys["accepted"], bus.publish, bus.receive, batch=PING_BATCH, timeout=timeout
        )
        source.note_up({host for host, data in returns if data is not None})
    source.push(settings, "salt", **keys)
    return fleet.summary(settings, window)


@_plainly
def status():
    """
    Return how delivery from this master stands: what waits, what was refused, the last error.

    CLI Example:

    .. code-block:: bash

        salt-run cmdb.status
    """
    return standing.of(__opts__)


@_plainly
def deliver(report):
    """
    Deliver a report that is signed with its host's key, and whatever else waits.

    The wrapper of salt-ssh calls it too, for reports that it collected. Only that one can say
    that a report came over ssh: whoever may call runners can't have one signed.

    CLI Example:

    .. code-block:: bash

        salt-run cmdb.deliver "$(cat report.json)"
    """
    return collecting.deliver(__opts__, report, __context__.get("cmdb_came_by_ssh_from"))
