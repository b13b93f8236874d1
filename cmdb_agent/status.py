"""How the agent on this host is: name, timer, spool, and what is wrong."""

from cmdb_agent import calls, identity, settings, timer
from cmdb_agent.errors import AgentError

TIMER_STATE = ("ActiveState", "LastTriggerUSec", "NextElapseUSecRealtime")
TOLD = ("url", "spooled_count", "rejected_count", "spool_folder", "last_success_at", "last_error")


def status(where, say):
    """Show it line by line; returns 1 where something is wrong."""
    if not where.settings.exists():
        raise AgentError(f"no agent is installed here: {where.settings} is not there")
    agent = settings.load(where)["agent"]
    told = calls.run(calls.find(before=agent["salt_call"]), where, "cmdb.status")
    wrong = list(told["settings_problems"])
    say(f"id: {told['id']} ({where.minion_id})")
    if name := identity.other_name(told["id"]):
        say(f"this host calls itself: {name}")
    say(f"version: {told['version']} ({where.library})")
    wrong += _timer(where, agent, say)
    for field in TOLD:
        say(f"{field}: {_shown(told.get(field))}")
    if not told["has_key"]:
        wrong.append("there is no key; `cmdb_agent install --key-file FILE` sets it")
    if told.get("spooled_count") or told.get("rejected_count"):
        wrong.append(f"not all reports arrived: {told.get('last_error') or 'see the spool'}")
    for line in wrong:
        say(f"wrong: {line}")
    return 1 if wrong else 0


def _timer(where, agent, say):
    """Tell of the timer; returns what is wrong with it."""
    unit = where.units / f"{timer.NAME}.timer"
    if where.cron.exists():
        say(f"timer: {where.cron}, every {agent['interval']}")
        return []
    if not unit.exists():
        say("timer: none of ours; crontab -l shows one of your own")
        return []
    say(f"timer: {unit}, every {agent['interval']}")
    if not timer.runs_here(where):
        return ["systemd does not run here, so the timer does not either"]
    shown = timer.systemctl(where, "show", f"--property={','.join(TIMER_STATE)}", unit.name)
    state = dict(line.partition("=")[::2] for line in shown.splitlines())
    say(f"timer_last_run_at: {_shown(state.get('LastTriggerUSec'))}")
    say(f"timer_next_run_at: {_shown(state.get('NextElapseUSecRealtime'))}")
    result = timer.systemctl(where, "show", "--property=Result", f"{timer.NAME}.service")
    wrong = []
    if state.get("ActiveState") != "active":
        wrong.append("the timer is not active; `cmdb_agent install` starts it")
    if result.strip() != "Result=success":
        wrong.append(f"the last run failed; `journalctl -u {timer.NAME}.service` tells why")
    return wrong


def _shown(value):
    return "-" if value in (None, "") else value
