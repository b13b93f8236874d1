"""Keep this host registered in the CMDB, with what is declared of it.

.. code-block:: yaml

    registered-in-the-cmdb:
      cmdb.registered:
        - data_centre: FRA1
        - rack: A12
        - position_u: 17
        - tags: [pci]
        - expected:
            memory.total_bytes: 64GiB

The host's own key signs it: no token is on the host. What is not named stays as it is.
"""

from salt.exceptions import CommandExecutionError

__virtualname__ = "cmdb"


def __virtual__():
    return __virtualname__


def registered(name, declared=None, **fields):
    """
    Register this host where it is not, and declare these fields of it.

    name
        The minion's id, which need not be given.

    declared
        A mapping of fields: for those that Salt has another use for (``state``), or all of them.

    The fields are those of an asset: ``docs/registration.md``.
    """
    told = {"name": name, "result": False, "changes": {}, "comment": ""}
    host = __opts__["id"]
    if _given(name) and name.lower() != host.lower():
        told["comment"] = f"{name} is not this minion: it has the key of {host}; leave name out"
        return told
    if declared is not None and not isinstance(declared, dict):
        told["comment"] = "declared must be a mapping, as {rack: A12, position_u: 17}"
        return told
    if "cmdb.register" not in __salt__:
        told["comment"] = f"cmdb.register is not on this minion: salt {host} saltutil.sync_all"
        return told
    wanted = {**(declared or {}), **fields}
    try:
        answer = __salt__["cmdb.register"](test=__opts__["test"], declared=wanted)
    except CommandExecutionError as error:
        told["comment"] = str(error)
        return told
    return {**told, **_outcome(host, answer, __opts__["test"])}


def _given(name):
    """Tell whether a name was given; where none is, Salt gives the state's id."""
    return name != globals().get("__low__", {}).get("__id__", name)


def _outcome(host, answer, test):
    if answer["result"] == "unchanged":
        return {"result": True, "comment": f"{host} is registered as declared"}
    done = "registered" if answer["result"] == "registered" else "declared anew"
    said = f"{host} would be {done}" if test else f"{host} is {done}"
    return {"result": None if test else True, "changes": answer["changes"], "comment": said}
