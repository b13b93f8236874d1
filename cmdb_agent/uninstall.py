"""Take the agent away again."""

from pathlib import Path

from cmdb_agent import calls, files, layout, settings, timer
from cmdb_agent.errors import AgentError
from cmdb_agent.install import needs_root


def uninstall(where, purge, say):
    """Take it all back; the spool and the name stay unless ``purge``."""
    needs_root(where)
    agent = settings.load(where)["agent"]
    spool = _spool(where, agent)
    waiting = len(list(spool.glob("[0-9]*.json")))
    gone = timer.remove(where)
    gone += [path for path in (where.library, where.settings) if files.remove(path)]
    if purge:
        # Salt keeps a cache and a log for a user's tree that serve nothing else.
        ours = [where.root / "var"] if where.mode == layout.USER else [where.cache]
        gone += [path for path in (*ours, spool) if files.remove(path)]
        if agent.get("wrote_minion_id") and files.remove(where.minion_id):
            gone.append(where.minion_id)
    _remove_empty(where)
    for path in gone:
        say(f"removed   {path}")
    if waiting:
        told = "are lost" if purge else f"wait in {spool}; --purge would remove them"
        say(f"reports   {waiting} that had not been delivered {told}")
    if not gone:
        say("nothing was installed here")
    return 0


def _spool(where, agent):
    """Return where reports wait; Salt knows it, the default is for where Salt does not run."""
    if agent:
        try:
            told = calls.run(calls.find(before=agent.get("salt_call")), where, "cmdb.status")
            return Path(told["spool_folder"])
        except (AgentError, KeyError):
            pass
    return where.cache / "spool"


def _remove_empty(where):
    """Remove the folders that held nothing but ours."""
    below = ("cmdb/_modules", "minion.d", "pki/minion")
    for folder in (where.library.parent, *(where.config / name for name in below)):
        files.remove_empty(folder, up_to=where.root)
