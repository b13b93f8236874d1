"""Put the agent on this host. To install twice changes only what differs."""

import getpass
import os
import sys
from urllib.parse import urlsplit

from cmdb_agent import calls, files, identity, layout, register, settings, timer
from cmdb_agent.errors import AgentError

INTERVAL = "30m"
LONGEST_SPLAY_SECONDS = 300


def install(where, wanted, say):
    """
    Install or change the agent; returns the exit status.

    ``wanted`` has the options of the command line, None where not given: what was chosen before
    then stays. Everything is checked before anything is written.
    """
    needs_root(where)
    before = settings.load(where)
    salt_call = calls.find(wanted.salt_call, before["agent"].get("salt_call"))
    id_, place = identity.decide(where, wanted.id)
    say(f"id        {id_} (from {place})")
    cmdb = _cmdb(before["cmdb"], wanted, id_)
    _notes(where, id_, cmdb, say)
    token = wanted.register_token_file and settings.read_secret(
        wanted.register_token_file, "token to register with"
    )
    agent = _agent(before["agent"], wanted, salt_call)
    texts = timer.units(
        calls.command(salt_call, where, "cmdb.report"), agent["interval"], agent["splay_seconds"]
    )
    _private(where)
    agent["wrote_minion_id"] |= identity.record(where, id_)
    count = files.copy_collectors(where.library)
    say(f"library   {where.library}: {count} files changed")
    (where.plugins / "_modules").mkdir(parents=True, exist_ok=True)
    changed = settings.save(where, cmdb, agent)
    say(f"settings  {where.settings}: {'written' if changed else 'as they were'}")
    _timer(where, wanted.timer, agent, texts, id_, say)
    if token:
        new = register.register(cmdb, id_, token)
        say(f"register  {id_} {'is new in the CMDB' if new else 'was registered before'}")
    _check(where, salt_call, id_, say)
    if wanted.report is None and where.mode == layout.TRIAL:
        say("report    none: --root is for a trial; --report sends one")
        return 0
    return 0 if wanted.report is False else _report(where, salt_call, say)


def needs_root(where):
    if where.mode == layout.SYSTEM and os.geteuid() != 0:
        raise AgentError("this needs root; --user installs it for what a plain user may read")


def _notes(where, id_, cmdb, say):
    """Tell what is allowed, but perhaps not meant."""
    if name := identity.other_name(id_):
        say(f"note      this host calls itself {name}; it reports as {id_} all the same")
    if (where.config / "pki/minion/minion_master.pub").exists():
        say("note      this host has a Salt master: the state cmdb does the same from there, and")
        say("note      the agent's collectors go before those that a master syncs; use one of both")
    address = urlsplit(cmdb["url"])
    if address.scheme == "http" and address.hostname not in ("localhost", "127.0.0.1", "::1"):
        say(f"note      {cmdb['url']} is not encrypted; anybody on the way can read the reports")


def _cmdb(before, wanted, id_):
    """Return the settings of delivery: those of before, with what is wanted now."""
    cmdb = dict(before)
    if wanted.url:
        cmdb["url"] = settings.url(wanted.url)
    if wanted.ca_file:
        cmdb["ca_file"] = settings.ca_file(os.path.abspath(wanted.ca_file))
    if wanted.proxy:
        cmdb["proxy"] = wanted.proxy
    if "url" not in cmdb:
        raise AgentError("--url is missing: the address of the CMDB, as https://cmdb.example.com")
    if wanted.key_file:
        cmdb["key"] = settings.key(settings.read_secret(wanted.key_file, "key"))
    elif "key" not in cmdb:
        if not sys.stdin.isatty():
            raise AgentError(
                f"--key-file is missing: a file with the key of {id_}, or - for standard input; "
                f"`cmdb key {id_}` prints it where the API runs"
            )
        cmdb["key"] = settings.key(getpass.getpass(f"Key of {id_} (cmdb key {id_}): ").strip())
    return cmdb


def _agent(before, wanted, salt_call):
    interval = wanted.interval or before.get("interval", INTERVAL)
    longest = timer.seconds(interval)
    timer.calendar(longest)
    splay = min(LONGEST_SPLAY_SECONDS, longest)
    if wanted.splay is not None:
        splay = timer.seconds(wanted.splay)
    elif wanted.interval is None:
        splay = before.get("splay_seconds", splay)
    if splay > longest:
        raise AgentError(f"--splay is longer than --interval {interval}")
    return {
        "interval": interval,
        "splay_seconds": splay,
        "salt_call": salt_call,
        "wrote_minion_id": bool(before.get("wrote_minion_id")),
    }


def _private(where):
    """Make a tree of one's own readable by its owner alone."""
    if where.mode == layout.USER:
        where.root.mkdir(mode=0o700, parents=True, exist_ok=True)


def _timer(where, sort, agent, texts, id_, say):
    """Install the timer that fits this host, or the one that was asked for."""
    because = " (no systemd here)" if sort == "auto" else ""
    if sort == "auto":
        by_cron = where.mode != layout.TRIAL and not timer.runs_here(where)
        sort = "cron" if by_cron else "systemd"
    words = calls.command(agent["salt_call"], where, "cmdb.report")
    if sort == "systemd":
        files.remove(where.cron)
        changed = timer.put_units(where, texts)
        say(f"timer     {where.units}/{timer.NAME}.timer: {'written' if changed else 'as it was'}")
        if where.mode == layout.TRIAL:
            say("timer     not started: --root is for a trial")
        elif not timer.runs_here(where):
            say("timer     not started: systemd does not run here")
        elif where.mode == layout.USER:
            say("timer     without `loginctl enable-linger` it runs only while you are logged in")
        return
    timer.remove_units(where)
    if sort == "cron" and where.mode != layout.USER and where.cron.parent.is_dir():
        line = timer.cron_line(words, agent["interval"], id_, user="root")
        files.put(where.cron, f"# Written by cmdb_agent.\n{line}\n".encode())
        say(f"timer     {where.cron}{because}")
    elif sort == "cron":
        say(f"timer     put this line into your crontab{because} (crontab -e):")
        say(timer.cron_line(words, agent["interval"], id_))
    else:
        say(f"timer     none; run it yourself: {' '.join(words)}")


def _check(where, salt_call, id_, say):
    """See that Salt reads what was written, and as it was meant."""
    told = calls.run(salt_call, where, "cmdb.status")
    if told["id"] != id_:
        raise AgentError(
            f"Salt calls this host {told['id']}, not {id_}: something in {where.config} says so, "
            "as append_domain or minion_id_lowercase; take it out and install again"
        )
    for line in told["settings_problems"]:
        say(f"note      {line}")


def _report(where, salt_call, say):
    """Report once: this proves address, key, certificate and collectors together."""
    told = calls.run(salt_call, where, "cmdb.report")
    say(f"report    {told.get('result')}")
    if told.get("result") in ("recorded", "unchanged", "duplicate", "older"):
        return 0
    # One that the API refuses is never sent again.
    waits = "it waits, and goes with the next one; " if told.get("result") == "spooled" else ""
    raise AgentError(
        f"installed, but the first report was not delivered: {_why(told)}; {waits}"
        "an option that was wrong is changed by another install"
    )


def _why(told):
    error = told.get("error")
    return error.get("message") if isinstance(error, dict) else error
