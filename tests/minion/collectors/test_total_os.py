"""The parsers of the operating system's kinds: whatever comes in, items or a reason."""

import base64
import importlib
import json
import random

import cmdb_bond as bond
import cmdb_canonical as canonical
import cmdb_cloud as cloud
import cmdb_container as container
import cmdb_containerd as containerd
import cmdb_domain as domain
import cmdb_filesystem as filesystem
import cmdb_grpc as grpc
import cmdb_lldp as lldp
import cmdb_lvm as lvm
import cmdb_metadata as metadata
import cmdb_package as package
import cmdb_replay as replay
import cmdb_rpmdb as rpmdb
import cmdb_sockdiag as sockdiag
import cmdb_socket as socket
import cmdb_source as source
import cmdb_ssh_key as ssh_key
import cmdb_unit as unit
import cmdb_user as user
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.conftest import FOLDER
from tests.minion.collectors import (
    live,
    test_bond,
    test_cloud,
    test_container,
    test_filesystem,
    test_guest,
    test_lldp,
    test_lvm,
    test_package,
    test_socket,
    test_ssh_key,
    test_total,
    test_user,
)


def of_sudoers(said):
    names, aliases, includes = user.parse_sudoers(said)
    return [{"names": sorted(names), "aliases": sorted(aliases), "includes": includes}]


PARSERS = {
    "mountinfo": (filesystem.parse, [test_filesystem.MOUNTINFO]),
    "pvs": (lambda said: lvm.parse(said, "pv"), [test_lvm.TABLE]),
    "lvs": (lambda said: lvm.parse(said, "lv"), [test_lvm.JSON]),
    "pvs by columns": (lambda said: lvm.parse(said, "pv", lvm.COLUMNS["pv"]), [test_lvm.PV]),
    "unit": (lambda said: [{"state": unit.parse_install(said)}], ["[Install]\nWantedBy=a\n"]),
    "proc/net": (
        lambda said: socket.parse([("tcp", s) for s in sockdiag.parse_proc(said, "tcp")]),
        [test_socket.PROC_TCP],
    ),
    "passwd": (lambda said: user.parse(said, said, {"root"}), [test_user.PASSWD]),
    "group": (lambda said: user.parse(test_user.PASSWD, said), [test_user.GROUP]),
    "sudoers": (of_sudoers, [test_user.SUDOERS]),
    "host key": (lambda said: ssh_key.parse(said, "x"), [test_ssh_key.line(test_ssh_key.RSA)]),
    "authorized keys": (
        lambda said: ssh_key.parse_authorized(said, "alice"),
        ['from="x" ' + test_ssh_key.line(test_ssh_key.ED25519)],
    ),
    "docker": (lambda said: container.parse(said, "docker"), [json.dumps([test_container.WEB])]),
    "domain": (lambda said: [domain.parse_xml(said)], [test_guest.XML, test_guest.STATUS]),
    "virsh list": (lambda said: [domain.parse_list(said)], [test_guest.LIST]),
    "proxmox": (lambda said: [domain.parse_proxmox(said)], [test_guest.PROXMOX]),
    "cloud-init": (cloud.parse, [json.dumps(test_cloud.AWS)]),
    "dmi": (lambda said: cloud.parse_dmi(dict.fromkeys(cloud.DMI_FILES, said)), ["Amazon EC2"]),
    "bonding": (lambda said: bond.parse(said, "bond0"), [test_bond.LACP, test_bond.BACKUP]),
    "metadata": (
        lambda said: [cloud.parse_metadata(metadata.parse(said, {"zone": "zone"}), "gce")],
        ['{"zone": "projects/1/zones/a-b"}'],
    ),
    "rpm -qa": (package.parse_rpm, ["made-up-5.1-9.el9.x86_64\n", "Name        : made-up\n"]),
    "lldpctl": (
        lldp.parse,
        [getattr(test_lldp, name) for name in ("JSON", "JSON0", "XML", "KEYVALUE", "PLAIN")],
    ),
}
# Parts of the parsers above that real answers in the corpus are for.
REAL = {
    "bonding/*.txt": ["bonding"],
    "lldp/*": ["lldpctl"],
    "lvm/*": ["pvs", "lvs", "pvs by columns"],
    "virsh/*": ["domain", "virsh list"],
    "docker/*.json": ["docker"],
}
NAMES = (
    *("lldp", "interface", "eno1", "name", "chassis", "port", "id", "value", "vlan", "report"),
    *("pv", "pv_name", "lv", "v1", "ds", "meta_data", "cloud_name", "imds", "placement"),
    *("Names", "Ports", "Labels", "Mounts", "Created", "Networks", "NetworkSettings"),
)
# Values of JSON where others are expected.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


