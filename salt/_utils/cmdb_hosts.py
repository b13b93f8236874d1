"""Salt's own side of the runner: which hosts there are, and asking them by the bus or by ssh.

Salt's parts are imported where they are used: they are slow to load, and each call needs a few.
"""

import logging
import time

import cmdb_asking as asking
import cmdb_client as client
import cmdb_collecting as collecting
import cmdb_master as master

log = logging.getLogger(__name__)

# How long the bus is listened to at once, seconds.
LISTEN_SECONDS = 0.2


def keys(opts):
    """Return the names by the state of their key, as the API wants them."""
    import salt.key

    known = salt.key.get_key(opts).list_keys()
    states = {
        "accepted": "minions",
        "pending": "minions_pre",
        "denied": "minions_denied",
        "rejected": "minions_rejected",
    }
    return {state: sorted(known.get(name) or ()) for state, name in states.items()}


def matching(opts, tgt, tgt_type):
    """Return the minions with an accepted key that a target names; raises where it names none."""
    import salt.utils.minions

    found = salt.utils.minions.CkMinions(opts).check_minions(tgt, tgt_type)["minions"]
    if not found:
        raise master.MasterError(f"no minion with an accepted key matches {tgt} as {tgt_type}")
    return sorted(found)


def rostered(opts, tgt, tgt_type):
    """Return all hosts of the roster, and those that a target names; raises where it names none."""
    import salt.roster

    roster = salt.roster.Roster(opts, opts.get("roster") or "flat")
    found = sorted(roster.targets(tgt, tgt_type))
    if not found:
        raise master.MasterError(
            f"no host of the roster matches {tgt} as {tgt_type}; "
            "where the roster can't be read, the line before says so"
        )
    # Some rosters can't tell of all their hosts.
    return sorted({*roster.targets("*", "glob"), *found}), found


def over_ssh(opts, host_keys, hosts, kinds, batch, timeout):
    """Yield (host, its return) of hosts that are asked over salt-ssh, the reports signed."""
    if not hosts:
        return
    import salt.client.ssh.client

    ssh = salt.client.ssh.client.SSHClient(mopts=opts)
    returns = ssh.cmd_iter(
        hosts, "cmdb.collect", kinds, timeout=timeout, tgt_type="list", ssh_max_procs=batch
    )
    for each in returns:
        for host, said in each.items():
            if isinstance(said, dict) and asking.is_report(said.get("return")):
                said = collecting.by_ssh(host_keys, host, said["return"])
            yield host, {"return": said}


class Bus:
    """Asks minions for one function through the master, and hears their returns."""

    def __init__(self, opts, function, arguments, timeout):
        import salt.client
        import salt.utils.event
        import salt.utils.jid

        self.function, self.arguments, self.timeout = function, arguments, timeout
        # One job for all: whoever looks it up sees the whole run.
        self.jid = salt.utils.jid.gen_jid(opts)
        self.tag = f"salt/job/{self.jid}/ret"
        self.local = salt.client.LocalClient(mopts=dict(opts))
        self.event = salt.utils.event.get_master_event(opts, opts["sock_dir"], listen=True)
        self.event.subscribe(self.tag)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.event.destroy()
        self.local.destroy()

    def publish(self, hosts):
        """Ask these hosts; raises MasterError where the master does not take it."""
        from salt.exceptions import SaltException

        until = time.time() + self.timeout
        try:
            self.local.pub(
                hosts,
                self.function,
                self.arguments,
                tgt_type="list",
                jid=self.jid,
                # Until then the engine leaves the return to us, and we listen at least so long.
                metadata={"cmdb": "runner", "until": until},
            )
        except SaltException as error:
            why = str(error) or "it can't be reached"
            raise master.MasterError(f"the master does not pass on what is asked: {why}") from error

    def receive(self):
        """Return the next return of a host, None where there was none for a moment."""
        return self.event.get_event(wait=LISTEN_SECONDS, tag=self.tag, auto_reconnect=True)


def renew_keys(opts, settings, known):
    """
    Learn from the API of host keys that were revoked; ``known`` is ``cmdb_master.Keys``.

    Minions that have another key now, or none, are told to refresh their pillar. Returns their
    ids; raises ClientError.
    """
    import salt.client

    told = client.get(settings, "/api/v1/keys/generations")
    if not isinstance(told, dict) or not isinstance(told.get("generations"), dict):
        raise client.ClientError(f"{settings['url']} told no generations of keys")
    # The pillar must know first; a minion that could not be told is told the next time.
    retired = told.get("retired")  # an older API tells of none
    known.learn(told["generations"], retired if isinstance(retired, list) else ())
    minions = [id_ for id_ in keys(opts)["accepted"] if id_.lower() in known.untold]
    if minions:
        log.info("%d host keys are others now: %s", len(minions), minions[:20])
        with salt.client.LocalClient(mopts=dict(opts)) as local:
            local.cmd_async(minions, "saltutil.refresh_pillar", tgt_type="list")
    known.untold.clear()
    return minions
