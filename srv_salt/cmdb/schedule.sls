#!py
"""The schedule that pillar `cmdb:schedule` asks for, as states; see pillar.example.

One job `cmdb` for all kinds, one job `cmdb-<name>` for each of `intervals`. Jobs of ours that
pillar does not name any more are removed. What is wrong in pillar is a state that fails: modules
and settings come all the same, and the schedule stays as it is.
"""

PATHS = {
    "report": {"function": "cmdb.report", "return_job": False},
    "returner": {"function": "cmdb.collect", "return_job": False, "returner": "cmdb"},
    # The master's engine takes the return from the bus; no job cache holds it.
    "engine": {"function": "cmdb.collect", "return_job": "nocache"},
}
UNITS = ("minutes", "hours", "days")
PLACE = "pillar cmdb:schedule"
KNOWN = {
    PLACE: {"enabled", "path", "splay_seconds", "kinds", "intervals", "minutes"},
    "interval": {"splay_seconds", "kinds", *UNITS},
}


def run():
    defaults = __salt__["slsutil.renderer"]("salt://cmdb/defaults.yaml", default_renderer="yaml")
    given = (__pillar__.get("cmdb") or {}).get("schedule") or {}
    if not isinstance(given, dict):
        return _wrong([f"{PLACE} must be a mapping, as in pillar.example"])
    wanted = {**defaults["schedule"], **given}
    if problems := sorted(set(_problems(wanted))):
        return _wrong(problems)
    jobs = _jobs(wanted) if wanted["enabled"] else {}
    there = __salt__["schedule.list"](show_all=True, return_yaml=False)
    gone = {name for name in there if name == "cmdb" or name.startswith("cmdb-")} - set(jobs)
    # A schedule that is off is said to be so, not just left out.
    gone |= {"cmdb"} - set(jobs)
    return {
        **_strangers(wanted),
        **{_id(name): {"schedule.present": [{"name": name}, *job]} for name, job in jobs.items()},
        **{_id(name): {"schedule.absent": [{"name": name}]} for name in sorted(gone)},
    }


def _wrong(problems):
    """Return a state that fails and says why."""
    # A rehearsal has words of its own for the comment, and shows the name.
    said = "; ".join(problems)
    told = [{"name": said}] if __opts__["test"] else [{"name": PLACE}, {"comment": said}]
    return {"cmdb-schedule-wrong": {"test.fail_without_changes": told}}


def _strangers(wanted):
    """Return a state that fails where a kind has no collector here: the next sync may bring it."""
    folder = f"{__opts__['extension_modules']}/modules"
    found = []
    if __salt__["file.directory_exists"](folder):
        found = __salt__["file.find"](folder, name="cmdb*.py", print="name")
    kinds = {name[len("cmdb_") : -len(".py")] for name in found}
    # Not synced yet, or collectors that are classes: what there is can't be told from files.
    if "cmdb.py" not in found or (__pillar__.get("cmdb") or {}).get("plugins"):
        return {}
    named = {*wanted["kinds"], *(k for each in wanted["intervals"].values() for k in each["kinds"])}
    unknown = ", ".join(sorted(named - kinds))
    return _wrong([f"{PLACE}: no collector on this host for {unknown}"]) if unknown else {}


def _id(name):
    return name.replace("cmdb", "cmdb-schedule", 1)


def _jobs(wanted):
    """Return {name: arguments of schedule.present}."""
    own = sorted(kind for each in wanted["intervals"].values() for kind in each["kinds"])
    jobs = {}
    # A kind that has an interval of its own is left out of the common one.
    common = [kind for kind in wanted["kinds"] if kind not in own]
    if common or not wanted["kinds"]:
        exclude = own if not wanted["kinds"] else []
        jobs["cmdb"] = _job(wanted, {"minutes": wanted["minutes"]}, common, exclude)
    for name, each in wanted["intervals"].items():
        splay = each.get("splay_seconds", wanted["splay_seconds"])
        every = {unit: each[unit] for unit in UNITS if unit in each}
        jobs[f"cmdb-{name}"] = _job({**wanted, "splay_seconds": splay}, every, each["kinds"], [])
    return jobs


def _job(wanted, every, kinds, exclude):
    arguments = {
        **PATHS[wanted["path"]],
        **every,
        "job_args": list(kinds),
        "splay": wanted["splay_seconds"],
        "maxrunning": 1,
        # True, the default, would make the whole fleet report at once after the master restarts.
        "run_on_start": False,
        "require": [{"saltutil": "cmdb-modules"}, {"file": "cmdb-settings"}],
    }
    if exclude:
        arguments["job_kwargs"] = {"exclude": exclude}
    return [{name: value} for name, value in arguments.items()]


def _problems(wanted):
    """Yield a line for each thing in pillar that can't be what was meant."""
    yield from _unknown(PLACE, wanted, KNOWN[PLACE])
    if wanted["path"] not in PATHS:
        yield f"{PLACE}:path is {wanted['path']}; use one of {', '.join(PATHS)}"
    if not isinstance(wanted["enabled"], bool):
        yield f"{PLACE}:enabled must be true or false, not {wanted['enabled']!r}"
    yield from _number(f"{PLACE}:minutes", wanted["minutes"], least=1)
    yield from _number(f"{PLACE}:splay_seconds", wanted["splay_seconds"])
    yield from _kinds(f"{PLACE}:kinds", wanted["kinds"])
    if not isinstance(wanted["intervals"], dict):
        yield f"{PLACE}:intervals must be a mapping of names, as in pillar.example"
        return
    owners = {}
    for name, each in wanted["intervals"].items():
        place = f"{PLACE}:intervals:{name}"
        if not isinstance(each, dict):
            yield f"{place} must be a mapping, as {{hours: 1, kinds: [package]}}"
            continue
        yield from _interval(place, each)
        for kind in each["kinds"] if isinstance(each.get("kinds"), list) else ():
            if owners.setdefault(str(kind), name) != name:
                yield f"kind {kind} is in two of {PLACE}:intervals: {owners[kind]} and {name}"


def _interval(place, each):
    yield from _unknown(place, each, KNOWN["interval"])
    units = [unit for unit in UNITS if unit in each]
    if len(units) != 1:
        told = f"has {' and '.join(units)}" if units else "does not say how often"
        yield f"{place} {told}; give one of {', '.join(UNITS)}"
    for unit in units:
        yield from _number(f"{place}:{unit}", each[unit], least=1)
    yield from _number(f"{place}:splay_seconds", each.get("splay_seconds", 0))
    yield from _kinds(f"{place}:kinds", each.get("kinds"))
    if not each.get("kinds"):
        yield f"{place}:kinds is empty; name the kinds that this interval is for"


def _unknown(place, given, known):
    for name in sorted(map(str, set(given) - known)):
        yield f"{place}:{name} is unknown; use {', '.join(sorted(known))}"


def _number(place, value, least=0):
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        yield f"{place} must be a whole number from {least} on, not {value!r}"


def _kinds(place, value):
    if not isinstance(value, list) or not all(isinstance(kind, str) for kind in value):
        yield f"{place} must be a list of kinds, as [package, unit], not {value!r}"
