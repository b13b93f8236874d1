"""Sockets that wait for others: TCP ports that listen, UDP ports that take what comes.

Source: the kernel by sock_diag, else /proc/net/{tcp,tcp6,udp,udp6}. Left out are ports
that the kernel chose, which change at each start: those of UDP, and those of TCP that only this
machine can reach (option ``ephemeral``: true shows them; option ``keep_ports``: those of WireGuard
and others that are set all the same), and link-local addresses (option
``link_local``: true). With the option ``process``: true it looks
at the open files of all processes for the one behind each socket; needs root.

===========  ====  ==================================================================
protocol     str   "tcp" or "udp"
address      str   "0.0.0.0" and "::" are all of the machine's
port         int   port number; with protocol and address the identity
interface    str   the only interface that it takes from, where it is bound to one
loopback     bool  True where only this machine itself can reach it
users        list  who made it, by name, else by number
processes    list  names of the programs behind it; only with the option ``process``
===========  ====  ==================================================================
"""

import errno
import os
import re
import socket

import cmdb_sockdiag as sockdiag
import cmdb_source as source
import cmdb_text as text

__load__ = ["collect"]

KEY = ["protocol", "address", "port"]

TABLES = (("tcp", 4), ("tcp", 6), ("udp", 4), ("udp", 6))
PORT_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
DEFAULT_RANGE = (32768, 60999)
# Set by people, though in the range that the kernel chooses from.
KEEP_PORTS = (51820,)
# A persistent lack, as in a replay, a sandbox or a kernel without the module.
NO_SOCK_DIAG = {
    *(errno.ENOENT, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EPERM, errno.EACCES),
    *(errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPROTOTYPE, errno.ECONNREFUSED),
}


def collect():
    """
    Return this machine's listening sockets.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_socket.collect
    """
    found = [(protocol, _ask(protocol, version)) for protocol, version in TABLES]
    if all(sockets is None for _, sockets in found):
        raise source.Unavailable("the kernel tells no sockets, neither by sock_diag nor in /proc")
    programs = source.ask("programs", _programs) if source.option("process") else None
    waiting = [(protocol, each) for protocol, sockets in found for each in sockets or ()]
    names = {each["index"]: _interface(each["index"]) for _, each in waiting if each["index"]}
    return parse(waiting, parse_range(source.read(PORT_RANGE)), _users(), names, programs)


def parse(waiting, port_range=DEFAULT_RANGE, users=None, interfaces=None, programs=None):
    """Turn (protocol, what the kernel says of a socket) into items, one an address and port."""
    items = {}
    for protocol, said in waiting:
        address, port = said["address"], said["port"]
        if not port or _is_noise(protocol, address, port, port_range):
            continue
        # Several sockets may share one port; they are one place to knock at.
        item = items.setdefault(
            (protocol, str(address), port),
            {
                "protocol": protocol,
                "address": str(address),
                "port": port,
                "interface": (interfaces or {}).get(said["index"]),
                "loopback": address.is_loopback,
                "users": [],
                "processes": None if programs is None else [],
            },
        )
        _add(item["users"], [(users or {}).get(said["uid"], str(said["uid"]))])
        if programs is not None:
            _add(item["processes"], programs.get(str(said["inode"]), ()))
    # Nothing found behind a socket means that it could not be seen.
    return [
        {**items[place], "processes": items[place]["processes"] or None} for place in sorted(items)
    ]


def parse_range(said):
    """Return the range of ports that the kernel gives to clients."""
    numbers = [text.integer(word) for word in (said or "").split()]
    return tuple(numbers) if len(numbers) == 2 and None not in numbers else DEFAULT_RANGE


def parse_users(passwd):
    """Return {uid: name} of the first name of each number."""
    users = {}
    for line in passwd.splitlines():
        fields = line.split(":")
        uid = text.integer(fields[2]) if len(fields) == 7 else None
        if uid is not None and fields[0]:
            users.setdefault(uid, fields[0])
    return users


def _add(known, more):
    known[:] = sorted({*known, *more})


def _is_noise(protocol, address, port, port_range):
    if address.is_link_local and not source.option("link_local"):
        return True
    passing = port_range[0] <= port <= port_range[1] and (protocol == "udp" or address.is_loopback)
    kept = source.option("ephemeral") or port in source.option("keep_ports", KEEP_PORTS)
    return passing and not kept


def _ask(protocol, version):
    """Return the sockets of one protocol and family; None where nothing tells them."""
    try:
        return sockdiag.sockets(source.ask("sock_diag", sockdiag.dump, protocol, version))
    except OSError as error:
        if error.errno not in NO_SOCK_DIAG and not isinstance(error, socket.timeout):
            raise source.CollectorError(f"sock_diag: {error}") from error
    table = source.read(f"/proc/net/{protocol}{'6' if version == 6 else ''}")
    return None if table is None else sockdiag.parse_proc(table, protocol)


def _interface(index):
    for path in source.glob("/sys/class/net/*/ifindex"):
        if text.integer(source.read(path)) == index:
            return path.split("/")[-2]
    return None


def _users():
    return parse_users(source.read("/etc/passwd") or "")


def _programs():
    """Return {inode of a socket: names of the programs that have it open}."""
    found = {}
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                name = file.read().strip()
            for handle in os.listdir(f"/proc/{pid}/fd"):
                match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{handle}"))
                if match:
                    found.setdefault(match.group(1), set()).add(name)
        except OSError:
            # It ended, or closed the file, meanwhile.
            continue
    return {inode: sorted(names) for inode, names in found.items()}
