"""How delivery from the master stands: what ``salt-run cmdb.status`` tells. Never a secret."""

import os
import stat

import cmdb_master as master
import cmdb_version as version

COUNTS = ("superseded_count", "refused_count", "not_taken_count", "dropped_count")
LAST = ("last_success_at", "last_error", "last_error_at")


def of(opts):
    """Return settings, problems, and the spool's counts; raises MasterError."""
    settings = master.settings(opts)
    told = {
        "version": version.VERSION,
        "url": settings["url"],
        "settings_problems": master.problems(settings) + _files(settings),
    }
    try:
        spool = master.open_spool(settings, opts)
        told.update(spool.counts(), spool_folder=spool.folder)
        state = spool.state()
    except OSError as error:
        return {**told, "last_error": f"the spool can't be used: {error}"}
    told.update({name: state.get(name, 0) for name in COUNTS})
    told.update({name: state.get(name) for name in LAST})
    return told


def _files(settings):
    """Return a line for each setting that is missing, or names a file that can't be used."""
    lines = []
    if not settings["url"]:
        lines.append("cmdb:url is not set: reports wait in the spool")
    elif not settings["url"].lower().startswith(("http://", "https://")):
        lines.append(f"cmdb:url is no http:// or https:// address: {settings['url']}")
    for name in ("secret_file", "previous_secret_file", "token_file"):
        if settings[name]:
            try:
                master.first_line(settings[name], f"cmdb:{name}")
                lines.extend(_open_to_others(settings[name], f"cmdb:{name}"))
            except master.MasterError as error:
                lines.append(str(error))
        elif name != "previous_secret_file":
            lines.append(f"cmdb:{name} is not set")
    return lines


def _open_to_others(path, setting):
    """Yield a line where everybody can read a secret's file; its group may be the master's."""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & stat.S_IROTH:
        yield f"{setting} names {path}, which everybody can read (mode {mode:04o}): chmod o= {path}"
