"""Listening sockets: the kernel's answer, made by hand, and tables of /proc/net."""

import ipaddress
import socket as sockets
import struct

import cmdb_sockdiag as sockdiag
import cmdb_socket as socket
import cmdb_source as source
import pytest

PROC_TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1
   1: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 222 1
   2: 0100007F:0CEA 0100007F:9999 01 00000000:00000000 00:00000000 00000000   105        0 333 1
"""


def message(family, address, port, index=0, uid=0, inode=7):
    packed = ipaddress.ip_address(address).packed.ljust(16, b"\0")
    body = struct.pack("=BBBB", family, 10, 0, 0) + struct.pack(">HH", port, 0) + packed
    body += bytes(16) + struct.pack("=I", index) + bytes(20) + struct.pack("=II", uid, inode)
    return struct.pack("=LHHLL", 16 + len(body), 20, 2, 1, 0) + body


ANSWER = (
    message(sockets.AF_INET, "0.0.0.0", 22)
    + message(sockets.AF_INET6, "::1", 5432, uid=26)
    + message(sockets.AF_INET6, "fe80::1", 546, index=2)
)


def test_the_kernel_s_answer_is_read():
    ssh, database, client = sockdiag.sockets(ANSWER)
    assert (str(ssh["address"]), ssh["port"]) == ("0.0.0.0", 22)
    assert (str(database["address"]), database["uid"]) == ("::1", 26)
    assert client["index"] == 2


def test_a_table_of_proc_says_the_same_of_those_that_listen():
    found = sockdiag.parse_proc(PROC_TCP, "tcp")
    if struct.pack("=H", 1) == b"\1\0":
        assert [(str(each["address"]), each["port"]) for each in found] == [
            ("0.0.0.0", 22),
            ("127.0.0.1", 3306),
        ]
    assert [each["inode"] for each in found] == [12345, 222]


def waiting(protocol, *places):
    return [
        (protocol, {**each, "address": ipaddress.ip_address(each.pop("at"))})
        for each in (
            {"at": at, "port": port, "index": 0, "uid": 0, "inode": 5} for at, port in places
        )
    ]


def test_what_changes_at_each_start_is_left_out():
    udp = waiting("udp", ("0.0.0.0", 123), ("0.0.0.0", 40000), ("fe80::1", 546))
    tcp = waiting("tcp", ("127.0.0.1", 40001), ("0.0.0.0", 40002))
    assert [item["port"] for item in socket.parse(udp + tcp)] == [40002, 123]
    source.begin(source.Task({"ephemeral": True, "link_local": True}))
    assert len(socket.parse(udp + tcp)) == 5
    source.begin(None)


def test_a_port_that_people_set_is_kept():
    assert [item["port"] for item in socket.parse(waiting("udp", ("0.0.0.0", 51820)))] == [51820]


def test_several_sockets_at_one_port_are_one_item():
    several = waiting("tcp", ("0.0.0.0", 80), ("0.0.0.0", 80))
    several[1][1].update(uid=33, inode=6)
    (item,) = socket.parse(several, users={33: "www"}, programs={"6": ["nginx"]})
    assert (item["users"], item["processes"]) == (["0", "www"], ["nginx"])


def test_proc_stands_in_where_the_kernel_answers_no_question(machine):
    machine({"/proc/net/tcp": PROC_TCP, "/etc/passwd": "root:x:0:0::/root:/bin/sh\n"})
    ssh = socket.collect()[0]
    assert (ssh["protocol"], ssh["users"]) == ("tcp", ["root"])


def test_a_machine_that_tells_nothing_is_unavailable(machine):
    with pytest.raises(source.Unavailable):
        socket.collect()


def test_a_garbled_table_is_an_error():
    with pytest.raises(source.ParseError, match="line 3"):
        sockdiag.parse_proc(PROC_TCP.replace("0100007F:0CEA 0000", "0100007F:CEA 0000"), "tcp")


def test_a_socket_of_this_process_is_found_with_its_program():
    with sockets.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        source.begin(source.Task({"ephemeral": True, "process": True}))
        found = [item for item in socket.collect() if item["port"] == port]
        source.begin(None)
    assert [item["loopback"] for item in found] == [True]
    assert found[0]["processes"]