def changed(sample, draw):
    """Return a sample with a few of the harms that happen to files and answers."""
    said = sample
    for harm in draw(st.lists(st.sampled_from(["cut", "drop", "flip", "put", "crlf"]), max_size=3)):
        at = draw(st.integers(0, len(said)))
        lines = said.splitlines(keepends=True)
        if harm == "cut":
            said = said[:at]
        elif harm == "drop" and lines:
            del lines[at % len(lines)]
            said = "".join(lines)
        elif harm == "flip":
            said = said[:at] + draw(st.characters(exclude_categories=[])) + said[at + 1 :]
        elif harm == "put":
            said = said[:at] + draw(st.text(max_size=20)) + said[at:]
        elif harm == "crlf":
            said = said.replace("\n", "\r\n")
    return said


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_a_parser_is_total(name, data):
    parse, samples = PARSERS[name]
    sample = data.draw(st.sampled_from([*samples, ""]))
    said = data.draw(st.text(max_size=200)) if not sample else changed(sample, data.draw)
    test_total.items_or_reason(parse, said)


@pytest.mark.parametrize("name", ["pvs", "lvs", "docker", "cloud-init", "lldpctl"])
@given(said=json_values)
@settings(max_examples=200, deadline=None)
def test_a_parser_of_json_is_total(name, said):
    for each in (said, {"lldp": said}, {"report": said}, {"v1": said, "ds": said}, [said]):
        test_total.items_or_reason(PARSERS[name][0], json.dumps(each))


@given(answer=test_total.mutated(test_socket.ANSWER))
@settings(max_examples=300, deadline=None)
def test_the_decoder_of_sock_diag_is_total(answer):
    test_total.items_or_reason(
        lambda: socket.parse([("udp", each) for each in sockdiag.sockets(answer)])
    )


def of_containerd(answer, tasks=b"", images=b""):
    told = containerd.containers(answer, tasks, images)
    return container.parse_containerd([{"name": each["id"], **each} for each in told])


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_the_decoder_of_containerd_s_answers_is_total(data):
    answers = [
        data.draw(test_total.mutated(test_container.ANSWERS[service, "default"]))
        for service in ("Containers", "Tasks", "Images")
    ]
    test_total.items_or_reason(lambda: of_containerd(*answers))


@given(block=test_total.mutated(test_container.DONE + b"\x20\x88\x0f\xff\x20"))
@settings(max_examples=300, deadline=None)
def test_the_decoder_of_headers_is_total(block):
    try:
        told = grpc.headers_of(block)
    except grpc.GrpcError:
        return
    assert all(type(word) is str for pair in told.items() for word in pair)


@given(blob=test_total.mutated(test_package.BIND))
@settings(max_examples=300, deadline=None)
def test_the_decoder_of_rpm_s_headers_is_total(blob):
    test_total.items_or_reason(
        lambda: package.parse_rpm(rpmdb.line(blob)), reasons=(ValueError, source.ParseError)
    )


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no corpus")
@pytest.mark.parametrize("pattern", REAL)
def test_real_answers_that_came_to_harm_are_items_or_a_reason(pattern):
    chance = random.Random(0)
    for path in sorted(FOLDER.glob(pattern)):
        whole = path.read_bytes()
        for _ in range(60):
            said = bytearray(whole)
            for _ in range(chance.randrange(4)):
                start = chance.randrange(len(said) + 1)
                said[start : start + chance.choice((0, 1, 40))] = chance.randbytes(
                    chance.randrange(3)
                )
            said = bytes(said[: chance.randrange(len(said) + 1)] if chance.random() < 0.5 else said)
            for name in REAL[pattern]:
                test_total.items_or_reason(PARSERS[name][0], said.decode("utf-8", "replace"))


KINDS = ("filesystem", "lvm", "unit", "socket", "user", "ssh_key", "container", "guest", "cloud")
KINDS += ("bond", "lldp")


@pytest.mark.parametrize("kind", KINDS)
def test_a_capture_of_this_machine_gives_the_same_again(kind):
    collector = importlib.import_module(f"cmdb_{kind}")
    content = test_total.captured(kind)
    with source.through(replay.Bundle(content)):
        first, second = live.collect(kind), live.collect(kind)
    places = {canonical.place(item, collector.KEY) for item in first}
    assert first == second
    assert len(places) == len(first)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_collector_is_total_whatever_a_file_says(kind, data):
    content = test_total.captured(kind)
    answers = dict(content["read"])
    for path in data.draw(st.lists(st.sampled_from(sorted(answers) or ["/none"]), max_size=4)):
        said = data.draw(st.one_of(st.none(), st.binary(max_size=60)))
        encoded = said is not None and {"value": {"base64": base64.b64encode(said).decode()}}
        answers[path] = encoded or {"errno": data.draw(st.sampled_from([1, 2, 5, 13, 22]))}
    collector = importlib.import_module(f"cmdb_{kind}")
    with source.through(replay.Bundle({**content, "read": answers})):
        items = test_total.items_or_reason(collector.collect, reasons=source.CollectorError) or []
    assert len({canonical.place(item, collector.KEY) for item in items}) == len(items)


def test_no_parser_takes_long_for_one_long_line():
    for sample in ("a" * 100_000, " " * 100_000, "a," * 50_000, "lldp." * 20_000, "a b " * 25_000):
        for parse, _ in PARSERS.values():
            test_total.items_or_reason(parse, sample)
