"""Broadcom's storcli and its kin (perccli, storcli2, perccli2), asked for JSON.

Keys: controller "c0" as the tool numbers it, volume "c0:v1" (its target id), disk "c0:252:4"
(enclosure:slot), "c0:-:4" without an enclosure. Controllers of the storcli2 generation count on
their own: "m0". All outputs of one call may be given to ``parse`` together.
"""

import json
import re

import cmdb_raid_asking as asking
import cmdb_raid_words as words
import cmdb_source as source
import cmdb_storcli_controller as controller
import cmdb_storcli_items as items

# It says this of what is not there, always beside "Failure".
_NOTHING = re.compile(
    r"no (?:vds?|virtual drives?|drives?|pds?|physical drives?|volumes?|enclosures?|foreign)\b"
    r"|not found|have been configured|un-?supported",
    re.I,
)
_NO_CONTROLLER = re.compile(r"no controllers? found|controller \d+ not found", re.I)
_DRIVE = re.compile(r"Drive /c(\d+)(?:/e(\d+|[^/]*))?/s(\d+)")
_VOLUME = re.compile(r"/c(\d+)/v(\d+)")
_DISKS = ("PD LIST", "Drive Information")


def ask(tool, kind):
    """Return what it knows of one kind at least; raises Unavailable without a controller."""
    outputs = [_run(tool, "/call")]
    machine = _read(outputs, tool)
    found = machine.found()
    # Where it tells of the controllers, what it does not list is not there.
    if not found[kind] and not machine.whole:
        raise asking.silent(tool, kind)
    if kind == "volumes" and found["volumes"]:
        outputs.append(_run(tool, "/call/vall"))
    elif kind == "disks" and found["disks"]:
        outputs.append(_run(tool, "/call/eall/sall"))
        if any(disk["enclosure"] is None for disk in found["disks"]):
            outputs.append(_run(tool, "/call/sall"))
    return parse(outputs, tool) if len(outputs) > 1 else found


def parse(outputs, tool="storcli"):
    """
    Turn the JSON of one or several calls into {"controllers", "volumes", "disks"}.

    Raises Unavailable where it says that there is no controller, ParseError for anything else
    that holds none.
    """
    return _read(outputs, tool).found()


def _read(outputs, tool):
    prefix = "m" if tool.rpartition("/")[2].endswith("cli2") else "c"
    machine, nothing = items.Machine(prefix), False
    for output in [outputs] if isinstance(outputs, str) else outputs:
        for number, said in _answers(output, tool):
            _check_lists(said, tool)
            for name, value in said.items():
                _take(machine, number, name, value, said)
            machine.controller(number, said)
            nothing = nothing or not said
    if not nothing and not (machine.controllers or machine.volumes or machine.disks):
        raise asking.silent(tool, "controllers, volumes or disks")
    return machine


def _run(tool, what):
    return asking.said_by([tool, what, "show", "all", "J", "nolog"])


def _answers(output, tool):
    """Return [(controller's number, response data)] of one output."""
    answers = []
    for said in _controllers(output, tool):
        status, data = said.get("Command Status"), said.get("Response Data")
        status = status if isinstance(status, dict) else {}
        number = words.number(status.get("Controller"))
        failed = str(status.get("Status")).strip().lower() != "success"
        why = f"{status.get('Description')} {json.dumps(status.get('Detailed Status', ''))}"
        if _NO_CONTROLLER.search(why) or _is_empty(data):
            raise source.Unavailable(f"{tool} found no controller")
        if failed and not (isinstance(data, dict) and data) and not _NOTHING.search(why):
            raise source.ParseError(f"{tool}: {_plainly(status) or why}"[:300])
        data = data if isinstance(data, dict) else {}
        number = words.number(data.get("Controller")) if number is None else number
        if number is None and not any(name in data for name in items.OVERVIEWS):
            raise source.ParseError(f"{tool}: an answer without its controller's number")
        answers.append((number, data))
    return answers


def _plainly(status):
    """Return why a command failed, as a person would say it; "" where it does not tell."""
    rows = controller.rows(status.get("Detailed Status"))
    said = [status.get("Description"), *(row.get("ErrMsg") for row in rows)]
    return "; ".join(
        dict.fromkeys(str(each) for each in said if each not in (None, "", "-", "None"))
    )


def _controllers(output, tool):
    """Return the list that the JSON is of; what stands before and after it is chatter."""
    start, end = output.find("{"), output.rfind("}")
    try:
        # strict=False: serial numbers and inquiry data hold control characters.
        said = json.loads(output[start : end + 1], strict=False)
    except (ValueError, RecursionError):
        raise asking.not_understood(tool, output) from None
    found = said.get("Controllers") if isinstance(said, dict) else None
    found = found if isinstance(found, list) else []
    if not found or not all(isinstance(each, dict) for each in found):
        raise asking.not_understood(tool, output)
    return found


def _is_empty(data):
    return isinstance(data, dict) and words.number(data.get("Number of Controllers")) == 0


def _check_lists(said, tool):
    """Raise ParseError where it counts what it does not list: it would look removed."""
    for count, name in (("Virtual Drives", "VD LIST"), ("Physical Drives", "PD LIST")):
        if (words.number(said.get(count)) or 0) > 0 and not controller.rows(said.get(name)):
            raise source.ParseError(f"{tool}: {said[count]} {count.lower()}, but no {name}")


def _take(machine, number, name, value, said):
    """Hand one part of a response to what it tells of."""
    drive, volume = _DRIVE.match(name), _VOLUME.match(name)
    if name == "Physical Device Information":
        # Plain host adapters have their drives in the answer about the adapter.
        for inner, each in controller.part(said, name).items():
            _take(machine, number, inner, each, value)
    elif name == "TOPOLOGY":
        machine.topology(number, controller.rows(value))
    elif drive and name.endswith("Detailed Information"):
        machine.details(number, {"place": drive.groups(), "said": value})
    elif volume:
        _take_volume(machine, number, volume.group(2), said)
    elif drive or name in _DISKS or name.startswith("PDs for VD"):
        for row in controller.rows(value):
            machine.disk(number, row)
    else:
        for row in controller.rows(value):
            _take_row(machine, number, name, row)


def _take_row(machine, number, name, row):
    if name == "Drives List":
        machine.disk(number, controller.part(row, "Drive Information"))
        machine.details(number, row)
    elif name == "VD LIST":
        machine.volume(number, row)
    elif name == "Virtual Drives":
        machine.volume(number, controller.part(row, "VD Info") or row, row.get("PDs"), row)
        for disk in controller.rows(row.get("PDs")):
            machine.disk(number, disk)
    elif name in items.OVERVIEWS:
        machine.overview(row)


def _take_volume(machine, number, of, said):
    """Hand on a volume, the disks and the properties that stand beside it."""
    properties = {"VD Properties": said.get(f"VD{of} Properties")}
    for row in controller.rows(said.get(f"/c{number}/v{of}")):
        machine.volume(number, row, said.get(f"PDs for VD {of}"), properties)
